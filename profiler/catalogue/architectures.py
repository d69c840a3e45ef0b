"""How many weights of each kind Stable Diffusion 1.5 and its students have, counted exactly.

With these numbers the size of a quantised or distilled model is arithmetic and needs no GPU, no
download and no torch. A test counts them again on the built modules (device "meta", no memory).
"""

from __future__ import annotations

from dataclasses import dataclass

SD15 = "https://huggingface.co/stable-diffusion-v1-5/stable-diffusion-v1-5"
BK_SDM = "https://huggingface.co/nota-ai"
TAESD = "https://huggingface.co/madebyollin/taesd"


@dataclass(frozen=True)
class Kind:
    """The layers of one kind: how many, elements of their weights and biases, output channels."""

    layers: int = 0
    weights: int = 0
    biases: int = 0
    rows: int = 0

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.weights + self.biases


@dataclass(frozen=True)
class Component:
    """The weights of one part of a pipeline by kind of layer; `source` has its config."""

    name: str
    source: str
    linear: Kind = Kind()
    conv: Kind = Kind()
    norm: Kind = Kind()
    embedding: Kind = Kind()

    @property
    def parameters(self) -> int:
        """All of them."""
        kinds = (self.linear, self.conv, self.norm, self.embedding)
        return sum(kind.parameters for kind in kinds)

    @property
    def unquantised(self) -> int:
        """Elements that no quantiser touches: biases, norms and embeddings."""
        return self.parameters - self.linear.weights - self.conv.weights


UNET = Component(
    "SD 1.5 UNet",
    SD15,
    linear=Kind(184, 270_049_280, 160_000, 234_880),
    conv=Kind(98, 589_027_840, 83_524, 83_524),
    norm=Kind(109, 100_160, 100_160, 100_160),
)
VAE = Component(
    "SD 1.5 VAE",
    SD15,
    linear=Kind(8, 2_097_152, 4_096, 4_096),
    conv=Kind(64, 81_490_768, 22_167, 22_167),
    norm=Kind(52, 19_840, 19_840, 19_840),
)
TEXT_ENCODER = Component(
    "SD 1.5 text encoder",
    SD15,
    linear=Kind(72, 84_934_656, 82_944, 82_944),
    norm=Kind(25, 19_200, 19_200, 19_200),
    embedding=Kind(2, 38_004_480, 0, 49_485),
)
BK_SDM_BASE = Component(
    "BK-SDM-Base UNet",
    f"{BK_SDM}/bk-sdm-base",
    linear=Kind(116, 176_742_400, 103_680, 151_680),
    conv=Kind(66, 402_352_640, 56_964, 56_964),
    norm=Kind(69, 64_640, 64_640, 64_640),
)
BK_SDM_SMALL = Component(
    "BK-SDM-Small UNet",
    f"{BK_SDM}/bk-sdm-small",
    linear=Kind(104, 142_008_320, 87_040, 127_360),
    conv=Kind(60, 340_093_440, 49_284, 49_284),
    norm=Kind(61, 54_400, 54_400, 54_400),
)
BK_SDM_TINY = Component(
    "BK-SDM-Tiny UNet",
    f"{BK_SDM}/bk-sdm-tiny",
    linear=Kind(101, 137_093_120, 83_200, 123_520),
    conv=Kind(50, 186_083_840, 36_484, 36_484),
    norm=Kind(55, 44_160, 44_160, 44_160),
)
TINY_VAE = Component("TAESD", TAESD, conv=Kind(70, 2_441_088, 3_975, 4_359))

PIPELINE = (UNET, VAE, TEXT_ENCODER)
