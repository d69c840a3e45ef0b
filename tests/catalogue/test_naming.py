"""Names for people leave out what is usual and keep what tells cells apart."""

from __future__ import annotations

from profiler.catalogue.naming import cell_label, use_label
from profiler.records.cell import MethodUse
from tests.factories import int8_cell, make_cell


def test_defaults_of_known_methods_are_left_out() -> None:
    use = int8_cell().compression[0]
    assert use_label(use) == "absmax-int8"
    whole = MethodUse("absmax-int8", ("unet", "vae"), {**use.parameters, "granularity": "tensor"})
    assert use_label(whole) == "absmax-int8(granularity=tensor) on unet, vae"


def test_method_of_a_plug_in_that_is_not_installed() -> None:
    use = MethodUse("from-elsewhere", ("unet", "vae"), {"bits": 4})
    assert use_label(use) == "from-elsewhere(bits=4) on unet, vae"


def test_the_models_own_settings_are_left_out() -> None:
    assert cell_label(make_cell()) == "tiny-sd fp32 64x64 b1 20 steps"
    other = make_cell(scheduler="euler", guidance=5.0, weights="/models/mine")
    assert cell_label(other).endswith("20 steps euler guidance 5 /models/mine weights")
