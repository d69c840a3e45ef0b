"""What every training stage shares: threads, seeds, schedule, log, checkpoints, moving average."""

from __future__ import annotations

import csv
import os
import time
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

WORK = Path(os.environ.get("TINY_SD_WORK", ".training"))
SEED = 20261123


def use_one_thread() -> None:
    """Small layers gain nothing from a second thread; a second process on other data does."""
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision("high")


def mixed_precision() -> torch.autocast:
    """bfloat16 where it is safe; a no-op on processors without it would only be slower."""
    return torch.autocast("cpu", torch.bfloat16)


def plain_attention() -> Any:
    """Math attention: the flash kernel's bfloat16 backward is ten times slower on CPU."""
    return sdpa_kernel(SDPBackend.MATH)


def one_cycle(
    model: nn.Module, steps: int, peak: float, warmup: float = 0.05
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """AdamW under a one-cycle schedule, with weight decay on matrices only."""
    matrices = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
    vectors = [p for p in model.parameters() if p.requires_grad and p.ndim <= 1]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=peak, betas=(0.9, 0.99), fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=peak, total_steps=steps + 1, pct_start=warmup, final_div_factor=100
    )
    return optimizer, schedule


def update(
    model: nn.Module,
    loss: torch.Tensor,
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> None:
    """One step of gradient descent with the gradient's norm clipped at 1."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    schedule.step()


class MovingAverage:
    """Exponential moving average of a model's parameters, with a warm-up of its horizon."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.shadow = {k: v.detach().clone() for k, v in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Move the average towards the model's present weights."""
        self.updates += 1
        decay = min(self.decay, self.updates / (self.updates + 10))
        for name, value in model.state_dict().items():
            self.shadow[name].lerp_(value, 1 - decay)


class Log:
    """A CSV of the training, one row per logged step; printed as well."""

    def __init__(self, stage: str, *, append: bool = False) -> None:
        WORK.mkdir(exist_ok=True)
        self.path = WORK / f"{stage}.csv"
        self.start = time.monotonic()
        self.new = not (append and self.path.exists())

    def row(self, step: int, **values: float) -> None:
        """Append one row: step, seconds since the start, and the named values."""
        record = {"step": step, "seconds": round(time.monotonic() - self.start, 1)}
        record |= {name: round(value, 5) for name, value in values.items()}
        with self.path.open("w" if self.new else "a", newline="") as file:
            writer = csv.DictWriter(file, list(record), lineterminator="\n")
            if self.new:
                writer.writeheader()
            writer.writerow(record)
        self.new = False
        print(" ".join(f"{k}={v}" for k, v in record.items()), flush=True)
