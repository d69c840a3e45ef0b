"""The structure of a module without its numbers: what has to be rebuilt before they fit in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from profiler.compress.tensors import named_tensors
from profiler.errors import Unsupported

LIBRARIES = ("diffusers", "transformers")
# What a freshly built module can be cast to as a whole; other dtypes are a method's doing.
_CASTS = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
_HOOKS = ("_forward_hooks", "_forward_pre_hooks")


@dataclass(frozen=True)
class Structure:
    """Types of layers with their hooks, plain attributes, and shape and dtype of each tensor."""

    layers: Mapping[str, str]
    attributes: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]
    dtypes: Mapping[str, torch.dtype]

    def only_reshaped(self, before: Structure) -> bool:
        """Are these the same layers and tensors as before, in other shapes?"""
        same = self.layers == before.layers and self.dtypes == before.dtypes
        return same and self.shapes != before.shapes

    def fits(self, built: Structure) -> bool:
        """Is this what was built, perhaps cast to another dtype?"""
        alike = (self.layers, self.attributes, self.shapes)
        if alike != (built.layers, built.attributes, built.shapes):
            return False
        return all(
            dtype == built.dtypes[name] or {dtype, built.dtypes[name]} <= set(_CASTS)
            for name, dtype in self.dtypes.items()
        )


def structure_of(module: nn.Module) -> Structure:
    """The structure of a module; a few milliseconds, on any device."""
    tensors = dict(named_tensors(module))
    layers: dict[str, str] = {}
    attributes: dict[str, str] = {}
    for name, layer in module.named_modules():
        hooks = [len(getattr(layer, key)) for key in _HOOKS]
        patched = getattr(vars(layer).get("forward"), "__qualname__", "")
        layers[name] = f"{type(layer).__qualname__}{hooks}{patched}"
        if name:  # the outermost one also has notes of whoever loaded it
            attributes.update(
                (f"{name}.{key}", repr(value))
                for key, value in vars(layer).items()
                if isinstance(value, (str, int, float, bool, type(None)))
                and not key.startswith("_")
                and key != "training"
            )
    return Structure(
        layers,
        attributes,
        {name: tuple(tensor.shape) for name, tensor in tensors.items()},
        {name: tensor.dtype for name, tensor in tensors.items()},
    )


def follows_from_config(module: nn.Module) -> bool:
    """Would its own config build this very module, but for the numbers in it?"""
    if library_of(module) not in LIBRARIES or not hasattr(module, "config"):
        return False
    with torch.device("meta"):
        built = build(type(module), module.config)
    return structure_of(module).fits(structure_of(built))


def build(kind: Any, config: Any) -> nn.Module:
    """A module of diffusers or transformers from its config, on the default device."""
    module: nn.Module
    if hasattr(kind, "from_config") and hasattr(kind, "load_config"):
        module = kind.from_config(dict(config))
    else:
        module = kind(config)
    return module


def library_of(module: nn.Module) -> str:
    """The package that the class of a module comes from."""
    return type(module).__module__.partition(".")[0]


def class_of(library: str, name: str) -> Any:
    """The class of a component; only classes of modules, of the two libraries.

    Raises:
        Unsupported: there is no such class.
    """
    import importlib

    found: Any = None
    if library in LIBRARIES:
        found = getattr(importlib.import_module(library), name, None)
    if not (isinstance(found, type) and issubclass(found, nn.Module)):
        raise Unsupported(f"there is no model class {library}.{name} on this machine")
    return found
