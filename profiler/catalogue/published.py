"""Figures that others published and that stand beside a claim; none was measured by sdprof.

They inform, and decide only where a claim says no more than that something is possible.
"""

from __future__ import annotations

from dataclasses import dataclass

_SDNEXT = "SD.Next community benchmark, https://github.com/vladmandic/sd-data"
_DIFFUSERS = "diffusers/PyTorch benchmark of 2023-03, diffusers commit a39d42b"
_BK_SDM = "BK-SDM model card, https://github.com/Nota-NetsPresso/BK-SDM"
_FASTSD = "FastSD CPU README, https://github.com/rupeshs/fastsdcpu"
_MLPERF = "MLPerf Inference v4.1, https://github.com/mlcommons/inference_results_v4.1"


@dataclass(frozen=True)
class Published:
    """One figure for a claim; `count` results behind a median, with the range of 10 to 90 %."""

    claim: str
    what: str
    value: float
    unit: str
    source: str
    count: int = 0
    low: float | None = None
    high: float | None = None


_STEPS = "steps/s"

PUBLISHED = (
    Published(
        "hardware",
        "GTX 1650, SD 1.5 class, fp32 with low-VRAM mode, 512x512 (median)",
        0.48,
        _STEPS,
        f"{_SDNEXT}, 2025-2026",
        6,
        0.30,
        0.50,
    ),
    Published(
        "hardware",
        "GTX 1650, SD 1.5 class, fp16, 512x512 (median)",
        0.25,
        _STEPS,
        f"{_SDNEXT}, 2023",
        5,
        0.24,
        0.46,
    ),
    Published(
        "hardware",
        "Core i7-12700, SD-Turbo in one step, fp32 PyTorch, 512x512",
        7.8,
        "s",
        _FASTSD,
    ),
    Published(
        "rtx4090",
        "RTX 4090, SD 1.4, fp16, 50 steps, attention of PyTorch 2.0, 512x512",
        1.28,
        "s",
        _DIFFUSERS,
    ),
    Published(
        "rtx4090",
        "RTX 4090, SD 1.5 class, fp16, 512x512 (median, all set-ups)",
        17.98,
        _STEPS,
        f"{_SDNEXT}, 2025-2026",
        33,
        13.09,
        29.67,
    ),
    Published(
        "rtx3060",
        "RTX 3060, SD 1.5 class, fp16, 512x512 (median): 20 steps in about 3.0 s",
        6.60,
        _STEPS,
        f"{_SDNEXT}, 2025-2026",
        35,
        4.61,
        7.49,
    ),
    Published(
        "orin",
        "Jetson AGX Orin 64 GB, SDXL (not 1.5) at 1024x1024, 20 steps, TensorRT int8 and fp16",
        9.96,
        "s",
        _MLPERF,
    ),
    Published(
        "mobile-image",
        "iPhone 14, BK-SDM, Core ML, 10 steps",
        4.0,
        "s",
        _BK_SDM,
    ),
    Published(
        "distillation-quality",
        "BK-SDM-Base against SD 1.4: relative loss of CLIP score (ViT-g/14), MS-COCO 30K",
        (0.2958 - 0.2878) / 0.2958,
        "share",
        _BK_SDM,
    ),
    Published(
        "distillation-quality",
        "BK-SDM-Small against SD 1.4: relative loss of CLIP score (ViT-g/14), MS-COCO 30K",
        (0.2958 - 0.2677) / 0.2958,
        "share",
        _BK_SDM,
    ),
    Published(
        "distillation-quality",
        "BK-SDM-Tiny against SD 1.4: relative loss of CLIP score (ViT-g/14), MS-COCO 30K",
        (0.2958 - 0.2653) / 0.2958,
        "share",
        _BK_SDM,
    ),
    Published(
        "distillation-quality",
        "BK-SDM-Tiny against SD 1.4: increase of FID (13.05 to 17.12), MS-COCO 30K",
        (17.12 - 13.05) / 13.05,
        "share",
        _BK_SDM,
    ),
)


def published_for(claim_id: str) -> tuple[Published, ...]:
    """The figures that stand beside a claim."""
    return tuple(figure for figure in PUBLISHED if figure.claim == claim_id)
