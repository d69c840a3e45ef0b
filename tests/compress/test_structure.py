"""Which changes a config can tell, which are mere shapes, and the names of tensors."""

from __future__ import annotations

import copy

import pytest
import torch

from profiler.compress.absmax import quantise
from profiler.compress.bnb import nf4
from profiler.compress.pruning import restore_shapes, structured
from profiler.compress.size import module_bytes, tensors_of
from profiler.compress.structure import class_of, follows_from_config, structure_of
from profiler.compress.tensors import named_tensors
from profiler.errors import Unsupported
from tests.compress.compare import predict


@pytest.mark.parametrize("component", ["unet", "vae", "text_encoder"])
def test_an_untouched_component_follows_from_its_config_in_any_dtype(shared_pipe, component):
    module = copy.deepcopy(getattr(shared_pipe, component))
    assert follows_from_config(module)
    assert follows_from_config(module.to(torch.bfloat16))


def test_quantised_pruned_and_hooked_modules_do_not(shared_pipe, make_context):
    unet = copy.deepcopy(shared_pipe.unet)
    before = structure_of(unet)
    structured(unet, make_context())
    assert not follows_from_config(unet)
    assert structure_of(unet).only_reshaped(before)
    quantise(unet, make_context())
    assert not structure_of(unet).only_reshaped(before)
    hooked = copy.deepcopy(shared_pipe.unet)
    hooked.conv_in.register_forward_hook(lambda *_: None)
    assert not follows_from_config(hooked)


@pytest.mark.parametrize("method", [None, quantise, nf4])
def test_every_tensor_has_one_name(shared_pipe, make_context, method):
    unet = copy.deepcopy(shared_pipe.unet)
    if method:
        method(unet, make_context())
    named = list(named_tensors(unet))
    assert len({name for name, _ in named}) == len(named)
    assert [id(t) for _, t in named] == [id(t) for t in tensors_of(unet)]
    assert sum(t.untyped_storage().nbytes() for _, t in named) >= module_bytes(unet)


def test_a_pruned_model_is_rebuilt_from_its_shapes(shared_pipe, make_context):
    pruned, rebuilt = (copy.deepcopy(shared_pipe.unet) for _ in range(2))
    structured(pruned, make_context(), ratio=0.4, round_to=1)
    restore_shapes(rebuilt, structure_of(pruned).shapes)
    assert structure_of(rebuilt) == structure_of(pruned)
    assert not torch.equal(predict(rebuilt), predict(pruned))
    rebuilt.load_state_dict(pruned.state_dict())
    assert torch.equal(predict(rebuilt), predict(pruned))


def test_shapes_that_do_not_belong_are_refused(shared_pipe):
    unet = copy.deepcopy(shared_pipe.unet)
    with pytest.raises(Unsupported, match=r"no parameter 'conv_in\.scale'"):
        restore_shapes(unet, {"conv_in.scale": (1,)})
    text = copy.deepcopy(shared_pipe.text_encoder)
    name = next(n for n, _ in text.named_parameters() if "token_embedding" in n)
    with pytest.raises(Unsupported, match="is a Embedding, which cannot be reshaped"):
        restore_shapes(text, {name: (7, 128)})


def test_only_modules_of_the_two_libraries_are_classes():
    assert class_of("diffusers", "UNet2DConditionModel").__name__ == "UNet2DConditionModel"
    for library, name in (("builtins", "eval"), ("diffusers", "DDIMScheduler"), ("torch", "x")):
        with pytest.raises(Unsupported):
            class_of(library, name)
