"""Bytes of Stable Diffusion in any format, from the number of its weights; exact, no GPU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from profiler.catalogue.architectures import Component


@dataclass(frozen=True)
class Format:
    """How weights are stored: bytes of an element by kind of layer, and of the scales.

    `rest` is for biases, norms and embeddings. `row` bytes are added for each output channel of a
    quantised layer, `group` bytes for every `group_size` weights of it.
    """

    name: str
    linear: float
    conv: float
    rest: float
    row: float = 0.0
    group: float = 0.0
    group_size: int = 1

    def bytes_of(self, component: Component) -> float:
        """Bytes of all its weights, scales included."""
        total = self.rest * component.unquantised
        for kind, each in ((component.linear, self.linear), (component.conv, self.conv)):
            total += each * kind.weights
            if each < self.rest:
                total += self.row * kind.rows + self.group * kind.weights / self.group_size
        return total

    def total(self, components: Sequence[Component]) -> float:
        """Bytes of several components together."""
        return sum(self.bytes_of(component) for component in components)


FP32 = Format("fp32", 4, 4, 4)
FP16 = Format("fp16", 2, 2, 2)
# bitsandbytes replaces Linear layers; a scale in fp32 for each output channel (SCB).
BNB_INT8 = Format("INT8 by bitsandbytes (Linear only)", 1, 2, 2, row=4)
# 4 bits, and per 64 weights a scale of 8 bits, whose own scale is shared by 256 of them.
BNB_NF4 = Format("NF4 by bitsandbytes (Linear only)", 0.5, 2, 2, group=1 + 4 / 256, group_size=64)
ABSMAX_INT8 = Format("INT8 with convolutions, a scale per channel", 1, 1, 2, row=4)
# A scale and a zero point of 16 bits for 32 weights, as is usual for 4-bit integers.
INT4_GROUPS = Format("4 bits with convolutions, groups of 32", 0.5, 0.5, 2, group=4, group_size=32)
# What no format of so many bits can go below: nothing kept wider, no scales.
FLOOR_8 = Format("8 bits for every element, no scales", 1, 1, 1)
FLOOR_4 = Format("4 bits for every element, no scales", 0.5, 0.5, 0.5)


def share(form: Format, base: Format, components: Sequence[Component]) -> float:
    """Bytes in one format against another."""
    return form.total(components) / base.total(components)
