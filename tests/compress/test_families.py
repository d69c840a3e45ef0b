"""Quantisers on the parts that other families have: transformers and further text encoders."""

from __future__ import annotations

import pytest
import torch

from profiler.catalogue.compression import COMPRESSIONS
from profiler.catalogue.models import model as model_spec
from profiler.catalogue.requires import Setting, installed, unmet
from profiler.compress.apply import apply_chain
from profiler.compress.examples import example_inputs
from profiler.pipelines.random_weights import random_pipeline
from profiler.records.cell import MethodUse
from tests.factories import make_cell
from tests.pipelines.small import shrunk

MODELS = {
    "sdxl": ("text_encoder_2",),
    "sd3.5-medium": ("transformer", "text_encoder_3"),
    "flux-schnell": ("transformer",),
}
QUANTISERS = (
    "absmax-int8",
    "bnb-int8",
    "bnb-nf4",
    "torchao-int8-weight",
    "sdnq-int8",
    "quanto-int8",
)


def first(output):
    return output[0] if isinstance(output, tuple) else next(iter(output.values()))


@pytest.mark.parametrize("name", QUANTISERS)
@pytest.mark.parametrize("model", MODELS)
def test_every_part_gets_smaller_and_still_computes(model: str, name: str) -> None:
    setting = Setting("cpu", "this processor", None, model, "fp32")
    assert unmet(name, COMPRESSIONS[name].requires, setting, installed) is None
    pipe = random_pipeline(shrunk(model), torch.float32, "cpu")
    parts = MODELS[model]
    wanted = {part: run(pipe, part) for part in parts}
    use = MethodUse(name, parts, COMPRESSIONS[name].defaults())
    report = apply_chain(pipe, make_cell(model=model, weights="random", compression=(use,)), "cpu")
    for part in parts:
        assert part in model_spec(model).components
        # Embeddings stay, and a small text encoder is little else.
        most = 0.8 if part == "transformer" else 0.999
        assert report.components[part] < most * report.original[part]
        got = run(pipe, part)
        error = (got - wanted[part]).square().mean() / wanted[part].square().mean()
        assert 0 < error < (0.01 if "int8" in name else 0.25)


@torch.no_grad()
def run(pipe, part: str) -> torch.Tensor:
    inputs = example_inputs(pipe, part, torch.float32, "cpu")
    return first(getattr(pipe, part)(**inputs, return_dict=False)).float()
