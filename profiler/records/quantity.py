"""A number that carries its unit, its interval and the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Evidence(StrEnum):
    """Where a number comes from, best first."""

    MEASURED = "measured"
    TRANSFERRED = "transferred"
    PUBLISHED = "published"
    PREDICTED = "predicted"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class Quantity:
    """One figure; `value` is None exactly where the evidence is UNAVAILABLE, and `reason` says why.

    `low` and `high` bound the 95 % interval where one is known. The field order is the JSON shape
    of every quantity that sdprof writes.
    """

    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None
    evidence: Evidence = Evidence.MEASURED
    source: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) != (self.evidence is Evidence.UNAVAILABLE):
            raise ValueError("a quantity has a value exactly when it is available")
        if self.value is None and not self.reason:
            raise ValueError("an unavailable quantity says why")

    @property
    def available(self) -> bool:
        """Is there a value?"""
        return self.value is not None

    def scaled(self, factor: float, unit: str) -> Quantity:
        """The same figure times a positive factor in another unit (per batch to per image, say)."""
        value, low, high = (
            None if x is None else x * factor for x in (self.value, self.low, self.high)
        )
        return Quantity(value, unit, low, high, self.evidence, self.source, self.reason)


def measured(
    value: float, unit: str, low: float | None = None, high: float | None = None, source: str = ""
) -> Quantity:
    """A figure that was measured here."""
    return Quantity(value, unit, low, high, Evidence.MEASURED, source)


def unavailable(unit: str, reason: str) -> Quantity:
    """A figure that could not be had, with the reason."""
    return Quantity(None, unit, evidence=Evidence.UNAVAILABLE, reason=reason)
