"""Everything that is printed: tables, notes, recommendations, JSON."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from profiler.analysis.format import short, show, words
from profiler.catalogue.naming import cell_label
from profiler.records.measurement import Outcome
from profiler.records.quantity import Quantity, unavailable
from profiler.records.summary import Candidate, Recommendation, Summary

_COLUMNS = ("latency_s_per_image", "peak_memory_bytes", "weights_bytes", "energy_j_per_image")


def say(text: str = "") -> None:
    """One line (or block) for people, on standard output."""
    print(text, flush=True)


def warn(text: str) -> None:
    """One line for people that is not the answer, on standard error."""
    print(f"sdprof: {text}", file=sys.stderr, flush=True)


def say_json(value: Any) -> None:
    """Strict, indented JSON on standard output."""
    print(json_text(value, indent=2), flush=True)


def json_text(value: Any, indent: int | None = None) -> str:
    """Strict JSON; in ASCII where standard output is not UTF-8, which is what JSON has to be."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    plain = encoding.lower().replace("-", "") != "utf8"
    return json.dumps(value, indent=indent, allow_nan=False, ensure_ascii=plain)


def cells(number: int) -> str:
    """`1 cell`, `2 cells`."""
    return f"{number} cell" if number == 1 else f"{number} cells"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A plain table; numbers stay as they were formatted, long last columns are wrapped."""
    from tabulate import tabulate

    body = [list(row) for row in rows]
    room = _room_for_last(header, body)
    return tabulate(
        body,
        header,
        tablefmt="simple",
        disable_numparse=True,
        maxcolwidths=[None] * (len(header) - 1) + [room] if body else None,
    )


def _room_for_last(header: Sequence[str], body: Sequence[Sequence[str]]) -> int:
    others = sum(
        2 + max(len(row[column]) for row in (header, *body)) for column in range(len(header) - 1)
    )
    return max(30, shutil.get_terminal_size((120, 24)).columns - others)


def summary_table(summaries: Sequence[Summary]) -> str:
    """One line per cell: figures with units, quality, and how it ended."""
    metrics = list(dict.fromkeys(name for s in summaries for name in s.quality))
    figures = [name for name in _COLUMNS if any(_has(s.figures, name) for s in summaries)]
    header = ["configuration", *map(words, figures), *map(words, metrics), "outcome"]
    rows = [
        [
            cell_label(s.cell),
            *(_cell(s.figures, name) for name in figures),
            *(_cell(s.quality, name) for name in metrics),
            outcome_words(s),
        ]
        for s in summaries
    ]
    return table(header, rows)


def _has(figures: Mapping[str, Quantity], name: str) -> bool:
    return name in figures and figures[name].available


def _cell(figures: Mapping[str, Quantity], name: str) -> str:
    return short(figures.get(name, unavailable("1", "not measured")), name=name)


def outcome_words(summary: Summary) -> str:
    """`ok`, or how the cell failed and where."""
    if summary.outcome is Outcome.OK:
        return ", ".join(("ok", *summary.validity))
    kind = summary.outcome.value.replace("_", " ")
    if summary.failure is None:
        return kind
    message = summary.failure.message.strip().splitlines() or [""]
    return f"{kind} in {summary.failure.stage}: {message[0]}"


def recommendation_text(answer: Recommendation, top: int) -> str:
    """The recommendation for people: winners with reasons, then what was rejected and why."""
    lines = [f"Best for {words(answer.objective)} on {answer.device_id}:", ""]
    if not answer.accepted:
        lines = [f"Nothing measured on {answer.device_id} fits the limits.", ""]
    for candidate in answer.accepted[:top]:
        lines += _candidate_lines(candidate)
    hidden = len(answer.accepted) - top
    if hidden > 0:
        lines += [f"  ... and {hidden} more that fit (--top {len(answer.accepted)} shows them)", ""]
    if answer.rejected:
        lines += [f"Rejected ({len(answer.rejected)}), nearest first:"]
        for candidate in answer.rejected[: max(top, 3)]:
            reasons = "; ".join(candidate.broken_limits)
            lines.append(f"  - {cell_label(candidate.summary.cell)}: {reasons}")
        if len(answer.rejected) > max(top, 3):
            lines.append(f"  ... and {len(answer.rejected) - max(top, 3)} more (--json lists all)")
        lines.append("")
    lines += [f"Note: {note}" for note in answer.notes]
    return "\n".join(lines).rstrip()


def _candidate_lines(candidate: Candidate) -> list[str]:
    summary = candidate.summary
    tied = " (tied with the best)" if candidate.tied_with_best else ""
    front = ", on the Pareto front" if candidate.on_pareto_front else ""
    figures = [
        f"{words(name)} {show(summary.figures[name], name=name)}"
        for name in ("latency_s_per_image", "peak_memory_bytes", "energy_j_per_image")
        if name in summary.figures
    ]
    return [
        f"{candidate.rank}. {cell_label(summary.cell)}{tied}{front}",
        f"   cell {summary.cell_id}, measured {summary.started_at[:10]}",
        *(f"   {figure}" for figure in figures),
        *(f"   - {reason}" for reason in candidate.reasons),
        "",
    ]
