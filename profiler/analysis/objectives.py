"""What can be asked to be best, by which figure, and how ties are broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from profiler.errors import UnknownName
from profiler.records.catalogue import MetricSpec
from profiler.records.quantity import Quantity, unavailable
from profiler.records.summary import FIGURES, Summary

QUALITY = "quality"
LATENCY = "latency_s_per_batch"
MEMORY = "peak_memory_bytes"
THROUGHPUT = "throughput_images_per_s"
ENERGY = "energy_j_per_image"


@dataclass(frozen=True)
class Objective:
    """A question; `criteria` are figures (or QUALITY): the first decides, the others break ties.

    The Pareto front is taken over the same criteria, so the winner is always on it.
    """

    name: str
    criteria: tuple[str, ...]


# Latency is that of a whole call of the pipeline: whoever asks for one image out of a batch of
# four waits for all four, so a large batch must not look quick. Throughput rewards the batch.
OBJECTIVES: Mapping[str, Objective] = {
    objective.name: objective
    for objective in (
        Objective("latency", (LATENCY, QUALITY, MEMORY)),
        Objective("throughput", (THROUGHPUT, QUALITY, MEMORY, LATENCY)),
        Objective("memory", (MEMORY, QUALITY, LATENCY)),
        Objective("energy", (ENERGY, QUALITY, MEMORY, LATENCY)),
        Objective("quality", (QUALITY, LATENCY, MEMORY)),
    )
}


def objective_named(name: str) -> Objective:
    """The objective of that name; UnknownName offers the nearest."""
    if name not in OBJECTIVES:
        raise UnknownName("objective", name, OBJECTIVES)
    return OBJECTIVES[name]


def figure_of(summary: Summary, criterion: str, metric: MetricSpec | None) -> Quantity:
    """A summary's figure for a criterion; unavailable with the reason where there is none."""
    if criterion == QUALITY:
        if metric is None:
            return unavailable("1", "no quality was measured")
        return summary.quality.get(metric.name) or unavailable(
            metric.unit, f"{metric.name} was not measured"
        )
    found = summary.figures.get(criterion)
    if found is None and criterion == LATENCY:
        found = summary.figures.get("latency_s_per_image")
        if found is not None and summary.cell.batch_size > 1:
            found = found.scaled(summary.cell.batch_size, "s")
    return found or unavailable(FIGURES[criterion][0], "not measured")


def better_of(criterion: str, metric: MetricSpec | None) -> str:
    """The direction in which a criterion is better: "lower" or "higher"."""
    if criterion == QUALITY:
        return "higher" if metric is None else metric.better
    return FIGURES[criterion][1]
