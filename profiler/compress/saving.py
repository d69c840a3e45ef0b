"""Writes a compressed pipeline into a folder that sdprof loads again: safetensors, no pickle."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from torch import nn

import profiler
from profiler.catalogue.chains import chain_problem
from profiler.catalogue.models import model as model_spec
from profiler.compress.apply import apply_chain
from profiler.compress.saved import load_cell, plain_cell
from profiler.compress.size import module_bytes
from profiler.compress.structure import Structure, follows_from_config, library_of, structure_of
from profiler.compress.tensors import named_tensors
from profiler.errors import InputError, SdprofError
from profiler.pipelines.checked import write_sums
from profiler.pipelines.exported import (
    MANIFEST,
    REPLAY,
    RESHAPE,
    SCHEMA_VERSION,
    TENSORS,
    Manifest,
    Part,
    Step,
    is_exported,
    read_manifest,
    write_manifest,
)
from profiler.records.cell import MethodUse
from profiler.records.measurement import WeightsReport

_PACKAGES = ("torch", "diffusers", "transformers", "bitsandbytes", "torchao", "sdnq")
# Where a module was loaded from is nobody's business, and quantisers note themselves in configs
# that are to build the module as it was before them.
_NOT_KEPT = ("_name_or_path", "quantization_config")


@dataclass(frozen=True)
class Exported:
    """The folder, what it says of itself, its size on disk, and what each method did."""

    folder: str
    manifest: Manifest
    file_bytes: int
    report: WeightsReport


def export(
    model: str,
    weights: str,
    precision: str,
    chain: Sequence[MethodUse],
    folder: Path,
    device: str = "cpu",
    *,
    force: bool = False,
) -> Exported:
    """Load the model, apply the chain, and write everything that is left into `folder`.

    Raises:
        InputError: the folder is not empty (and with `force`: no export).
        SdprofError: the model cannot be loaded, a method cannot be applied, or a tensor's dtype has
            no place in safetensors.
    """
    _check_free(folder, force=force)
    base = read_manifest(Path(weights).expanduser()) if is_exported(weights) else None
    whole = (*(base.chain if base else ()), *chain)
    if problem := chain_problem(whole):
        raise InputError(f"the chain cannot be applied: {problem}")
    cell = replace(plain_cell(model, weights, precision), compression=tuple(chain))
    pipe = load_cell(cell, device)
    history = _History(pipe, cell.weights)
    report = _apply(pipe, history, cell, device)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and moved at the end: a folder with that name is complete.
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        manifest = Manifest(
            schema_version=SCHEMA_VERSION,
            sdprof_version=profiler.__version__,
            model=model,
            weights=base.weights if base else _told(model, weights),
            precision=precision,
            chain=whole,
            parts=_write_parts(pipe, history, work),
            packages=_versions(),
        )
        write_manifest(work, manifest)
        write_sums(work)
        work.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        work.rename(folder)
    except BaseException:
        shutil.rmtree(work, ignore_errors=True)
        raise
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return Exported(str(folder), manifest, size, report)


def _check_free(folder: Path, *, force: bool) -> None:
    if folder.is_file():
        raise InputError(f"{folder}: is a file; name a folder that is new or empty")
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not force:
        raise InputError(f"{folder}: the folder is not empty; name another one, or use --force")
    if not (folder / MANIFEST).is_file():
        raise InputError(
            f"{folder}: --force replaces an earlier export only, and this folder has no {MANIFEST}"
        )


class _History:
    """For each component how it is rebuilt: its dtype when built, and the steps since."""

    def __init__(self, pipe: Any, weights: str) -> None:
        self.steps: dict[str, list[Step]] = {}
        self._dtypes: dict[str, dict[str, torch.dtype]] = {}
        parts = read_manifest(Path(weights).expanduser()).parts if is_exported(weights) else {}
        for name, module in modules_of(pipe).items():
            known = parts.get(name)
            self._start(name, structure_of(module))
            if known and not known.plain:
                self.steps[name] = list(known.steps)
                exceptions = {key: getattr(torch, kind) for key, kind in known.dtypes.items()}
                self._dtypes[name] = {"": getattr(torch, known.dtype), **exceptions}

    def _start(self, name: str, now: Structure) -> None:
        """From here on the component is what its config builds."""
        self.steps[name] = []
        floats = {key: kind for key, kind in now.dtypes.items() if kind.is_floating_point}
        counts = Counter(floats.values()).most_common(1)
        usual = counts[0][0] if counts else torch.float32
        others = {key: kind for key, kind in floats.items() if kind != usual}
        self._dtypes[name] = {"": usual, **others}

    def note(self, name: str, module: nn.Module, before: Structure | None, use: MethodUse) -> None:
        """Note what `use` did to the structure of a component."""
        now = structure_of(module)
        if now == before:
            return
        if follows_from_config(module):
            self._start(name, now)
        elif before and now.only_reshaped(before):
            changed = {k: shape for k, shape in now.shapes.items() if shape != before.shapes[k]}
            self.steps[name].append(Step(RESHAPE, shapes=changed))
        else:
            own = MethodUse(use.method, (name,), use.parameters)
            self.steps[name].append(Step(REPLAY, use=own))

    def dtypes(self, name: str) -> tuple[str, dict[str, str]]:
        """The dtype that the component is built in, and the tensors that have another one."""
        words = {key: str(kind).removeprefix("torch.") for key, kind in self._dtypes[name].items()}
        return words.pop(""), words


def modules_of(pipe: Any) -> dict[str, nn.Module]:
    """The components of a pipeline that hold weights."""
    return {name: part for name, part in pipe.components.items() if isinstance(part, nn.Module)}


def _apply(pipe: Any, history: _History, cell: Any, device: str) -> WeightsReport:
    """The chain, one method after the other, with a look at the structure after each."""
    reports = [apply_chain(pipe, replace(cell, compression=()), device)]
    for use in cell.compression:
        before = {name: structure_of(module) for name, module in modules_of(pipe).items()}
        reports.append(apply_chain(pipe, replace(cell, compression=(use,)), device))
        for name, module in modules_of(pipe).items():
            history.note(name, module, before.get(name), use)
    effects = tuple(effect for report in reports for effect in report.methods)
    return WeightsReport(reports[-1].components, reports[0].original, effects)


def _write_parts(pipe: Any, history: _History, folder: Path) -> dict[str, Part]:
    """All files of the pipeline but the manifest; returns how the components are to be loaded."""
    pipe.save_config(str(folder))
    _clean(folder / "model_index.json")
    parts: dict[str, Part] = {}
    for name, component in pipe.components.items():
        if isinstance(component, nn.Module):
            (folder / name).mkdir()
            parts[name] = _write_part(component, history, name, folder / name)
        elif hasattr(component, "save_pretrained"):
            component.save_pretrained(str(folder / name))
    return parts


def _write_part(module: Any, history: _History, name: str, folder: Path) -> Part:
    dtype, others = history.dtypes(name)
    steps = tuple(history.steps[name])
    plain = not steps and not others and follows_from_config(module)
    aliases: dict[str, str] = {}
    if plain:
        module.save_pretrained(str(folder), safe_serialization=True)
    else:
        aliases = _write_tensors(module, folder / TENSORS)
        if hasattr(module, "save_config"):
            module.save_config(str(folder))
        else:
            module.config.save_pretrained(str(folder))
    _clean(folder / "config.json")
    return Part(
        library=library_of(module),
        class_name=type(module).__name__,
        dtype=dtype,
        plain=plain,
        bytes=module_bytes(module),
        steps=steps,
        dtypes=others,
        aliases=aliases,
    )


def _write_tensors(module: nn.Module, path: Path) -> dict[str, str]:
    """Write each tensor of the module once; returns the names of those that are another's memory.

    Raises:
        SdprofError: safetensors cannot hold a tensor.
    """
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    first: dict[tuple[Any, ...], str] = {}
    aliases: dict[str, str] = {}
    content: dict[str, torch.Tensor] = {}
    for name, tensor in named_tensors(module):
        flat = tensor.detach()
        place = (flat.device, flat.untyped_storage().data_ptr(), flat.storage_offset())
        key = (*place, tuple(flat.shape), flat.stride(), flat.dtype)
        if flat.numel() and key in first:
            aliases[name] = first[key]
            continue
        first[key] = name
        # A copy of its own: safetensors refuses tensors that share memory with others.
        content[name] = flat.as_subclass(torch.Tensor).cpu().contiguous().clone()
    try:
        save_file(content, str(path))
    except (SafetensorError, KeyError, ValueError) as error:
        raise SdprofError(f"{path.parent.name}: cannot be written as safetensors: {error}") from (
            error
        )
    return aliases


def _clean(path: Path) -> None:
    """Leave out of a config what is not kept."""
    config: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    kept = {key: value for key, value in config.items() if key not in _NOT_KEPT}
    path.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _told(model: str, weights: str) -> str:
    """Where the weights came from, without a path of this machine."""
    return weights if weights in model_spec(model).weights else "folder"


def _versions() -> dict[str, str]:
    """Which packages wrote the folder: another version may build another structure."""
    found: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # then it did not take part either
    return found
