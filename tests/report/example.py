"""Example stores for the report's tests: a device with all kinds of cells and real PNGs."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from typing import Any

from profiler.records.cell import Cell, MethodUse
from profiler.records.measurement import Failure, Measurement, Outcome, RunInfo
from profiler.records.quantity import Quantity, measured, unavailable
from profiler.store.protocol import Store
from tests.factories import failed_measurement, int8_cell, make_cell, make_environment
from tests.factories import make_measurement as base_measurement

SCRIPT = "<script>alert('model')</script>"
BASELINE = make_cell()


def png(red: int, green: int, blue: int, size_px: int = 64) -> bytes:
    """A PNG of a coloured square on a light ground."""
    inner = range(size_px // 4, 3 * size_px // 4)
    rows = bytearray()
    for y in range(size_px):
        rows.append(0)
        for x in range(size_px):
            rows += bytes((red, green, blue) if y in inner and x in inner else (240, 240, 240))
    header = struct.pack(">IIBBBBB", size_px, size_px, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows))), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def ok_cells() -> list[tuple[Cell, float, float, float]]:
    """Cell, seconds per image, peak bytes, prompt alignment."""
    prune = MethodUse("torch-pruning", ("unet",), {"ratio": 0.3})
    nf4 = MethodUse("bnb-nf4", ("unet",), {})
    student = MethodUse("tiny-student", ("unet",), {})
    slicing = (MethodUse("attention-slicing", ("unet",), {}),)
    return [
        (BASELINE, 0.41, 700e6, 0.955),
        (make_cell(precision="bf16"), 0.385, 655e6, 0.953),
        (int8_cell(), 0.452, 668e6, 0.951),
        (int8_cell(precision="bf16"), 0.447, 640e6, 0.949),
        (make_cell(compression=(prune,)), 0.301, 672e6, 0.87),
        (make_cell(compression=(prune,), precision="bf16"), 0.289, 648e6, 0.861),
        (make_cell(compression=(nf4,)), 1.21, 645e6, 0.932),
        (make_cell(compression=(student,)), 0.148, 661e6, 0.938),
        (make_cell(compression=(student,), precision="bf16"), 0.1475, 636e6, 0.936),
        (make_cell(optimisations=slicing), 0.52, 690e6, 0.955),
        (make_cell(steps=10), 0.212, 700e6, 0.918),
    ]


def measurement(cell: Cell, latency_s: float, number: int, **changes: Any) -> Measurement:
    """A factory measurement whose trace has a peak and phases that follow each other."""
    made = base_measurement(cell, latency_s, number)
    end = made.runs[-1].end_s
    n = 1000
    times = tuple(i * end / (n - 1) for i in range(n))
    rss = tuple(
        500e6 + 150e6 * min(1.0, t) + (60e6 if i == 500 else 0.0) for i, t in enumerate(times)
    )
    power = tuple(None if i % 97 == 0 else 25.0 + 20.0 * (t > 2) for i, t in enumerate(times))
    trace = replace(made.trace, t_s=times, series={"rss_bytes": rss, "power_w": power})
    spread = {"overhead": {"sampler_cpu_s": 0.01 + number * 1e-3, "start_s": 0.2}}
    return replace(
        made,
        trace=trace,
        baseline_id="" if cell == BASELINE else BASELINE.cell_id,
        **{**spread, **changes},
    )


def fill(store: Store) -> None:
    """Eleven OK cells, four failures, one run."""
    grounds = ((220, 30, 40), (40, 70, 220))
    for number, (cell, latency_s, memory, alignment) in enumerate(ok_cells()):
        shift = 0 if number in {0, 1} else number * 8
        images = {
            str(i): store.add_image(png(r, min(255, g + shift), b))
            for i, (r, g, b) in enumerate(grounds)
        }
        store.add(
            with_memory(
                measurement(
                    cell, latency_s, number, images=images, quality=quality(number, alignment)
                ),
                memory,
            )
        )
    for number, (cell, changes) in enumerate(failures(), start=50):
        store.add(failed_measurement(cell, measurement_id=f"f{number}", **changes))
    store.add_run(run_info())


def quality(number: int, alignment: float) -> dict[str, Quantity]:
    """Alignment always, PSNR but for the baseline."""
    reference = unavailable("dB", "the baseline is the reference itself")
    return {
        "prompt_alignment": measured(alignment, "1", alignment - 0.03, min(1.0, alignment + 0.03)),
        "psnr": reference
        if number == 0
        else measured(40.0 - number, "dB", 38.0 - number, 42.0 - number),
    }


def with_memory(made: Measurement, memory: float) -> Measurement:
    """The same measurement with another peak."""
    peak = {"rss": measured(memory, "B")}
    return replace(made, phases=tuple(replace(p, memory=peak) for p in made.phases))


def failures() -> list[tuple[Cell, dict[str, Any]]]:
    """One cell of each of four bad ends."""
    return [
        (make_cell(batch_size=64), {"baseline_id": BASELINE.cell_id}),
        (
            make_cell(precision="fp16"),
            {
                "outcome": Outcome.INVALID_OUTPUT,
                "failure": Failure("first_image", "the image holds NaN"),
                "validity": ("nan",),
            },
        ),
        (
            int8_cell(batch_size=8),
            {
                "outcome": Outcome.CRASH,
                "failure": Failure(
                    "compress",
                    "killed by SIGSEGV",
                    {"signal": 11, "traceback": "Traceback\n  line 1"},
                ),
            },
        ),
        (
            make_cell(model=SCRIPT),
            {"outcome": Outcome.UNSUPPORTED, "failure": Failure("plan", f"no such thing {SCRIPT}")},
        ),
    ]


def run_info(**changes: Any) -> RunInfo:
    """The run of the example, with its own cost."""
    run = RunInfo(
        run_id="run-1",
        name="first evening",
        suite="quickstart",
        device_id="cpu-example-2c",
        environment=make_environment(),
        started_at="2026-11-01T02:00:00+00:00",
        state="finished",
        overhead={
            "bench_cpu_s": measured(1.7, "s"),
            "measuring_share": measured(0.93, "1"),
            "sampler_energy_j": unavailable("J", "no energy sensor"),
        },
    )
    return replace(run, **changes)
