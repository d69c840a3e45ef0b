"""A configuration as a self-contained script: diffusers and the method's own library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import indent

from profiler.analysis.emit_compress import COMPRESSIONS, PACKAGES
from profiler.analysis.emit_optimise import OPTIMISATIONS
from profiler.analysis.emit_parts import Fragment, code, literal, unique
from profiler.analysis.emit_sdprof import emit_with_sdprof
from profiler.analysis.emit_weights import weights
from profiler.catalogue.models import family_of, is_checkpoint
from profiler.catalogue.optimisations import OFFLOADS
from profiler.catalogue.precisions import precision
from profiler.catalogue.schedulers import scheduler
from profiler.records.cell import Cell
from profiler.records.summary import Candidate, Summary

_PACKAGES = ("torch", "diffusers", "transformers", "accelerate", "safetensors", "pillow")

_STANDARD = ("argparse", "importlib.util", "pathlib")
_FRAME = Fragment(imports=("import argparse", "from pathlib import Path", "import torch"))

_PAINT = code(
    '''
    def paint(pipe, count, folder):
        """Write the images of the first `count` prompts; the noise of each is made on the CPU."""
        folder.mkdir(parents=True, exist_ok=True)
        for first in range(0, count, BATCH):
            # A last batch that is not full begins again with the first prompts.
            batch = [(first + i) % count for i in range(BATCH)]
            images = pipe(
                prompt=[PROMPTS[i] for i in batch],
                generator=[torch.Generator("cpu").manual_seed(SEED + i) for i in batch],
                width=WIDTH,
                height=HEIGHT,
                num_inference_steps=STEPS,
                guidance_scale=GUIDANCE,
            ).images
            for i, image in zip(batch[: count - first], images):
                path = folder / f"{i:03d}.png"
                image.save(path)
                print(f"{path}: {PROMPTS[i]}")


    def main():
        parser = argparse.ArgumentParser(description="Paint the prompts of this configuration.")
        parser.add_argument("--images", type=int, default=min(4, len(PROMPTS)), help="how many")
        parser.add_argument("--out", type=Path, default=Path("images"), help="folder for the PNGs")
        parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
        options = parser.parse_args()
        count = max(1, min(options.images, len(PROMPTS)))
        paint(build(options.device), count, options.out)


    if __name__ == "__main__":
        main()
    '''
)


def emit_python(source: Candidate | Summary | Cell) -> str:
    """The script's text: it loads, compresses and paints as sdprof measured it, and writes PNGs.

    Where diffusers and the libraries have a call for every method, the script imports nothing of
    sdprof: weights of a hub model come from the hub, those of an embedded model are found in the
    installed package. Otherwise it uses sdprof itself.
    """
    cell = _cell(source)
    if not _in_diffusers(cell):
        return emit_with_sdprof(cell, _docstring(cell, ("'sdprof[run]'",)))
    at_hand = weights(cell)
    fragments = [COMPRESSIONS[use.method](use, cell) for use in cell.compression]
    switches = [OPTIMISATIONS[use.method](use, cell) for use in cell.optimisations]
    pieces = [at_hand, *fragments, *switches]
    imports = [line for piece in (_FRAME, *pieces) for line in piece.imports]
    imports.append(f"from diffusers import {scheduler(cell.scheduler).diffusers_class}")
    constants = unique(text for piece in pieces for text in piece.constants)
    helpers = unique(text for piece in pieces for text in piece.helpers)
    return "\n".join(
        [
            _docstring(cell),
            "",
            *_imports(imports),
            "",
            *_constants(cell, constants),
            *("\n\n" + text for text in helpers),
            "",
            "",
            _build(cell, fragments, switches),
            "",
            "",
            _PAINT,
            "",
        ]
    )


def _cell(source: Candidate | Summary | Cell) -> Cell:
    if isinstance(source, Candidate):
        return source.summary.cell
    return source.cell if isinstance(source, Summary) else source


def _in_diffusers(cell: Cell) -> bool:
    """Can the script do without sdprof?"""
    plain = all(use.method in COMPRESSIONS for use in cell.compression)
    # A student of the user's own and a single file are read by code of ours.
    own_source = any(use.parameters.get("source") for use in cell.compression)
    switches = all(use.method in OPTIMISATIONS for use in cell.optimisations)
    from_us = is_checkpoint(cell.weights) or ":" in scheduler(cell.scheduler).diffusers_class
    return plain and switches and not own_source and not from_us


def _docstring(cell: Cell, packages: Sequence[str] = ()) -> str:
    """What the script is and what it needs; without `packages` those of diffusers and methods."""
    uses = (*cell.compression, *cell.optimisations)
    packages = packages or unique([*_PACKAGES, *(PACKAGES.get(use.method, "") for use in uses)])
    label = "".join(c for c in cell.label() if c.isprintable() and c not in '\\"')
    return "\n".join(
        [
            f'"""{label}',
            "",
            f"Written by sdprof; reproduces the measured configuration {cell.cell_id}.",
            f"Needs: pip install {' '.join(filter(None, packages))}",
            "Options: --images N, --out FOLDER, --device cpu|cuda",
            '"""',
        ]
    )


