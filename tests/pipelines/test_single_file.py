"""A checkpoint in the original layout paints what its pipeline painted, without the network."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from profiler.errors import InputError, SdprofError, Unsupported
from profiler.pipelines import single_file
from profiler.pipelines.architectures import ARCHITECTURES
from profiler.pipelines.load import load_pipeline
from profiler.pipelines.random_weights import random_pipeline
from profiler.pipelines.single_file import config_folder
from tests.pipelines.original_layout import write_original
from tests.pipelines.paint import paint
from tests.pipelines.small import shrunk


@pytest.fixture
def small(monkeypatch):
    """The catalogue's layout of sd15 is a small one."""
    monkeypatch.setattr(single_file, "ARCHITECTURES", {"sd15": shrunk("sd15")})


@pytest.fixture
def made(tmp_path):
    """A small pipeline, and the file of its weights with the tokenizer beside it."""
    pipe = random_pipeline(shrunk("sd15"), torch.float32, "cpu", seed=4)
    pipe.set_progress_bar_config(disable=True)
    path = tmp_path / "model.safetensors"
    write_original(pipe, path)
    pipe.tokenizer.save_pretrained(tmp_path / "tokenizer")
    return pipe, path


def test_it_paints_the_same_image(small, made):
    pipe, path = made
    loaded = load_pipeline("sd15", str(path), "fp32", "cpu")
    assert type(loaded.scheduler).__name__ == "PNDMScheduler"
    assert loaded.safety_checker is None
    for part in ("unet", "vae", "text_encoder"):
        own, new = (dict(getattr(p, part).named_parameters()) for p in (pipe, loaded))
        assert own.keys() == new.keys()
        assert all(torch.equal(own[name], new[name]) for name in own), part
    # The VAE's attention lies in another order in memory, which may change the last digit.
    assert np.allclose(paint(loaded), paint(pipe), atol=1e-5)


def test_precision_and_scheduler_are_as_asked(small, made):
    loaded = load_pipeline("sd15", str(made[1]), "bf16", "cpu", "euler")
    assert {p.dtype for p in loaded.unet.parameters()} == {torch.bfloat16}
    assert type(loaded.scheduler).__name__ == "EulerDiscreteScheduler"
    assert np.isfinite(paint(loaded)).all()


def test_without_a_tokenizer_it_is_told_what_to_fetch(small, made, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    lonely = tmp_path / "alone" / "model.safetensors"
    lonely.parent.mkdir()
    made[1].rename(lonely)
    with pytest.raises(Unsupported, match=r"hf download .* --include 'tokenizer/\*'"):
        load_pipeline("sd15", str(lonely), "fp32", "cpu")


@pytest.mark.parametrize("name", ["model.ckpt", "model.Safetensors"])
def test_other_files_are_pickles_and_refused(small, made, name):
    pickled = made[1].with_name(name)
    torch.save(load_file(made[1]), pickled)
    with pytest.raises(InputError, match="--allow-pickle"):
        load_pipeline("sd15", str(pickled), "fp32", "cpu")


def test_a_pickled_checkpoint_is_read_where_that_is_allowed(small, made):
    pipe, path = made
    pickled = path.with_name("model.ckpt")
    torch.save({"state_dict": load_file(path)}, pickled)
    loaded = load_pipeline("sd15", str(pickled), "fp32", "cpu", allow_pickle=True)
    # The VAE's attention lies in another order in memory, which may change the last digit.
    assert np.allclose(paint(loaded), paint(pipe), atol=1e-5)


def test_what_cannot_be_loaded_is_told(small, made):
    path = made[1]
    with pytest.raises(InputError, match="no such file"):
        load_pipeline("sd15", str(path.with_name("none.safetensors")), "fp32", "cpu")
    with pytest.raises(Unsupported, match="not in the catalogue"):
        load_pipeline("some/model", str(path), "fp32", "cpu")
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(SdprofError) as caught:
        load_pipeline("sd15", str(path), "fp32", "cpu")
    assert str(caught.value).startswith(f"{path}: ")


def test_every_architecture_can_be_told_as_config_files():
    for design in ARCHITECTURES.values():
        with config_folder(design) as folder:
            index = json.loads((folder / "model_index.json").read_text())
            assert index.pop("_class_name") == design.pipeline
            assert set(index) == {*design.parts, *design.tokenizers, "scheduler"}
            for name in design.parts:
                assert (folder / name / "config.json").is_file()
        assert not folder.exists()
