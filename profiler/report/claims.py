"""Commonly told claims with their verdicts, as a view for the report and for a page of its own."""

from __future__ import annotations

from typing import Any

from profiler.analysis.claims.evidence import Finding
from profiler.analysis.claims.gathering import kind_of_device
from profiler.analysis.claims.judge import counts, judge_all
from profiler.analysis.claims.rows import Rows
from profiler.analysis.claims.verdict import Judgement, Verdict
from profiler.report.gather import DeviceRows
from profiler.report.text import DASH

SUITE = "claims"

AREAS = {
    "overall": "As a whole",
    "method": "Methods of compression",
    "device": "Seconds on named devices",
    "mobile": "Phones",
    "optimisation": "Optimisations",
    "cloud": "Cloud",
    "future": "What is said to come",
    "practice": "Practice",
}
# Class and sign: nothing is told by colour alone.
VERDICTS = {
    Verdict.HOLDS: ("holds", "\N{CHECK MARK}"),
    Verdict.FAILS: ("fails", "\N{MULTIPLICATION X}"),
    Verdict.UNCERTAIN: ("open", "?"),
    Verdict.UNTESTABLE: ("open", DASH),
    Verdict.UNMEASURED: ("open", DASH),
}


def claims_of(device: DeviceRows, prefix: str) -> list[dict[str, Any]]:
    """The section for a device on which cells of the claims suite were measured; else none."""
    if not any(summary.suite == SUITE for summary in device.summaries):
        return []
    kind = kind_of_device(device.device_id)
    rows = Rows(device.device_id, device.name, kind, device.summaries, device.details)
    return [claims_view(rows, f"{prefix}-claims")]


def claims_view(
    rows: Rows, prefix: str = "claims", title: str = "Claims, put to the test"
) -> dict[str, Any]:
    """The section as plain dicts and texts; `prefix` begins all its ids."""
    judgements = judge_all(rows)
    return {
        "id": prefix,
        "title": title,
        "device": rows.device_name,
        "counts": [
            {"text": f"{verdict}: {number}", **_sign(Verdict(verdict))}
            for verdict, number in counts(judgements).items()
        ],
        "areas": [
            {"id": f"{prefix}-{area}", "title": title, "rows": shown}
            for area, title in AREAS.items()
            if (shown := [_row(j, prefix) for j in judgements if j.claim.area == area])
        ],
    }


def _sign(verdict: Verdict) -> dict[str, str]:
    classes, sign = VERDICTS[verdict]
    return {"classes": classes, "sign": sign}


def _row(judgement: Judgement, prefix: str) -> dict[str, Any]:
    evidence = [_evidence(finding) for finding in judgement.evidence]
    return {
        "id": f"{prefix}-{judgement.claim.id}",
        "subject": judgement.claim.subject,
        "claims": [judgement.claim.claim] if judgement.claim.claim else [],
        "verdict": judgement.verdict.value,
        **_sign(judgement.verdict),
        "found": [judgement.found] if judgement.found else [],
        "reason": judgement.reason,
        "evidence": [{"title": _heading(judgement), "lines": evidence}] if evidence else [],
    }


def _heading(judgement: Judgement) -> str:
    lines = judgement.evidence
    bases = dict.fromkeys(finding.basis for finding in lines)
    told = ", ".join(f"{sum(f.basis == b for f in lines)} {b}" for b in bases)
    return f"Evidence: {told}"


def _evidence(finding: Finding) -> dict[str, Any]:
    source = finding.quantity.source if finding.quantity is not None else ""
    cell = f"cell {finding.cell_id}" if finding.cell_id else ""
    notes = [note for note in (finding.note, source, finding.run, cell) if note]
    return {
        "basis": finding.basis,
        "figures": [finding.figure] if finding.figure else [],
        "what": finding.what,
        "notes": notes,
    }
