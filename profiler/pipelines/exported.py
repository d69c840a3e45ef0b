"""What an exported folder says of itself: `sdprof.json`, read with the standard library alone.

Beside it lie the model's files in the diffusers layout (safetensors and JSON, no pickle) and a
SHA256SUMS over all of them. `profiler.compress.saving` writes such a folder, `compress.saved` loads
it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from profiler.errors import SdprofError
from profiler.records.cell import MethodUse
from profiler.records.codec import from_json, to_json

MANIFEST = "sdprof.json"
SCHEMA_VERSION = 1
# Tensors of a component that the plain loaders of diffusers and transformers could not place.
TENSORS = "sdprof.safetensors"

REPLAY, RESHAPE = "replay", "reshape"


@dataclass(frozen=True)
class Step:
    """What gives a freshly built component the structure of the saved one.

    `kind` is "replay": apply the method `use` again, on placeholder weights; or "reshape": give the
    layers the `shapes` by tensor name.
    """

    kind: str
    use: MethodUse | None = None
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """One component: its class, the dtype it is built in, and what is done to it before filling.

    A `plain` component is what its own config says, and loads with diffusers alone. Otherwise
    `dtypes` are the tensors that have another dtype when it is built, and `aliases` name tensors
    that share their memory with another one that is in the file.
    """

    library: str
    class_name: str
    dtype: str
    plain: bool
    bytes: int
    steps: tuple[Step, ...] = ()
    dtypes: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """What was exported: the model, where its weights came from, and the chain applied to it."""

    schema_version: int
    sdprof_version: str
    model: str
    weights: str
    precision: str
    chain: tuple[MethodUse, ...]
    parts: Mapping[str, Part]
    packages: Mapping[str, str] = field(default_factory=dict)


def is_exported(weights: str) -> bool:
    """Is this the path of a folder that `sdprof export` wrote?"""
    return (Path(weights).expanduser() / MANIFEST).is_file()


def read_manifest(folder: Path) -> Manifest:
    """The `sdprof.json` of an exported folder.

    Raises:
        SdprofError: there is none, it is of another schema version, or it is damaged.
    """
    path = folder / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SdprofError(f"{path}: no such file; this folder is no export of sdprof") from None
    except (OSError, ValueError) as error:
        raise SdprofError(f"{path}: cannot be read ({error}); export the model again") from error
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA_VERSION:
        raise SdprofError(
            f"{path}: its schema_version is {version!r}, this sdprof reads {SCHEMA_VERSION}; "
            "export the model again with this version"
        )
    try:
        return from_json(Manifest, data)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SdprofError(
            f"{path}: damaged ({type(error).__name__}: {error}); export the model again"
        ) from error


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `sdprof.json`."""
    text = json.dumps(to_json(manifest), indent=1, sort_keys=True)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
