"""Catalogue entries in words: what they need, what they take, and one in detail."""

from __future__ import annotations

from collections.abc import Iterator

from profiler.analysis.format import number
from profiler.analysis.methods import Listed
from profiler.catalogue.requires import distribution
from profiler.records.catalogue import MethodSpec, MetricSpec, Parameter, Requirements
from profiler.records.cell import Scalar


def needs(requires: Requirements, *, reasons: bool = True) -> str:
    """What must be there, in one line; empty where nothing is asked for."""
    parts = []
    if requires.packages:
        parts.append(f"package {', '.join(map(distribution, requires.packages))}")
    if requires.devices:
        parts.append(" or ".join(requires.devices))
    if requires.capability:
        parts.append("compute capability {}.{}".format(*requires.capability))
    if requires.precisions:
        parts.append(f"precision {' or '.join(requires.precisions)}")
    if requires.models:
        parts.append(f"model {' or '.join(requires.models)}")
    if requires.families:
        parts.append(f"family {' or '.join(requires.families)}")
    for kind, reason in requires.refused.items():
        parts.append(f"not on {kind}" + (f" ({reason})" if reasons else ""))
    return "; ".join(parts)


def parameter_text(parameter: Parameter) -> str:
    """`ratio` (float, default 0.3, from 0.01 to 0.75): share of channels asked for."""
    facts = [parameter.kind]
    facts.append(f"default {told(parameter.default)}")
    if parameter.choices:
        facts.append(f"one of {', '.join(map(told, parameter.choices))}")
    low, high = parameter.minimum, parameter.maximum
    if low is not None and high is not None:
        facts.append(f"from {_bound(low)} to {_bound(high)}")
    elif low is not None or high is not None:
        word, bound = ("at least", low) if low is not None else ("at most", high)
        facts.append(f"{word} {_bound(bound or 0.0)}")
    return f"`{parameter.name}` ({', '.join(facts)}): {parameter.doc}"


def told(value: Scalar) -> str:
    """A value as it is written in a suite."""
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if value == "" else str(value)


def facts(entry: Listed) -> Iterator[tuple[str, str]]:
    """What is known of an entry beside its name and doc, as heading and text; nothing is empty."""
    spec = entry.spec
    if isinstance(spec, MethodSpec):
        yield from _method_facts(spec)
    if isinstance(spec, MetricSpec):
        paired = ", compared with the baseline's image" if spec.paired else ""
        yield "unit", f"{spec.unit} ({spec.better} is better{paired})"
    if kind := getattr(spec, "diffusers_class", ""):
        arguments = getattr(spec, "arguments", {})
        given = ", ".join(f"{key}={told(value)}" for key, value in arguments.items())
        yield "class", f"{kind}({given})"
    yield "source", spec.source
    if entry.components:
        yield "components", ", ".join(entry.components)
    if line := needs(entry.requires):
        yield "needs", line


def _method_facts(spec: MethodSpec) -> Iterator[tuple[str, str]]:
    if spec.aliases:
        yield "also called", ", ".join(spec.aliases)
    if spec.formula:
        yield "formula", spec.formula
    if spec.library:
        yield "library", spec.library
    if spec.weight_bits is not None:
        layers = f" in {' and '.join(spec.layers)} layers" if spec.layers else ""
        yield "bits a weight", f"{number(spec.weight_bits)}{layers}, without scales"
    if spec.limits:
        yield "limits", spec.limits
    if spec.needs_gpu_for_speed:
        yield "speed", spec.needs_gpu_for_speed
    if spec.conflicts:
        yield "excludes", ", ".join(spec.conflicts)
    if spec.kind != "optimise":
        yield "place in a chain", f"{spec.order} (lower comes first)"


def detail(entry: Listed) -> str:
    """One entry for a terminal."""
    lines = [f"{entry.name}: {entry.family}", "", f"  {entry.spec.doc}", ""]
    lines += [f"  {heading}: {text}" for heading, text in facts(entry)]
    lines.append(f"  runs there: {verdict(entry)}")
    if entry.parameters:
        lines += ["", "  parameters:"]
        lines += [f"    {parameter_text(p).replace('`', '')}" for p in entry.parameters]
    return "\n".join(lines)


def verdict(entry: Listed) -> str:
    """`yes`, or why not; packages that only this machine lacks are told apart."""
    if entry.reason:
        return f"no: {entry.reason}"
    if entry.lacks:
        missing = ", ".join(map(distribution, entry.lacks))
        return f"yes; needs package {missing}, not installed on this machine"
    return "yes"


def _bound(value: float) -> str:
    return f"{value:g}"
