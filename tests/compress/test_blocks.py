"""Block removal: the published parameter counts, and the right blocks of the full UNet."""

from __future__ import annotations

import copy

import pytest
import torch

from profiler.compress.absmax import quantise
from profiler.compress.blocks import VARIANTS, reduced_config, remove_blocks
from profiler.errors import Unsupported
from profiler.pipelines import sd15_config
from tests.compress.compare import predict

# Of the models on the hub: nota-ai/bk-sdm-base, -small and -tiny.
PUBLISHED = {"base": 579_384_964, "small": 482_346_884, "tiny": 323_384_964}


def parameters(module):
    return sum(p.numel() for p in module.parameters())


@pytest.fixture(scope="module")
def sd15():
    """The full UNet of Stable Diffusion 1.5, without memory."""
    from diffusers import UNet2DConditionModel

    with torch.device("meta"):
        return UNet2DConditionModel(**sd15_config.UNET)


@pytest.fixture
def four_levels():
    """A UNet of its block types in small."""
    from diffusers import UNet2DConditionModel

    narrow = {"block_out_channels": (32, 64, 64, 64), "cross_attention_dim": 64}
    torch.manual_seed(0)
    config = {**sd15_config.UNET, **narrow, "norm_num_groups": 8, "sample_size": 16}
    return UNet2DConditionModel(**config).eval()


@pytest.mark.parametrize("variant", VARIANTS)
def test_parameters_of_sd15_are_the_published_ones(sd15, make_context, variant):
    applied = remove_blocks(sd15, make_context(), variant=variant)
    assert parameters(applied.module) == PUBLISHED[variant]
    assert applied.details["parameters_after"] == PUBLISHED[variant]
    assert applied.details["parameters_before"] == 859_520_964
    assert applied.layers_touched > 0
    assert parameters(sd15) == 859_520_964


def test_the_configs_are_those_of_bk_sdm(sd15):
    assert reduced_config(sd15.config, "base")["layers_per_block"] == 1
    assert reduced_config(sd15.config, "base")["mid_block_type"] == "UNetMidBlock2DCrossAttn"
    assert reduced_config(sd15.config, "small")["mid_block_type"] is None
    tiny = reduced_config(sd15.config, "tiny")
    assert tuple(tiny["block_out_channels"]) == (320, 640, 1280)
    assert tuple(tiny["down_block_types"]) == ("CrossAttnDownBlock2D",) * 3
    assert tuple(tiny["up_block_types"]) == ("CrossAttnUpBlock2D",) * 3


@pytest.mark.parametrize("variant", VARIANTS)
def test_what_stays_is_of_the_full_unet_and_still_predicts(four_levels, make_context, variant):
    applied = remove_blocks(four_levels, make_context(), variant=variant)
    smaller = applied.module
    full, kept = four_levels.state_dict(), smaller.state_dict()
    shift = 1 if variant == "tiny" else 0
    for pair, origin in ((0, 0), (1, 2)):
        name = f"up_blocks.1.resnets.{pair}.conv1.weight"
        origin_name = f"up_blocks.{1 + shift}.resnets.{origin}.conv1.weight"
        assert kept[name].data_ptr() == full[origin_name].data_ptr()
    assert torch.equal(kept["conv_out.weight"], full["conv_out.weight"])
    assert not any(".resnets.2." in name for name in kept)
    assert any("mid_block" in name for name in kept) is (variant == "base")
    result = predict(smaller, side=16)
    assert result.shape == (2, 4, 16, 16)
    assert result.isfinite().all()
    assert not torch.equal(result, predict(four_levels, side=16))
    assert not smaller.training


def test_what_was_removed_can_be_quantised(four_levels, make_context):
    smaller = remove_blocks(four_levels, make_context(), variant="tiny").module
    assert quantise(smaller, make_context()).layers_touched > 20
    assert predict(smaller, side=16).isfinite().all()


def test_of_tiny_sd_only_the_middle_block_can_go(shared_pipe, make_context):
    unet = copy.deepcopy(shared_pipe.unet)
    smaller = remove_blocks(unet, make_context(), variant="small").module
    assert parameters(smaller) < 0.8 * parameters(unet)
    assert predict(smaller).isfinite().all()
    with pytest.raises(Unsupported, match="one layer per block, so there is no second pair"):
        remove_blocks(unet, make_context(), variant="base")
    with pytest.raises(Unsupported, match="64, 128 channels"):
        remove_blocks(unet, make_context(), variant="tiny")
    with pytest.raises(Unsupported, match="no middle block"):
        remove_blocks(smaller, make_context(), variant="small")


def test_other_components_are_refused(shared_pipe, make_context):
    with pytest.raises(Unsupported, match="not on the vae"):
        remove_blocks(shared_pipe.vae, make_context("vae"))
