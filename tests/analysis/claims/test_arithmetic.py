"""Bytes of SD 1.5, against sums done by hand."""

from __future__ import annotations

import pytest

from profiler.analysis.claims import arithmetic as a
from profiler.catalogue.architectures import PIPELINE, TEXT_ENCODER, UNET, VAE


def test_whole_precisions_are_parameters_times_bytes():
    assert a.FP32.total(PIPELINE) == 4 * (859_520_964 + 83_653_863 + 123_060_480)
    assert a.FP16.bytes_of(UNET) == 2 * 859_520_964
    assert a.share(a.FP16, a.FP32, PIPELINE) == 0.5
    assert a.share(a.FLOOR_4, a.FP32, PIPELINE) == 0.125


def test_bitsandbytes_int8_leaves_convolutions_in_16_bits():
    linear, rows = 270_049_280, 234_880
    by_hand = linear + 4 * rows + 2 * (859_520_964 - linear)
    assert a.BNB_INT8.bytes_of(UNET) == by_hand
    assert 1 - a.share(a.BNB_INT8, a.FP16, (UNET,)) == pytest.approx(0.157, abs=0.001)


def test_scales_are_counted():
    assert a.ABSMAX_INT8.bytes_of(UNET) > a.FLOOR_8.bytes_of(UNET)
    nf4 = a.BNB_NF4.bytes_of(TEXT_ENCODER)
    weights = 84_934_656
    assert nf4 == pytest.approx(weights * (0.5 + (1 + 4 / 256) / 64) + 2 * 38_125_824)
    groups = a.INT4_GROUPS.bytes_of(VAE) - 2 * VAE.unquantised
    assert groups / (VAE.linear.weights + VAE.conv.weights) == 5 / 8
