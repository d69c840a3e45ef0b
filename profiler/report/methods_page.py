"""docs/methods.md: the catalogue as a page, with what a sweep of tiny-sd measured beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from profiler.analysis.baseline import find_baseline
from profiler.analysis.compare import ratio_of
from profiler.analysis.format import amount, interval, number, words
from profiler.analysis.methods import FAMILIES, Listed, everything
from profiler.catalogue.models import model
from profiler.catalogue.naming import cell_label
from profiler.records.cell import Cell
from profiler.records.measurement import Outcome
from profiler.records.quantity import Quantity, unavailable
from profiler.records.summary import Summary
from profiler.report.methods_text import facts, parameter_text

# What was measured stands between these, so that the rest can be compared with the catalogue.
OPEN, CLOSE = "<!-- measured -->", "<!-- end of measured -->"
_QUALITY = ("psnr", "prompt_alignment")
_TITLES = {
    "quantisation": "fewer bits a weight",
    "pruning": "fewer weights",
    "distillation": "smaller or quicker models that were trained to replace others",
    "fusion": "several models made one",
    "mixed precision": "another number format for single components",
    "runtime": "switches that leave the weights alone",
    "sampler": "the axis `scheduler`",
    "metric": "what is computed from images",
}


def methods_page(summaries: Sequence[Summary]) -> str:
    """The page as Markdown; without summaries nothing is measured, and each method says so."""
    entries = everything()
    lines = [*_head(entries), *_circumstances(summaries)]
    for family, group in groupby(entries, key=lambda entry: entry.family):
        lines += ["", f"## {family.capitalize()}", ""]
        for entry in group:
            lines += _section(entry, summaries)
    return "\n".join(lines).rstrip() + "\n"


def without_measured(page: str) -> str:
    """The page without what was measured: what the catalogue alone says."""
    kept, inside = [], False
    for line in page.splitlines():
        inside = (inside or line == OPEN) and line != CLOSE
        if not inside and line != CLOSE:
            kept.append(line)
    return "\n".join(kept)


def _head(entries: Sequence[Listed]) -> Iterator[str]:
    yield "# Methods"
    yield ""
    yield (
        "Everything that a suite can name. This page is made from the catalogue by "
        "`sdprof methods --markdown`; do not edit it."
    )
    yield ""
    for family in FAMILIES.values():
        names = [f"`{entry.name}`" for entry in entries if entry.family == family]
        if names:
            yield f"- **{family}** ({_TITLES[family]}): {', '.join(names)}"


def _circumstances(summaries: Sequence[Summary]) -> Iterator[str]:
    """Where the figures come from."""
    yield ""
    yield OPEN
    if summaries:
        devices = ", ".join(sorted({s.device_id for s in summaries}))
        suites = " and ".join(sorted({f"`{s.suite}`" for s in summaries}))
        day = max(s.started_at for s in summaries)[:10]
        yield (
            f"Measured on {devices}, last on {day}, suite {suites}. Latency and weights are ratios "
            "to the plain model of the same suite in fp32 (below 1 is less), with 95 % intervals "
            "of the median where known; PSNR is the divergence from its images, not quality."
        )
    else:
        yield "Nothing is measured on this page: it was made without `--store`."
    yield CLOSE


def _section(entry: Listed, summaries: Sequence[Summary]) -> Iterator[str]:
    yield f"### `{entry.name}`"
    yield ""
    yield entry.spec.doc
    yield ""
    for heading, text in facts(entry):
        shown = f"`{text}`" if heading == "formula" and "`" not in text else text
        yield f"- {heading}: {shown}"
    if entry.parameters:
        yield "- parameters:"
        yield from (f"  - {parameter_text(parameter)}" for parameter in entry.parameters)
    yield ""
    if entry.kind != "metric":
        yield OPEN
        yield from _measured(entry, summaries)
        yield CLOSE
        yield ""


def _measured(entry: Listed, summaries: Sequence[Summary]) -> Iterator[str]:
    found = _about(entry, summaries)
    if not found:
        reason = "no cell of that run uses it" if summaries else "no store was given"
        yield f"Measured: not measured ({reason})."
        return
    good = [s for s in found if s.outcome is Outcome.OK]
    failed = [s for s in found if s.outcome is not Outcome.OK]
    if good:
        header = ("tiny-sd", "weights", "ratio", "latency ratio", *map(words, _QUALITY))
        yield f"| {' | '.join(header)} |"
        yield f"|{'---|' * len(header)}"
        for summary in good:
            row = (
                text.replace("|", "\\|") for text in _row(summary, _baseline(summary, summaries))
            )
            yield f"| {' | '.join(row)} |"
        yield ""
    for reason, alike in _by_reason(failed):
        yield f"- not measured: {', '.join(_label(s.cell) for s in alike)}: {reason}"


def _about(entry: Listed, summaries: Iterable[Summary]) -> list[Summary]:
    """The cells that show this entry: alone if there are such, else in company."""
    tiny = [s for s in summaries if s.cell.model == "tiny-sd"]
    if entry.kind == "scheduler":
        return [s for s in tiny if s.cell.scheduler == entry.name and not _uses(s.cell)]
    using = [s for s in tiny if entry.name in _uses(s.cell)]
    return [s for s in using if set(_uses(s.cell)) == {entry.name}] or using


def _uses(cell: Cell) -> list[str]:
    return [use.method for use in (*cell.compression, *cell.optimisations)]


def _baseline(summary: Summary, summaries: Sequence[Summary]) -> Summary | None:
    """The cell that it was compared with when it was measured, else the model as it comes."""
    if not _uses(summary.cell) and not summary.baseline_id:
        return summary
    for other in summaries:
        if summary.baseline_id in {other.cell_id, *other.measurement_ids}:
            return other
    alike = [s for s in summaries if s.device_id == summary.device_id and _is_plain(s.cell)]
    return find_baseline(alike, None)


def _is_plain(cell: Cell) -> bool:
    """Is it the model as it comes, in all but the precision?"""
    spec = model(cell.model)
    usual = (spec.steps, spec.scheduler, spec.guidance)
    return not _uses(cell) and (cell.steps, cell.scheduler, cell.guidance) == usual


def _row(summary: Summary, baseline: Summary | None) -> Iterator[str]:
    absent = unavailable("1", "not measured")
    weights = summary.figures.get("weights_bytes", absent)
    yield _label(summary.cell)
    yield _shown("weights_bytes", weights)
    for name in ("weights_bytes", "latency_s_per_image"):
        if baseline is None:
            yield "n/a (no baseline)"
            continue
        yield _ratio(
            ratio_of(summary.figures.get(name, absent), baseline.figures.get(name, absent)),
            exact=name == "weights_bytes",
        )
    for name in _QUALITY:
        yield _shown(name, summary.quality.get(name, absent))


def _shown(name: str, quantity: Quantity) -> str:
    if quantity.value is None:
        return f"n/a ({quantity.reason})"
    return amount(quantity.value, quantity.unit, name=name)


def _ratio(quantity: Quantity, *, exact: bool) -> str:
    if quantity.value is None:
        return f"n/a ({quantity.reason})"
    bounds = "" if exact else interval(quantity)
    return number(quantity.value) + (f" ({bounds})" if bounds else "")


def _label(cell: Cell) -> str:
    return cell_label(cell).removeprefix(f"{cell.model} ")


def _by_reason(failed: Iterable[Summary]) -> list[tuple[str, list[Summary]]]:
    groups: dict[str, list[Summary]] = {}
    for summary in failed:
        message = summary.failure.message.strip() if summary.failure else ""
        told = message.splitlines()[0] if message else "no reason was stored"
        outcome = summary.outcome.value.replace("_", " ")
        groups.setdefault(f"{outcome}: {told}", []).append(summary)
    return list(groups.items())
