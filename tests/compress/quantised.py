"""What tests of quantisers share: the layers, the bytes that stay, outputs of each component."""

from __future__ import annotations

import copy

import torch
from torch import nn

from tests.compress.compare import predict

DTYPES = (torch.float32, torch.bfloat16)


def part(pipe, component, dtype):
    """A copy of a component in another precision."""
    return copy.deepcopy(getattr(pipe, component)).to(dtype)


def layers_of(module, *, convolutions=True):
    """The Linear (and Conv2d) layers."""
    kinds = (nn.Linear, nn.Conv2d) if convolutions else (nn.Linear,)
    return [layer for layer in module.modules() if type(layer) in kinds]


def expected_bytes(module, bytes_of, *, convolutions=True):
    """Bytes of all tensors, with `bytes_of(layer)` in the place of each layer's weights."""
    every = (*module.parameters(), *module.buffers())
    total = sum(tensor.numel() * tensor.element_size() for tensor in every)
    for layer in layers_of(module, convolutions=convolutions):
        total += bytes_of(layer) - layer.weight.numel() * layer.weight.element_size()
    return total


@torch.no_grad()
def output(component, module, dtype):
    """What a component gives for fixed inputs: noise, an image, or hidden states."""
    generator = torch.Generator().manual_seed(4)
    if component == "unet":
        return predict(module, dtype)
    if component == "vae":
        latents = torch.randn(1, module.config.latent_channels, 8, 8, generator=generator)
        return module.decode(latents.to(dtype)).sample
    return module(torch.arange(24)[None] % module.config.vocab_size)[0]


def odd_layers(dtype=torch.float32):
    """Shapes that pruned and small models have."""
    torch.manual_seed(6)
    layers = (
        nn.Conv2d(3, 7, 3, padding=1, stride=2),
        nn.Conv2d(7, 12, 1, bias=False),
        nn.Flatten(1),
        nn.Linear(12 * 16, 33, bias=False),
        nn.Linear(33, 24),
    )
    return nn.Sequential(*layers).to(dtype).eval()
