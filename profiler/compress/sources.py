"""Parts of a model that come from elsewhere: shipped, from a local folder, or from the hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from profiler import paths
from profiler.compress.contract import CompressionContext
from profiler.errors import InputError, Unsupported
from profiler.pipelines import hub
from profiler.pipelines.checked import SUMS, check_folder

Loaded = TypeVar("Loaded")
# What the UNet of a pipeline is bound to by its neighbours: text states, latents, other inputs.
_UNET_FIT = (
    ("cross_attention_dim", "text states of width"),
    ("in_channels", "input latents with channels:"),
    ("out_channels", "output latents with channels:"),
    ("addition_embed_type", "additional inputs of the kind"),
)


def shipped(name: str) -> Path:
    """The folder of a part that ships with sdprof, its SHA-256 sums checked.

    Raises:
        SdprofError: it is missing or was changed.
    """
    return check_folder(paths.embedded_weights() / name)


def load_unet(source: str | Path, context: CompressionContext, method: str) -> Any:
    """A UNet in the cell's format on its device, from a folder or hub id, fit for the pipeline.

    The source is a UNet, or a whole pipeline with one in its subfolder `unet`.

    Raises:
        Unsupported: it cannot be had here, or its shape does not fit the pipeline.
        InputError: there is no such folder, or nothing in it that could be a UNet.
        SdprofError: a file is missing or damaged.
    """
    from diffusers import UNet2DConditionModel

    unet = load_part(UNet2DConditionModel, source, "unet", context, method)
    _check_unet(unet, source, context, method)
    return unet


def load_part(
    kind: Any, source: str | Path, subfolder: str, context: CompressionContext, method: str
) -> Any:
    """A diffusers model of that class from safetensors, in the cell's format, on its device.

    `subfolder` is where it lies within a pipeline. Raises what `load_unet` does.
    """
    folder = local_path(source, method)
    if folder is not None:
        _honour_sums(folder)
        inner = subfolder if not (folder / "config.json").is_file() else ""
        if not (folder / inner / "config.json").is_file():
            raise InputError(f"{method}: no config.json in {folder}, nor in {folder / subfolder}")
        choices = [inner]
    else:
        choices = [subfolder, ""]

    def load() -> Any:
        for i, inner in enumerate(choices):
            try:
                return kind.from_pretrained(
                    str(source if folder is None else folder),
                    subfolder=inner or None,
                    dtype=context.dtype,
                    use_safetensors=True,
                    local_files_only=folder is not None,
                )
            except OSError as error:
                # A hub id may be that of a pipeline or of the part alone.
                if i + 1 == len(choices) or not _has_no_such_file(error):
                    raise
        raise AssertionError("every choice either returns or raises")

    part = fetched(load, str(source), method)
    return part.to(context.device).eval()


def fetched(load: Callable[[], Loaded], source: str, method: str) -> Loaded:
    """Call `load`; what stops it is told with the method and the parameter to change."""
    try:
        return hub.translated(load, source)
    except Unsupported as error:
        if "cannot be reached" in str(error):
            raise Unsupported(
                f"{method}: {source} is not on this machine, and the hub cannot be reached; fetch "
                f"it elsewhere (hf download {source}) and name its folder as the parameter source"
            ) from error
        raise Unsupported(f"{method}: {error}") from error


def local_path(source: str | Path, method: str) -> Path | None:
    """The local folder or file that `source` names; None if it is the id of a hub repository.

    Raises:
        InputError: it is written as a path, and there is nothing.
    """
    path = Path(source).expanduser()
    if path.exists():
        return path
    text = str(source)
    if isinstance(source, Path) or text.startswith((".", "~", "/")) or text.count("/") != 1:
        raise InputError(
            f"{method}: source {text!r} is neither a folder nor the id of a hub repository "
            "(owner/name)"
        )
    return None


def float_bytes(module: nn.Module, dtype: torch.dtype) -> int:
    """Bytes of a module's parameters and buffers, stored in that format."""
    tensors = (*module.parameters(), *module.buffers())
    return sum(tensor.numel() for tensor in tensors) * dtype.itemsize


def _check_unet(
    unet: nn.Module, source: str | Path, context: CompressionContext, method: str
) -> None:
    """A UNet of other shape fails deep in the first image; better here, in words."""
    ours: Any = context.pipe.unet.config
    theirs: Any = unet.config
    for name, told in _UNET_FIT:
        wanted, found = getattr(ours, name, None), getattr(theirs, name, None)
        if wanted != found:
            raise Unsupported(
                f"{method}: the UNet of {source} does not fit {context.model}: it takes {told} "
                f"{found}, and the pipeline has {wanted} ({name}); name another source"
            )


def _honour_sums(folder: Path) -> None:
    if (folder / SUMS).is_file():
        check_folder(folder)


def _has_no_such_file(error: BaseException) -> bool:
    """Is the repository there, and only the file is not?"""
    link: BaseException | None = error
    while link is not None:
        if any("EntryNotFound" in kind.__name__ for kind in type(link).__mro__):
            return not any("LocalEntryNotFound" in kind.__name__ for kind in type(link).__mro__)
        link = link.__cause__ or link.__context__
    return "does not appear to have a file named" in str(error)
