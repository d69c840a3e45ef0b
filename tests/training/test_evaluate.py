"""The shipped model follows its prompts: the acceptance test of tiny-sd, over 200 fresh ones."""

from __future__ import annotations

import torch

from profiler import paths
from profiler.catalogue.scenes import VOCABULARY
from training.evaluate import evaluate

ASKED = 0.90


def test_at_least_nine_of_ten_attributes_are_painted_as_asked() -> None:
    torch.set_num_threads(1)
    shares = evaluate(paths.embedded_weights() / "tiny-sd", prompts=200, seed=424_242, steps=20)
    assert shares["all"] >= ASKED, shares
    assert all(shares[attribute] >= ASKED for attribute in VOCABULARY), shares
