"""What the quantisers have in common: where they run, what they cost, their formulas."""

from __future__ import annotations

from profiler.records.catalogue import Parameter

QUANTISE = 30
# Every module of a pipeline that holds weights, whatever the family of the model.
PARTS = ("unet", "transformer", "vae", "text_encoder", "text_encoder_2", "text_encoder_3")
ANYWHERE = ("cpu", "cuda")

SLOW_ON_CPU = "on CPU the weights are smaller, the images not faster"
DEQUANTISES = "weight-only: dequantises on every call, on any device"
LINEAR_ONLY = (
    "Linear layers only, which hold a third of the UNet of Stable Diffusion 1.5; the rest keeps "
    "the precision of the cell."
)
ABSMAX = "Q = round(W / s), s = max|W| / 127 per row; W' = s Q"
FLOAT8 = "Q = float8_e4m3(W / s), s = max|W| / 448 per row; W' = s Q"

CONVOLUTIONS = Parameter("convolutions", "bool", True, "quantise Conv2d as well as Linear")
