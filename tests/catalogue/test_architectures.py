"""The numbers of weights, counted again on the built modules."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from profiler.catalogue import architectures as known
from profiler.pipelines import sd15_config

KINDS = {
    nn.Linear: "linear",
    nn.Conv2d: "conv",
    nn.GroupNorm: "norm",
    nn.LayerNorm: "norm",
    nn.Embedding: "embedding",
}
# BK-SDM by the config.json of each: one layer a block, no middle, Tiny without the last level.
THIN = {**sd15_config.UNET, "layers_per_block": 1}
SMALL = {**THIN, "mid_block_type": None}
TINY = {
    **SMALL,
    "down_block_types": ("CrossAttnDownBlock2D",) * 3,
    "up_block_types": ("CrossAttnUpBlock2D",) * 3,
    "block_out_channels": (320, 640, 1280),
}


def counted(module: nn.Module) -> dict[str, known.Kind]:
    sums: dict[str, list[int]] = {}
    for part in module.modules():
        own = dict(part.named_parameters(recurse=False))
        if own:
            total = sums.setdefault(KINDS[type(part)], [0, 0, 0, 0])
            bias = own.pop("bias", None)
            total[0] += 1
            total[1] += sum(weight.numel() for weight in own.values())
            total[2] += 0 if bias is None else bias.numel()
            total[3] += sum(len(weight) for weight in own.values())
    return {kind: known.Kind(*total) for kind, total in sums.items()}


def build(name: str) -> nn.Module:
    from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    unets = {"UNET": sd15_config.UNET, "BK_SDM_BASE": THIN, "BK_SDM_SMALL": SMALL}
    unets["BK_SDM_TINY"] = TINY
    with torch.device("meta"):
        if name in unets:
            return UNet2DConditionModel(**unets[name])
        if name == "VAE":
            return AutoencoderKL(**sd15_config.VAE)
        if name == "TINY_VAE":
            return AutoencoderTiny()
        return CLIPTextModel(CLIPTextConfig(**sd15_config.TEXT_ENCODER))


@pytest.mark.parametrize(
    "name",
    ["UNET", "VAE", "TEXT_ENCODER", "BK_SDM_BASE", "BK_SDM_SMALL", "BK_SDM_TINY", "TINY_VAE"],
)
def test_counts_are_those_of_the_architecture(name):
    component = getattr(known, name)
    found = counted(build(name))
    for kind in ("linear", "conv", "norm", "embedding"):
        assert found.get(kind, known.Kind()) == getattr(component, kind), kind


def test_totals_are_the_published_ones():
    assert known.UNET.parameters == 859_520_964
    assert known.VAE.parameters == 83_653_863
    assert known.TEXT_ENCODER.parameters == 123_060_480
    assert known.UNET.conv.parameters / known.UNET.parameters == pytest.approx(0.6854, abs=5e-5)
    assert known.UNET.linear.parameters / known.UNET.parameters == pytest.approx(0.3144, abs=5e-5)
    # Rounded to two digits of a billion in the model card: 0.58, 0.49 (0.48 exact), 0.33 (0.32).
    sizes = [known.BK_SDM_BASE, known.BK_SDM_SMALL, known.BK_SDM_TINY]
    assert [s.parameters for s in sizes] == [579_384_964, 482_346_884, 323_384_964]
