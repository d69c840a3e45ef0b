"""Errors of the hub, the network and the disk become one message with the next move."""

from __future__ import annotations

import errno
import importlib
import json

import pytest
import torch
from huggingface_hub import errors
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from safetensors import SafetensorError
from safetensors.torch import load_file

from profiler.errors import InputError, SdprofError, Unsupported
from profiler.pipelines.hub import explain, local_folder, translated
from profiler.pipelines.load import load_pipeline
from profiler.pipelines.random_weights import random_pipeline
from tests.pipelines.small import shrunk

# The HTTP client of the installed huggingface_hub: httpx, or httpx2 in newer ones.
client = importlib.import_module(errors.HTTPError.__module__.partition(".")[0])
RESPONSE = client.Response(404, request=client.Request("GET", "https://huggingface.co/x/y"))


def fail_with(error: BaseException):
    def load():
        raise error

    return load


@pytest.mark.parametrize(
    ("error", "kind", "told"),
    [
        (GatedRepoError("no", response=RESPONSE), Unsupported, "accepted its terms"),
        (RepositoryNotFoundError("no", response=RESPONSE), Unsupported, "no such model"),
        (RevisionNotFoundError("no", response=RESPONSE), Unsupported, "no such model"),
        (LocalEntryNotFoundError("no"), Unsupported, "hf download x/y"),
        (OfflineModeIsEnabled("no"), Unsupported, "cannot be reached"),
        (client.ConnectError("no"), Unsupported, "cannot be reached"),
        (client.ConnectTimeout("no"), Unsupported, "cannot be reached"),
        (ConnectionResetError("no"), Unsupported, "cannot be reached"),
        (EntryNotFoundError("no.json"), SdprofError, "no.json"),
        (OSError(errno.ENOSPC, "No space left on device"), SdprofError, "disk is full"),
        (OSError("broken\n pipe"), SdprofError, "(broken pipe)"),
        (ValueError("bad value"), SdprofError, "bad value"),
        (KeyError("_class_name"), SdprofError, "KeyError: '_class_name'"),
        (SafetensorError("header too large"), SdprofError, "header too large"),
    ],
)
def test_each_error_is_told_in_words(error, kind, told):
    with pytest.raises(SdprofError) as caught:
        translated(fail_with(error), "x/y")
    assert type(caught.value) is kind
    assert str(caught.value).startswith("x/y: ")
    assert told in str(caught.value)
    assert caught.value.__cause__ is error


def test_the_cause_of_an_error_tells_more_than_its_wrapper():
    wrapper = OSError("could not load the model")
    wrapper.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert "disk is full" in str(explain(wrapper, "x/y"))
    wrapper.__cause__ = GatedRepoError("no", response=RESPONSE)
    assert "log in" in str(explain(wrapper, "x/y"))


def test_errors_that_point_at_each_other_come_to_an_end():
    first, second = OSError("first"), OSError("second")
    first.__cause__, second.__cause__ = second, first
    assert "first" in str(explain(first, "x/y"))


def test_a_long_error_is_cut():
    assert len(str(explain(ValueError("long " * 1000), "x/y"))) < 400


@pytest.mark.parametrize("error", [RuntimeError("a bug"), MemoryError(), TypeError("a bug")])
def test_what_is_not_the_hubs_passes_on(error):
    with pytest.raises(type(error)) as caught:
        translated(fail_with(error), "x/y")
    assert caught.value is error


def test_want_of_memory_is_not_a_broken_download():
    with pytest.raises(MemoryError, match="allocate"):
        translated(fail_with(OSError(errno.ENOMEM, "Cannot allocate memory")), "x/y")


def test_what_loads_is_handed_back():
    assert translated(lambda: 7, "x/y") == 7


def test_a_users_folder_is_looked_at(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no model_index"):
        local_folder(str(tmp_path))
    (tmp_path / "model_index.json").write_text("{}")
    assert local_folder(str(tmp_path)) == tmp_path
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    assert local_folder(f"~/{tmp_path.name}") == tmp_path
    with pytest.raises(InputError, match="neither a folder"):
        local_folder(str(tmp_path / "model_index.json"))


@pytest.mark.parametrize("model", ["sdxl", "sd3.5-medium", "flux-schnell"])
def test_a_folder_of_any_family_is_loaded_as_what_it_is(tmp_path, model):
    made = random_pipeline(shrunk(model), torch.float32, "cpu")
    made.save_pretrained(tmp_path / "own")
    loaded = load_pipeline("some/model", str(tmp_path / "own"), "bf16", "cpu")
    assert type(loaded) is type(made)
    denoiser = getattr(loaded, "transformer", None) or loaded.unet
    assert {p.dtype for p in denoiser.parameters()} == {torch.bfloat16}
    with pytest.raises(Unsupported, match="flow matching"):
        load_pipeline(model, str(tmp_path / "own"), "fp32", "cpu", _WRONG[model])


_WRONG = {"sdxl": "flow-euler", "sd3.5-medium": "ddim", "flux-schnell": "euler"}


def test_what_makes_no_images_from_text_is_unsupported(own_folder):
    index = own_folder / "model_index.json"
    for name, told in (
        ("StableDiffusionImg2ImgPipeline", "from text alone"),
        ("AudioLDM2Pipelines", "not one of the installed diffusers"),
        (["pipeline", "MyPipeline"], "runs no code of a repository"),
    ):
        index.write_text(json.dumps({**json.loads(index.read_text()), "_class_name": name}))
        with pytest.raises(Unsupported, match=told):
            load_pipeline("sd15", str(own_folder), "fp32", "cpu")


def test_pickled_weights_are_read_where_that_is_allowed_only(own_folder, shared_pipe):
    safe = own_folder / "unet" / "diffusion_pytorch_model.safetensors"
    pickled = safe.with_suffix(".bin")
    torch.save(load_file(safe), pickled)
    safe.unlink()
    with pytest.raises(InputError, match="--allow-pickle") as caught:
        load_pipeline("sd15", str(own_folder), "fp32", "cpu")
    assert str(pickled) in str(caught.value)
    loaded = load_pipeline("sd15", str(own_folder), "fp32", "cpu", allow_pickle=True)
    own, new = (dict(pipe.unet.named_parameters()) for pipe in (shared_pipe, loaded))
    assert all(torch.equal(own[name], new[name]) for name in own)


def test_a_hub_model_without_safetensors_names_the_flag():
    error = OSError("Could not find the necessary `safetensors` weights in {...}")
    assert "--allow-pickle" in str(explain(error, "x/y"))
    assert "--allow-pickle" not in str(explain(OSError("broken"), "x/y"))
