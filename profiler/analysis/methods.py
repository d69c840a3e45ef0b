"""Everything that a suite can name, each with its family and whether a device can run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from profiler.catalogue.compression import all_compressions
from profiler.catalogue.metrics import all_metrics
from profiler.catalogue.optimisations import all_optimisations
from profiler.catalogue.precisions import precision
from profiler.catalogue.requires import (
    Packages,
    Setting,
    installed,
    missing_package,
    precision_refused,
    unmet,
)
from profiler.catalogue.schedulers import SchedulerSpec, all_schedulers
from profiler.errors import UnknownName
from profiler.records.catalogue import MethodSpec, MetricSpec, Parameter, Requirements
from profiler.records.codec import to_json
from profiler.records.device import HardwareProfile

Spec = MethodSpec | MetricSpec | SchedulerSpec

# Kind of a catalogue entry to the family that people look for, in the order of the listing.
FAMILIES: Mapping[str, str] = {
    "quantise": "quantisation",
    "prune": "pruning",
    "distil": "distillation",
    "merge": "fusion",
    "cast": "mixed precision",
    "optimise": "runtime",
    "scheduler": "sampler",
    "metric": "metric",
}
# What every measurement imports.
_ALWAYS = ("torch", "diffusers", "transformers")


@dataclass(frozen=True)
class Listed:
    """A catalogue entry and where it runs.

    `reason` says why it does not run on the device, empty if it does. `lacks` are packages that it
    needs and that this machine has not; they are part of the reason only if this machine is meant.
    """

    spec: Spec
    kind: str
    reason: str = ""
    lacks: tuple[str, ...] = ()
    requires: Requirements = field(default_factory=Requirements)

    @property
    def name(self) -> str:
        """What suites call it."""
        return self.spec.name

    @property
    def family(self) -> str:
        """The family that it belongs to; a kind that is not known here is its own."""
        return FAMILIES.get(self.kind, self.kind)

    @property
    def components(self) -> tuple[str, ...]:
        """The parts of the pipeline that it works on; empty for the pipeline as a whole."""
        return getattr(self.spec, "components", ())

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What a suite can set; empty for what takes nothing."""
        return getattr(self.spec, "parameters", ())


def catalogue() -> list[tuple[str, Spec]]:
    """Kind and spec of every method, optimisation, sampler and metric, plug-ins included."""
    methods = (*all_compressions().values(), *all_optimisations().values())
    listed: list[tuple[str, Spec]] = [(spec.kind, spec) for spec in methods]
    listed += [("scheduler", spec) for spec in all_schedulers().values()]
    listed += [("metric", spec) for spec in all_metrics().values()]
    order = list(FAMILIES)
    return sorted(listed, key=lambda e: order.index(e[0]) if e[0] in order else len(order))


def everything() -> list[Listed]:
    """Every entry, judged for no device: for the documentation."""
    return [Listed(spec, kind, requires=_requires(spec)) for kind, spec in catalogue()]


def methods_on(
    device: HardwareProfile, *, here: bool, packages: Packages = installed
) -> list[Listed]:
    """Everything, judged for a device; `here` says that it is of this machine.

    What this machine has not installed says nothing of another device: it is in `lacks` only.
    """
    return [_judged(kind, spec, device, here, packages) for kind, spec in catalogue()]


def named(name: str, listed: list[Listed]) -> list[Listed]:
    """The entries of that name or alias; a sampler may share its name with a method.

    Raises:
        UnknownName: nothing is called so.
    """
    found = [e for e in listed if name == e.name or name in getattr(e.spec, "aliases", ())]
    if not found:
        known = [word for e in listed for word in (e.name, *getattr(e.spec, "aliases", ()))]
        raise UnknownName("method", name, known)
    return found


def as_json(entry: Listed) -> dict[str, Any]:
    """The catalogue's entry with `family`, `runs`, `reason` and `lacks`; all kinds alike."""
    told = to_json(entry.spec)
    told |= {
        "kind": entry.kind,
        "family": entry.family,
        "aliases": list(getattr(entry.spec, "aliases", ())),
        "components": list(entry.components),
        "parameters": to_json(entry.parameters),
        "requires": to_json(entry.requires),
        "runs": not entry.reason,
        "reason": entry.reason,
        "lacks": list(entry.lacks),
    }
    return dict(told)


def _judged(
    kind: str, spec: Spec, device: HardwareProfile, here: bool, packages: Packages
) -> Listed:
    needs = _requires(spec)
    lacks = tuple(name for name in (*_ALWAYS, *needs.packages) if not packages(name))
    reason = _why_not(spec.name, needs, device, packages if here else lambda _: True)
    return Listed(spec, kind, reason or "", tuple(dict.fromkeys(lacks)), needs)


def _why_not(
    what: str, needs: Requirements, device: HardwareProfile, packages: Packages
) -> str | None:
    """What is missing on the device, with a model and a precision that the method takes."""
    if device.features.get("pytorch") is False:
        return f"PyTorch does not run on {device.name}"
    model = needs.models[0] if needs.models else ""
    settings = [
        Setting(device.kind, device.name, device.capability, model, name)
        for name in needs.precisions or ("",)
    ]
    refused = [_precision_refused(setting) for setting in settings]
    # One precision that the device takes is enough.
    best = refused.index(None) if None in refused else 0
    if reason := unmet(what, needs, settings[best], packages):
        return reason
    if reason := refused[best]:
        return f"{what} needs precision {' or '.join(needs.precisions)}, and {reason}"
    missing = next((name for name in _ALWAYS if not packages(name)), None)
    return missing_package("measuring", missing) if missing else None


def _requires(spec: Spec) -> Requirements:
    needs: Requirements = getattr(spec, "requires", Requirements())
    return needs


def _precision_refused(setting: Setting) -> str | None:
    if not setting.precision:
        return None
    return precision_refused(precision(setting.precision), setting)
