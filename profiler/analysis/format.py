"""Quantities as text for people: units that fit the size, the interval, and the evidence."""

from __future__ import annotations

import math

from profiler.records.quantity import Evidence, Quantity

# Per unit the steps (from this size on, divided by, shown as), largest first.
_SCALES: dict[str, tuple[tuple[float, float, str], ...]] = {
    "s": ((7200.0, 3600.0, "h"), (120.0, 60.0, "min"), (1.0, 1.0, "s"), (1e-3, 1e-3, "ms")),
    "B": ((2.0**30, 2.0**30, "GiB"), (2.0**20, 2.0**20, "MiB"), (2.0**10, 2.0**10, "KiB")),
    "J": ((1e3, 1e3, "kJ"), (1.0, 1.0, "J"), (1e-3, 1e-3, "mJ")),
    "W": ((1e3, 1e3, "kW"), (1.0, 1.0, "W"), (1e-3, 1e-3, "mW")),
    "Hz": ((1e9, 1e9, "GHz"), (1e6, 1e6, "MHz"), (1e3, 1e3, "kHz")),
}
_SMALLEST = {"s": (1e-6, "µs"), "B": (1.0, "B"), "J": (1e-3, "mJ"), "W": (1e-3, "mW")}
# Units as they are written where nothing scales them.
_PLAIN = {"1": "", "1/s": "per second", "degC": "°C"}
# Dimensionless figures that are shares of a whole; others (CLIP score, SSIM) are plain numbers.
SHARES = frozenset({"prompt_alignment"})


def number(value: float, digits: int = 3) -> str:
    """A number with about `digits` significant digits and no exponent in the usual range."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    if size < -4 or size > 9:
        return f"{value:.{digits - 1}e}"
    return f"{value:.{max(0, digits - 1 - size)}f}"


def is_share(name: str, unit: str) -> bool:
    """Is a figure of this name shown in per cent?"""
    return unit == "1" and name in SHARES


def _scale(value: float, unit: str, name: str) -> tuple[float, str]:
    """Divisor and shown unit that fit `value`."""
    if is_share(name, unit):
        return 0.01, "%"
    size = abs(value)
    if unit in _SCALES and size > 0 and math.isfinite(size):
        # What would be rounded up to the next step is shown in that step: 1.00 s, not 1000 ms.
        for start, divisor, shown in _SCALES[unit]:
            if size >= start * 0.9995:
                return divisor, shown
        return _SMALLEST.get(unit, (1.0, unit))
    return 1.0, _PLAIN.get(unit, unit)


def amount(value: float, unit: str, digits: int = 3, *, name: str = "") -> str:
    """A bare value with its unit, e.g. 0.0123 "s" as `12.3 ms`.

    `name` is that of the figure or metric: some that have no unit are shown in per cent.
    """
    divisor, shown = _scale(value, unit, name)
    text = number(value / divisor, digits)
    return f"{text} {shown}" if shown else text


def interval(quantity: Quantity, digits: int = 3, *, name: str = "") -> str:
    """`0.98 to 1.05` in the unit that the value is shown in; empty where no interval is known."""
    if quantity.value is None or quantity.low is None or quantity.high is None:
        return ""
    divisor, _ = _scale(quantity.value, quantity.unit, name)
    low, high = (number(x / divisor, digits) for x in (quantity.low, quantity.high))
    return f"{low} to {high}"


def show(quantity: Quantity, digits: int = 3, *, name: str = "", evidence: bool = False) -> str:
    """A figure with its interval: `1.02 s (0.98 to 1.05)`, or `unavailable: <reason>`.

    Evidence other than a measurement is always told, a measurement only with `evidence=True`.
    """
    if quantity.value is None:
        return f"unavailable: {quantity.reason}"
    text = amount(quantity.value, quantity.unit, digits, name=name)
    if bounds := interval(quantity, digits, name=name):
        text += f" ({bounds})"
    if evidence or quantity.evidence is not Evidence.MEASURED:
        text += f", {evidence_words(quantity)}"
    return text


def short(quantity: Quantity, digits: int = 3, *, name: str = "") -> str:
    """A figure for a narrow table cell: value and unit only, or `n/a`."""
    if quantity.value is None:
        return "n/a"
    return amount(quantity.value, quantity.unit, digits, name=name)


def evidence_words(quantity: Quantity) -> str:
    """Where a figure comes from: `measured`, `published by ...`, `unavailable: ...`."""
    if quantity.value is None:
        return f"unavailable: {quantity.reason}"
    if not quantity.source:
        return quantity.evidence.value
    joint = "by" if quantity.evidence is Evidence.PUBLISHED else "from"
    return f"{quantity.evidence.value} {joint} {quantity.source}"


def percent(fraction: float) -> str:
    """A share as a whole per cent, with one decimal below ten: 0.384 as `38 %`."""
    value = 100.0 * abs(fraction)
    return f"{value:.0f} %" if value >= 9.95 else f"{value:.1f} %"


def words(name: str) -> str:
    """The name of a figure or metric as words: `prompt_alignment` as `prompt alignment`."""
    return _NAMES.get(name, name.replace("_", " "))


_NAMES = {
    "latency_s_per_image": "latency per image",
    "latency_s_per_batch": "latency",
    "throughput_images_per_s": "throughput",
    "peak_memory_bytes": "peak memory",
    "weights_bytes": "weights",
    "energy_j_per_image": "energy per image",
    "load_s": "load time",
    "first_image_s": "first image",
    "text_encoder_s": "text encoder",
    "denoise_s": "denoising",
    "step_s": "denoising step",
    "vae_decode_s": "VAE decode",
    "cpu_s_per_image": "CPU time per image",
    "prompt_alignment": "prompt alignment",
    "clip_score": "CLIP score",
    "psnr": "PSNR",
    "ssim": "SSIM",
}
