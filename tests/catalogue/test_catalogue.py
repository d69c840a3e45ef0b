"""The catalogue's data are consistent, and its look-ups help where a name is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from profiler.catalogue.compression import COMPRESSIONS, compression
from profiler.catalogue.metrics import METRICS, metric
from profiler.catalogue.models import MODELS, model
from profiler.catalogue.optimisations import OPTIMISATIONS, optimisation
from profiler.catalogue.precisions import PRECISIONS, precision
from profiler.catalogue.prompts import PROMPT_SETS, prompt_set
from profiler.catalogue.scenes import parse_caption
from profiler.catalogue.schedulers import SCHEDULERS, scheduler
from profiler.errors import UnknownName

ROOT = Path(__file__).resolve().parents[2]
METHODS = [*COMPRESSIONS.values(), *OPTIMISATIONS.values()]


def test_what_is_there() -> None:
    assert set(MODELS) == {
        "tiny-sd", "sd15", "sd21", "sdxl", "sdxl-turbo", "ssd-1b", "sd3.5-medium", "flux-schnell",
        "bk-sdm-base", "bk-sdm-small", "bk-sdm-tiny"
    }  # fmt: skip
    assert {"absmax-int8", "bnb-int8", "bnb-nf4", "structured-pruning", "distilled-student"} <= set(
        COMPRESSIONS
    )
    assert set(PRECISIONS) == {"fp32", "bf16", "fp16"}
    assert set(SCHEDULERS) == {
        "ddim", "ddpm", "dpm++", "euler", "euler-a", "unipc", "lcm", "tcd", "pndm",
        "flow-euler"
    }  # fmt: skip


@pytest.mark.parametrize("spec", METHODS, ids=lambda spec: spec.name)
def test_method_is_consistent(spec) -> None:
    module, _, function = spec.target.partition(":")
    assert module.startswith("profiler.")
    assert function.isidentifier()
    assert spec.doc
    assert spec.source
    types = {"int": int, "float": float, "bool": bool, "str": str}
    for parameter in spec.parameters:
        assert type(parameter.default) is types[parameter.kind]
        assert not parameter.choices or parameter.default in parameter.choices
        if parameter.minimum is not None and parameter.maximum is not None:
            assert parameter.minimum <= parameter.default <= parameter.maximum
    assert set(spec.conflicts) <= set(COMPRESSIONS) | set(OPTIMISATIONS)
    assert set(spec.requires.models) <= set(MODELS)


def test_order_is_distil_prune_quantise() -> None:
    orders = {spec.kind: spec.order for spec in COMPRESSIONS.values()}
    assert orders["distil"] < orders["prune"] < orders["quantise"]


def test_models_point_at_entries_that_exist() -> None:
    for spec in MODELS.values():
        assert scheduler(spec.scheduler)
        assert len(prompt_set(spec.prompt_set)) >= 16
        assert set(spec.metrics) <= set(METRICS)
        assert spec.resolution_px % spec.resolution_multiple_px == 0
    assert MODELS["sd15"].unet_parameters == 859_520_964


def test_prompt_sets_are_distinct_texts() -> None:
    for name in PROMPT_SETS:
        texts = prompt_set(name)
        assert len(set(texts)) == len(texts) >= 16
    assert all(parse_caption(text) for text in prompt_set("scenes"))


def test_prompts_are_part_of_cell_ids_and_stay() -> None:
    assert prompt_set("scenes")[0] == "a small purple triangle at the right on a white background"
    assert prompt_set("general")[0].startswith("a red bicycle leaning")


@pytest.mark.parametrize(
    ("find", "wrong", "right"),
    [
        (model, "tinysd", "tiny-sd"),
        (compression, "absmax-int", "absmax-int8"),
        (optimisation, "vae-tilling", "vae-tiling"),
        (metric, "pnsr", "psnr"),
        (precision, "bf61", "bf16"),
        (scheduler, "dimm", "ddim"),
        (prompt_set, "scene", "scenes"),
    ],
)
def test_unknown_names_offer_the_nearest(find, wrong: str, right: str) -> None:
    assert find(right)
    with pytest.raises(UnknownName, match=f"did you mean .*'{right}'"):
        find(wrong)


def test_importing_the_catalogue_needs_the_standard_library_only() -> None:
    code = (
        "import sys, profiler.catalogue.chains, profiler.catalogue.metrics\n"
        "import profiler.catalogue.models, profiler.catalogue.prompts\n"
        "heavy = {'torch', 'numpy', 'pydantic', 'yaml', 'pandas', 'diffusers'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
