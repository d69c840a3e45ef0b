"""Example records for tests: complete, plausible, and easy to vary by keyword."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from profiler.records.cell import Cell, MethodUse
from profiler.records.environment import Environment
from profiler.records.measurement import (
    Failure,
    ImageRun,
    Measurement,
    MethodEffect,
    Outcome,
    Phase,
    Trace,
    WeightsReport,
)
from profiler.records.quantity import measured, unavailable

PROMPTS = (
    "a small red circle at the left on a white background",
    "a large blue square at the center on a black background",
)


def make_cell(**changes: Any) -> Cell:
    """A tiny-sd cell in fp32 without compression."""
    cell = Cell(
        model="tiny-sd",
        weights="embedded",
        precision="fp32",
        width_px=64,
        height_px=64,
        batch_size=1,
        steps=20,
        scheduler="ddim",
        guidance=3.0,
        seed=0,
        prompts=PROMPTS,
    )
    return replace(cell, **changes)


def int8_cell(**changes: Any) -> Cell:
    """The same cell with absmax-int8 on the UNet."""
    use = MethodUse("absmax-int8", ("unet",), {"granularity": "channel", "convolutions": True})
    return make_cell(**{"compression": (use,), **changes})


def make_environment(**changes: Any) -> Environment:
    """A two-core CPU machine."""
    environment = Environment(
        device_id="cpu-example-2c",
        device_name="Example CPU",
        host="lab-1",
        platform="Linux-6.1-x86_64",
        cpu="Example CPU",
        cpu_count=2,
        memory_bytes=16 * 2**30,
        python="3.11.7",
        packages={"torch": "2.13.0", "diffusers": "0.42.1"},
        sdprof="0.1.0",
        host_load=0.2,
    )
    return replace(environment, **changes)


def make_measurement(
    cell: Cell | None = None, latency_s: float = 0.4, number: int = 0, **changes: Any
) -> Measurement:
    """An OK measurement whose warm images take about `latency_s`; `number` varies the noise."""
    rng = random.Random(number)
    runs = tuple(_run(i, latency_s * rng.uniform(0.99, 1.01), warm=i > 0) for i in range(9))
    memory = {
        "rss": measured(700e6, "B"),
        "allocated": unavailable("B", "no CUDA device"),
    }
    times = (("load", 0.0, 1.0), ("compress", 1.0, 1.1), ("first_image", 2.0, 2.6))
    warm_s = 9 * latency_s
    phases = (
        *(Phase(n, a, b, b - a, b - a, memory) for n, a, b in times),
        Phase("warm_images", 3.0, runs[-1].end_s, warm_s, warm_s, memory),
    )
    n = 41
    trace = Trace(
        t_s=tuple(i * 0.25 for i in range(n)),
        series={
            "rss_bytes": tuple(600e6 + 5e6 * (i % 20) for i in range(n)),
            "power_w": tuple(30.0 + 20.0 * (i > 10) for i in range(n)),
        },
        units={"rss_bytes": "B", "power_w": "W"},
        missing={"gpu_memory_bytes": "no NVML library on this machine"},
    )
    weights = WeightsReport(
        components={"unet": 12_000_000, "vae": 4_000_000, "text_encoder": 1_400_000},
        original={"unet": 12_000_000, "vae": 4_000_000, "text_encoder": 1_400_000},
        methods=tuple(
            MethodEffect(use.method, use.components, 60, 80, 12_000_000, 4_000_000, 0.1)
            for use in (cell.compression if cell else ())
        ),
    )
    measurement = Measurement(
        measurement_id=f"m{number:06d}-{(cell or make_cell()).cell_id}",
        run_id="run-1",
        suite="quickstart",
        cell=cell or make_cell(),
        device_id="cpu-example-2c",
        environment=make_environment(),
        started_at=f"2026-11-{1 + number % 28:02d}T02:00:00+00:00",
        outcome=Outcome.OK,
        phases=phases,
        runs=runs,
        weights=weights,
        trace=trace,
        energy={"energy_j_per_image": unavailable("J", "no energy sensor")},
        quality={"prompt_alignment": measured(0.95, "1", 0.91, 0.99)},
        wall_s=12.0,
    )
    return replace(measurement, **changes)


def failed_measurement(cell: Cell | None = None, **changes: Any) -> Measurement:
    """A cell that ran out of memory in its first image."""
    return replace(
        make_measurement(cell),
        **{
            "outcome": Outcome.OUT_OF_MEMORY,
            "failure": Failure("first_image", "asked for 2.0 GiB", {"bytes_asked": 2**31}),
            "runs": (),
            "quality": {},
            "energy": {},
            "weights": None,
            **changes,
        },
    )


def _run(index: int, wall_s: float, *, warm: bool) -> ImageRun:
    start = 2.0 + index * 1.0
    step = wall_s * 0.9 / 20
    return ImageRun(
        index=index,
        warm=warm,
        start_s=start,
        end_s=start + wall_s,
        wall_s=wall_s,
        cpu_s=wall_s * 0.98,
        text_encoder_s=wall_s * 0.02,
        step_s=(step,) * 20,
        vae_decode_s=wall_s * 0.08,
        prompts=(index % 2,),
    )
