"""Adapters are added to the weights: as the formula says, with nothing left behind."""

from __future__ import annotations

import copy

import pytest
import torch
from diffusers import StableDiffusionPipeline
from diffusers.utils import convert_state_dict_to_diffusers
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict

from profiler.compress.fingerprint import fingerprint
from profiler.compress.lora import fuse
from profiler.compress.size import module_bytes
from profiler.errors import InputError, SdprofError, Unsupported

LAYERS = ["to_q", "to_k", "to_v", "to_out.0"]


@pytest.fixture(scope="session")
def adapter(tmp_path_factory, shared_pipe):
    """A random adapter of rank 2 and alpha 4 for the attention of tiny-sd, and its two factors."""
    unet = copy.deepcopy(shared_pipe.unet)
    torch.manual_seed(3)
    unet.add_adapter(LoraConfig(r=2, lora_alpha=4, target_modules=LAYERS, init_lora_weights=False))
    state = get_peft_model_state_dict(unet)
    folder = tmp_path_factory.mktemp("lora")
    metadata = {"r": 2, "lora_alpha": 4, "target_modules": LAYERS}
    StableDiffusionPipeline.save_lora_weights(
        folder,
        unet_lora_layers=convert_state_dict_to_diffusers(state),
        unet_lora_adapter_metadata=metadata,
    )
    return folder, state


def test_the_weights_are_those_of_the_formula(pipe, make_context, adapter):
    folder, state = adapter
    before = copy.deepcopy(pipe.unet)
    applied = fuse(pipe.unet, make_context(pipe=pipe), source=str(folder), weight=0.5)
    assert applied.module is pipe.unet
    changed = 0
    for name, old in before.named_parameters():
        new = pipe.unet.get_parameter(name)
        layer = name.removesuffix(".weight")
        if f"{layer}.lora_A.weight" in state:
            product = state[f"{layer}.lora_B.weight"] @ state[f"{layer}.lora_A.weight"]
            assert torch.allclose(new, old + 0.5 * (4 / 2) * product, atol=1e-5)
            changed += 1
        else:
            assert torch.equal(new, old)
    assert changed == applied.layers_touched > 8


def test_bytes_stay_and_nothing_is_left_behind(pipe, make_context, adapter):
    folder, _ = adapter
    before, prints, kinds = module_bytes(pipe.unet), fingerprint(pipe.unet), set(vars(pipe.unet))
    fuse(pipe.unet, make_context(pipe=pipe), source=str(folder))
    assert module_bytes(pipe.unet) == before
    assert fingerprint(pipe.unet) != prints
    assert set(vars(pipe.unet)) == kinds
    assert not any("peft" in type(layer).__module__ for layer in pipe.unet.modules())


def test_weight_0_leaves_the_print_as_it_was(pipe, make_context, adapter):
    """So that whoever applies it can tell that nothing was changed."""
    folder, _ = adapter
    prints = fingerprint(pipe.unet)
    fuse(pipe.unet, make_context(pipe=pipe), source=str(folder), weight=0.0)
    assert fingerprint(pipe.unet) == prints


def test_a_file_is_a_source_as_well(pipe, make_context, adapter):
    folder, _ = adapter
    file = folder / "pytorch_lora_weights.safetensors"
    assert fuse(pipe.unet, make_context(pipe=pipe), source=str(file)).layers_touched > 8


def test_an_adapter_without_weights_for_the_component(pipe, make_context, adapter):
    folder, _ = adapter
    with pytest.raises(Unsupported, match="holds no adapter for the text_encoder"):
        fuse(pipe.text_encoder, make_context("text_encoder", pipe=pipe), source=str(folder))


def test_mistakes_are_told(pipe, make_context, tmp_path):
    context = make_context(pipe=pipe)
    with pytest.raises(InputError, match="needs the parameter source"):
        fuse(pipe.unet, context)
    with pytest.raises(InputError, match="It holds none"):
        fuse(pipe.unet, context, source=str(tmp_path))
    (tmp_path / "a.ckpt").write_bytes(b"")
    with pytest.raises(InputError, match=r"no \.safetensors file"):
        fuse(pipe.unet, context, source=str(tmp_path / "a.ckpt"))
    (tmp_path / "a.safetensors").write_bytes(b"no weights at all")
    with pytest.raises(SdprofError, match="cannot be loaded"):
        fuse(pipe.unet, context, source=str(tmp_path / "a.safetensors"))
