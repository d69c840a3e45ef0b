"""The CUDA version that the installed torch was built for, read without importing it."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path


@lru_cache(maxsize=1)
def torch_cuda() -> str | None:
    """The CUDA version, "" for a build without it, None where no torch is installed.

    Read from torch's version.py: its name tells on Linux only ("+cpu"), while the plain wheels for
    Windows and macOS are built without CUDA, too.
    """
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return None
    try:
        text = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
    except OSError:
        return None
    match = re.search(r"^cuda\b[^=]*=\s*'([^']*)'", text, re.MULTILINE)
    return match[1] if match else ""
