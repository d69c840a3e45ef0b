"""Every claim of the catalogue gets a judgement, with or without results."""

from __future__ import annotations

import json

from profiler.analysis.claims.json_view import as_json
from profiler.analysis.claims.judge import JUDGES, NEEDS_MEASUREMENT, counts, judge_all
from profiler.analysis.claims.verdict import Verdict
from profiler.catalogue.claims import CLAIMS
from profiler.catalogue.optimisations import OPTIMISATIONS
from tests.analysis.claims.build import result, rows
from tests.factories import make_cell


def test_each_claim_has_its_judge():
    assert set(JUDGES) == set(CLAIMS)
    assert set(OPTIMISATIONS) >= NEEDS_MEASUREMENT


def test_an_empty_store_still_decides_what_is_computed():
    judged = judge_all(rows())
    assert [j.claim.id for j in judged] == list(CLAIMS)
    told = counts(judged)
    assert sum(told.values()) == len(CLAIMS)
    assert told["does not hold"] >= 4
    assert all(j.found or j.reason for j in judged)
    decided = {Verdict.HOLDS, Verdict.FAILS, Verdict.UNCERTAIN}
    assert all(j.evidence for j in judged if j.verdict in decided)


def test_json_is_strict_and_complete():
    here = rows(result(make_cell()))
    told = json.loads(json.dumps(as_json(here, judge_all(here)), allow_nan=False))
    assert len(told["claims"]) == len(CLAIMS)
    storage = told["claims"][0]
    assert storage["verdict"] == "holds"
    assert storage["evidence"][0]["quantity"]["evidence"] == "predicted"
    assert storage["evidence"][0]["basis"] == "computed"
