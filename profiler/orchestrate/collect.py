"""Event lines of a worker to the parts of a measurement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from profiler.records.codec import from_json
from profiler.records.measurement import (
    Failure,
    ImageRun,
    OptimisationEffect,
    Outcome,
    Phase,
    WeightsReport,
)
from profiler.records.quantity import Quantity
from profiler.worker.protocol import Message


class Collector:
    """Takes events one by one; what came before a worker died stays whole."""

    def __init__(self) -> None:
        self.ready_s: float | None = None
        self.last_s = 0.0
        self.done = False
        self.phases: list[Phase] = []
        self.runs: list[ImageRun] = []
        self.weights: WeightsReport | None = None
        self.optimisations: list[OptimisationEffect] = []
        self.quality: dict[str, Quantity] = {}
        self.validity: list[str] = []
        self.saved: dict[int, str] = {}
        self.software: dict[str, Any] = {}
        self.failure: Failure | None = None
        self.outcome: Outcome | None = None
        self.strange = 0
        self._open: tuple[str, float] | None = None

    @property
    def stage(self) -> str:
        """The phase that is open; "after x" between phases, "start" before the first."""
        if self._open:
            return self._open[0]
        return f"after {self.phases[-1].name}" if self.phases else "start"

    def take(self, message: Message) -> str:
        """Take one event; its name. Events that this version does not know are counted only."""
        name = str(message.get("event", ""))
        handler = _HANDLERS.get(name)
        if handler is None:
            self.strange += 1
            return name
        self.last_s = float(message["t"])
        handler(self, message)
        return name

    def _ready(self, message: Message) -> None:
        self.ready_s = float(message["t"])

    def _phase_begin(self, message: Message) -> None:
        self._open = (str(message["phase"]), float(message["t"]))

    def _phase_end(self, message: Message) -> None:
        name, end = str(message["phase"]), float(message["t"])
        start = self._open[1] if self._open else end - float(message["wall_s"])
        self._open = None
        self.phases.append(
            Phase(
                name=name,
                start_s=start,
                end_s=end,
                wall_s=float(message["wall_s"]),
                cpu_s=float(message["cpu_s"]),
                memory={k: from_json(Quantity, v) for k, v in message["memory"].items()},
            )
        )

    def _image(self, message: Message) -> None:
        self.runs.append(from_json(ImageRun, message))

    def _weights(self, message: Message) -> None:
        self.weights = from_json(WeightsReport, message)

    def _optimisation(self, message: Message) -> None:
        self.optimisations.append(from_json(OptimisationEffect, message))

    def _saved_image(self, message: Message) -> None:
        self.saved[int(message["prompt_index"])] = str(message["path"])

    def _validity(self, message: Message) -> None:
        self.validity.append(str(message["flag"]))

    def _quality(self, message: Message) -> None:
        self.quality[str(message["metric"])] = from_json(Quantity, message["quantity"])

    def _environment(self, message: Message) -> None:
        self.software = {k: v for k, v in message.items() if k not in ("event", "t")}

    def _failure(self, message: Message) -> None:
        self.outcome = Outcome(message["outcome"])
        self.failure = Failure(message["stage"], message["message"], message["details"])

    def _done(self, _message: Message) -> None:
        self.done = True


_HANDLERS: dict[str, Callable[[Collector, Message], None]] = {
    "ready": Collector._ready,
    "phase_begin": Collector._phase_begin,
    "phase_end": Collector._phase_end,
    "image": Collector._image,
    "weights": Collector._weights,
    "optimisation": Collector._optimisation,
    "saved_image": Collector._saved_image,
    "validity": Collector._validity,
    "quality": Collector._quality,
    "environment": Collector._environment,
    "failure": Collector._failure,
    "done": Collector._done,
}
