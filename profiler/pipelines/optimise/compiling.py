"""The denoiser compiled, or recorded as CUDA graphs that are replayed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn

from profiler.errors import Unsupported
from profiler.pipelines.optimise.contract import OptimisationContext, Switched
from profiler.pipelines.optimise.parts import denoiser, refuse_cpu
from profiler.records.cell import Scalar

_WARM_UP_CALLS = 3  # what the CUDA graphs guide does before a recording


def compile(  # noqa: A001
    pipe: Any, context: OptimisationContext, mode: str = "default", scope: str = "full"
) -> Switched:
    """torch.compile of the denoiser, in place; the work itself happens at the first image.

    `scope` "repeated" compiles only the class of block that the denoiser repeats, and once.
    `compile_s` of the details is what torch's own clock took for compiling, wherever it happened.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.compile.html
    Raises: Unsupported where the compiler behind it is missing.
    """
    device = context.device
    if device == "cpu" and not any(map(shutil.which, ("c++", "g++", "clang++", "cl"))):
        raise Unsupported("compile: no C++ compiler was found; install one (g++, clang) for it")
    if device.startswith("cuda") and find_spec("triton") is None:
        raise Unsupported("compile: the package 'triton' is not installed; pip install triton")
    before = _dynamo()
    part = denoiser(pipe)
    modules = 1
    if scope == "repeated":
        classes = getattr(part, "_repeated_blocks", None) or ()
        modules = sum(type(module).__name__ in classes for module in part.modules())
        if modules:
            part.compile_repeated_blocks(mode=mode)
    else:
        part.compile(mode=mode)

    def since() -> Mapping[str, float]:
        return {name: max(0.0, value - before[name]) for name, value in _dynamo().items()}

    def details() -> Mapping[str, Scalar]:
        now = since()
        return {
            "compile_s": now["compile_s"],
            "frames": int(now["frames"]),
            "graphs": int(now["graphs"]),
            "graph_breaks": int(now["graph_breaks"]),
        }

    return Switched(modules, uses=lambda: int(since()["frames"]), details=details)


def cuda_graphs(pipe: Any, context: OptimisationContext) -> Switched:
    """Record the denoiser's kernels once for each shape, and launch the recording from then on.

    Source: https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
    Raises: Unsupported on a CPU.
    """
    refuse_cpu("cuda-graphs", context.device, "records the kernels that are launched on a GPU")
    part = denoiser(pipe)
    recorded = _Recorded(part)
    part.forward = recorded

    def details() -> Mapping[str, Scalar]:
        return {"recordings": len(recorded.recordings)}

    return Switched(1, uses=lambda: recorded.replays, details=details)


def _dynamo() -> dict[str, float]:
    """What torch.compile did in this process up to now: seconds, frames, graphs, breaks."""
    from torch._dynamo.utils import calculate_time_spent, counters

    return {
        "compile_s": calculate_time_spent()["total_wall_time"],
        "frames": counters["frames"]["ok"],
        "graphs": counters["stats"]["unique_graphs"],
        "graph_breaks": sum(counters["graph_break"].values()),
    }


class _Recorded:
    """A forward that is recorded at its first call with certain shapes, and replayed after it.

    Tensors are copied into those of the recording; anything else is part of what a recording is
    for. Results are copies, since a replay writes over those of the last one.
    """

    def __init__(self, module: nn.Module) -> None:
        self.replays = 0
        self.recordings: dict[object, tuple[Any, list[torch.Tensor], Any]] = {}
        self._forward = module.forward
        self._device = next(module.parameters()).device

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from torch.utils._pytree import tree_flatten, tree_map_only, tree_unflatten

        leaves, shape = tree_flatten((args, kwargs))
        tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
        key = (str(shape), tuple(map(_key, leaves)))
        if key not in self.recordings:
            static = [t.to(self._device, copy=True) for t in tensors]
            rest = iter(static)
            inputs = [next(rest) if isinstance(leaf, torch.Tensor) else leaf for leaf in leaves]
            own_args, own_kwargs = tree_unflatten(inputs, shape)
            self.recordings[key] = self._record(static, own_args, own_kwargs)
        graph, static, result = self.recordings[key]
        for to, value in zip(static, tensors, strict=True):
            to.copy_(value)
        graph.replay()
        self.replays += 1
        return tree_map_only(torch.Tensor, torch.Tensor.clone, result)

    def _record(
        self, static: list[torch.Tensor], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, list[torch.Tensor], Any]:
        side = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream(self._device))
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP_CALLS):
                self._forward(*args, **kwargs)
        torch.cuda.current_stream(self._device).wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            result = self._forward(*args, **kwargs)
        return graph, static, result


def _key(leaf: object) -> object:
    """What must be equal for a recording to fit: shape and type of a tensor, else the value."""
    if isinstance(leaf, torch.Tensor):
        return (tuple(leaf.shape), leaf.dtype)
    return repr(leaf)
