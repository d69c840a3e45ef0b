"""Work that is left out within or between steps: cached blocks and attention, merged tokens."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from profiler.errors import Unsupported
from profiler.pipelines.engine import Generate, Painted, Request
from profiler.pipelines.optimise.contract import OptimisationContext, Switched
from profiler.pipelines.optimise.parts import Count, denoiser, hooked

_PAB_HOOK = "pyramid_attention_broadcast"
_TAYLORSEER_HOOK = "taylorseer_cache"
# diffusers' own names of blocks are those of transformers; a UNet's attention is within these.
_UNET_BLOCKS = ("down_blocks", "up_blocks", "mid_block")


def deepcache(
    pipe: Any, context: OptimisationContext, interval: int = 3, branch: int = 0
) -> Switched:
    """Run the whole UNet in each `interval`-th step only; between, its outermost branch.

    Source: https://arxiv.org/abs/2312.00858
    Raises: Unsupported for a branch that the UNet does not have.
    """
    from DeepCache import DeepCacheSDHelper

    blocks = len(pipe.unet.down_blocks)
    layers = len(pipe.unet.down_blocks[0].resnets)
    # The library counts three branches per block: two layers and the downsampler.
    if branch // 3 >= blocks or branch % 3 > layers:
        raise Unsupported(
            f"deepcache: branch {branch} is layer {branch % 3} of block {branch // 3}; this UNet "
            f"has {blocks} blocks of {layers} layers and a downsampler"
        )
    cached = Count()

    class Counting(DeepCacheSDHelper):  # type: ignore[misc] # the package has no types
        def is_skip_step(self, *position: Any, **named: Any) -> bool:
            skip = bool(super().is_skip_step(*position, **named))
            cached.value += skip
            return skip

    helper = Counting(pipe=pipe)
    helper.set_params(cache_interval=interval, cache_branch_id=branch)
    helper.enable()
    reason = _single_step(context)
    if interval == 1:
        reason = "an interval of 1 runs the whole UNet in each step"
    return Switched(len(helper.function_dict), uses=cached, no_effect=reason)


def token_merging(
    pipe: Any, context: OptimisationContext, ratio: float = 0.5, max_downsample: int = 1
) -> Switched:
    """Merge that share of the most similar image tokens before self-attention, and part them after.

    The random choice of tokens starts anew with each request, from the cell's seed.
    Source: https://arxiv.org/abs/2303.17604
    """
    import tomesd

    tomesd.apply_patch(pipe, ratio=ratio, max_downsample=max_downsample)
    info = pipe.unet._tome_info
    blocks = [m for m in pipe.unet.modules() if type(m).__name__ == "ToMeBlock"]
    merges = Count()

    def count(_block: nn.Module, args: tuple[torch.Tensor, ...]) -> None:
        tokens = args[0].shape[1]
        height, width = info["size"]
        downsample = math.ceil(math.sqrt(height * width // tokens))
        merges.value += downsample <= max_downsample and int(tokens * ratio) > 0

    for block in blocks:
        block.register_forward_pre_hook(count)

    def seed() -> None:
        generator = torch.Generator(context.device)
        info["args"]["generator"] = generator.manual_seed(context.cell.seed)

    context.engine.around(_before_each(seed))
    return Switched(len(blocks), uses=merges)


def pyramid_attention_broadcast(
    pipe: Any, context: OptimisationContext, self_interval: int = 2, cross_interval: int = 3
) -> Switched:
    """Compute attention in each n-th step only and use its last result in between.

    Holds for the middle of the noise schedule, timesteps 100 to 800 of 1000, as in the paper.
    Source: https://arxiv.org/abs/2408.12588
    """
    from diffusers.hooks import PyramidAttentionBroadcastConfig, apply_pyramid_attention_broadcast

    part = denoiser(pipe)
    now = _Timestep()
    config = PyramidAttentionBroadcastConfig(
        spatial_attention_block_skip_range=self_interval,
        cross_attention_block_skip_range=cross_interval,
        spatial_attention_block_identifiers=_UNET_BLOCKS,
        cross_attention_block_identifiers=_UNET_BLOCKS,
        current_timestep_callback=lambda: now.value,
    )
    apply_pyramid_attention_broadcast(part, config)
    part.register_forward_pre_hook(now.note, with_kwargs=True)
    found, uses = _cached(part, _PAB_HOOK)
    reason = _single_step(context)
    if self_interval == cross_interval == 1:
        reason = "intervals of 1 compute attention in each step"
    return Switched(found, uses, no_effect=reason)


def taylorseer(
    pipe: Any, context: OptimisationContext, interval: int = 5, order: int = 1
) -> Switched:
    """Predict the attention of steps between full ones by a Taylor series over the steps.

    The models whose blocks it hooks make it forget the last image by themselves.
    Source: https://arxiv.org/abs/2503.06923
    """
    from diffusers.hooks import TaylorSeerCacheConfig, apply_taylorseer_cache

    part = denoiser(pipe)
    apply_taylorseer_cache(part, TaylorSeerCacheConfig(cache_interval=interval, max_order=order))
    found, uses = _cached(part, _TAYLORSEER_HOOK)
    return Switched(found, uses, no_effect=_single_step(context))


class _Timestep:
    """The timestep of the denoiser's call under way; they fall within an image.

    Where they rise the next image begins, and the hooks of diffusers forget the last one: a UNet
    does not see to that by itself.
    """

    def __init__(self) -> None:
        self.value = -math.inf

    def note(self, part: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Read it from the arguments (sample, timestep, ...)."""
        from diffusers.hooks import HookRegistry

        last = self.value
        timestep = kwargs["timestep"] if "timestep" in kwargs else args[1]
        if isinstance(timestep, torch.Tensor):
            timestep = timestep.flatten()[0].item()
        self.value = float(timestep)
        if self.value > last:
            HookRegistry.check_if_exists_or_initialize(part).reset_stateful_hooks()


def _single_step(context: OptimisationContext) -> str:
    return "there is one step only" if context.cell.steps == 1 else ""


def _cached(part: nn.Module, name: str) -> tuple[int, Callable[[], int]]:
    """How many modules carry diffusers' hook of that name, and a count of calls it answered."""
    calls, computed = Count(), Count()
    found = hooked(part, name)
    for module in found:
        registry: Any = module._diffusers_hook
        reference = registry.get_hook(name).fn_ref
        reference.forward = _counting(reference.forward, calls)
        reference.original_forward = _counting(reference.original_forward, computed)
    return len(found), lambda: calls.value - computed.value


def _counting(function: Callable[..., Any], count: Count) -> Callable[..., Any]:
    def counted(*args: Any, **kwargs: Any) -> Any:
        count.value += 1
        return function(*args, **kwargs)

    return counted


def _before_each(act: Callable[[], None]) -> Callable[[Generate], Generate]:
    """A layer around requests that acts before each of them."""

    def layer(inner: Generate) -> Generate:
        def generate(request: Request) -> Painted:
            act()
            return inner(request)

        return generate

    return layer
