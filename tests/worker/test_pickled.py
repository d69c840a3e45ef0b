"""The flag for pickled weights reaches the loader, from the command line on."""

from __future__ import annotations

import argparse
import os
import shutil

import pytest
import torch
from safetensors.torch import load_file

from profiler import paths
from profiler.cli import run as command
from profiler.records.codec import to_json
from profiler.records.job import Job
from profiler.records.suite import MeasureSpec, QualitySpec
from profiler.worker.cell import run_job
from tests.factories import make_cell


@pytest.fixture
def pickled(tmp_path):
    """tiny-sd as a user's folder, its UNet as a pickle."""
    folder = tmp_path / "own"
    ignored = shutil.ignore_patterns("SHA256SUMS", "training", "clip")
    shutil.copytree(paths.embedded_weights() / "tiny-sd", folder, ignore=ignored)
    safe = folder / "unet" / "diffusion_pytorch_model.safetensors"
    torch.save(load_file(safe), safe.with_suffix(".bin"))
    safe.unlink()
    return folder


@pytest.mark.parametrize("allowed", [False, True])
def test_a_worker_reads_them_only_where_the_job_allows_it(pickled, tmp_path, allowed):
    job = Job(
        job_id="j",
        cell=make_cell(model="sd15", weights=str(pickled), steps=1, prompts=("an owl",)),
        measure=MeasureSpec(warmup=0, min_repeats=1, max_repeats=1, threads=1),
        quality=QualitySpec(metrics=(), images=0),
        device="cpu",
        scratch=str(tmp_path),
        allow_pickle=allowed,
    )
    with (tmp_path / "events").open("wb") as events:
        run_job(to_json(job), os.dup(events.fileno()))
    told = (tmp_path / "events").read_text()
    assert ("--allow-pickle" in told) is not allowed
    assert ('"event": "done"' in told or '"event":"done"' in told) is allowed


@pytest.mark.parametrize("flag", [[], ["--allow-pickle"]])
def test_the_command_hands_it_on(flag, monkeypatch, tmp_path):
    seen = []

    def stop(_spec, _store, options, *_more):
        seen.append(options.allow_pickle)
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "run_suite", stop)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    store = ["--store", str(tmp_path / "x.db")]
    with pytest.raises(KeyboardInterrupt):
        command.run(parser.parse_args(["quickstart", *flag, *store]))
    assert seen == [bool(flag)]
