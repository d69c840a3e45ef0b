"""Models of the catalogue and of the hub, their components, and the schedulers that they take."""

from __future__ import annotations

import json

import pytest

from profiler.catalogue.models import (
    MODELS,
    component_for,
    family_of,
    is_checkpoint,
    is_hub_id,
    model,
    takes_folder,
    use_for,
)
from profiler.catalogue.requires import Setting, scheduler_refused, unmet
from profiler.catalogue.schedulers import SCHEDULERS, scheduler
from profiler.errors import UnknownName
from profiler.records.catalogue import Requirements
from profiler.records.cell import MethodUse

INDEX = {
    "_class_name": "FluxPipeline",
    "_diffusers_version": "0.30.0",
    "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "text_encoder_2": ["transformers", "T5EncoderModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "tokenizer_2": ["transformers", "T5TokenizerFast"],
    "transformer": ["diffusers", "FluxTransformer2DModel"],
    "image_encoder": [None, None],
    "vae": ["diffusers", "AutoencoderKL"],
}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of the hub; call it to put an index in."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))

    def put(hub_id: str, text: str) -> None:
        folder = tmp_path / f"models--{hub_id.replace('/', '--')}" / "snapshots" / "abc"
        folder.mkdir(parents=True)
        (folder / "model_index.json").write_text(text)

    return put


def test_every_model_fits_its_family():
    for spec in MODELS.values():
        assert hash(spec)
        assert scheduler_refused(scheduler(spec.scheduler), spec.name) is None
        assert spec.denoiser == ("transformer" if spec.family in ("sd3", "flux") else "unet")
        assert spec.components[1] == "vae"
        assert is_hub_id(spec.hub_id) or spec.weights == ("embedded",)


def test_a_hub_model_that_is_not_here_yet_is_of_unknown_family(cache):
    spec = model("some-owner/some_model.v2")
    assert (spec.name, spec.hub_id, spec.weights) == (
        "some-owner/some_model.v2", "some-owner/some_model.v2", ("hub",)
    )  # fmt: skip
    assert (spec.family, spec.resolution_px) == ("", 512)
    assert takes_folder(spec)
    setting = Setting("cpu", "a CPU", None, spec.name, "fp32")
    assert unmet("x", Requirements(families=("sdxl",)), setting, lambda _: True) is None
    assert all(scheduler_refused(s, spec.name) is None for s in SCHEDULERS.values())


def test_a_hub_model_in_the_cache_tells_its_family(cache):
    cache("some/flux", json.dumps(INDEX))
    spec = model("some/flux")
    assert spec.family == family_of("some/flux") == "flux"
    assert spec.components == ("transformer", "vae", "text_encoder", "text_encoder_2")
    assert (spec.resolution_px, spec.resolution_multiple_px) == (1024, 16)
    assert spec.scheduler == "flow-euler"
    cache("some/xl", json.dumps({"_class_name": "StableDiffusionXLPipeline"}))
    assert (model("some/xl").family, model("some/xl").resolution_px) == ("sdxl", 1024)
    cache("some/other", json.dumps({"_class_name": "PixArtAlphaPipeline"}))
    assert model("some/other").family == "PixArtAlphaPipeline"


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_a_spoilt_cache_says_nothing(cache, text):
    cache("some/model", text)
    assert model("some/model").family == ""


@pytest.mark.parametrize(
    "name", ["sd-15", "a/b/c", "./model", "../x/y", "/a/b", "a/", "/b", "a b/c"]
)
def test_what_is_no_name_of_the_hub_is_unknown(name):
    with pytest.raises(UnknownName):
        model(name)


def test_checkpoints_are_told_by_their_ending():
    assert is_checkpoint("/a/b.safetensors")
    assert is_checkpoint("b.CKPT")
    assert not is_checkpoint("/a/b")
    assert not is_checkpoint("hub")


def test_a_denoiser_has_the_name_that_the_model_gives_it():
    flux, old = MODELS["flux-schnell"], MODELS["sd15"]
    assert component_for(flux, "unet") == "transformer"
    assert component_for(old, "transformer") == component_for(old, "unet") == "unet"
    assert component_for(flux, "vae") == "vae"
    use = MethodUse("absmax-int8", ("unet", "transformer", "vae"), {})
    assert use_for(flux, use).components == ("transformer", "vae")
    assert use_for(old, use).components == ("unet", "vae")


@pytest.mark.parametrize("name", SCHEDULERS)
def test_flow_matching_and_diffusion_do_not_mix(name):
    flows = name == "flow-euler"
    for model_name in ("flux-schnell", "sd3.5-medium"):
        reason = scheduler_refused(scheduler(name), model_name)
        assert (reason is None) is flows
        assert flows or "its own is flow-euler" in reason
    for model_name in ("sd15", "sdxl", "tiny-sd"):
        assert (scheduler_refused(scheduler(name), model_name) is None) is not flows
