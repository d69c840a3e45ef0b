"""Stage 5: the UNet distilled to paint in 2 to 4 steps without guidance (a consistency model).

Latent consistency distillation, Luo et al. 2023, arXiv:2310.04378: the student's clean image at a
noisy point has to equal that of its own moving average at the point to which the teacher, with
guidance, takes one DDIM step. The guidance is thereby built in. The boundary condition is that of
diffusers' LCMScheduler, which samples from it.
"""

from __future__ import annotations

from pathlib import Path

import torch
from diffusers import DDIMScheduler, UNet2DConditionModel

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
from training.tokenizer import tokens
from training.unet import LatentBatches, build_scheduler, build_unet

GUIDANCE = 3.0
# One step of the teacher spans this many of the 1000 timesteps: 20 steps for a whole image.
JUMP = 50
# Huber's threshold, in units of the latents' standard deviation.
HUBER = 0.03
DECAY = 0.95


class Trajectory:
    """The noise schedule as functions of the timestep; timestep -1 is the clean image."""

    def __init__(self, scheduler: DDIMScheduler) -> None:
        alphas = torch.cat([scheduler.alphas_cumprod, torch.ones(1)])
        self._signal, self._noise = alphas.sqrt(), (1 - alphas).sqrt()

    def scales(self, when: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Share of signal and of noise at each timestep, both (batch, 1, 1, 1)."""
        return self._signal[when].view(-1, 1, 1, 1), self._noise[when].view(-1, 1, 1, 1)

    def clean(
        self, noisy: torch.Tensor, velocity: torch.Tensor, when: torch.Tensor
    ) -> torch.Tensor:
        """The clean latents that a predicted velocity stands for, (batch, 8, 8, 8)."""
        signal, noise = self.scales(when)
        return signal * noisy - noise * velocity

    def ddim_step(
        self, noisy: torch.Tensor, velocity: torch.Tensor, when: torch.Tensor, to: torch.Tensor
    ) -> torch.Tensor:
        """One deterministic step of DDIM from timesteps `when` to `to`."""
        signal, noise = self.scales(when)
        epsilon = signal * velocity + noise * noisy
        signal_to, noise_to = self.scales(to)
        return signal_to * self.clean(noisy, velocity, when) + noise_to * epsilon


def consistency_loss(prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Pseudo-Huber distance of two batches of clean latents, mean over all their values."""
    return ((prediction - target).square() + HUBER**2).sqrt().mean() - HUBER


def train_consistency(steps: int, batch: int = 48) -> None:
    """Distil in one process; the averaged student is saved every 100 steps."""
    torch.manual_seed(SEED + 7)
    teacher = UNet2DConditionModel.from_pretrained(WORK / "unet").eval().requires_grad_(False)
    student, target = build_unet(), build_unet().requires_grad_(False)
    student.load_state_dict(teacher.state_dict())
    target.load_state_dict(teacher.state_dict())
    path = Trajectory(build_scheduler())
    optimizer, schedule = one_cycle(student, steps, peak=3e-4)
    average = MovingAverage(student, DECAY)
    batches = LatentBatches(batch, SEED + 8)
    with torch.no_grad():
        empty = batches.text(tokens(batches.tokenizer, [""])).last_hidden_state
    log = Log("consistency")
    for step, (clean, states) in zip(range(1, steps + 1), batches, strict=False):
        noise = torch.randn_like(clean)
        when = torch.randint(1, 1000, (len(clean),))
        # A tenth starts from pure noise, where every image begins.
        when[: len(clean) // 10] = 999
        to = torch.where(when >= JUMP, when - JUMP, torch.full_like(when, -1))
        signal, share = path.scales(when)
        noisy = signal * clean + share * noise
        with torch.no_grad(), mixed_precision(), plain_attention():
            both = torch.cat([noisy, noisy]), torch.cat([when, when])
            texts = torch.cat([empty.expand_as(states), states])
            free, guided = teacher(*both, texts, return_dict=False)[0].float().chunk(2)
            nearer = path.ddim_step(noisy, free + GUIDANCE * (guided - free), when, to)
            aim = target(nearer, to.clamp(min=0), states, return_dict=False)[0].float()
            wanted = torch.where(
                (to < 0).view(-1, 1, 1, 1), nearer, path.clean(nearer, aim, to.clamp(min=0))
            )
        with mixed_precision(), plain_attention():
            velocity = student(noisy, when, states, return_dict=False)[0].float()
        loss = consistency_loss(path.clean(noisy, velocity, when), wanted)
        update(student, loss, optimizer, schedule)
        average.update(student)
        target.load_state_dict(average.shadow)
        if step % 50 == 0 or step == 1:
            log.row(step, loss=loss.item())
        if step % 100 == 0 or step == steps:
            _save(average)


def _save(average: MovingAverage) -> Path:
    averaged = build_unet()
    averaged.load_state_dict(average.shadow)
    folder = WORK / "consistency"
    averaged.half().save_pretrained(folder)
    return folder
