"""Loading: tiny-sd in its precisions, a user's folder, and every way in which it can fail."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from profiler.errors import InputError, SdprofError, UnknownName, Unsupported
from profiler.pipelines.checked import check_folder, write_sums
from profiler.pipelines.load import load_clip, load_pipeline
from tests.pipelines.paint import paint


def dtypes(pipe):
    """Component to the floating-point dtypes within it."""
    return {
        name: {p.dtype for p in part.parameters() if p.is_floating_point()}
        for name, part in pipe.components.items()
        if isinstance(part, nn.Module)
    }


@pytest.mark.parametrize(
    ("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)]
)
def test_every_component_has_the_dtype_of_the_precision(precision, dtype):
    pipe = load_pipeline("tiny-sd", "embedded", precision, "cpu")
    assert dtypes(pipe) == {name: {dtype} for name in ("unet", "vae", "text_encoder")}
    images = paint(pipe)
    assert images.shape == (1, 64, 64, 3)
    assert np.isfinite(images).all()
    assert images.std() > 0.05


def test_nothing_trains_and_nothing_checks_safety(shared_pipe):
    parts = [part for part in shared_pipe.components.values() if isinstance(part, nn.Module)]
    assert len(parts) == 3
    assert not any(layer.training for part in parts for layer in part.modules())
    assert shared_pipe.safety_checker is None


def test_it_draws_no_progress_bars(pipe, capfd):
    capfd.readouterr()
    load_pipeline("tiny-sd", "embedded", "fp32", "cpu")
    paint(pipe)
    shown = capfd.readouterr()
    assert "%|" not in shown.err + shown.out


def test_the_models_own_scheduler_is_kept_or_changed(shipped):
    own = json.loads((shipped / "scheduler" / "scheduler_config.json").read_text())
    kept = load_pipeline("tiny-sd", "embedded", "fp32", "cpu").scheduler
    changed = load_pipeline("tiny-sd", "embedded", "fp32", "cpu", "euler").scheduler
    assert type(kept).__name__ == own["_class_name"]
    assert type(changed).__name__ == "EulerDiscreteScheduler"
    assert changed.config.prediction_type == own["prediction_type"]


def test_a_users_folder_paints_the_same(own_folder, shared_pipe):
    pipe = load_pipeline("sd15", str(own_folder), "fp32", "cpu")
    assert np.array_equal(paint(pipe), paint(shared_pipe))


def test_a_list_in_the_users_folder_is_honoured(own_folder):
    write_sums(own_folder)
    file = own_folder / "vae" / "config.json"
    file.write_text(file.read_text() + " ")
    with pytest.raises(SdprofError, match="SHA-256") as caught:
        load_pipeline("sd15", str(own_folder), "fp32", "cpu")
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "kind", "named"),
    [
        (("tiny-xd", "embedded", "fp32"), UnknownName, "tiny-sd"),
        (("tiny-sd", "embedded", "fp33"), UnknownName, "fp32"),
        (("tiny-sd", "hub", "fp32"), InputError, "embedded"),
        (("sd15", "embedded", "fp32"), InputError, "folder in the diffusers format"),
        (("sd15", "/no/such/folder", "fp32"), InputError, "/no/such/folder"),
        (("tiny-sd", "/no/such/folder", "fp32"), InputError, "/no/such/folder"),
    ],
)
def test_a_wrong_word_is_told_with_the_next_move(arguments, kind, named):
    with pytest.raises(kind) as caught:
        load_pipeline(*arguments, "cpu")
    assert named in str(caught.value)


def test_an_unknown_scheduler_is_told():
    with pytest.raises(UnknownName, match="dpm"):
        load_pipeline("tiny-sd", "embedded", "fp32", "cpu", "dpm+++")


def test_a_folder_that_holds_no_pipeline_is_told(tmp_path):
    with pytest.raises(InputError, match="save_pretrained") as caught:
        load_pipeline("sd15", str(tmp_path), "fp32", "cpu")
    assert str(tmp_path) in str(caught.value)


def no_unet(folder):
    shutil.rmtree(folder / "unet")


def no_weights_of_the_vae(folder):
    (folder / "vae" / "diffusion_pytorch_model.safetensors").unlink()


def cut_off_unet(folder):
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:5000])


def cut_off_text_encoder(folder):
    file = folder / "text_encoder" / "model.safetensors"
    file.write_bytes(file.read_bytes()[:5000])


def half_an_index(folder):
    (folder / "model_index.json").write_text("{")


def empty_index(folder):
    (folder / "model_index.json").write_text("{}")


def other_widths(folder):
    file = folder / "unet" / "config.json"
    config = json.loads(file.read_text())
    file.write_text(json.dumps({**config, "block_out_channels": [32, 64]}))


@pytest.mark.parametrize(
    "damage",
    [
        no_unet,
        no_weights_of_the_vae,
        cut_off_unet,
        cut_off_text_encoder,
        half_an_index,
        empty_index,
        other_widths,
    ],
)
def test_a_damaged_folder_is_one_clear_message(own_folder, damage):
    damage(own_folder)
    with pytest.raises(SdprofError) as caught:
        load_pipeline("sd15", str(own_folder), "fp32", "cpu")
    message = str(caught.value)
    assert message.startswith(f"{own_folder}: the model cannot be loaded (")
    assert message.endswith("; copy or convert the folder again")
    assert "\n" not in message


class Trap:
    """Unpickling this makes a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self):
        return os.mkdir, (str(self.file),)


