"""What the bench sends to a worker process, and the names of the events that come back.

A worker answers with JSON lines on its own channel. Each is an object with "event" and "t"
(seconds of `time.perf_counter`, one clock for all processes of a machine) and the fields below.

    ready                                   the process runs and has read its job
    phase_begin   phase
    phase_end     phase wall_s cpu_s memory  memory: name -> quantity as JSON
    image         index warm wall_s cpu_s text_encoder_s step_s[] vae_decode_s start_s end_s
                  prompts[]
    weights       components{} original{} methods[]   a WeightsReport as JSON
    saved_image   prompt_index path          a PNG written into the job's scratch folder
    validity      flag
    quality       metric quantity
    environment   packages{} cuda threads settings{}
    failure       outcome stage message details{}
    done
"""

from __future__ import annotations

from dataclasses import dataclass

from profiler.records.cell import Cell
from profiler.records.suite import MeasureSpec, QualitySpec


@dataclass(frozen=True)
class Job:
    """One cell to measure in one process.

    `device` is a torch device ("cpu", "cuda:0"). `reference_images` are PNG paths of the baseline,
    by prompt index, empty for the baseline itself. `fault` makes the worker fail on purpose at a
    stage, for the tests of the fault table only ("load:abort", "warm_images:nan", ...).
    `allow_pickle` lets pickled weights be read, which can run code.
    """

    job_id: str
    cell: Cell
    measure: MeasureSpec
    quality: QualitySpec
    device: str
    scratch: str
    reference_images: tuple[str, ...] = ()
    fault: str = ""
    allow_pickle: bool = False


# The phases of a cell in their order; `import` is there only where the process could not be forked.
PHASES = ("import", "load", "compress", "first_image", "warm_images", "quality_images", "score")
# Phases that optimisations add: preload before the first image, caches after the warm ones,
# release-memory before the score.
ADDED_PHASES = ("warm_up", "cache_hits", "release")
