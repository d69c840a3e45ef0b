"""Runtime optimisations as lines of a diffusers script."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from profiler.analysis.emit_parts import Fragment, literal
from profiler.records.cell import Cell, MethodUse


def _lines(*lines: str) -> Callable[[MethodUse, Cell], Fragment]:
    return lambda _use, _cell: Fragment(calls=lines)


def _compile(use: MethodUse, _cell: Cell) -> Fragment:
    mode = literal(use.parameters.get("mode", "default"))
    call = f"pipe.unet = torch.compile(pipe.unet, mode={mode})"
    if use.parameters.get("scope") == "repeated":
        call = f"pipe.unet.compile_repeated_blocks(mode={mode})"
    return Fragment(calls=("# The first image takes a minute or more: that is the compiler.", call))


def _attention_eager(_use: MethodUse, _cell: Cell) -> Fragment:
    return Fragment(
        imports=("from diffusers.models.attention_processor import AttnProcessor",),
        calls=tuple(f"pipe.{part}.set_attn_processor(AttnProcessor())" for part in ("unet", "vae")),
    )


def _deepcache(use: MethodUse, _cell: Cell) -> Fragment:
    interval, branch = use.parameters.get("interval", 3), use.parameters.get("branch", 0)
    return Fragment(
        imports=("from DeepCache import DeepCacheSDHelper",),
        calls=(
            "cache = DeepCacheSDHelper(pipe=pipe)  # pip install DeepCache",
            f"cache.set_params(cache_interval={interval}, cache_branch_id={branch})",
            "cache.enable()",
        ),
    )


def _group_offload(use: MethodUse, _cell: Cell) -> Fragment:
    stream = literal(use.parameters.get("stream", False))
    leaf = 'offload_type="leaf_level"'
    block = 'offload_type="block_level", num_blocks_per_group=1'
    level = leaf if use.parameters.get("level") == "leaf" else block
    return Fragment(
        imports=("from diffusers.hooks import apply_group_offloading",),
        calls=(
            f"onto = {{'onload_device': torch.device(device), 'use_stream': {stream}}}".replace(
                "'", '"'
            ),
            "for part in (pipe.text_encoder, pipe.unet):",
            f"    apply_group_offloading(part, {level}, **onto)",
            "# The hooks of blocks rely on `forward`, which decoding does not call.",
            f"apply_group_offloading(pipe.vae, {leaf}, **onto)",
        ),
    )


OPTIMISATIONS: Mapping[str, Callable[[MethodUse, Cell], Fragment]] = {
    "attention-slicing": _lines("pipe.enable_attention_slicing()"),
    "vae-slicing": _lines("pipe.vae.enable_slicing()"),
    "vae-tiling": _lines("pipe.vae.enable_tiling()"),
    "channels-last": _lines(
        "pipe.unet.to(memory_format=torch.channels_last)",
        "pipe.vae.to(memory_format=torch.channels_last)",
    ),
    "attention-eager": _attention_eager,
    "attention-xformers": _lines("pipe.enable_xformers_memory_efficient_attention()"),
    "fused-qkv": _lines("pipe.unet.fuse_qkv_projections()"),
    "gradient-checkpointing": _lines("pipe.unet.enable_gradient_checkpointing()"),
    "deepcache": _deepcache,
    "group-offload": _group_offload,
    "compile": _compile,
    "model-offload": _lines("pipe.enable_model_cpu_offload(device=device)"),
    "sequential-offload": _lines("pipe.enable_sequential_cpu_offload(device=device)"),
}