@pytest.mark.parametrize(
    ("part", "good", "bad"),
    [
        ("unet", "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin"),
        ("text_encoder", "model.safetensors", "pytorch_model.bin"),
    ],
)
def test_pickled_weights_are_never_opened(own_folder, tmp_path, part, good, bad):
    (own_folder / part / good).unlink()
    (own_folder / part / bad).write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    with pytest.raises(SdprofError):
        load_pipeline("sd15", str(own_folder), "fp32", "cpu")
    assert not (tmp_path / "sprung").exists()


def test_damage_to_shipped_weights_is_told_before_they_are_loaded(shipped, tmp_path, monkeypatch):
    shutil.copytree(shipped, tmp_path / "tiny-sd")
    file = tmp_path / "tiny-sd" / "unet" / "config.json"
    file.write_text("not even JSON")
    monkeypatch.setattr("profiler.paths.embedded_weights", lambda: tmp_path)
    with pytest.raises(SdprofError, match="reinstall sdprof") as caught:
        load_pipeline("tiny-sd", "embedded", "fp32", "cpu")
    assert str(file) in str(caught.value)


def test_without_network_the_hub_is_unsupported_with_a_next_move(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(Unsupported) as caught:
        load_pipeline("sd15", "hub", "fp32", "cpu")
    message = str(caught.value)
    assert "stable-diffusion-v1-5/stable-diffusion-v1-5" in message
    assert "weights: random" in message
    assert "hf download" in message


def test_the_clip_of_tiny_sd_tells_texts_from_each_other():
    clip, processor, tokenizer = load_clip("tiny-sd", "embedded")
    assert next(clip.parameters()).dtype is torch.float32
    assert not clip.training
    texts = ["a small red circle", "a large blue square"]
    batch = tokenizer(texts, padding="max_length", truncation=True, return_tensors="pt")
    with torch.no_grad():
        features = clip.text_model(**batch).pooler_output
    assert features.shape[0] == 2
    assert not torch.allclose(features[0], features[1])
    assert load_clip("tiny-sd", "embedded")[0] is clip
    assert processor.tokenizer is tokenizer


def test_the_clip_of_a_users_folder_comes_before_the_shipped_one(own_folder):
    shipped_clip = load_clip("tiny-sd", "embedded")[0]
    assert load_clip("tiny-sd", str(own_folder))[0] is not shipped_clip
    shutil.rmtree(own_folder / "clip")
    assert load_clip("tiny-sd", str(own_folder))[0] is shipped_clip


def test_a_pickled_clip_is_refused(own_folder):
    safe = own_folder / "clip" / "model.safetensors"
    torch.save(load_file(safe), own_folder / "clip" / "pytorch_model.bin")
    safe.unlink()
    with pytest.raises(SdprofError, match=r"safetensors"):
        load_clip("tiny-sd", str(own_folder))


def test_the_clip_of_other_models_needs_the_hub(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(Unsupported, match="openai/clip-vit-large-patch14"):
        load_clip("sd15", "random")


@pytest.fixture(autouse=True)
def _forget_checked_folders():
    check_folder.cache_clear()
