"""Stage 7: specialists, each fine-tuned on the scenes of one subdomain, to be merged into one.

Both start from the tiny student, which is too small to paint all scenes well: each gets better at
its own half and worse at the other's. What merging them makes of that is for sdprof to measure.
"""

from __future__ import annotations

import torch
from diffusers import UNet2DConditionModel

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
from training.student import build_student, student_folder
from training.unet import LatentBatches, build_scheduler, velocity_loss

# The subdomains by their shapes: those with corners and those without.
SUBDOMAINS = {"angular": ("square", "triangle", "cross"), "round": ("circle", "ring")}


def train_specialists(steps: int, batch: int = 64) -> None:
    """Fine-tune one specialist after the other."""
    for number, (name, shapes) in enumerate(SUBDOMAINS.items()):
        train_specialist(name, shapes, steps, batch, SEED + 20 + number)


def train_specialist(name: str, shapes: tuple[str, ...], steps: int, batch: int, seed: int) -> None:
    """Fine-tune the tiny student on scenes with these shapes; saved at the end."""
    torch.manual_seed(seed)
    model = build_student("tiny")
    start = UNet2DConditionModel.from_pretrained(WORK / student_folder("tiny"))
    model.load_state_dict(start.state_dict())
    teacher = UNet2DConditionModel.from_pretrained(WORK / "unet").eval().requires_grad_(False)
    scheduler = build_scheduler()
    optimizer, schedule = one_cycle(model, steps, peak=1e-3)
    average = MovingAverage(model, 0.99)
    batches = LatentBatches(batch, seed)
    batches.keep_shapes(shapes)
    log = Log(f"specialist-{name}")
    for step, (clean, states) in zip(range(1, steps + 1), batches, strict=False):
        noise = torch.randn_like(clean)
        when = torch.randint(1000, (len(clean),))
        noisy = scheduler.add_noise(clean, noise, when)
        with mixed_precision(), plain_attention():
            with torch.no_grad():
                wanted = teacher(noisy, when, states, return_dict=False)[0]
            prediction = model(noisy, when, states, return_dict=False)[0]
        task = velocity_loss(prediction, clean, noise, when, scheduler)
        output = (prediction.float() - wanted.float()).square().mean()
        update(model, task + output, optimizer, schedule)
        average.update(model)
        if step % 50 == 0 or step == 1:
            log.row(step, task=task.item(), output=output.item())
    averaged = build_student("tiny")
    averaged.load_state_dict(average.shadow)
    averaged.save_pretrained(WORK / f"specialist-{name}")
