"""Verdicts as plain JSON values."""

from __future__ import annotations

from typing import Any

from profiler.analysis.claims.evidence import Finding
from profiler.analysis.claims.judge import counts
from profiler.analysis.claims.rows import Rows
from profiler.analysis.claims.verdict import Judgement
from profiler.records.codec import to_json
from profiler.store.plain import quantity_json


def as_json(rows: Rows, judgements: tuple[Judgement, ...]) -> dict[str, Any]:
    """All judgements of a device; every quantity in the one shape."""
    return {
        "device_id": rows.device_id,
        "device_name": rows.device_name,
        "verdicts": counts(judgements),
        "claims": [_judgement(judgement) for judgement in judgements],
    }


def _judgement(judgement: Judgement) -> dict[str, Any]:
    return {
        **to_json(judgement.claim),
        "verdict": judgement.verdict.value,
        "found": judgement.found,
        "reason": judgement.reason,
        "evidence": [_finding(finding) for finding in judgement.evidence],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    quantity = finding.quantity
    return {
        "what": finding.what,
        "basis": finding.basis,
        "figure": finding.figure,
        "note": finding.note,
        "cell_id": finding.cell_id,
        "measurement_id": finding.measurement_id,
        "quantity": None if quantity is None else quantity_json(quantity),
    }
