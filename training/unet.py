"""Stage 3: the denoiser on latents, with classifier-free guidance.

v-prediction (Salimans & Ho 2022) with zero terminal SNR and trailing timesteps (Lin et al. 2023,
"Common Diffusion Noise Schedules and Sample Steps are Flawed"): with noise prediction a model of
this size draws sharp shapes and ignores the words. Each process trains on its own half of the
batch; gradients are averaged by DistributedDataParallel.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from torch import distributed, nn
from torch.multiprocessing.spawn import spawn
from transformers import CLIPTextModel, CLIPTokenizer

from profiler.catalogue.scenes import all_scenes
from training.common import (
    SEED,
    WORK,
    Log,
    MovingAverage,
    mixed_precision,
    one_cycle,
    plain_attention,
    update,
)
from training.data import DrawnScenes, draw_scenes
from training.tokenizer import tokens

EMPTY_CAPTIONS = 0.1
DRAWINGS_PER_SCENE = 24


def build_unet(widths: tuple[int, int] = (64, 128), groups: int = 16) -> UNet2DConditionModel:
    """Two levels (8x8 and 4x4); cross-attention at 8x8 and in the middle block."""
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=8,
        out_channels=8,
        layers_per_block=1,
        block_out_channels=widths,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=128,
        attention_head_dim=4,
        norm_num_groups=groups,
    )


def build_scheduler() -> DDIMScheduler:
    """Stable Diffusion's betas, rescaled so that the last step is pure noise."""
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        set_alpha_to_one=True,
    )


class LatentBatches:
    """Latents of drawn scenes with token ids, endless and shuffled; 10 % of captions are empty."""

    def __init__(self, batch: int, seed: int) -> None:
        self.batch = batch
        self.rng = random.Random(seed)
        self.noise = torch.Generator().manual_seed(seed)
        self.tokenizer = CLIPTokenizer.from_pretrained(WORK / "tokenizer")
        self.text = CLIPTextModel.from_pretrained(WORK / "clip").eval()
        saved = torch.load(WORK / "latents.pt", weights_only=True)
        self.mean, self.deviation = saved["mean"].float(), saved["deviation"].float()
        self.data = DrawnScenes(torch.empty(0), saved["scene_of"], list(all_scenes()))
        self.rows = torch.arange(len(self.mean))

    def keep_shapes(self, shapes: tuple[str, ...]) -> None:
        """Draw from now on only from scenes with these shapes."""
        wanted = [scene.shape in shapes for scene in self.data.scenes]
        self.rows = torch.tensor(wanted)[self.data.scene_of].nonzero().flatten()

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Pairs of latents (batch, 8, 8, 8) and text states (batch, tokens, 128)."""
        while True:
            rows = self.rows[torch.randint(len(self.rows), (self.batch,), generator=self.noise)]
            jitter = torch.randn(self.mean[rows].shape, generator=self.noise)
            captions = [
                "" if self.rng.random() < EMPTY_CAPTIONS else caption
                for caption in self.data.captions(rows, self.rng)
            ]
            with torch.no_grad():
                states = self.text(tokens(self.tokenizer, captions)).last_hidden_state
            yield self.mean[rows] + self.deviation[rows] * jitter, states


@torch.no_grad()
def encode_drawings(per_scene: int = DRAWINGS_PER_SCENE) -> None:
    """Encode every drawing once; writes means and deviations of the scaled latents."""
    vae = AutoencoderKL.from_pretrained(WORK / "vae").eval()
    data = draw_scenes(per_scene, SEED + 2)
    means, deviations = [], []
    for start in range(0, len(data.images), 200):
        pixels = data.pixels(torch.arange(start, start + 200))
        posterior = vae.encode(pixels).latent_dist
        means.append((posterior.mean * vae.config.scaling_factor).half())
        deviations.append((posterior.std * vae.config.scaling_factor).half())
    latents = {"mean": torch.cat(means), "deviation": torch.cat(deviations)}
    torch.save({**latents, "scene_of": data.scene_of}, WORK / "latents.pt")


def velocity_loss(
    prediction: torch.Tensor,
    clean: torch.Tensor,
    noise: torch.Tensor,
    when: torch.Tensor,
    scheduler: DDIMScheduler,
) -> torch.Tensor:
    """Mean squared error of the predicted velocity, all shapes (batch, 8, 8, 8)."""
    error: torch.Tensor = prediction.float() - scheduler.get_velocity(clean, noise, when)
    return error.square().mean()


def train_unet_in_parallel(steps: int, processes: int, batch: int = 64) -> None:
    """Encode the drawings if that is still to be done, then train; resumes from the checkpoint."""
    if not (WORK / "latents.pt").exists():
        encode_drawings()
    port = 29500 + os.getpid() % 1000
    spawn(  # type: ignore[no-untyped-call]
        train_unet, (processes, steps, batch, port), nprocs=processes
    )


def train_unet(rank: int, processes: int, steps: int, batch: int, port: int) -> None:
    """Train in `processes` processes with `batch` latents together; rank 0 logs and saves."""
    _join(rank, processes, port)
    torch.manual_seed(SEED + 3)
    model, scheduler = build_unet(), build_scheduler()
    wrapped = nn.parallel.DistributedDataParallel(model)
    average = MovingAverage(model, 0.998)
    optimizer, schedule = one_cycle(model, steps, peak=1.5e-3)
    start = _resume(model, average, optimizer, schedule)
    torch.manual_seed(SEED + 4 + rank + 1000 * start)
    log = Log("unet", append=start > 0)
    batches = iter(LatentBatches(batch // processes, SEED + 100 * rank + start))
    for step in range(start + 1, steps + 1):
        clean, states = next(batches)
        noise = torch.randn_like(clean)
        when = torch.randint(1000, (len(clean),))
        noisy = scheduler.add_noise(clean, noise, when)
        with mixed_precision(), plain_attention():
            prediction = wrapped(noisy, when, states, return_dict=False)[0]
        loss = velocity_loss(prediction, clean, noise, when, scheduler)
        update(model, loss, optimizer, schedule)
        average.update(model)
        if rank == 0 and (step % 50 == 0 or step == 1):
            log.row(step, loss=loss.item())
        if rank == 0 and (step % 250 == 0 or step == steps):
            _save(step, model, average, optimizer, schedule)
    distributed.destroy_process_group()


def _join(rank: int, processes: int, port: int) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=processes
    )


def _save(
    step: int,
    model: nn.Module,
    average: MovingAverage,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> None:
    state = {
        "step": step,
        "model": model.state_dict(),
        "average": average.shadow,
        "updates": average.updates,
        "optimizer": optimizer.state_dict(),
        "schedule": schedule.state_dict(),
    }
    partial = WORK / "unet.partial"
    torch.save(state, partial)
    partial.replace(_checkpoint())
    averaged = build_unet()
    averaged.load_state_dict(average.shadow)
    averaged.save_pretrained(WORK / "unet")


def _checkpoint() -> Path:
    return WORK / "unet.pt"


def _resume(
    model: nn.Module,
    average: MovingAverage,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> int:
    """Continue from the checkpoint, if there is one; returns the steps already done."""
    if not _checkpoint().exists():
        return 0
    state = torch.load(_checkpoint(), weights_only=True)
    model.load_state_dict(state["model"])
    average.shadow, average.updates = state["average"], state["updates"]
    optimizer.load_state_dict(state["optimizer"])
    schedule.load_state_dict(state["schedule"])
    return int(state["step"])
