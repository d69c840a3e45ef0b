"""The imports that all cells share, such that the process that did them may still fork."""

from __future__ import annotations

import importlib.util
import sys
import types
from importlib.machinery import ModuleSpec

# Imported by diffusers and transformers for no more than a look, these ask CUDA for its devices as
# they load (bitsandbytes/cextension.py: get_cuda_specs). A process that has used CUDA cannot fork
# workers that use it. So they load at their first use, which happens in the worker.
DEFERRED = ("bitsandbytes",)


class Deferred(types.ModuleType):
    """A module that is executed at the first look at something that it does not have yet.

    `importlib.util.LazyLoader` would load at any look, also at those that `inspect` has at the
    `__file__` of every module.
    """

    def __init__(self, spec: ModuleSpec) -> None:
        super().__init__(spec.name)
        self.__spec__ = spec
        self.__loader__ = spec.loader
        self.__file__ = spec.origin
        self.__package__ = spec.parent

    def __getattr__(self, name: str) -> object:
        # `__path__` is what the import of a submodule asks for, and that needs the package loaded.
        if name.startswith("__") and name != "__path__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        spec = self.__spec__
        self.__class__ = types.ModuleType  # type: ignore[assignment]
        if spec is not None and spec.loader is not None:
            if spec.submodule_search_locations is not None:
                self.__path__ = spec.submodule_search_locations
            try:
                spec.loader.exec_module(self)
            except BaseException:
                sys.modules.pop(self.__name__, None)  # half of a module is none, as with `import`
                raise
        return getattr(self, name)


def defer(name: str) -> None:
    """Let `import name` load nothing yet; without effect where it is loaded or not installed."""
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is not None and spec.loader is not None:
        sys.modules[name] = Deferred(spec)


def import_libraries() -> None:
    """Import what every cell needs, compute nothing, and leave CUDA alone."""
    for name in DEFERRED:
        defer(name)
    from profiler.pipelines.preload import preload

    preload()


def unfit_to_fork() -> str:
    """Why workers forked from this process could not use CUDA; empty if they can."""
    import torch

    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return "a library has used CUDA while it was imported"
    return ""
