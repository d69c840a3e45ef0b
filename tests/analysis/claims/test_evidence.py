"""Evidence in words."""

from __future__ import annotations

import pytest

from profiler.analysis.claims.evidence import Finding, computed, measured_on, others, told
from profiler.catalogue.published import PUBLISHED
from profiler.records.quantity import measured, unavailable
from profiler.store.condense import summary_of
from tests.analysis.claims.build import result
from tests.factories import make_cell


@pytest.mark.parametrize(
    ("quantity", "kind", "text"),
    [
        (measured(0.5123, "1", 0.5, 0.55), "share", "51.2 % (50.0 to 55.0)"),
        (measured(3.2e-6, "1", 0.0, 4e-3), "share", "0.00032 % (0.0 to 0.4)"),
        (computed(4.2649e9, "B"), "size", "4,265 MB"),
        (computed(16.4e6, "B"), "size", "16.4 MB"),
        (measured(2.5, "1", 2.0, 3.0), "times", "2.50\N{MULTIPLICATION SIGN} (2.00 to 3.00)"),
        (measured(0.0123, "s"), "", "12.3 ms"),
        (unavailable("s", "no clock"), "", "unavailable: no clock"),
    ],
)
def test_figures_in_words(quantity, kind, text):
    assert told(quantity, kind) == text


def test_basis_is_never_hidden():
    summary = summary_of(result(make_cell()))
    found = measured_on(summary, measured(1.0, "s"))
    assert (found.basis, found.cell_id) == ("measured", summary.cell_id)
    assert found.run.startswith("claims, 20")
    assert measured_on(summary, None).basis == "measured"
    assert Finding("x", computed(1.0, "B")).basis == "computed"
    assert Finding("x").basis == "tested"
    for figure in PUBLISHED:
        assert {f.basis for f in others(figure.claim)} == {"published"}
