"""What a runtime optimisation is: a function with this signature, named by its MethodSpec.

    def method(pipe, context: OptimisationContext, **parameters: Scalar) -> Switched

It switches something on in the pipeline, or puts a layer around the requests
(`context.engine.around`), and tells what it reached. Reaching no module is no effect; so is a
`Switched.no_effect` reason, and so are zero `uses` once the images are painted. A function raises
`errors.Unsupported` with a reason where it cannot work. To register one, let an entry point of the
group `sdprof.optimisations` resolve to a `MethodSpec` with `target` "your_package.module:function".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from profiler.pipelines.engine import Engine
from profiler.records.cell import Cell, Scalar


@dataclass(frozen=True)
class OptimisationContext:
    """What an optimisation may need to know beside the pipeline; `device` is torch's name."""

    cell: Cell
    device: str
    engine: Engine


@dataclass(frozen=True)
class Switched:
    """What was switched on.

    `modules` counts what was reached; a layer around requests counts as one. `uses` tells, after
    images, how often it came to bear, and `details` further figures for the report. `no_effect` is
    a reason known at once why this cannot matter for this cell. With `measured_all_the_same` the
    images are painted in spite of it, so that the report can show that nothing changes.
    """

    modules: int
    uses: Callable[[], int] | None = None
    details: Callable[[], Mapping[str, Scalar]] | None = None
    no_effect: str = ""
    measured_all_the_same: bool = False
