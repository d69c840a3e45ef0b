"""What is missing for a method, metric or precision to run somewhere; the one place for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from profiler.catalogue.models import family_of
from profiler.catalogue.models import model as model_spec
from profiler.catalogue.precisions import PrecisionSpec, precision
from profiler.catalogue.schedulers import FLOW_FAMILIES, SchedulerSpec
from profiler.records.catalogue import MethodSpec, Parameter, Requirements
from profiler.records.cell import MethodUse

Packages = Callable[[str], bool]

# Import names whose distribution is called otherwise, for the advice to install.
_DISTRIBUTIONS = {
    "PIL": "pillow",
    "optimum.quanto": "optimum-quanto",
    "torch_pruning": "torch-pruning",
    "yaml": "pyyaml",
}


@dataclass(frozen=True)
class Setting:
    """Where something is to run: a device, and the model and precision of the cell.

    `device_kind` is a torch device type. An unknown capability (None) refuses nothing.
    """

    device_kind: str
    device_name: str
    capability: tuple[int, int] | None
    model: str
    precision: str


def installed(package: str) -> bool:
    """Is the package there? Looks for it without importing it."""
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):  # a parent package is missing, or a half-initialised module
        return False


def unmet(what: str, needs: Requirements, setting: Setting, packages: Packages) -> str | None:
    """Why `what` cannot run in that setting, in words with the next move; None if it can."""
    if reason := _wrong_model(needs, setting) or _wrong_device(needs, setting):
        return f"{what} {reason}"
    for package in needs.packages:
        if not packages(package):
            return missing_package(what, package)
    return None


def unmet_use(use: MethodUse, spec: MethodSpec, setting: Setting, packages: Packages) -> str | None:
    """Why a method, used with these parameters, cannot run in that setting; None if it can.

    Raises:
        UnknownName: a parameter names a precision that does not exist.
    """
    if reason := unmet(use.method, spec.requires, setting, packages):
        return reason
    for parameter in spec.parameters:
        if parameter.values == "precision":
            value = str(use.parameters.get(parameter.name, parameter.default))
            if reason := precision_refused(precision(value), setting):
                return f"{use.method}: {reason}"
        if reason := _value_refused(parameter, use, setting, packages):
            return reason
    return None


def _value_refused(
    parameter: Parameter, use: MethodUse, setting: Setting, packages: Packages
) -> str | None:
    """Why this value of a parameter cannot be used in that setting."""
    value = str(use.parameters.get(parameter.name, parameter.default))
    if parameter.needed and not value:
        return f"{use.method} needs the parameter {parameter.name}: {parameter.doc}"
    needs = parameter.requires.get(value)
    return (
        unmet(f"{use.method}({parameter.name}={value})", needs, setting, packages)
        if needs
        else None
    )


def _wrong_model(needs: Requirements, setting: Setting) -> str | None:
    if reason := needs.not_models.get(setting.model):
        return f"is not for {setting.model}: {reason}"
    if needs.models and setting.model not in needs.models:
        why = f": {needs.models_reason}" if needs.models_reason else ""
        return f"is for {_any_of(needs.models)} only, not for {setting.model}{why}"
    family = family_of(setting.model) if setting.model else ""  # empty as long as it is unknown
    if needs.families and family and family not in needs.families:
        return (
            f"is for models of the family {_any_of(needs.families)}; {setting.model} is of {family}"
        )
    if needs.precisions and setting.precision not in needs.precisions:
        return f"needs precision {_any_of(needs.precisions)}, not {setting.precision}"
    return None


def _wrong_device(needs: Requirements, setting: Setting) -> str | None:
    if reason := needs.refused.get(setting.device_kind):
        return f"is refused on {setting.device_kind}: {reason}"
    if needs.devices and setting.device_kind not in needs.devices:
        return (
            f"runs on {_any_of(needs.devices)} only; "
            f"{setting.device_name} is a {setting.device_kind} device"
        )
    if needs.capability and _below(setting, needs.capability):
        return f"needs compute capability {_dotted(needs.capability)}; {_has(setting)}"
    return None


def precision_refused(spec: PrecisionSpec, setting: Setting) -> str | None:
    """Why this precision is not run on that device; None if it is."""
    if reason := spec.refused.get(setting.device_kind):
        return f"{spec.name} is refused on {setting.device_kind}: {reason}"
    if spec.capability and _below(setting, spec.capability):
        reason = f": {spec.capability_reason}" if spec.capability_reason else ""
        return (
            f"{spec.name} needs compute capability {_dotted(spec.capability)}; "
            f"{_has(setting)}{reason}"
        )
    return None


def scheduler_refused(spec: SchedulerSpec, model: str) -> str | None:
    """Why this scheduler cannot sample that model; None if it can, or if nobody knows yet."""
    family = family_of(model)
    if not family or (family not in spec.not_families and family in (spec.families or (family,))):
        return None
    kinds = ("flow matching", "diffusion")
    trained, meant = kinds if family in FLOW_FAMILIES else kinds[::-1]
    return (
        f"the scheduler {spec.name} is for models trained by {meant}; {model} was trained by "
        f"{trained}; its own is {model_spec(model).scheduler}"
    )


def distribution(package: str) -> str:
    """What pip calls the package of that import name."""
    return _DISTRIBUTIONS.get(package, package)


def missing_package(what: str, package: str) -> str:
    """The sentence for a package that is not installed."""
    name = distribution(package)
    return (
        f"{what} needs the package {name!r}, which is not installed; "
        f"install it with: pip install 'sdprof[run]'"
    )


def _below(setting: Setting, least: tuple[int, int]) -> bool:
    known = setting.device_kind == "cuda" and setting.capability is not None
    return known and setting.capability < least  # type: ignore[operator]


def _has(setting: Setting) -> str:
    return f"{setting.device_name} has {_dotted(setting.capability or (0, 0))}"


def _dotted(capability: tuple[int, int]) -> str:
    return f"{capability[0]}.{capability[1]}"


def _any_of(names: tuple[str, ...]) -> str:
    return " or ".join(names)
