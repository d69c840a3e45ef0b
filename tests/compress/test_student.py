"""A distilled UNet in the place of the full one; here a stand-in with random weights."""

from __future__ import annotations

import pytest
import torch

from profiler import paths
from profiler.compress import student
from profiler.compress.layers import count_weighted
from profiler.compress.student import replace_unet
from profiler.errors import SdprofError, Unsupported
from profiler.pipelines.checked import check_folder, write_sums
from tests.compress.compare import predict


@pytest.fixture
def weights(tmp_path, shared_pipe, monkeypatch):
    """A folder of embedded weights that holds a student with half the widths."""
    config = dict(shared_pipe.unet.config) | {"block_out_channels": (32, 64)}
    torch.manual_seed(8)
    folder = tmp_path / "tiny-sd-student-small"
    type(shared_pipe.unet).from_config(config).save_pretrained(folder)
    write_sums(folder)
    monkeypatch.setattr(paths, "embedded_weights", lambda: tmp_path)
    check_folder.cache_clear()
    return folder


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_it_takes_the_place_of_the_unet(weights, shared_pipe, make_context, dtype):
    applied = replace_unet(shared_pipe.unet, make_context(dtype=dtype))
    unet = applied.module
    assert unet is not shared_pipe.unet
    assert {p.dtype for p in unet.parameters()} == {dtype}
    assert not any(layer.training for layer in unet.modules())
    result = predict(unet, dtype)
    assert result.shape == predict(shared_pipe.unet).shape
    assert result.isfinite().all()


def test_it_tells_how_much_smaller_it_is(weights, shared_pipe, make_context):
    applied = replace_unet(shared_pipe.unet, make_context())
    before, after = (
        sum(p.numel() for p in unet.parameters()) for unet in (shared_pipe.unet, applied.module)
    )
    assert applied.details == {"parameters_before": before, "parameters_after": after}
    assert after < before / 2
    assert applied.layers_touched == applied.layers_total == count_weighted(applied.module)


def test_a_student_of_ones_own_is_named_as_source(weights, shared_pipe, make_context):
    applied = replace_unet(shared_pipe.unet, make_context(model="sd21"), source=str(weights))
    assert applied.module.config.block_out_channels == [32, 64]


def test_models_without_a_known_student_need_a_source(shared_pipe, make_context):
    with pytest.raises(Unsupported, match=r"no small student of sd21 is known.*parameter source"):
        replace_unet(shared_pipe.unet, make_context(model="sd21"))


def test_known_students_come_from_the_hub(shared_pipe, make_context, monkeypatch):
    asked = []

    def load(source, _context, _method):
        asked.append(source)
        return shared_pipe.unet

    monkeypatch.setattr(student, "load_unet", load)
    replace_unet(shared_pipe.unet, make_context(model="sd15"))
    replace_unet(shared_pipe.unet, make_context(model="sd15"), size="tiny")
    assert asked == ["nota-ai/bk-sdm-small", "nota-ai/bk-sdm-tiny"]


def test_both_sizes_ship(shared_pipe, make_context):
    check_folder.cache_clear()
    sizes = [
        replace_unet(shared_pipe.unet, make_context(), size=size).details["parameters_after"]
        for size in ("small", "tiny")
    ]
    assert sizes == [825_992, 219_720]


def test_other_components_have_none(shared_pipe, make_context):
    with pytest.raises(Unsupported, match="vae"):
        replace_unet(shared_pipe.vae, make_context("vae"))


def test_a_changed_student_is_not_loaded(weights, shared_pipe, make_context):
    file = weights / "diffusion_pytorch_model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(SdprofError, match="SHA-256") as caught:
        replace_unet(shared_pipe.unet, make_context())
    assert str(file) in str(caught.value)


def test_a_missing_student_is_told(weights, shared_pipe, make_context):
    with pytest.raises(SdprofError, match="reinstall") as caught:
        replace_unet(shared_pipe.unet, make_context(), size="large")
    assert "tiny-sd-student-large" in str(caught.value)
