"""The door of the training: `python -m training STAGE`."""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")


STAGES = (
    "clip",
    "vae",
    "unet",
    "student",
    "student-tiny",
    "consistency",
    "tiny-vae",
    "specialists",
    "assemble",
    "evaluate",
)


def main() -> None:
    """Run one stage, or all of them in order."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("stage", choices=[*STAGES, "all"])
    parser.add_argument("--steps", type=int, help="instead of the stage's own number")
    parser.add_argument("--processes", type=int, default=2, help="for the UNet")
    arguments = parser.parse_args()
    stages = STAGES if arguments.stage == "all" else (arguments.stage,)
    for stage in stages:
        run_stage(stage, arguments.steps, arguments.processes)


def run_stage(stage: str, steps: int | None, processes: int) -> None:
    """One stage with its default number of steps, unless another is given."""
    from training.common import use_one_thread

    use_one_thread()
    if stage == "clip":
        from training.clip import train_clip
        from training.data import drawings

        train_clip(drawings(), steps or 2500)
    elif stage == "vae":
        from training.data import drawings
        from training.vae import train_vae

        train_vae(drawings(), steps or 2500)
    elif stage == "unet":
        from training.unet import train_unet_in_parallel

        train_unet_in_parallel(steps or 9000, processes)
    elif stage == "student":
        from training.student import train_student

        train_student(steps or 4000)
    elif stage == "student-tiny":
        from training.student import train_student

        train_student(steps or 3000, "tiny")
    elif stage == "consistency":
        from training.consistency import train_consistency

        train_consistency(steps or 2400)
    elif stage == "tiny-vae":
        from training.data import drawings
        from training.tiny_vae import train_tiny_vae

        train_tiny_vae(drawings(), steps or 2000)
    elif stage == "specialists":
        from training.specialists import train_specialists

        train_specialists(steps or 800)
    elif stage == "assemble":
        from training.assemble import assemble

        assemble()
    else:
        from training.evaluate import report

        report()


if __name__ == "__main__":
    main()
