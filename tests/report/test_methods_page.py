"""The page of methods: what a store measured stands beside the catalogue's entry, with reasons."""

from __future__ import annotations

import re
from dataclasses import replace

from profiler.records.measurement import Failure, Outcome
from profiler.records.quantity import measured
from profiler.records.summary import Summary
from profiler.report.methods_page import methods_page, without_measured
from profiler.store.condense import summary_of
from tests.factories import failed_measurement, int8_cell, make_cell, make_measurement


def section(page: str, name: str) -> str:
    found = re.search(rf"^### `{re.escape(name)}`\n(.*?)(?=^##)", page, re.M | re.S)
    assert found, name
    return found[1]


def sweep() -> list[Summary]:
    plain = make_measurement(make_cell(), 0.4, 1)
    weights = replace(plain.weights, components={"unet": 4_350_000})  # type: ignore[type-var]
    quality = {"psnr": measured(31.5, "dB"), "prompt_alignment": measured(0.93, "1")}
    int8 = make_measurement(
        int8_cell(), 0.8, 2, weights=weights, quality=quality, baseline_id=plain.measurement_id
    )
    broken = failed_measurement(
        replace(int8_cell(), batch_size=8),
        outcome=Outcome.UNSUPPORTED,
        failure=Failure("plan", "needs | a GPU"),
        measurement_id="broken",
    )
    other = make_measurement(make_cell(scheduler="unipc"), 0.2, 3)
    return [summary_of(m) for m in (plain, int8, broken, other)]


def test_bytes_ratios_and_quality_stand_beside_the_method() -> None:
    told = section(methods_page(sweep()), "absmax-int8")
    row = next(line for line in told.splitlines() if line.startswith("| fp32 absmax-int8"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1] == "4.15 MiB"
    assert cells[2] == "0.250"
    assert re.match(r"(1\.9|2\.0)\d \(\S+ to \S+\)", cells[3])
    assert cells[4] == "31.5 dB"
    assert cells[5] == "93.0 %"


def test_failures_are_told_with_their_reason() -> None:
    told = section(methods_page(sweep()), "absmax-int8")
    assert "- not measured: fp32 absmax-int8 64x64 b8 20 steps: unsupported: needs | a GPU" in told


def test_what_no_cell_uses_says_so() -> None:
    page = methods_page(sweep())
    assert "not measured (no cell of that run uses it)" in section(page, "bnb-nf4")
    assert "not measured (no store was given)" in section(methods_page([]), "bnb-nf4")


def test_a_sampler_is_shown_by_its_plain_cells() -> None:
    page = methods_page(sweep())
    assert "| fp32 64x64 b1 20 steps unipc |" in section(page, "unipc")
    assert "absmax" not in section(page, "ddim")


def test_ratios_need_the_model_as_it_comes() -> None:
    few = summary_of(make_measurement(make_cell(steps=4), 0.1, 4))
    alone = [summary_of(make_measurement(int8_cell(), 0.8, 2)), few]
    assert "n/a (no baseline)" in section(methods_page(alone), "absmax-int8")


def test_without_measured_is_the_same_for_every_store() -> None:
    assert without_measured(methods_page(sweep())) == without_measured(methods_page([]))
    assert "MiB" not in without_measured(methods_page(sweep()))
