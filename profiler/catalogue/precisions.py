"""Number formats of weights and activations, and where each of them runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from profiler.errors import UnknownName


@dataclass(frozen=True)
class PrecisionSpec:
    """A precision; `torch_dtype` is the attribute of torch.

    `refused` maps a torch device type to the reason why this precision is not run there;
    `capability` is the least CUDA compute capability, `capability_reason` what happens below it.
    """

    name: str
    torch_dtype: str
    bytes_per_value: int
    doc: str
    refused: Mapping[str, str] = field(default_factory=dict)
    capability: tuple[int, int] | None = None
    capability_reason: str = ""


PRECISIONS: dict[str, PrecisionSpec] = {
    spec.name: spec
    for spec in (
        PrecisionSpec("fp32", "float32", 4, "32-bit floats: the reference, runs everywhere."),
        PrecisionSpec(
            "bf16",
            "bfloat16",
            2,
            "16-bit floats with the range of fp32; the quick one on CPU and on Ampere and newer.",
            capability=(8, 0),
            capability_reason=(
                "PyTorch emulates it there without saying so (a GTX 1080 multiplies matrices at "
                "3.64 instead of 6.76 TFLOP/s, github.com/kubeedge/ianvs/issues/888)"
            ),
        ),
        PrecisionSpec(
            "fp16",
            "float16",
            2,
            "16-bit floats with 10 bits of mantissa; the usual choice on GPUs.",
            refused={
                "cpu": (
                    "65 times slower than fp32 in the convolutions of a UNet (own trial, PyTorch "
                    "2.13, two cores); use bf16, or fp32"
                )
            },
        ),
    )
}


def precision(name: str) -> PrecisionSpec:
    """The precision of that name; raises `UnknownName` with the nearest ones."""
    if name not in PRECISIONS:
        raise UnknownName("precision", name, PRECISIONS)
    return PRECISIONS[name]
