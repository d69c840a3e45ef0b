"""Moving average, schedule and log."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from training import common


def test_the_average_follows_slowly_and_ends_at_a_constant() -> None:
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    average = common.MovingAverage(model, 0.9)
    nn.init.ones_(model.weight)
    average.update(model)
    first = float(average.shadow["weight"])
    assert 0 < first < 1
    for _ in range(200):
        average.update(model)
    assert float(average.shadow["weight"]) == pytest.approx(1.0, abs=1e-4)


def test_one_cycle_rises_and_falls() -> None:
    model = nn.Linear(2, 2)
    optimizer, schedule = common.one_cycle(model, 100, peak=1e-2)
    rates = []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        common.update(model, model(torch.ones(1, 2)).square().sum(), optimizer, schedule)
    assert max(rates) == pytest.approx(1e-2, rel=1e-3)
    assert rates[0] < max(rates)
    assert rates[-1] < 0.01 * max(rates)


def test_the_log_appends_after_a_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "WORK", tmp_path)
    common.Log("x").row(1, loss=0.5)
    common.Log("x", append=True).row(2, loss=0.25)
    lines = (tmp_path / "x.csv").read_text().splitlines()
    assert lines[0] == "step,seconds,loss"
    assert [line.split(",")[0] for line in lines[1:]] == ["1", "2"]
