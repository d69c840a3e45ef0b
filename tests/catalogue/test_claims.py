"""The claims as data."""

from __future__ import annotations

import pytest

from profiler.catalogue.claims import CLAIMS, claim
from profiler.catalogue.published import PUBLISHED, published_for
from profiler.errors import UnknownName

NUMBERS = {"at most", "at least", "about"}


def test_claims_are_complete():
    assert len(CLAIMS) == 29
    for one in CLAIMS.values():
        assert one.subject
        assert (one.value is None) == (one.relation not in NUMBERS)
        assert bool(one.unit) == (one.value is not None)
        assert one.claim or one.relation == "practice"


def test_lookup():
    assert claim("speed").value == 5
    with pytest.raises(UnknownName, match="did you mean 'storage'"):
        claim("storag")


def test_published_figures_have_a_source_and_a_claim():
    for figure in PUBLISHED:
        assert figure.claim in CLAIMS
        assert "https://" in figure.source or "commit" in figure.source
        assert figure in published_for(figure.claim)
        if figure.low is not None and figure.high is not None:
            assert figure.low <= figure.value <= figure.high
    assert published_for("stress") == ()
