"""The architectures have exactly the parameters that were published."""

from __future__ import annotations

import pytest

from profiler.catalogue.models import MODELS
from profiler.catalogue.schedulers import SCHEDULERS
from profiler.errors import UnknownName
from profiler.pipelines.architectures import ARCHITECTURES, architecture
from profiler.pipelines.random_weights import on_meta

# Counted in the published weights, or told in papers; independent of the catalogue's own numbers.
VAE = 83_653_863
CLIP_L, CLIP_G, T5_XXL = 123_060_480, 694_659_840, 4_762_310_656
EXACT = {
    "sd15": {"unet": 859_520_964, "vae": VAE, "text_encoder": CLIP_L},
    "sd21": {"unet": 865_910_724, "vae": VAE, "text_encoder": 340_387_840},
    "bk-sdm-base": {"unet": 579_384_964, "vae": VAE, "text_encoder": CLIP_L},
    "bk-sdm-small": {"unet": 482_346_884, "vae": VAE, "text_encoder": CLIP_L},
    "bk-sdm-tiny": {"unet": 323_384_964, "vae": VAE, "text_encoder": CLIP_L},
    "sdxl": {
        "unet": 2_567_463_684, "vae": VAE, "text_encoder": CLIP_L, "text_encoder_2": CLIP_G
    },
    "sdxl-turbo": {
        "unet": 2_567_463_684, "vae": VAE, "text_encoder": CLIP_L, "text_encoder_2": CLIP_G
    },
    "ssd-1b": {"vae": VAE, "text_encoder": CLIP_L, "text_encoder_2": CLIP_G},
    "sd3.5-medium": {"text_encoder_2": CLIP_G, "text_encoder_3": T5_XXL},
    "flux-schnell": {"text_encoder": CLIP_L, "text_encoder_2": T5_XXL},
}  # fmt: skip


@pytest.mark.parametrize("model", ARCHITECTURES)
def test_every_part_has_the_published_parameters(model):
    parts = {name: on_meta(part) for name, part in architecture(model).parts.items()}
    counts = {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()}
    assert all(p.is_meta for part in parts.values() for p in part.parameters())
    assert counts | EXACT[model] == counts
    assert dict(MODELS[model].parameters) == counts
    assert MODELS[model].components == tuple(counts)
    assert MODELS[model].parameters_source


def test_where_only_rounded_figures_are_published_the_rounding_agrees():
    student = on_meta(architecture("ssd-1b").parts["unet"])
    assert round(student.num_parameters() / 1e9, 1) == 1.3  # Gupta et al. 2024
    medium = on_meta(architecture("sd3.5-medium").parts["transformer"])
    stored = sum(tensor.numel() for tensor in medium.state_dict().values())
    assert round(stored / 1e9, 1) == 2.5  # its card; with the table of positions
    schnell = on_meta(architecture("flux-schnell").parts["transformer"])
    assert round(schnell.num_parameters() / 1e9) == 12  # its card


def test_flux_dev_embeds_the_guidance_and_has_the_exact_published_count():
    dev = on_meta(architecture("flux-schnell").parts["transformer"].but(guidance_embeds=True))
    assert dev.num_parameters() == 11_901_408_320


def test_every_large_model_has_one_of_the_scheduler_that_it_ships_with():
    known = {spec.diffusers_class for spec in SCHEDULERS.values()}
    assert {design.scheduler.kind for design in ARCHITECTURES.values()} <= known
    assert {name for name, spec in MODELS.items() if "random" in spec.weights} == set(ARCHITECTURES)
    with pytest.raises(UnknownName, match="sdxl"):
        architecture("sdx")
