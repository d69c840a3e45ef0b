"""The suites and the schema that ship with sdprof."""

from __future__ import annotations

import json
import time

import jsonschema
import pytest
import yaml

from profiler.catalogue.models import MODELS
from profiler.suite import load_suite, shipped
from profiler.suite.build import build_suite
from profiler.suite.schema import json_schema, schema_path, schema_text
from profiler.suite.source import parse_document


def test_which_suites_ship() -> None:
    assert set(shipped()) >= {"quickstart", "sd15", "nightly", "claims"}


@pytest.mark.parametrize("name", sorted(shipped()))
def test_suite_is_right(name: str) -> None:
    spec = load_suite(name)
    assert spec.name == name
    assert spec.description
    assert spec.baseline == spec.cells[0]
    assert len({cell.cell_id for cell in spec.cells}) == len(spec.cells)
    for cell in spec.cells:
        multiple = MODELS[cell.model].resolution_multiple_px
        assert cell.width_px % multiple == cell.height_px % multiple == 0
    first = shipped()[name].read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=suite.schema.json"


def test_quickstart_covers_the_first_methods_in_few_cells() -> None:
    spec = load_suite("quickstart")
    methods = {use.method for cell in spec.cells for use in cell.compression}
    assert methods == {
        "absmax-int8", "bnb-int8", "bnb-nf4", "structured-pruning", "distilled-student"
    }  # fmt: skip
    assert 14 <= len(spec.cells) <= 18
    assert {cell.precision for cell in spec.cells} == {"fp32", "bf16"}
    assert {cell.model for cell in spec.cells} == {"tiny-sd"}


def test_shipped_schema_is_fresh() -> None:
    told = "stale: run `python -m profiler.suite.schema`"
    assert schema_path().read_text(encoding="utf-8") == schema_text(), told


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", sorted(shipped()))
def test_suites_satisfy_the_schema(name: str, validator: jsonschema.Draft202012Validator) -> None:
    validator.validate(yaml.safe_load(shipped()[name].read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "text",
    [
        "axes: {compresion: [none]}",
        "axes: {compression: [absmax-int9]}",
        "axes: {compression: [{method: absmax-int8, parameters: {granularity: row}}]}",
        "axes: {compression: [[{method: structured-pruning, parameters: {ratio: 0.95}}]]}",
        "axes: {structured-pruning.ratio: [0.95]}",
        "axes: {batch_size: []}",
        "exclude: [{precison: fp32}]",
        "measure: {warm_up: 1}",
    ],
)
def test_schema_and_reader_refuse_the_same(
    text: str, validator: jsonschema.Draft202012Validator, complaint
) -> None:
    data = {"schema_version": 1, "name": "x", "models": ["tiny-sd"], **yaml.safe_load(text)}
    assert not validator.is_valid(data)
    assert complaint(text + "\n")


def test_schema_holds_the_names_of_the_catalogue() -> None:
    text = json.dumps(json_schema())
    for name in ("absmax-int8", "dpm++", "prompt_alignment", "vae-tiling", "bnb-int8.threshold"):
        assert f'"{name}"' in text


def test_ten_thousand_cells_expand_in_time(tmp_path) -> None:
    text = (
        "schema_version: 1\nname: big\nmodels: [tiny-sd]\naxes:\n"
        f"  steps: {list(range(1, 101))}\n  batch_size: {list(range(1, 101))}\n"
    )
    start = time.process_time()
    spec = build_suite(parse_document(text, "big.yaml"), tmp_path / "big.yaml").spec
    assert len(spec.cells) == 10_000
    # CPU time, and ten times what it takes, so that a busy machine does not fail it.
    assert time.process_time() - start < 8.0
