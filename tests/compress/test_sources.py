"""Parts from folders: found at the root and in a pipeline, checked against the pipeline's shape."""

from __future__ import annotations

import pytest
import torch
from diffusers import UNet2DConditionModel

from profiler.compress.layers import parameters_of
from profiler.compress.sources import float_bytes, load_unet, local_path, shipped
from profiler.errors import InputError, SdprofError, Unsupported
from profiler.pipelines.checked import check_folder, write_sums


@pytest.fixture
def folder(tmp_path, shared_pipe):
    """A pipeline's folder of which only the UNet is there."""
    shared_pipe.unet.save_pretrained(tmp_path / "own" / "unet")
    return tmp_path / "own"


@pytest.mark.parametrize("inner", ["", "unet"])
def test_a_unet_is_found_alone_and_in_a_pipeline(folder, inner, make_context):
    unet = load_unet(str(folder / inner), make_context(dtype=torch.bfloat16), "m")
    assert unet.dtype == torch.bfloat16
    assert not unet.training


def test_an_empty_folder_is_told(tmp_path, make_context):
    with pytest.raises(InputError, match=r"m: no config\.json in"):
        load_unet(tmp_path, make_context(), "m")


def test_a_folder_with_sums_is_checked(folder, make_context):
    write_sums(folder / "unet")
    check_folder.cache_clear()
    (folder / "unet" / "config.json").write_text("{}")
    with pytest.raises(SdprofError, match="SHA-256"):
        load_unet(folder / "unet", make_context(), "m")


def test_pickled_weights_are_not_read(folder, make_context):
    (file,) = (folder / "unet").glob("*.safetensors")
    file.unlink()
    torch.save({}, folder / "unet" / "diffusion_pytorch_model.bin")
    with pytest.raises(SdprofError, match="safetensors"):
        load_unet(folder, make_context(), "m")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"cross_attention_dim": 64}, "it takes text states of width 64, and the pipeline has 128"),
        ({"in_channels": 4}, "it takes input latents with channels: 4, and the pipeline has 8"),
        ({"out_channels": 4}, "output latents with channels: 4"),
    ],
)
def test_a_unet_of_other_shape_is_refused(tmp_path, shared_pipe, make_context, change, told):
    config = {**shared_pipe.unet.config, "block_out_channels": (16, 16), "norm_num_groups": 8}
    UNet2DConditionModel.from_config({**config, **change}).save_pretrained(tmp_path)
    with pytest.raises(Unsupported, match="does not fit tiny-sd") as caught:
        load_unet(tmp_path, make_context(), "m")
    assert told in str(caught.value)


def test_what_cannot_be_reached_is_told_with_the_parameter(monkeypatch, make_context):
    def offline(*_args, **_kwargs):
        raise ConnectionError("no route")

    monkeypatch.setattr(UNet2DConditionModel, "from_pretrained", offline)
    with pytest.raises(Unsupported, match="name its folder as the parameter source"):
        load_unet("owner/name", make_context(), "m")


@pytest.mark.parametrize("source", ["./nowhere", "/no/where", "~/nowhere", "word", "a/b/c"])
def test_what_is_no_hub_id_must_exist(source):
    with pytest.raises(InputError, match="neither a folder nor the id"):
        local_path(source, "m")


def test_a_hub_id_is_no_path(tmp_path):
    assert local_path("owner/name", "m") is None
    assert local_path(tmp_path, "m") == tmp_path


def test_sizes(shared_pipe):
    unet = shared_pipe.unet
    assert parameters_of(unet) == sum(p.numel() for p in unet.parameters())
    assert float_bytes(unet, torch.bfloat16) == 2 * parameters_of(unet)
    with pytest.raises(SdprofError, match="reinstall"):
        shipped("tiny-sd-nothing")
