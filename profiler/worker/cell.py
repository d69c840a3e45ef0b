"""The measurement of one cell in this process, from load to score."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from profiler.errors import InvalidOutput, NoEffect, SdprofError
from profiler.records.cell import Scalar
from profiler.records.codec import from_json, to_json
from profiler.records.job import Job
from profiler.records.measurement import OptimisationEffect
from profiler.worker.child import choose_device, lift_memory_limit, limit_memory, set_threads
from profiler.worker.events import EventWriter
from profiler.worker.faults import Injection, classify
from profiler.worker.libraries import import_libraries
from profiler.worker.memory import PeakMemory
from profiler.worker.phases import PhaseClock
from profiler.worker.software import software

if TYPE_CHECKING:  # torch is imported in the phase `import`, which has its own clock
    from profiler.pipelines.engine import Image
    from profiler.pipelines.optimise import SwitchedOn
    from profiler.worker.album import Album
    from profiler.worker.images import Painter


def run_job(job: dict[str, Any], descriptor: int, *, fresh: bool = False) -> None:
    """Measure the job and send its events on `descriptor`; a failure is an event, not an exception.

    `fresh` says that the libraries are not imported yet.
    """
    events = EventWriter(descriptor)
    events.send("ready")
    run = CellRun(events)
    try:
        run.measure(from_json(Job, job), fresh=fresh)
    except Exception as error:  # noqa: BLE001 - whatever went wrong is the cell's stored outcome
        lift_memory_limit()  # or telling the failure would fail as well
        outcome, message, details = classify(error)
        details |= run.peaks_now()
        events.send("failure", outcome=outcome, stage=run.stage, message=message, details=details)
    else:
        events.send("done")


class CellRun:
    """One cell on its way through the phases."""

    def __init__(self, events: EventWriter) -> None:
        self._events = events
        self._clock: PhaseClock | None = None
        self._memory: PeakMemory | None = None
        self._calls = 0

    @property
    def stage(self) -> str:
        """The phase in which the cell is or was last."""
        return self._clock.current if self._clock else "start"

    def peaks_now(self) -> dict[str, Scalar]:
        """What is known of the peak memory of the phase that failed, as details of a failure."""
        try:
            peaks = self._memory.peaks() if self._memory else {}
        except Exception as error:  # noqa: BLE001 - after some errors CUDA answers nothing any more
            return {"peaks_unavailable": f"{type(error).__name__}: {error}"}
        known = {name: peak.value for name, peak in peaks.items() if peak.value is not None}
        return {f"peak_{name}_bytes": int(value) for name, value in known.items()}

    def measure(self, job: Job, *, fresh: bool) -> None:
        """All phases of the job in their order."""
        injection = Injection(job.fault)
        if fresh:
            self._import(injection)
        self._memory = PeakMemory(job.device)
        self._clock = clock = PhaseClock(self._events, self._memory, injection)
        threads = set_threads(job.measure.threads)
        self._events.send("environment", threads=threads, **software())
        limit_memory(job.measure.memory_limit_bytes)
        painter, switched = self._prepare(job, clock)

        from profiler.worker.album import Album

        album = Album()
        try:
            self._paint_all(job, painter, album, clock)
        except InvalidOutput as error:
            self._events.send("validity", flag=error.flag)
            self._save(job, album)
            raise
        self._save(job, album)
        effects = {effect.method: effect for effect in switched.effects()}
        if endings := painter.endings:
            last = switched.only(endings)
            with clock.phase("release"), ExitStack() as stack:
                for ending in endings.values():
                    stack.enter_context(ending())
                # The last references to the pipeline: whatever is kept beyond here must hold none.
                del painter, switched
            effects |= {effect.method: effect for effect in last.effects()}
        with clock.phase("score"):
            self._score(job, album)
        self._tell_effects(effects.values())

    def _tell_effects(self, effects: Iterable[OptimisationEffect]) -> None:
        """What the optimisations did; one that did nothing makes no success of the cell.

        Raises:
            NoEffect: an optimisation did nothing; everything measured is told before.
        """
        effects = tuple(effects)
        for effect in effects:
            self._events.send("optimisation", **to_json(effect))
        for effect in effects:
            if effect.no_effect:
                if self._clock is not None:
                    self._clock.current = "effects"
                raise NoEffect(f"{effect.method} has no effect here: {effect.no_effect}")

    def _import(self, injection: Injection) -> None:
        self._memory = PeakMemory("cpu", no_cuda="CUDA is not in use yet")
        self._clock = PhaseClock(self._events, self._memory, injection)
        with self._clock.phase("import"):
            import_libraries()

    def _prepare(self, job: Job, clock: PhaseClock) -> tuple[Painter, SwitchedOn]:
        """Load and compress the pipeline, and switch its optimisations on."""
        from profiler.compress.apply import apply_chain
        from profiler.compress.saved import load_cell
        from profiler.pipelines.engine import Engine
        from profiler.pipelines.optimise import apply_optimisations, first_device
        from profiler.worker.images import Painter

        cell = job.cell
        # What an offload will place piece by piece is loaded and compressed on the host.
        where = first_device(cell, job.device)
        with clock.phase("load"):
            choose_device(job.device)
            pipe = load_cell(cell, where, allow_pickle=job.allow_pickle)
        with clock.phase("compress"):
            report = apply_chain(pipe, cell, where)
            engine = Engine(pipe)
            switched = apply_optimisations(engine, cell, job.device)
        self._events.send("weights", **to_json(report))
        return Painter(engine, cell, job.device), switched

    def _paint_all(self, job: Job, painter: Painter, album: Album, clock: PhaseClock) -> None:
        """First image, warm-up and timed images, and the images that quality still lacks.

        A cache is emptied before each request, so that these are misses; hits come in a phase of
        their own, and neither their seconds nor their energy mix with those of the misses.
        """
        from profiler.stats.stopping import enough

        images: tuple[Image, ...] = ()

        def paint(*, warm: bool) -> float:
            nonlocal images
            prompts = prompts_of_call(self._calls, job)
            painter.forget()
            run, images = painter.paint(self._calls, prompts, warm=warm)
            self._events.send("image", **to_json(run))
            self._calls += 1
            album.add(prompts, clock.spoil(images))
            return run.wall_s

        if painter.warms_up:
            with clock.phase("warm_up"):
                painter.warm_up()
        with clock.phase("first_image"):
            paint(warm=False)
        with clock.phase("warm_images"):
            for _ in range(job.measure.warmup):
                paint(warm=False)
            latencies: list[float] = []
            while not enough(latencies, job.measure):
                latencies.append(paint(warm=True))
        if painter.has_cache:
            with clock.phase("cache_hits"):
                self._ask_again(job, painter, images, len(latencies))
        with clock.phase("quality_images"):
            # Calls go on in the same order until each prompt had its turn: which prompts share a
            # batch then never depends on how many calls were timed.
            while self._calls * job.cell.batch_size < images_for_quality(job):
                paint(warm=False)

    def _ask_again(self, job: Job, painter: Painter, images: tuple[Image, ...], times: int) -> None:
        """Send the last request again, which the caches still know, as often as others were timed.

        Raises:
            SdprofError: a cache answered with other images than were painted.
        """
        from profiler.worker.album import alike

        number = self._calls - 1
        prompts = prompts_of_call(number, job)
        for _ in range(times):
            run, copies = painter.paint(number, prompts, warm=False)
            self._events.send("image", **to_json(run))
            if not alike(images, copies):
                raise SdprofError("a cache answered with other images than were painted before")
            if run.cache != "hit":  # the caches are smaller than the batch: asking on is in vain
                return

    def _save(self, job: Job, album: Album) -> None:
        for index, path in album.save(Path(job.scratch)).items():
            self._events.send("saved_image", prompt_index=index, path=str(path))

    def _score(self, job: Job, album: Album) -> None:
        if not job.quality.metrics:
            return
        from profiler.quality.score import score
        from profiler.worker.album import load_pictures

        cell = job.cell
        pictures = album.pictures()
        count = images_for_quality(job)
        images = {index: image for index, image in pictures.items() if index < count}
        references = load_pictures(job.reference_images)
        figures = score(
            images, cell.prompts, references, job.quality.metrics, cell.model, cell.weights
        )
        for name, quantity in figures.items():
            self._events.send("quality", metric=name, quantity=quantity)


def images_for_quality(job: Job) -> int:
    """How many prompts quality looks at: no more than the cell has."""
    return min(job.quality.images, len(job.cell.prompts))


def prompts_of_call(number: int, job: Job) -> tuple[int, ...]:
    """The prompt indices of call `number`: batches in turn over the prompts that quality needs.

    So the timed calls paint the images for quality as well. Each index comes first in the call
    `index // batch_size`, however many calls there are.
    """
    count = images_for_quality(job) or len(job.cell.prompts)
    first = number * job.cell.batch_size
    return tuple((first + i) % count for i in range(job.cell.batch_size))
