"""How attention is computed: in slices, by plain matrix products, or by one fused kernel."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from profiler.errors import Unsupported
from profiler.pipelines.optimise.contract import OptimisationContext, Switched
from profiler.pipelines.optimise.parts import (
    Count,
    countable,
    denoiser,
    is_plain,
    parts,
    refuse_cpu,
)

_BACKENDS = {
    "math": SDPBackend.MATH,
    "flash": SDPBackend.FLASH_ATTENTION,
    "efficient": SDPBackend.EFFICIENT_ATTENTION,
    "cudnn": SDPBackend.CUDNN_ATTENTION,
}
# Sequence lengths to try backends with: of an image, and of a prompt in cross attention.
_IMAGE_TOKENS, _PROMPT_TOKENS = 64, 77


def attention_slicing(
    pipe: Any, _context: OptimisationContext, slice_size: str | int = "auto"
) -> Switched:
    """Compute attention over slices of the heads; returns the attention layers that do.

    Source: https://huggingface.co/docs/diffusers/optimization/memory
    """
    before = _processors(pipe)
    pipe.enable_attention_slicing(slice_size)
    after = _processors(pipe)
    return Switched(sum(after[name] is not before[name] for name in after))


def attention_eager(pipe: Any, context: OptimisationContext) -> Switched:
    """Attention as two matrix products and a softmax between them, in every UNet and VAE layer.

    The whole matrix of scores, (batch * heads, tokens, tokens), is held in memory.
    Source: https://arxiv.org/abs/1706.03762
    """
    from diffusers.models.attention_processor import AttnProcessor, AttnProcessor2_0

    layers = [a for a in _attentions(*parts(pipe)) if type(a.processor) is AttnProcessor2_0]
    for layer in layers:
        layer.set_processor(AttnProcessor())
    return Switched(len(layers), uses=_calls(layers, context))


def attention_sdpa(pipe: Any, context: OptimisationContext, backend: str = "default") -> Switched:
    """PyTorch's scaled dot product attention, with one of its backends or its own choice.

    diffusers' `set_attention_backend` does not reach the processors of a UNet, so the backend is
    set by `sdpa_kernel` around each attention layer.
    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.attention.sdpa_kernel.html
    Raises: Unsupported where that backend has no kernel for the denoiser's attention.
    """
    from diffusers.models.attention_processor import AttnProcessor2_0

    part = denoiser(pipe)
    layers = _attentions(part)
    eager = [a for a in layers if not _calls_sdpa(a.processor)]
    for layer in eager:
        layer.set_processor(AttnProcessor2_0())
    if backend == "default":
        reason = "" if eager else "the attention layers call it already, with torch's own choice"
        return Switched(len(layers), _calls(eager, context), no_effect=reason)
    chosen = _BACKENDS[backend]
    own_choice = {_probe(layer, chosen, part.dtype, context.device) for layer in layers}
    for layer in layers:
        layer.set_processor(_Pinned(layer.processor, chosen))
    names = ", ".join(sorted(_name(choice) for choice in own_choice))
    same = own_choice == {chosen} and not eager
    reason = f"torch chooses {backend} by itself on this device" if same else ""
    details = {"backend": backend, "torch_would_choose": names}
    return Switched(len(layers), _calls(layers, context), lambda: details, no_effect=reason)


def attention_xformers(pipe: Any, context: OptimisationContext) -> Switched:
    """Memory-efficient attention of xformers; returns the layers that call it.

    Source: https://huggingface.co/docs/diffusers/optimization/xformers
    Raises: Unsupported on a CPU, for which xformers has no kernels.
    """
    refuse_cpu("attention-xformers", context.device, "has kernels for a GPU only")
    pipe.enable_xformers_memory_efficient_attention()
    layers = [a for a in _attentions(*parts(pipe)) if "XFormers" in type(a.processor).__name__]
    return Switched(len(layers), uses=_calls(layers, context))


def fused_qkv(pipe: Any, context: OptimisationContext) -> Switched:
    """Query, key and value from one matrix product; key and value alone in cross attention.

    Source: https://huggingface.co/docs/diffusers/optimization/fp16
    Raises: Unsupported if the projections are quantised or wrapped, which cannot be joined.
    """
    unet = denoiser(pipe)
    layers = _attentions(unet)
    for layer in layers:
        if not all(is_plain(p, nn.Linear) for p in (layer.to_q, layer.to_k, layer.to_v)):
            raise Unsupported(
                "fused-qkv joins plain weights; this chain's compression left the projections as "
                f"{type(layer.to_k).__name__} with weights that cannot be joined"
            )
    unet.fuse_qkv_projections()
    fused = [p for a in layers for p in (getattr(a, n, None) for n in ("to_qkv", "to_kv")) if p]
    added = sum(t.numel() * t.element_size() for p in fused for t in p.parameters())
    return Switched(len(fused), _calls(fused, context), lambda: {"bytes_added": added})


class _Pinned:
    """An attention processor under one backend of scaled dot product attention."""

    def __init__(self, inner: Any, backend: SDPBackend) -> None:
        self.inner = inner
        self.backend = backend

    def __call__(
        self,
        attn: nn.Module,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        temb: torch.Tensor | None = None,
    ) -> torch.Tensor:
        with sdpa_kernel(self.backend):
            found: torch.Tensor = self.inner(
                attn, hidden_states, encoder_hidden_states, attention_mask, temb
            )
        return found


def _probe(layer: Any, backend: SDPBackend, dtype: torch.dtype, device: str) -> SDPBackend:
    """Try a backend on tensors like this layer's; returns what torch would choose by itself."""
    size = layer.inner_dim // layer.heads
    tokens = _PROMPT_TOKENS if layer.is_cross_attention else _IMAGE_TOKENS
    query = torch.zeros(2, layer.heads, _IMAGE_TOKENS, size, dtype=dtype, device=device)
    key = torch.zeros(2, layer.heads, tokens, size, dtype=dtype, device=device)
    with torch.no_grad():
        choice = SDPBackend(torch._fused_sdp_choice(query, key, key))
        try:
            with sdpa_kernel(backend):
                nn.functional.scaled_dot_product_attention(query, key, key)
        except RuntimeError as error:
            raise Unsupported(
                f"attention-sdpa: the backend {_name(backend)} has no kernel for heads of {size} "
                f"numbers in {dtype} on {device}: {str(error).splitlines()[0]}"
            ) from error
    return choice


def _name(backend: SDPBackend) -> str:
    return next((name for name, b in _BACKENDS.items() if b == backend), backend.name.lower())


def _calls_sdpa(processor: object) -> bool:
    """Does that processor of diffusers compute through scaled dot product attention?"""
    return type(processor).__name__.endswith("AttnProcessor2_0")


def _calls(layers: list[Any], context: OptimisationContext) -> Count | None:
    """A count of the calls of these layers, where that can be counted."""
    if not countable(context.cell):
        return None
    count = Count()
    count.calls_of(layers)
    return count


def _attentions(*of: nn.Module) -> list[Any]:
    """The attention layers of diffusers in these parts; text encoders have none."""
    from diffusers.models.attention_processor import Attention

    return [m for part in of for m in part.modules() if isinstance(m, Attention)]


def _processors(pipe: Any) -> dict[str, object]:
    """Attention layer to the object that computes it, over all parts."""
    return {
        f"{number}.{name}": layer.processor
        for number, part in enumerate(parts(pipe))
        for name, layer in part.named_modules()
        if hasattr(layer, "processor")
    }
