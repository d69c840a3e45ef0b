"""Weights from a local folder or from the hub, and the hub's errors in plain words."""

from __future__ import annotations

import errno
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from profiler.catalogue import hub_cache
from profiler.errors import InputError, SdprofError, Unsupported
from profiler.pipelines.architectures.parts import UNCHECKED

Loaded = TypeVar("Loaded")

PICKLED = (".bin", ".ckpt", ".pt", ".pth")
PICKLE = (
    "pickled weights can run code when they are read, so only safetensors are; convert them, or "
    "say --allow-pickle (sdprof run) if you trust them"
)

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


def pipeline_from(
    source: str | Path, dtype: Any, *, local: bool, allow_pickle: bool = False
) -> Any:
    """A text-to-image pipeline from a folder or a hub id, without safety checker.

    Its class is the one that its model_index.json names. Only safetensors are read, unless
    `allow_pickle` is given; then they still come first.

    Raises:
        Unsupported: the weights cannot be had here, or the pipeline makes no images from text.
        SdprofError: what stopped it, in words, with the next move.
    """
    import diffusers

    if local and not allow_pickle:
        _refuse_pickled(Path(source))

    def load() -> Any:
        config = diffusers.DiffusionPipeline.load_config(str(source), local_files_only=local)
        kind = _text_to_image(config["_class_name"], str(source))
        arguments = inspect.signature(kind.__init__).parameters
        return kind.from_pretrained(
            str(source),
            dtype=dtype,
            use_safetensors=None if allow_pickle else True,
            local_files_only=local,
            **{name: value for name, value in UNCHECKED.items() if name in arguments},
        )

    return translated(load, str(source))


def _text_to_image(name: Any, source: str) -> Any:
    """The class of diffusers of that name.

    Raises:
        Unsupported: it is code of the repository, or wants an image or more to begin with.
    """
    import diffusers

    kind = getattr(diffusers, name, None) if isinstance(name, str) else None
    if kind is None:
        raise Unsupported(
            f"{source}: its pipeline {name!r} is not one of the installed diffusers; sdprof runs "
            "no code of a repository, so another version of diffusers may help, if it has it"
        )
    asked = inspect.signature(kind.__call__).parameters
    needed = {n for n, p in asked.items() if p.default is p.empty and n not in ("self", "prompt")}
    if "prompt" not in asked or "image" in asked or needed - {"args", "kwargs"}:
        raise Unsupported(
            f"{source}: {name} makes no images from text alone; name a text-to-image model"
        )
    return kind


def _refuse_pickled(folder: Path) -> None:
    """Tell of a component that holds pickled weights only.

    Raises:
        InputError: naming the file and the flag.
    """
    for part in sorted(path for path in folder.iterdir() if path.is_dir()):
        pickled = sorted(file for kind in PICKLED for file in part.glob(f"*{kind}"))
        known = hub_cache.read_index(folder / "model_index.json").get(part.name)
        if known and pickled and not any(part.glob("*.safetensors")):
            raise InputError(f"{pickled[0]}: {PICKLE}")


def local_folder(path: str) -> Path:
    """The folder of a diffusers pipeline that the user named.

    Raises:
        InputError: there is no such folder, or it holds no pipeline.
    """
    folder = Path(path).expanduser()
    if not folder.is_dir():
        raise InputError(
            f"weights {path!r}: neither a folder nor a known kind of weights; give the path of a "
            "folder in the diffusers format, or of a .safetensors file"
        )
    if not (folder / "model_index.json").is_file():
        raise InputError(
            f"{folder}: no model_index.json, so this is no pipeline in the diffusers format; "
            "convert it with diffusers (from_single_file, then save_pretrained), or name the "
            "checkpoint file itself"
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
            "in the diffusers format only, and pickled weights with --allow-pickle"
        )
    if Path(source).is_dir():
        move = "copy or convert the folder again"
    else:
        move = (
            "sdprof reads pickled weights with --allow-pickle only; "
            if "safetensors" in str(error)
            else ""
        ) + ("if the download was cut off, delete its folder in the cache of the hub and try again")
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
