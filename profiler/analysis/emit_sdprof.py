"""A configuration as a script on sdprof's own code, for methods that diffusers has no call for."""

from __future__ import annotations

from pprint import pformat

from profiler.analysis.emit_parts import code
from profiler.records.cell import Cell
from profiler.records.codec import to_json

_BODY = code(
    '''
    def build(device):
        """The engine of this configuration: its pipeline, compressed, with its optimisations."""
        where = first_device(CELL, device)
        pipe = load_cell(CELL, where)
        apply_chain(pipe, CELL, where)
        engine = Engine(pipe)
        apply_optimisations(engine, CELL, device)
        return engine


    def paint(engine, count, folder):
        """Write the images of the first `count` prompts; the noise of each is made on the CPU."""
        folder.mkdir(parents=True, exist_ok=True)
        for first in range(0, count, CELL.batch_size):
            # A last batch that is not full begins again with the first prompts.
            batch = [(first + i) % count for i in range(CELL.batch_size)]
            images = engine(request_of(CELL, batch)).images
            for i, image in zip(batch[: count - first], images):
                path = folder / f"{i:03d}.png"
                Image.fromarray((image * 255).round().astype("uint8")).save(path)
                print(f"{path}: {CELL.prompts[i]}")


    def main():
        parser = argparse.ArgumentParser(description="Paint the prompts of this configuration.")
        count = len(CELL.prompts)
        parser.add_argument("--images", type=int, default=min(4, count), help="how many")
        parser.add_argument("--out", type=Path, default=Path("images"), help="folder for the PNGs")
        parser.add_argument("--device", default="cuda:0" if torch.cuda.is_available() else "cpu")
        options = parser.parse_args()
        with torch.no_grad():
            paint(build(options.device), max(1, min(options.images, count)), options.out)


    if __name__ == "__main__":
        main()
    '''
)

_IMPORTS = code(
    """
    import argparse
    from pathlib import Path

    import torch
    from PIL import Image

    from profiler.compress.apply import apply_chain
    from profiler.compress.saved import load_cell
    from profiler.pipelines.engine import Engine, request_of
    from profiler.pipelines.optimise import apply_optimisations, first_device
    from profiler.records.cell import Cell
    from profiler.records.codec import from_json
    """
)


def emit_with_sdprof(cell: Cell, docstring: str) -> str:
    """The script's text; it imports sdprof, and so the plug-ins that are installed."""
    content = pformat(to_json(cell), width=96, sort_dicts=False)
    return "\n".join(
        [docstring, "", _IMPORTS, "", f"CELL = from_json(Cell, {content})", "", "", _BODY, ""]
    )
