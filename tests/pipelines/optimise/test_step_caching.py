"""Work left out within or between steps: it happens, is counted, and changes pictures a little."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from profiler.errors import NoEffect, Unsupported
from profiler.pipelines.engine import Engine
from profiler.pipelines.optimise.contract import OptimisationContext
from profiler.pipelines.optimise.step_caching import taylorseer
from tests.factories import make_cell
from tests.pipelines.optimise.switching import like_sd15, own_copy, switch_on, use

STEPS = 6
# The mean difference of pixels that is allowed, as measured with some room.
APPROXIMATE = [
    (use("deepcache"), 0.05),
    (use("token-merging", max_downsample=2), 0.08),
    (use("pyramid-attention-broadcast"), 0.05),
]


@pytest.fixture(params=["tiny-sd", "like-sd15"], scope="module")
def base(request, shared_pipe):
    """tiny-sd, and a UNet of the blocks of SD 1.5."""
    return shared_pipe if request.param == "tiny-sd" else like_sd15(shared_pipe)


@pytest.mark.parametrize(
    ("one", "bound"), APPROXIMATE, ids=lambda value: getattr(value, "method", "")
)
def test_the_picture_changes_a_little(base, one, bound):
    pytest.importorskip(
        {"deepcache": "DeepCache", "token-merging": "tomesd"}.get(one.method, "torch")
    )
    wanted = switch_on(base, steps=STEPS).paint()
    bench = switch_on(own_copy(base), one, steps=STEPS)
    painted = bench.paint()
    assert np.isfinite(painted).all()
    assert 0 < np.abs(painted - wanted).mean() < bound
    effect = bench.effect(one.method)
    assert effect.modules > 0
    assert effect.uses > 0
    assert not effect.no_effect
    # Nothing of one image is left in the next, and what is counted goes on.
    assert np.array_equal(bench.paint(), painted)
    assert bench.effect(one.method).uses == 2 * effect.uses
    # A fresh pipeline with the same weights is as it was.
    assert np.array_equal(switch_on(base, steps=STEPS).paint(), wanted)


def test_deepcache_runs_the_deep_blocks_in_every_nth_step_only(pipe):
    pytest.importorskip("DeepCache")
    calls = []
    bench = switch_on(pipe, use("deepcache", interval=3), steps=STEPS)
    pipe.unet.mid_block.resnets[0].register_forward_pre_hook(lambda *_: calls.append(1))
    bench.paint()
    assert len(calls) == STEPS / 3


def test_a_branch_that_the_unet_lacks_is_refused(pipe):
    pytest.importorskip("DeepCache")
    with pytest.raises(Unsupported, match=r"branch 6 .* 2 blocks"):
        switch_on(pipe, use("deepcache", branch=6))


@pytest.mark.parametrize(
    ("one", "steps", "reason"),
    [
        (use("deepcache", interval=1), 4, "each step"),
        (use("deepcache"), 1, "one step"),
        (use("pyramid-attention-broadcast", self_interval=1, cross_interval=1), 4, "each step"),
        (use("pyramid-attention-broadcast"), 1, "one step"),
    ],
    ids=lambda value: getattr(value, "method", ""),
)
def test_what_can_leave_nothing_out_is_no_effect(pipe, one, steps, reason):
    if one.method == "deepcache":
        pytest.importorskip("DeepCache")
    with pytest.raises(NoEffect, match=reason):
        switch_on(pipe, one, steps=steps)


def test_a_share_of_less_than_one_token_is_told_after_the_images(pipe):
    pytest.importorskip("tomesd")
    bench = switch_on(pipe, use("token-merging", ratio=0.01))
    bench.paint()
    effect = bench.effect("token-merging")
    assert effect.uses == 0
    assert "none of the images" in effect.no_effect


def test_more_tokens_merged_is_another_picture_and_the_same_seed_the_same(shared_pipe):
    pytest.importorskip("tomesd")
    painted = [
        switch_on(own_copy(shared_pipe), use("token-merging", ratio=ratio)).paint()
        for ratio in (0.25, 0.5, 0.5)
    ]
    assert not np.array_equal(painted[0], painted[1])
    assert np.array_equal(painted[1], painted[2])


def test_tokens_are_merged_where_images_are_as_large_as_asked_only(shared_pipe):
    pytest.importorskip("tomesd")
    uses = []
    for deepest in (1, 2):
        bench = switch_on(own_copy(shared_pipe), use("token-merging", max_downsample=deepest))
        bench.paint()
        uses.append(bench.effect("token-merging").uses)
    assert 0 < uses[0] < uses[1]


def test_taylorseer_hooks_nothing_of_a_unet(pipe):
    with pytest.raises(NoEffect, match="taylorseer found nothing to work on in tiny-sd"):
        switch_on(pipe, use("taylorseer"))


def test_taylorseer_is_counted_where_it_does_work():
    from diffusers import FluxTransformer2DModel

    torch.manual_seed(0)
    model = FluxTransformer2DModel(
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=16,
        pooled_projection_dim=16,
        axes_dims_rope=(4, 4, 8),
    )
    pipe = SimpleNamespace(transformer=model)
    context = OptimisationContext(make_cell(), "cpu", Engine(pipe))
    switched = taylorseer(pipe, context, interval=3)
    assert switched.modules == 2

    def image():
        before = switched.uses()
        for step in range(9):
            with torch.no_grad(), model.cache_context("image"):
                model(
                    hidden_states=torch.randn(1, 4, 4),
                    encoder_hidden_states=torch.randn(1, 3, 16),
                    pooled_projections=torch.randn(1, 16),
                    timestep=torch.tensor([1 - step / 9]),
                    img_ids=torch.zeros(4, 3),
                    txt_ids=torch.zeros(3, 3),
                )
        model._reset_stateful_cache()  # what its pipeline does after each image
        return switched.uses() - before

    first = image()
    assert 0 < first < 2 * 9
    assert image() == first
