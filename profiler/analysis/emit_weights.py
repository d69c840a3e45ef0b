"""Where an emitted script gets the weights from."""

from __future__ import annotations

from profiler.analysis.emit_parts import Fragment, code, literal
from profiler.catalogue.models import is_checkpoint, model
from profiler.errors import InputError
from profiler.records.cell import Cell

_PIPELINE = "from diffusers import DiffusionPipeline"

# Finding the folder inside the installed package imports nothing of sdprof.
SHIPPED = Fragment(
    imports=("import importlib.util",),
    constants=(
        code(
            """
            # Weights that ship inside the package of sdprof (its import name is `profiler`); only
            # its folder is looked up here, nothing of it is imported.
            found = importlib.util.find_spec("profiler")
            if found is None or found.origin is None:
                raise SystemExit("these weights ship with sdprof: pip install sdprof")
            SHIPPED = Path(found.origin).parent / "pipelines" / "weights"
            """
        ),
    ),
)


def weights(cell: Cell) -> Fragment:
    """Defines the constant WEIGHTS; for random weights a function `load`."""
    if cell.weights == "random":
        return _random(cell)
    if is_checkpoint(cell.weights):
        raise InputError(
            "--emit python cannot write a configuration whose weights are a single file "
            f"({cell.weights}); save it as a folder first, with sdprof export"
        )
    if cell.weights == "embedded":
        return Fragment(
            imports=(*SHIPPED.imports, _PIPELINE),
            constants=(*SHIPPED.constants, f"WEIGHTS = str(SHIPPED / {literal(cell.model)})"),
        )
    source = model(cell.model).hub_id if cell.weights == "hub" else cell.weights
    return Fragment(imports=(_PIPELINE,), constants=(f"WEIGHTS = {literal(source)}",))


def _random(cell: Cell) -> Fragment:
    return Fragment(
        imports=("from profiler.pipelines.random_weights import random_pipeline",),
        helpers=(
            code(
                f'''
                def load():
                    """Weights without meaning, for speed and memory only; sdprof makes them."""
                    return random_pipeline({literal(cell.model)}, DTYPE, "cpu")
                '''
            ),
        ),
    )
