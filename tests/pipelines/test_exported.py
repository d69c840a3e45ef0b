"""The manifest of an export: written and read again without loss, and honest about damage."""

from __future__ import annotations

import json

import pytest

from profiler.errors import SdprofError
from profiler.pipelines.exported import (
    MANIFEST,
    Manifest,
    Part,
    Step,
    is_exported,
    read_manifest,
    write_manifest,
)
from profiler.records.cell import MethodUse

USE = MethodUse("absmax-int8", ("unet",), {"granularity": "channel", "convolutions": True})
STEPS = (Step("reshape", shapes={"conv_in.weight": (8, 4, 3, 3)}), Step("replay", USE))
PART = Part("diffusers", "UNet2DConditionModel", "float32", False, 12, STEPS, {"a": "float16"})
WHOLE = Manifest(1, "0.1", "tiny-sd", "embedded", "fp32", (USE,), {"unet": PART}, {"torch": "2"})


def test_it_is_read_as_it_was_written(tmp_path):
    assert not is_exported(str(tmp_path))
    write_manifest(tmp_path, WHOLE)
    assert is_exported(str(tmp_path))
    assert read_manifest(tmp_path) == WHOLE


@pytest.mark.parametrize("version", [None, 0, 2, "1"])
def test_another_version_is_refused(tmp_path, version):
    write_manifest(tmp_path, WHOLE)
    data = json.loads((tmp_path / MANIFEST).read_text())
    (tmp_path / MANIFEST).write_text(json.dumps({**data, "schema_version": version}))
    with pytest.raises(SdprofError, match=f"schema_version is {version!r}, this sdprof reads 1"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("parts", [[1], {"unet": 3}, {"unet": {"library": "diffusers"}}, None])
def test_damage_is_one_message(tmp_path, parts):
    write_manifest(tmp_path, WHOLE)
    data = json.loads((tmp_path / MANIFEST).read_text())
    (tmp_path / MANIFEST).write_text(json.dumps({**data, "parts": parts}))
    with pytest.raises(SdprofError, match=r"damaged .*; export the model again"):
        read_manifest(tmp_path)
