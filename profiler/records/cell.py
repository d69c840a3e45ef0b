"""One question of a sweep: which configuration is measured, and its content hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from profiler.records.codec import to_json

Scalar = str | int | float | bool


@dataclass(frozen=True)
class MethodUse:
    """A compression method or runtime optimisation as used in one cell.

    `components` are the pipeline parts it is applied to ("unet", "vae", "text_encoder");
    `parameters` are complete: the catalogue's defaults are filled in before hashing.
    """

    method: str
    components: tuple[str, ...] = ()
    parameters: Mapping[str, Scalar] = field(default_factory=dict)

    def label(self, defaults: Mapping[str, Scalar] | None = None) -> str:
        """Short text, `name` or `name(key=value)`; parameters equal to `defaults` are left out."""
        shown = {k: v for k, v in self.parameters.items() if (defaults or {}).get(k) != v}
        inner = ", ".join(f"{key}={value}" for key, value in sorted(shown.items()))
        return f"{self.method}({inner})" if inner else self.method


@dataclass(frozen=True)
class Cell:
    """A configuration to measure. Equal content gives an equal `cell_id` on every machine.

    `weights` is "embedded", "hub", "random" or the path of a local folder or file, whose content
    `weights_digest` then tells: another model at the same path is another question. `compression`
    is applied in its order. `prompts` are the texts of the images, the i-th with `seed + i`.
    """

    model: str
    weights: str
    precision: str
    width_px: int
    height_px: int
    batch_size: int
    steps: int
    scheduler: str
    guidance: float
    seed: int
    prompts: tuple[str, ...]
    compression: tuple[MethodUse, ...] = ()
    optimisations: tuple[MethodUse, ...] = ()
    weights_digest: str = ""

    @cached_property
    def cell_id(self) -> str:
        """First 16 hex digits of the SHA-256 of the canonical JSON."""
        content = _canonical(to_json(self))
        if isinstance(content, dict) and not self.weights_digest:
            del content["weights_digest"]
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()[:16]

    def label(self) -> str:
        """One line for people: what distinguishes this cell, e.g. `tiny-sd bf16 absmax-int8`."""
        parts = [self.model, self.precision]
        parts += [use.label() for use in (*self.compression, *self.optimisations)]
        parts += [f"{self.width_px}x{self.height_px}", f"b{self.batch_size}", f"{self.steps} steps"]
        return " ".join(parts)


def _canonical(value: object) -> object:
    """Numbers that are equal become one text: 7 and 7.0 must not hash apart."""
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
