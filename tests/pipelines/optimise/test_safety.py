"""The checker's cost is measured and the images stay as they are."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from profiler.catalogue.optimisations import optimisation
from profiler.catalogue.requires import Setting, unmet
from profiler.errors import Unsupported
from profiler.pipelines.engine import Engine
from profiler.pipelines.optimise.safety import HUB_ID, Check, random_checker
from tests.pipelines.optimise.asking import request, switched_on

SMALL = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 28,
    "projection_dim": 16,
}


@pytest.fixture
def small_checker():
    return random_checker(torch.float32, "cpu", SMALL)


def test_the_architecture_has_the_published_number_of_parameters():
    checker = random_checker(torch.float16, "meta")
    assert sum(p.numel() for p in checker.parameters()) == 303_981_588


def test_its_cost_is_told_and_the_images_stay(pipe, shared_pipe, small_checker):
    check = Check(small_checker, trusted=False)
    assert "safety_checker_s" not in check.details()
    engine = Engine(pipe)
    engine.around(check.layer)
    painted = engine(request(0, 1))
    plain = Engine(shared_pipe)(request(0, 1))
    np.testing.assert_array_equal(painted.images, plain.images)
    details = check.details()
    assert check.images == 2
    assert details["safety_checker_s"] > 0
    buffers = sum(b.nbytes for b in small_checker.buffers())
    parameters = sum(4 * p.numel() for p in small_checker.parameters())
    assert details["safety_checker_bytes"] == parameters + buffers
    assert "flagged" not in details


@pytest.mark.parametrize(("threshold", "flagged"), [(-2.0, 2), (2.0, 0)])
def test_real_verdicts_are_counted_and_blacken_nothing(
    pipe, shared_pipe, small_checker, threshold, flagged
):
    small_checker.concept_embeds_weights.data.fill_(threshold)
    small_checker.special_care_embeds_weights.data.fill_(threshold)
    check = Check(small_checker, trusted=True)
    engine = Engine(pipe)
    engine.around(check.layer)
    painted = engine(request(0, 1))
    assert check.details()["flagged"] == flagged
    np.testing.assert_array_equal(painted.images, Engine(shared_pipe)(request(0, 1)).images)


def test_bfloat16_weights_are_fed_what_they_take(pipe):
    check = Check(random_checker(torch.bfloat16, "cpu", SMALL), trusted=False)
    engine = Engine(pipe)
    engine.around(check.layer)
    engine(request(0))
    assert check.images == 1


def test_a_model_without_checker_is_refused_by_plan_and_by_switch(pipe):
    setting = Setting("cpu", "Example CPU", None, "tiny-sd", "fp32")
    reason = unmet(
        "safety-checker", optimisation("safety-checker").requires, setting, lambda _: True
    )
    assert "not for tiny-sd" in (reason or "")
    with pytest.raises(Unsupported, match="tiny-sd ships none"):
        switched_on(pipe, "safety-checker")


def test_a_checker_that_cannot_be_had_is_told_with_the_next_move(pipe, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(Unsupported, match=f"{HUB_ID}.*hf download"):
        switched_on(pipe, "safety-checker", model="sd15", weights="hub")
