"""Why a cell cannot start from an exported folder: another model, precision, or order."""

from __future__ import annotations

from pathlib import Path

from profiler.catalogue.chains import chain_problem
from profiler.catalogue.compression import compression
from profiler.catalogue.requires import Packages, Setting, unmet_use
from profiler.errors import SdprofError
from profiler.pipelines.exported import read_manifest
from profiler.records.cell import Cell


def why_not_exported(cell: Cell, setting: Setting, packages: Packages) -> str | None:
    """The reason that the export at `cell.weights` cannot be used for this cell; None if it can.

    Raises:
        UnknownName: a method of the export is not in the catalogue.
    """
    try:
        manifest = read_manifest(Path(cell.weights))
    except SdprofError as error:
        return str(error)
    if manifest.model != cell.model:
        return f"{cell.weights} is an export of {manifest.model}, not of {cell.model}"
    if manifest.precision != cell.precision:
        return (
            f"{cell.weights} was exported in {manifest.precision}, not {cell.precision}; export "
            f"again with --precision {cell.precision} for that"
        )
    if cell.compression and (problem := chain_problem((*manifest.chain, *cell.compression))):
        return f"with what {cell.weights} was compressed by before: {problem}"
    for part in manifest.parts.values():
        for use in (step.use for step in part.steps if step.use):
            if reason := unmet_use(use, compression(use.method), setting, packages):
                return f"{cell.weights}: {reason}"
    return None
