"""What an instrument is: series with units, each sample a number or a reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

# A sample by series name: a number, or in words why there is none. A name that is left out has no
# value yet (a rate before its second reading, say), which is no failure.
Reading = Mapping[str, float | str]

# Why there are no figures of a board in a trace of a processor; `energy` asks for this text.
CPU_DEVICE = "the measured device is the processor, so no GPU board was sampled"


class Instrument(Protocol):
    """A source of samples outside the measured process, opened, read and closed by one sampler.

    `units` names every series that it may give, with its unit. What cannot be read is a text in
    the reading and never stops the other series.
    """

    @property
    def units(self) -> Mapping[str, str]:
        """Unit by series name."""

    def open(self) -> None:
        """Get ready; called once, before the first reading, by the thread that starts sampling."""

    def read(self, now_s: float) -> Reading:
        """One sample; `now_s` is the sampler's time of it."""

    def close(self) -> None:
        """Let go of what `open` took."""


class Absent:
    """Stands for an instrument that a device does not have: gives its reason for each series."""

    def __init__(self, units: Mapping[str, str], reason: str) -> None:
        self.units = units
        self._reading = dict.fromkeys(units, reason)

    def open(self) -> None:
        """Nothing to get ready."""

    def read(self, now_s: float) -> Reading:  # noqa: ARG002 - part of the protocol
        """The reason, under each name."""
        return self._reading

    def close(self) -> None:
        """Nothing to let go of."""
