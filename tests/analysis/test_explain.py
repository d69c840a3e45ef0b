from __future__ import annotations

import pytest

from profiler.analysis import explain
from profiler.analysis.guard import Standing
from profiler.analysis.recommend import recommend
from profiler.catalogue.metrics import metric
from profiler.records.measurement import Failure, Outcome
from profiler.records.quantity import Quantity, measured, unavailable
from profiler.records.summary import Limits
from tests.analysis.build import DEVICE, MIB, failed, summary
from tests.factories import make_cell


@pytest.mark.parametrize(
    ("figure", "ratio", "text"),
    [
        (
            "latency_s_per_batch",
            measured(0.476, "1", 0.435, 0.526),
            "2.1 times faster (1.9 to 2.3)",
        ),
        ("latency_s_per_batch", measured(0.8, "1", 0.75, 0.85), "20 % faster (15 % to 25 %)"),
        ("latency_s_per_batch", measured(2.0, "1", 1.9, 2.1), "2.0 times slower (1.9 to 2.1)"),
        ("latency_s_per_batch", measured(1.1, "1", 1.05, 1.2), "10 % slower (5.0 % to 20 %)"),
        ("peak_memory_bytes", measured(0.62, "1"), "38 % less memory"),
        ("peak_memory_bytes", measured(2.0, "1"), "2.0 times the memory"),
        ("peak_memory_bytes", measured(1.2, "1"), "20 % more memory"),
        ("energy_j_per_image", measured(0.5, "1"), "50 % less energy per image"),
        ("throughput_images_per_s", measured(3.0, "1", 2.9, 3.1), "throughput 3.0 times higher"),
        ("throughput_images_per_s", measured(0.5, "1"), "throughput 50 % lower"),
        ("latency_s_per_batch", measured(0.99, "1", 0.9, 1.1), "within the accuracy"),
        ("energy_j_per_image", unavailable("1", "no sensor"), "unavailable: no sensor"),
    ],
)
def test_ratios_in_words(figure: str, ratio: Quantity, text: str) -> None:
    assert text in explain.fact(figure, ratio)


def test_gains_come_first_and_losses_are_not_hidden() -> None:
    quick_but_large = summary("quick", 0.5, memory=900 * MIB, alignment=0.94)
    answer = recommend([summary(), quick_but_large], DEVICE)
    reasons = answer.accepted[0].reasons
    assert reasons == (
        "2.0 times faster than the baseline (1.9 to 2.1)",
        "prompt alignment 94.0 % against 95.0 %: within the margin",
        "but 1.8 times the memory",
    )


def test_a_throughput_that_follows_from_the_latency_is_not_told_twice() -> None:
    ratios = {
        "latency_s_per_batch": measured(0.5, "1"),
        "throughput_images_per_s": measured(2.0, "1"),
    }
    assert explain.facts("latency_s_per_batch", ratios)[0] == ["2.0 times faster than the baseline"]
    assert explain.facts("throughput_images_per_s", ratios)[0] == [
        "throughput 2.0 times higher than the baseline"
    ]
    ratios["throughput_images_per_s"] = measured(8.0, "1")
    assert len(explain.facts("latency_s_per_batch", ratios)[0]) == 2


def test_a_margin_that_is_not_proven_is_called_so() -> None:
    unsure = summary("unsure", 0.5, alignment=0.94, alignment_spread=0.1)
    reasons = recommend([summary(), unsure], DEVICE).accepted[0].reasons
    assert any("not proven: its interval reaches beyond" in reason for reason in reasons)


def test_limits_in_words_by_unit() -> None:
    told = explain.beyond("psnr", measured(18.0, "dB"), 18.0, "--min-quality", 20.0)
    assert told == "PSNR 18.0 dB is below --min-quality 20.0 dB by 2.0 dB"
    told = explain.beyond("prompt_alignment", measured(0.84, "1"), 0.84, "--min-quality", 0.9)
    assert told == "prompt alignment 84.0 % is below --min-quality 90.0 % by 6.0 points"
    told = explain.beyond("clip_score", measured(27.0, "1"), 27.0, "--min-quality", 30.0)
    assert told == "CLIP score 27.0 is below --min-quality 30.0 by 10 %"


def test_quality_without_a_reference() -> None:
    spec = metric("clip_score")
    told = explain.quality_fact(
        spec, measured(31.0, "1"), unavailable("1", "no CLIP"), Standing.UNKNOWN
    )
    assert told == "CLIP score 31.0; the baseline's is unavailable: no CLIP"


def test_long_failure_messages_are_cut_to_their_first_line() -> None:
    cause = Failure("load", "x" * 300 + "\nTraceback ...")
    told = explain.failure(failed("broken", Outcome.ERROR, cause))
    assert "Traceback" not in told
    assert len(told) < 200


def test_the_bytes_asked_are_not_told_twice() -> None:
    cause = Failure("first_image", "asked for 2.0 GiB", {"bytes_asked": 2**31})
    told = explain.failure(failed("broken", Outcome.OUT_OF_MEMORY, cause))
    assert told == "ran out of memory in first image: asked for 2.0 GiB"


def test_notes_say_what_was_compared_and_what_failed() -> None:
    cells = [
        summary(),
        summary(make_cell(batch_size=2), environment_id="other"),
        failed("a", Outcome.CRASH, None),
        failed("b", Outcome.OUT_OF_MEMORY, None),
    ]
    notes = "\n".join(recommend(cells, DEVICE).notes)
    assert "compared: 4 configurations of tiny-sd at 64x64" in notes
    assert "baseline: tiny-sd fp32 64x64 b1 20 steps" in notes
    assert "failed configurations: 1 crash, 1 out of memory" in notes
    assert "quality guard: prompt alignment at most 5.0 points worse" in notes
    assert "2 different environments" in notes
    assert "latency is that of a whole batch" in notes


def test_without_any_plain_cell_figures_are_told_by_themselves() -> None:
    answer = recommend([summary("int8", 0.5)], DEVICE, "latency", Limits())
    assert answer.baseline is None
    assert "latency 500 ms" in answer.accepted[0].reasons
    assert any("no baseline" in note for note in answer.notes)
