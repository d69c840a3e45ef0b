"""Short names that tell the cells of one device apart, and their settings as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from profiler.analysis.format import number
from profiler.catalogue.naming import use_label
from profiler.records.cell import Cell
from profiler.report.text import TIMES

SETTINGS = (
    ("model", "Model"),
    ("compression", "Compression"),
    ("precision", "Precision"),
    ("optimisations", "Optimisations"),
    ("resolution", "Resolution"),
    ("batch", "Batch"),
    ("steps", "Steps"),
    ("scheduler", "Scheduler"),
    ("guidance", "Guidance"),
    ("weights", "Weights from"),
)
_UNITS = {"batch": "batch {}", "steps": "{} steps", "guidance": "guidance {}"}


def settings(cell: Cell) -> dict[str, str]:
    """Every setting of a cell as text, by the names of SETTINGS."""
    return {
        "model": cell.model,
        "compression": " + ".join(use_label(use) for use in cell.compression) or "none",
        "precision": cell.precision,
        "optimisations": " + ".join(use_label(use) for use in cell.optimisations) or "none",
        "resolution": f"{cell.width_px}{TIMES}{cell.height_px}",
        "batch": str(cell.batch_size),
        "steps": str(cell.steps),
        "scheduler": cell.scheduler,
        "guidance": number(cell.guidance),
        "weights": cell.weights,
    }


def varying(cells: Iterable[Cell]) -> frozenset[str]:
    """The settings that are not the same in all cells."""
    rows = [settings(cell) for cell in cells]
    return frozenset(name for name, _ in SETTINGS if len({row[name] for row in rows}) > 1)


def labels(cells: Iterable[Cell], reference: Cell | None = None) -> dict[str, str]:
    """cell_id to a short name: compression, precision, and what differs from the reference.

    The reference is the baseline, else the most common value of each setting counts. Names that
    are equal all the same (other prompts or seeds) get the start of their id.
    """
    cells = list(cells)
    rows = {cell.cell_id: settings(cell) for cell in cells}
    if reference is not None:
        usual = settings(reference)
    else:
        usual = {name: _most_common([row[name] for row in rows.values()]) for name, _ in SETTINGS}
    short = {cell_id: _label(row, usual) for cell_id, row in rows.items()}
    used = Counter(short.values())
    return {
        cell_id: text if used[text] == 1 else f"{text} #{cell_id[:6]}"
        for cell_id, text in short.items()
    }


def _most_common(values: list[str]) -> str:
    return Counter(values).most_common(1)[0][0] if values else ""


def _label(row: dict[str, str], usual: dict[str, str]) -> str:
    parts = ["uncompressed" if row["compression"] == "none" else row["compression"]]
    parts.append(row["precision"])
    for name, _ in SETTINGS:
        if name not in {"compression", "precision"} and row[name] != usual[name]:
            text = (
                "no optimisations" if (name, row[name]) == ("optimisations", "none") else row[name]
            )
            parts.append(_UNITS.get(name, "{}").format(text))
    return " · ".join(parts)
