"""A component in its own format: it computes in it, and the pipeline around keeps its own."""

from __future__ import annotations

import copy

import pytest
import torch

from profiler.compress.apply import apply_chain
from profiler.compress.cast import cast, entering, leaving
from profiler.compress.size import module_bytes
from profiler.errors import NoEffect, Unsupported
from profiler.records.cell import MethodUse
from tests.compress.compare import psnr_db
from tests.factories import make_cell

COMPONENTS = ("unet", "vae", "text_encoder")


def use(component, dtype):
    return MethodUse("cast", (component,), {"dtype": dtype})


def images(pipe):
    return pipe(
        ["a large red circle at the center on a white background"],
        num_inference_steps=4,
        guidance_scale=3.0,
        generator=torch.Generator().manual_seed(1),
        output_type="pt",
    ).images


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize(("outer", "inner"), [("fp32", "bf16"), ("bf16", "fp32")])
def test_the_pipeline_paints_on(pipe, component, outer, inner):
    dtypes = {"fp32": torch.float32, "bf16": torch.bfloat16}
    pipe.to(dtypes[outer])
    before, size = images(pipe), module_bytes(getattr(pipe, component))
    seen = {}

    def watch(_pipe, _step, _when, tensors):
        seen["latents"] = tensors["latents"].dtype
        return tensors

    cell = make_cell(precision=outer, compression=(use(component, inner),))
    report = apply_chain(pipe, cell, "cpu")
    module = getattr(pipe, component)
    assert {parameter.dtype for parameter in module.parameters()} == {dtypes[inner]}
    factor = dtypes[inner].itemsize / dtypes[outer].itemsize
    assert report.methods[0].bytes_after == pytest.approx(size * factor, rel=0.01)
    pipe("a red ring", num_inference_steps=1, callback_on_step_end=watch)
    assert seen["latents"] == dtypes[outer]
    after = images(pipe)
    assert after.dtype == before.dtype
    assert psnr_db(before, after) > 30
    assert not torch.equal(before, after)


def test_inner_layers_compute_in_the_inner_format(pipe, make_context):
    cast(pipe.unet, make_context(pipe=pipe), dtype="bf16")
    seen = set()
    for layer in (pipe.unet.conv_in, pipe.unet.time_embedding.linear_1, pipe.unet.conv_out):
        layer.register_forward_hook(lambda _m, _a, output: seen.add(output.dtype))
    images(pipe)
    assert seen == {torch.bfloat16}


def test_fp16_weights_can_be_had_where_they_run(pipe, make_context):
    applied = cast(pipe.vae, make_context("vae", pipe=pipe), dtype="fp16")
    assert applied.details == {"dtype": "fp16", "dtype_of_pipeline": "float32"}
    assert applied.layers_touched == applied.layers_total > 10


def test_fp16_is_refused_on_the_cpu(pipe):
    cell = make_cell(compression=(use("vae", "fp16"),))
    with pytest.raises(Unsupported, match="cast: fp16 is refused on cpu: 65 times slower"):
        apply_chain(pipe, cell, "cpu")


def test_the_format_it_has_is_no_effect(pipe):
    with pytest.raises(NoEffect, match="cast changed nothing in the vae"):
        apply_chain(pipe, make_cell(compression=(use("vae", "fp32"),)), "cpu")


def test_copies_are_cast_as_well(pipe, make_context):
    cast(pipe.vae, make_context("vae", pipe=pipe), dtype="bf16")
    twin = copy.deepcopy(pipe.vae)
    assert twin.decode(torch.zeros(1, 8, 8, 8)).sample.dtype == torch.float32
    assert type(twin).__name__ == "AutoencoderKL"


@pytest.mark.parametrize("component", COMPONENTS)
def test_what_was_cast_can_be_saved_and_loaded(pipe, make_context, tmp_path, component):
    module = getattr(pipe, component)
    kind = type(module)
    cast(module, make_context(component, pipe=pipe), dtype="bf16")
    pipe.save_pretrained(tmp_path)
    again = kind.from_pretrained(tmp_path / component, dtype=torch.bfloat16)
    for name, weight in module.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight)


def test_timesteps_and_whole_numbers_stay():
    when, ids, states = torch.tensor([999.0]), torch.tensor([[7]]), torch.ones(1, 2)
    value = {"a": [when, ids], "b": (states, "text", None)}
    inside = entering(value, torch.bfloat16)
    assert inside["a"][0] is when
    assert inside["a"][1] is ids
    assert inside["b"][0].dtype == torch.bfloat16
    assert inside["b"][1:] == ("text", None)
    assert leaving(inside, torch.float32)["b"][0].dtype == torch.float32


def test_a_method_for_each_component(pipe):
    chain = (
        MethodUse("tiny-vae", ("vae",), {"source": ""}),
        MethodUse("absmax-int8", ("unet",), {"granularity": "channel", "convolutions": True}),
        use("text_encoder", "bf16"),
        use("vae", "bf16"),
    )
    report = apply_chain(pipe, make_cell(compression=chain), "cpu")
    assert [effect.method for effect in report.methods] == [one.method for one in chain]
    shares = {name: report.components[name] / size for name, size in report.original.items()}
    assert shares["text_encoder"] == pytest.approx(0.5, rel=0.01)
    assert 0.25 < shares["unet"] < 0.3
    assert shares["vae"] < 0.05
    assert images(pipe).isfinite().all()
