"""A pipeline by model, weights and precision; and the CLIP that scores its images."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from profiler import paths
from profiler.catalogue.models import is_checkpoint, takes_folder
from profiler.catalogue.models import model as model_spec
from profiler.catalogue.precisions import precision as precision_spec
from profiler.errors import InputError
from profiler.pipelines import hub
from profiler.pipelines.checked import SUMS, check_folder
from profiler.records.catalogue import ModelSpec

# The CLIP whose text tower Stable Diffusion 1.x uses; CLIP scores in papers come from it as well.
CLIP_HUB_ID = "openai/clip-vit-large-patch14"


def load_pipeline(
    model: str,
    weights: str,
    precision: str,
    device: str,
    scheduler: str = "",
    *,
    allow_pickle: bool = False,
) -> Any:
    """The model's diffusers pipeline on `device`, ready to generate.

    `model` is a name of the catalogue, or `owner/name` of the hub. `weights` is "embedded", "hub",
    "random", the path of a folder in the diffusers format, or of a checkpoint file (.safetensors).
    `scheduler` is a name of the catalogue; empty keeps the model's own. No safety checker, no
    progress bars. `allow_pickle` reads weights that are not safetensors, which can run code.

    Raises:
        UnknownName: no such model, precision or scheduler.
        InputError: these weights do not exist for this model, the folder is not a pipeline, or
            they are pickled and that was not allowed.
        Unsupported: the weights cannot be had here (no network, no access).
        SdprofError: shipped weights are missing or were changed; the disk is full.
    """
    import torch

    from profiler.pipelines.schedule import set_scheduler

    spec = model_spec(model)
    dtype = getattr(torch, precision_spec(precision).torch_dtype)
    _silence_bars()
    if weights == "random" and weights in spec.weights:
        from profiler.pipelines.random_weights import random_pipeline

        pipe = random_pipeline(model, dtype, device)
    elif takes_folder(spec) and is_checkpoint(weights):
        from profiler.pipelines.single_file import from_single_file

        pipe = from_single_file(spec, weights, dtype, allow_pickle=allow_pickle)
    else:
        source, local = _source(spec, weights)
        pipe = hub.pipeline_from(source, dtype, local=local, allow_pickle=allow_pickle)
    pipe.set_progress_bar_config(disable=True)
    if scheduler:
        set_scheduler(pipe, scheduler)
    return pipe.to(device)


def load_clip(model: str, weights: str) -> tuple[Any, Any, Any]:
    """The CLIP for scores of this model: (CLIPModel in fp32 on the CPU, processor, tokenizer).

    For tiny-sd it is the one that was trained with it, for other models OpenAI's ViT-L/14 from the
    hub or its cache. Loaded once per process.

    Raises:
        Unsupported: it is not on this machine and the hub cannot be reached.
        SdprofError: shipped weights are missing or were changed.
    """
    _silence_bars()
    source = CLIP_HUB_ID
    if "embedded" in model_spec(model).weights:
        folder = check_folder(paths.embedded_weights() / model)
        if weights != "embedded" and (Path(weights).expanduser() / "clip").is_dir():
            folder = _user_folder(weights)
        source = str(folder / "clip")
    return _clip(source)


@lru_cache(maxsize=2)
def _clip(source: str) -> tuple[Any, Any, Any]:
    from transformers import AutoProcessor, CLIPModel

    def load() -> tuple[Any, Any, Any]:
        processor = AutoProcessor.from_pretrained(source)
        # From the text tower's own sentence length, whatever the processor's file says.
        clip = CLIPModel.from_pretrained(source, use_safetensors=True)
        return clip.eval(), processor, processor.tokenizer

    return hub.translated(load, source)


def _source(spec: ModelSpec, weights: str) -> tuple[str | Path, bool]:
    """Where these weights lie, and whether that is on this machine."""
    if weights in spec.weights:
        if weights == "embedded":
            return check_folder(paths.embedded_weights() / spec.name), True
        return spec.hub_id, False
    if not takes_folder(spec) and not Path(weights).expanduser().is_dir():
        raise InputError(
            f"{spec.name} has no weights {weights!r}; it has: {', '.join(spec.weights)}"
        )
    return _user_folder(weights), True


def _user_folder(path: str) -> Path:
    """The user's folder; a list of sums in it is honoured."""
    folder = hub.local_folder(path)
    return check_folder(folder) if (folder / SUMS).is_file() else folder


def _silence_bars() -> None:
    """Loading draws progress bars of its own, which belong on no measuring process's stderr."""
    import diffusers
    import transformers

    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()