def _imports(lines: Iterable[str]) -> list[str]:
    """The imports in the usual order: the standard library first, `import x` before `from x`."""
    plain = {line for line in lines if line.startswith("import ")}
    names: dict[str, set[str]] = {}
    for line in lines:
        if line not in plain:
            module, _, found = line.removeprefix("from ").partition(" import ")
            names.setdefault(module, set()).update(found.split(", "))
    merged = [f"from {module} import {', '.join(sorted(names[module]))}" for module in names]
    ordered = [*sorted(plain), *sorted(merged)]
    standard = [line for line in ordered if line.split()[1] in _STANDARD]
    return [*standard, "", *(line for line in ordered if line not in standard)]


def _constants(cell: Cell, constants: Sequence[str]) -> list[str]:
    prompts = [f"    {literal(text)}," for text in cell.prompts]
    return [
        *constants,
        f"DTYPE = torch.{precision(cell.precision).torch_dtype}",
        f"WIDTH, HEIGHT = {cell.width_px}, {cell.height_px}",
        f"BATCH, STEPS = {cell.batch_size}, {cell.steps}",
        f"GUIDANCE = {literal(float(cell.guidance))}",
        f"SEED = {cell.seed}  # of the first prompt; each further one counts up",
        "PROMPTS = [",
        *prompts,
        "]",
    ]


def _build(cell: Cell, fragments: Sequence[Fragment], switches: Sequence[Fragment]) -> str:
    """The function that makes the pipeline: load, compress, schedule, then the switches."""
    spec = scheduler(cell.scheduler)
    arguments = "".join(f", {key}={literal(value)}" for key, value in spec.arguments.items())
    sampler = f"pipe.scheduler = {spec.diffusers_class}.from_config"
    placed = (
        [] if any(use.method in OFFLOADS for use in cell.optimisations) else ["pipe.to(device)"]
    )
    load = "pipe = load()" if cell.weights == "random" else _load(cell)
    lines = [
        load,
        "pipe.set_progress_bar_config(disable=True)",
        *placed,
        *(line for piece in fragments for line in piece.calls),
        f"{sampler}(pipe.scheduler.config{arguments})",
        *(line for piece in switches for line in piece.calls),
        "return pipe",
    ]
    head = 'def build(device):\n    """The pipeline of this configuration."""\n'
    return head + indent("\n".join(lines), "    ")


def _load(cell: Cell) -> str:
    """The call that loads the weights; only Stable Diffusion 1 and 2 have a safety checker."""
    checked = family_of(cell.model) in ("stable-diffusion", "")
    return _LOAD if not checked else _LOAD.removesuffix(")") + indent(_UNCHECKED, "    ") + "\n)"


_LOAD = code(
    """
    pipe = DiffusionPipeline.from_pretrained(
        WEIGHTS,
        dtype=DTYPE,
        use_safetensors=True,
    )
    """
)

_UNCHECKED = code(
    """
    safety_checker=None,
    feature_extractor=None,
    requires_safety_checker=False,
    """
)
