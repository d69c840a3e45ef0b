"""How cells are found."""

from __future__ import annotations

from dataclasses import replace

from profiler.records.measurement import Outcome
from tests.analysis.claims.build import compressed, no_effect, result, rows, switched
from tests.factories import make_cell


def test_twins_differ_in_the_named_settings_only():
    cell = compressed("absmax-int8")
    here = rows(result(make_cell(seed=3)), result(make_cell()), result(cell))
    found = here.plain(here.summaries[2])
    assert found is here.summaries[1]
    assert here.twin(found, batch_size=3) is None
    # Another component is another cell.
    other = compressed("absmax-int8", components=("vae",))
    assert here.twin(found, compression=other.compression) is None


def test_the_newest_counts():
    old = replace(result(make_cell()), started_at="2026-01-01T00:00:00+00:00")
    new = result(make_cell())
    here = rows(new, old)
    assert here.baseline() is here.summaries[0]
    assert here.twin(here.summaries[1]) is here.summaries[0]


def test_compressed_by_kind_name_and_alone():
    both = replace(
        compressed("absmax-int8"),
        compression=(
            *compressed("distilled-student").compression,
            *compressed("absmax-int8").compression,
        ),
    )
    here = rows(*(result(c) for c in (compressed("absmax-int8"), both, make_cell())))
    assert [s.cell_id for s in here.compressed("quantise")] == [compressed("absmax-int8").cell_id]
    assert here.compressed("prune") == []


def test_switched_by_outcome():
    cell = switched("gradient-checkpointing")
    here = rows(no_effect(cell, "gradient-checkpointing"))
    assert here.switched("gradient-checkpointing") is None
    assert here.switched("gradient-checkpointing", Outcome.NO_EFFECT) is here.summaries[0]
    assert here.effect(here.summaries[0], "gradient-checkpointing") is None
