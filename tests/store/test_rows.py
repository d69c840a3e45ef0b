"""The split of a measurement into shared, light and raw parts loses nothing."""

from __future__ import annotations

import dataclasses
import json
import zlib

import pytest

from profiler.records.environment import Environment
from profiler.records.quantity import Evidence, Quantity, measured, unavailable
from profiler.store import rows
from tests.factories import make_environment, make_measurement

_OTHER = {str: "other", int: 12345, float: 0.5, dict: {"other": "1"}, type(None): 7}


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Environment)])
def test_only_what_the_id_leaves_out_is_kept_apart(name: str) -> None:
    """Were a field shared that the id does not cover, the first one stored would win for all."""
    before = make_environment()
    after = make_environment(**{name: _OTHER[type(getattr(before, name))]})
    shared = rows.environment_content(before) == rows.environment_content(after)
    assert shared == (before.environment_id == after.environment_id)
    assert shared == (rows.moment(before) != rows.moment(after))


@pytest.mark.parametrize(
    "quantity",
    [
        measured(1.5, "s"),
        measured(1.5, "s", 1.0, 2.0, "9 runs"),
        unavailable("J", "no sensor"),
        Quantity(2.0, "s", None, 3.0, Evidence.PREDICTED, "model 1", "far from any device"),
        measured(0.0, "dB"),
    ],
)
def test_a_quantity_comes_back_equal(quantity: Quantity) -> None:
    packed = json.loads(json.dumps({"x": rows._pack(quantity)}))
    assert rows._unpack_all(packed) == {"x": quantity}


def test_the_document_leaves_out_what_is_kept_once() -> None:
    content = json.loads(zlib.decompress(rows.document(make_measurement())))
    assert {"cell", "environment"}.isdisjoint(content)
    assert len(content["runs"]) == 9


def test_a_stored_cell_keeps_its_id() -> None:
    """Also where the content has a field from the future, which the hash did cover."""
    content = json.loads(rows.cell_content(make_measurement().cell))
    content["spin"] = "left"
    assert rows.read_cell(json.dumps(content), "feedbeef00000000").cell_id == "feedbeef00000000"
