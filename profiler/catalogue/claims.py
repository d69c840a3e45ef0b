"""What is commonly claimed about compressing Stable Diffusion, as data to be put to the test.

The claims stand here as they are told, right or wrong; `profiler.analysis.claims` judges them.
"""

from __future__ import annotations

from dataclasses import dataclass

from profiler.errors import UnknownName

AT_MOST, AT_LEAST, ABOUT = "at most", "at least", "about"


@dataclass(frozen=True)
class Claim:
    """One claim in our own words.

    `value` in `unit` is what it promises, None where it gives no number. `relation` is "at most",
    "at least", "about", "feasible", "formula", "effect" or "practice".
    """

    id: str
    area: str
    subject: str
    claim: str
    value: float | None = None
    unit: str = ""
    relation: str = "effect"


_BYTES, _LOSS = "share of baseline bytes", "relative quality loss"
_LATENCY = "s/image"

_CLAIMS = (
    Claim(
        "storage",
        "overall",
        "Stable Diffusion on disk",
        "4 GB and more compresses to under 500 MB (87.5 % saved)",
        0.125,
        _BYTES,
        AT_MOST,
    ),
    Claim(
        "speed",
        "overall",
        "time of one 512x512 image",
        "15 s becomes under 3 s (5 times faster)",
        5.0,
        "speed-up",
        AT_LEAST,
    ),
    Claim(
        "hardware",
        "overall",
        "device",
        "runs on a GTX 1650 or a CPU instead of an RTX 3060 and up",
        relation="feasible",
    ),
    Claim("cost", "overall", "cloud cost", "70 % saved", 0.30, "share of baseline cost", AT_MOST),
    Claim(
        "quantization-size",
        "method",
        "INT8 quantisation with bitsandbytes (FP16 to INT8)",
        "compresses by 50 %",
        0.50,
        _BYTES,
        AT_MOST,
    ),
    Claim(
        "quantization-formula",
        "method",
        "absmax INT8",
        "Q = round(W / scale), scale = max|W| / 127",
        relation="formula",
    ),
    Claim("pruning-size", "method", "pruning", "compresses by 30-60 %", 0.70, _BYTES, AT_MOST),
    Claim("pruning-quality", "method", "pruning", "quality loss 3-10 %", 0.10, _LOSS, AT_MOST),
    Claim(
        "distillation-size", "method", "distillation", "compresses by 70 %", 0.30, _BYTES, AT_MOST
    ),
    Claim(
        "distillation-quality",
        "method",
        "distillation",
        "quality loss 8-15 %",
        0.15,
        _LOSS,
        AT_MOST,
    ),
    Claim(
        "fusion-size",
        "method",
        "knowledge fusion (several sub-models merged into one)",
        "compresses by 40 %",
        0.60,
        "share of the separate models' bytes",
        AT_MOST,
    ),
    Claim(
        "fusion-quality",
        "method",
        "knowledge fusion",
        "quality loss of a few %",
        0.03,
        _LOSS,
        AT_MOST,
    ),
    Claim("rtx4090", "device", "RTX 4090 24 GB, 512x512", "1.2 s an image", 1.2, _LATENCY, ABOUT),
    Claim("rtx3060", "device", "RTX 3060 12 GB, 512x512", "3.5 s an image", 3.5, _LATENCY, ABOUT),
    Claim("orin", "device", "Jetson AGX Orin, 512x512", "8 s an image", 8.0, _LATENCY, ABOUT),
    Claim("i9", "device", "Core i9-13900K, 512x512", "25 s an image", 25.0, _LATENCY, ABOUT),
    Claim(
        "jetson-nano",
        "device",
        "Jetson Nano, quantised model",
        "within 8 s an image",
        8.0,
        _LATENCY,
        AT_MOST,
    ),
    Claim(
        "mobile-size",
        "mobile",
        "8-bit quantisation plus distillation",
        "a model of 300 MB in an app of 380 MB, instead of 4.2 GB",
        300.0,
        "MB",
        AT_MOST,
    ),
    Claim("mobile-load", "mobile", "phone", "first load 12 s", 12.0, "s", AT_MOST),
    Claim("mobile-image", "mobile", "phone", "5.5 s an image", 5.5, "s", AT_MOST),
    Claim(
        "preload",
        "optimisation",
        "load the model ahead and warm it up",
        "the first request is as fast as the next",
    ),
    Claim("cache", "optimisation", "LRU cache of 128 prompts", "a repeated prompt costs nothing"),
    Claim("batch", "optimisation", "batch of 3 prompts", "more images a second"),
    Claim(
        "dynamic-resolution",
        "optimisation",
        "256x256 for simple prompts (complexity under 0.3), else 512x512",
        "less work for simple prompts",
    ),
    Claim(
        "gradient-checkpointing",
        "optimisation",
        "gradient checkpointing at inference",
        "less memory",
    ),
    Claim("release", "optimisation", "empty_cache, del pipe, ipc_collect", "VRAM comes back"),
    Claim(
        "autoscaling",
        "cloud",
        "switch off 80 % of the instances at low traffic",
        "saves cost at the same service level",
    ),
    Claim("fp8-int4", "future", "mixed FP8 and INT4", "under 100 MB", 100.0, "MB", AT_MOST),
    Claim(
        "stress",
        "practice",
        "stress test before deployment, above all of VRAM and latency",
        "",
        relation="practice",
    ),
)

CLAIMS: dict[str, Claim] = {claim.id: claim for claim in _CLAIMS}


def claim(identifier: str) -> Claim:
    """The claim of that id; raises `UnknownName`."""
    if identifier not in CLAIMS:
        raise UnknownName("claim", identifier, CLAIMS)
    return CLAIMS[identifier]
