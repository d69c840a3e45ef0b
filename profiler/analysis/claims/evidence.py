"""What a verdict rests on: figures that were measured here, computed exactly, or published."""

from __future__ import annotations

from dataclasses import dataclass

from profiler.analysis.format import number, show
from profiler.catalogue.naming import cell_label
from profiler.catalogue.published import published_for
from profiler.records.quantity import Evidence, Quantity
from profiler.records.summary import Summary

MEASURED, COMPUTED, PUBLISHED, TESTED = "measured", "computed", "published", "tested"

_BASES = {
    Evidence.MEASURED: MEASURED,
    Evidence.PREDICTED: COMPUTED,
    Evidence.PUBLISHED: PUBLISHED,
}


@dataclass(frozen=True)
class Finding:
    """One line of evidence.

    `kind` says how the figure is told: "share" in per cent, "size" in MB of a million bytes,
    "times" as a factor, "steps/s", a metric's name, or "" for its own unit.
    """

    what: str
    quantity: Quantity | None = None
    kind: str = ""
    note: str = ""
    cell_id: str = ""
    measurement_id: str = ""
    run: str = ""

    @property
    def basis(self) -> str:
        """Measured here, computed, published, or a test of sdprof's own."""
        if self.quantity is None:
            return MEASURED if self.cell_id else TESTED
        return _BASES.get(self.quantity.evidence, self.quantity.evidence.value)

    @property
    def figure(self) -> str:
        """The figure with its interval, empty where there is none."""
        return "" if self.quantity is None else told(self.quantity, self.kind)


def computed(value: float, unit: str, source: str = "exact count of the weights") -> Quantity:
    """A figure that follows from the architecture by arithmetic."""
    return Quantity(value, unit, evidence=Evidence.PREDICTED, source=source)


def measured_on(
    summary: Summary, quantity: Quantity | None, kind: str = "", note: str = ""
) -> Finding:
    """A finding of a cell."""
    return Finding(
        cell_label(summary.cell),
        quantity,
        kind,
        note,
        summary.cell_id,
        summary.measurement_ids[-1] if summary.measurement_ids else "",
        f"{summary.suite}, {summary.started_at[:10]}".strip(", "),
    )


def others(claim_id: str) -> tuple[Finding, ...]:
    """What others published, as findings."""
    return tuple(
        Finding(
            figure.what,
            Quantity(
                figure.value,
                figure.unit,
                figure.low,
                figure.high,
                Evidence.PUBLISHED,
                figure.source,
            ),
            figure.unit if figure.unit in {"share", "steps/s"} else "",
            f"{figure.count} results, range of 10 to 90 %" if figure.count else "",
        )
        for figure in published_for(claim_id)
    )


def told(quantity: Quantity, kind: str = "") -> str:
    """A figure in the words of its kind, with the interval where one is known."""
    if quantity.value is None:
        return f"unavailable: {quantity.reason}"
    if kind in _KINDS:
        factor, unit = _KINDS[kind]
        text = f"{_text(quantity.value * factor, kind)}{unit}"
        if quantity.low is not None and quantity.high is not None:
            ends = (_text(x * factor, kind) for x in (quantity.low, quantity.high))
            text += f" ({' to '.join(ends)})"
        return text
    plain = Quantity(quantity.value, quantity.unit, quantity.low, quantity.high)
    return show(plain, name=kind)


_KINDS = {
    "share": (100.0, " %"),
    "size": (1e-6, " MB"),
    "times": (1.0, "\N{MULTIPLICATION SIGN}"),
    "steps/s": (1.0, " steps/s"),
}


def _text(value: float, kind: str) -> str:
    if kind == "share":
        # One decimal, and two digits of what one decimal would round to nothing.
        return number(value, 2) if 0 < abs(value) < 0.1 else f"{value:.1f}"
    return f"{value:,.0f}" if kind == "size" and value >= 100 else number(value)
