"""Exceptions as outcomes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from profiler.errors import InvalidOutput, MissingExtra, NoEffect, Unsupported
from profiler.records.measurement import Outcome
from profiler.worker.faults import Injection, bytes_asked, classify

CPU_TEXT = (
    "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
    "you tried to allocate 400000000 bytes. Error code 12 (Cannot allocate memory)"
)
CUDA_TEXT = "CUDA out of memory. Tried to allocate 1.50 GiB. GPU 0 has a total capacity of 3.81 GiB"


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (MemoryError(), Outcome.OUT_OF_MEMORY),
        (RuntimeError(CPU_TEXT), Outcome.OUT_OF_MEMORY),
        (torch.OutOfMemoryError(CUDA_TEXT), Outcome.OUT_OF_MEMORY),
        (RuntimeError("std::bad_alloc"), Outcome.OUT_OF_MEMORY),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED"), Outcome.OUT_OF_MEMORY),
        (OSError(12, "Cannot allocate memory"), Outcome.OUT_OF_MEMORY),
        (Unsupported("needs CUDA"), Outcome.UNSUPPORTED),
        (MissingExtra("bitsandbytes", "run"), Outcome.UNSUPPORTED),
        (InvalidOutput("nan", "NaN"), Outcome.INVALID_OUTPUT),
        (NoEffect("nothing changed"), Outcome.NO_EFFECT),
        (ValueError("wrong"), Outcome.ERROR),
    ],
)
def test_each_kind_has_its_outcome(error, outcome):
    assert classify(error)[0] is outcome


@pytest.mark.parametrize(
    ("text", "size"), [(CPU_TEXT, 400_000_000), (CUDA_TEXT, 3 * 2**29), ("no size", None)]
)
def test_the_size_that_was_asked_for_is_read(text, size):
    assert bytes_asked(text) == size


def test_a_real_refusal_of_torch_is_understood():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**58, dtype=torch.uint8)
    outcome, message, details = classify(caught.value)
    assert outcome is Outcome.OUT_OF_MEMORY
    assert details["bytes_asked"] == 2**58
    assert "MiB" in message


def test_an_unexpected_error_keeps_its_traceback_and_one_line():
    def deep():
        raise ValueError("first line\nsecond line")

    try:
        deep()
    except ValueError as error:
        outcome, message, details = classify(error)
    assert outcome is Outcome.ERROR
    assert message == "ValueError: first line second line"
    assert "in deep" in details["traceback"]


def test_long_messages_are_cut():
    _, message, _ = classify(ValueError("x" * 5000))
    assert len(message) == 500


def test_a_fault_needs_permission():
    with pytest.raises(Unsupported, match="SDPROF_FAULTS"):
        Injection("load:abort", {})
    Injection("", {}).at("load")


def test_a_fault_happens_at_its_stage_only():
    injection = Injection("load:exception", {"SDPROF_FAULTS": "1"})
    injection.at("compress")
    with pytest.raises(RuntimeError, match="on purpose"):
        injection.at("load")


def test_images_are_spoiled_at_their_stage_only():
    injection = Injection("first_image:nan", {"SDPROF_FAULTS": "1"})
    images = np.ones((1, 2, 2, 3), dtype=np.float32)
    assert injection.spoil("warm_images", images) is images
    assert all(np.isnan(image).all() for image in injection.spoil("first_image", images))
