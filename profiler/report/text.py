"""Numbers and quantities as text for the page; one unit per column, so that columns compare."""

from __future__ import annotations

from dataclasses import dataclass

from profiler.analysis.format import is_share, number, words
from profiler.records.quantity import Evidence, Quantity

DASH = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"
MEBI = 2.0**20

# One letter for each kind of evidence, shown after the figure and explained under the table.
EVIDENCE_MARKS = {
    Evidence.MEASURED: "m",
    Evidence.TRANSFERRED: "t",
    Evidence.PUBLISHED: "p",
    Evidence.PREDICTED: "e",
}
EVIDENCE_WORDS = {
    Evidence.MEASURED: "measured on this device",
    Evidence.TRANSFERRED: "transferred from a measurement on another device",
    Evidence.PUBLISHED: "published by others",
    Evidence.PREDICTED: "estimated by a model",
}


@dataclass(frozen=True)
class Figure:
    """How a figure is shown: heading, the unit that people read, and the factor to it."""

    name: str
    heading: str
    unit: str
    factor: float = 1.0


FIGURES = (
    Figure("latency_s_per_image", "Latency", "s/image"),
    Figure("throughput_images_per_s", "Throughput", "images/s"),
    Figure("peak_memory_bytes", "Peak memory", "MiB", 1 / MEBI),
    Figure("weights_bytes", "Weights", "MiB", 1 / MEBI),
    Figure("energy_j_per_image", "Energy", "J/image"),
)

_SHOWN_UNITS = {"B": ("MiB", 1 / MEBI), "1": ("", 1.0), "1/s": ("images/s", 1.0)}


def shown_unit(name: str, unit: str) -> tuple[str, float]:
    """The unit that people read and the factor to it: bytes as MiB, shares as per cent."""
    if is_share(name, unit):
        return "%", 100.0
    return _SHOWN_UNITS.get(unit, (unit, 1.0))


def heading(name: str) -> str:
    """The name of a figure or metric as a heading: `prompt_alignment` as `Prompt alignment`."""
    text = words(name)
    return text[:1].upper() + text[1:]


def interval(quantity: Quantity, factor: float = 1.0) -> str:
    """`0.401-0.420` with an en dash, or nothing where no interval is known."""
    if quantity.low is None or quantity.high is None:
        return ""
    # A dash before a minus sign would be unreadable.
    joint = DASH if quantity.low >= 0 else " to "
    return f"{number(quantity.low * factor)}{joint}{number(quantity.high * factor)}"


def evidence_title(quantity: Quantity) -> str:
    """What the mark after a figure means, with its source where one is told."""
    told = EVIDENCE_WORDS.get(quantity.evidence, quantity.evidence.value)
    return f"{told}: {quantity.source}" if quantity.source else told


def count(number_of: int, noun: str) -> str:
    """`1 configuration`, `2 configurations`."""
    return f"{number_of:,} {noun}" if number_of == 1 else f"{number_of:,} {noun}s"


def times(ratio: Quantity) -> str:
    """A ratio as `0.71` and the multiplication sign."""
    return DASH if ratio.value is None else f"{number(ratio.value)}{TIMES}"
