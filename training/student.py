"""Stage 4: students with a half or a quarter of the widths, distilled from the UNet.

The loss is the sum of the task's (true velocity), the output's (teacher's velocity) and the
features' (outputs of the down and middle blocks, after a learned projection that is thrown away),
as in BK-SDM, Kim et al. 2023, "A Lightweight, Fast, and Cheap Version of Stable Diffusion".
"""

from __future__ import annotations

import torch
from diffusers import UNet2DConditionModel
from torch import nn
from torch.utils.hooks import RemovableHandle

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
from training.unet import LatentBatches, build_scheduler, build_unet, velocity_loss

# Size to widths of the two levels, and the groups of the normalisation.
SIZES = {"small": ((32, 64), 16), "tiny": ((16, 32), 8)}
TEACHER_WIDTHS = (64, 128)
FEATURE_WEIGHT = 0.1


class Features:
    """Collects the outputs of the blocks that teacher and student have in common."""

    def __init__(self, unet: UNet2DConditionModel) -> None:
        self.outputs: list[torch.Tensor] = []
        blocks = [*unet.down_blocks, unet.mid_block]
        self.handles: list[RemovableHandle] = [
            block.register_forward_hook(self._keep) for block in blocks
        ]

    def _keep(self, _module: nn.Module, _inputs: object, output: object) -> None:
        self.outputs.append(output[0] if isinstance(output, tuple) else output)  # type: ignore[arg-type]

    def take(self) -> list[torch.Tensor]:
        """The outputs of the last forward pass."""
        outputs, self.outputs = self.outputs, []
        return outputs


class Projections(nn.Module):
    """One 1x1 convolution a block, from the student's width to the teacher's."""

    def __init__(self, widths: tuple[int, int]) -> None:
        super().__init__()
        pairs = [*zip(widths, TEACHER_WIDTHS, strict=True), (widths[-1], TEACHER_WIDTHS[-1])]
        self.layers = nn.ModuleList(nn.Conv2d(narrow, wide, 1) for narrow, wide in pairs)

    def loss(self, student: list[torch.Tensor], teacher: list[torch.Tensor]) -> torch.Tensor:
        """Mean squared error per block, relative to the teacher's mean square; summed."""
        total = torch.zeros(())
        for layer, own, wanted in zip(self.layers, student, teacher, strict=True):
            target = wanted.float()
            error = (layer(own).float() - target).square().mean()
            total = total + error / target.square().mean()
        return total


def build_student(size: str) -> UNet2DConditionModel:
    """The student's UNet, as yet untrained."""
    widths, groups = SIZES[size]
    return build_unet(widths, groups)


def student_folder(size: str) -> str:
    """The folder and log below the work folder."""
    return "student" if size == "small" else f"student-{size}"


def train_student(steps: int, size: str = "small", batch: int = 64) -> None:
    """Distil in one process; the averaged student is saved every 250 steps."""
    torch.manual_seed(SEED + 5)
    teacher = UNet2DConditionModel.from_pretrained(WORK / "unet").eval().requires_grad_(False)
    student, projections = build_student(size), Projections(SIZES[size][0])
    scheduler = build_scheduler()
    both = nn.ModuleList([student, projections])
    optimizer, schedule = one_cycle(both, steps, peak=2e-3)
    average = MovingAverage(student, 0.998)
    teacher_features, student_features = Features(teacher), Features(student)
    log = Log(student_folder(size))
    batches = iter(LatentBatches(batch, SEED + 6))
    for step in range(1, steps + 1):
        clean, states = next(batches)
        noise = torch.randn_like(clean)
        when = torch.randint(1000, (len(clean),))
        noisy = scheduler.add_noise(clean, noise, when)
        with mixed_precision(), plain_attention():
            with torch.no_grad():
                wanted = teacher(noisy, when, states, return_dict=False)[0]
            prediction = student(noisy, when, states, return_dict=False)[0]
            features = projections.loss(student_features.take(), teacher_features.take())
        task = velocity_loss(prediction, clean, noise, when, scheduler)
        output = (prediction.float() - wanted.float()).square().mean()
        update(both, task + output + FEATURE_WEIGHT * features, optimizer, schedule)
        average.update(student)
        if step % 50 == 0 or step == 1:
            log.row(step, task=task.item(), output=output.item(), features=features.item())
        if step % 250 == 0 or step == steps:
            averaged = build_student(size)
            averaged.load_state_dict(average.shadow)
            averaged.save_pretrained(WORK / student_folder(size))
