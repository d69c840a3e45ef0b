"""Sizes, durations, shares and resolutions as people write them, to SI numbers."""

from __future__ import annotations

import math
import re

_BYTES = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
_SECONDS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_NUMBER = r"\d+(?:\.\d+)?|\.\d+"
_SIZE = re.compile(rf"({_NUMBER})\s*([a-z]*)", re.IGNORECASE)
_DURATION_PART = re.compile(rf"({_NUMBER})\s*(ms|min|s|m|h|d)\s*", re.IGNORECASE)
_PERCENT = re.compile(rf"({_NUMBER})\s*%")
_WIDTH_HEIGHT = re.compile(r"(\d{1,5})\s*[x×]\s*(\d{1,5})", re.IGNORECASE)  # noqa: RUF001


def parse_bytes(value: object) -> int:
    """A size: 4294967296, "4GiB", "500 MB". GB is 10^9, GiB 2^30 bytes; raises `ValueError`."""
    if _is_number(value):
        return _whole(float(value), f"{value!r} bytes")  # type: ignore[arg-type]
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None or match[2].lower() not in _BYTES:
        raise ValueError(f"expected a size such as 4GiB or 500MB, got {value!r}")
    return _whole(float(match[1]) * _BYTES[match[2].lower()], repr(value))


def parse_duration(value: object) -> float:
    """Seconds: 90, "90s", "10m", "1h30m"; raises `ValueError`."""
    if _is_number(value):
        return _finite(float(value), repr(value))  # type: ignore[arg-type]
    text = value.strip() if isinstance(value, str) else ""
    if re.fullmatch(_NUMBER, text):
        return float(text)
    parts = list(_DURATION_PART.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        raise ValueError(f"expected a duration such as 90s, 10m or 1h30m, got {value!r}")
    return sum(float(part[1]) * _SECONDS[part[2].lower()] for part in parts)


def parse_share(value: object) -> float:
    """A share of one: 0.05 or "5 %"; raises `ValueError`."""
    if _is_number(value):
        return _finite(float(value), repr(value))  # type: ignore[arg-type]
    match = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"expected a share such as 0.03 or 3 %, got {value!r}")
    return float(match[1]) / 100


def parse_resolution(value: object) -> tuple[int, int]:
    """Width and height in pixels: 512 (a square) or "768x512"; raises `ValueError`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value, value
    text = value.strip() if isinstance(value, str) else ""
    if match := _WIDTH_HEIGHT.fullmatch(text):
        return int(match[1]), int(match[2])
    if re.fullmatch(r"\d{1,5}", text):
        return int(text), int(text)
    raise ValueError(
        f"expected a side in pixels such as 512, or width x height such as 768x512, got {value!r}"
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _finite(number: float, told: str) -> float:
    if not math.isfinite(number):
        raise ValueError(f"expected a finite number, got {told}")
    return number


def _whole(number: float, told: str) -> int:
    if not _finite(number, told).is_integer():
        raise ValueError(f"expected a whole number of bytes, got {told}")
    return int(number)
