"""A compression method; the contract is told in profiler/compress/contract.py."""

import torch

from profiler.compress.contract import Applied, CompressionContext


def round_weights(module: torch.nn.Module, _context: CompressionContext, *, bits: int) -> Applied:
    """Round the weights of all Linear and Conv2d layers; called under `torch.no_grad()`."""
    layers = [m for m in module.modules() if isinstance(m, (torch.nn.Linear, torch.nn.Conv2d))]
    for layer in layers:
        mantissa, exponent = torch.frexp(layer.weight)
        layer.weight.copy_(torch.ldexp(torch.round(mantissa * 2**bits) / 2**bits, exponent))
    return Applied(module, len(layers), len(layers), {"mantissa_bits": bits})
