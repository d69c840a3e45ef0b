"""Weights from a local folder or from the hub, and the hub's errors in plain words."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from profiler.errors import InputError, SdprofError, Unsupported

Loaded = TypeVar("Loaded")

# By class name, so that no library has to be imported to read its errors.
_GATED = frozenset({"GatedRepoError"})
_NOT_FOUND = frozenset({"RepositoryNotFoundError", "RevisionNotFoundError"})
_NO_FILE = frozenset({"EntryNotFoundError", "RemoteEntryNotFoundError"})
_NO_NETWORK = frozenset(
    {
        "CachedRepoTreeNotFoundError",
        "ConnectError",
        "ConnectTimeout",
        "ConnectionError",
        "LocalEntryNotFoundError",
        "NetworkError",
        "OfflineModeIsEnabled",
        "ProxyError",
        "ReadTimeout",
        "Timeout",
    }
)


def pipeline_from(source: str | Path, dtype: Any, *, local: bool) -> Any:
    """A StableDiffusionPipeline from a folder or a hub id, safetensors only, without checker.

    Raises:
        SdprofError: what stopped it, in words, with the next move.
    """
    from diffusers import StableDiffusionPipeline

    return translated(
        lambda: StableDiffusionPipeline.from_pretrained(
            str(source),
            dtype=dtype,
            use_safetensors=True,
            local_files_only=local,
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        ),
        str(source),
    )


def local_folder(path: str) -> Path:
    """The folder of a diffusers pipeline that the user named.

    Raises:
        InputError: there is no such folder, or it holds no pipeline.
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise InputError(
            f"weights {path!r}: neither a folder nor a known kind of weights; give the path of a "
            "folder in the diffusers format"
        )
    if not (folder / "model_index.json").is_file():
        raise InputError(
            f"{folder}: no model_index.json, so this is no pipeline in the diffusers format; "
            "convert it with diffusers (from_single_file, then save_pretrained)"
        )
    return folder


def translated(load: Callable[[], Loaded], source: str) -> Loaded:
    """Call `load`; an error of the hub, the network or the disk becomes one clear message.

    Raises:
        Unsupported: the weights cannot be had here (no network, no access, no such model).
        SdprofError: the disk is full, or a file of the model is missing or damaged.
        MemoryError: a file could not be mapped for want of memory.
    """
    try:
        return load()
    except (OSError, ValueError, ImportError, LookupError) as error:
        if _out_of_memory(error):
            raise MemoryError(_told(error)) from error
        raise explain(error, source) from error
    except RuntimeError as error:
        # httpx and tokenizers raise these for connections; anything else is not the hub's.
        if _names(error) & _NO_NETWORK:
            raise explain(error, source) from error
        raise
    except Exception as error:
        # Some of safetensors, httpx and the hub derive from Exception alone: told by their names.
        if _names(error) & (_NO_NETWORK | _NO_FILE | {"SafetensorError"}):
            raise explain(error, source) from error
        raise


def explain(error: BaseException, source: str) -> SdprofError:
    """The error that tells the user why `source` could not be loaded, and the next move."""
    names = _names(error)
    if any(getattr(link, "errno", None) == errno.ENOSPC for link in _chain(error)):
        return SdprofError(
            f"{source}: the disk is full; free some space, or let HF_HOME name a folder on "
            "another disk"
        )
    if names & _GATED:
        return Unsupported(
            f"{source}: the hub gives this model only to accounts that accepted its terms; accept "
            f"them at https://huggingface.co/{source}, then log in with: hf auth login"
        )
    if names & _NOT_FOUND:
        return Unsupported(
            f"{source}: the hub has no such model, or it is private; check the name, or log in "
            "with: hf auth login"
        )
    if names & _NO_NETWORK:
        return Unsupported(
            f"{source}: not on this machine, and the hub cannot be reached; connect to the "
            f"network, fetch it elsewhere (hf download {source}) and name its folder as weights, "
            "or use weights: random"
        )
    if names & _NO_FILE:
        return SdprofError(
            f"{source}: a file of the model is missing ({_told(error)}); sdprof reads safetensors "
            "in the diffusers format only"
        )
    if Path(source).is_dir():
        move = "copy or convert the folder again"
    else:
        move = (
            "if the download was cut off, delete its folder in the cache of the hub and try again"
        )
    return SdprofError(f"{source}: the model cannot be loaded ({_told(error)}); {move}")


def _out_of_memory(error: BaseException) -> bool:
    return any(getattr(link, "errno", None) == errno.ENOMEM for link in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what led to it."""
    link: BaseException | None = error
    seen: set[int] = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _names(error: BaseException) -> set[str]:
    """Class names of the error, its bases and what led to it."""
    return {kind.__name__ for link in _chain(error) for kind in type(link).__mro__}


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, LookupError):  # its text is the bare key
        text = f"{type(error).__name__}: {text}"
    return text if len(text) <= 200 else text[:197] + "..."
