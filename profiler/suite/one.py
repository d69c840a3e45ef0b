"""One configuration, as `sdprof export --config` takes it: from a YAML file, or written inline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from profiler.catalogue.models import model as model_spec
from profiler.catalogue.precisions import precision
from profiler.records.cell import MethodUse
from profiler.suite.axes import read_weights
from profiler.suite.problems import Problems
from profiler.suite.resolve import Resolver
from profiler.suite.shape import Chain, PrecisionName, Shape
from profiler.suite.source import Document, parse_document, read_text
from profiler.suite.translate import validated

_KEYS = {"compression", "precision", "weights"}
_INLINE = "--config"


class ConfigurationShape(Shape):
    """What is asked of one model."""

    compression: Chain = "none"
    precision: PrecisionName | None = None
    weights: str | None = None


@dataclass(frozen=True)
class Configuration:
    """The chain with complete parameters; precision and weights as written, None where not."""

    chain: tuple[MethodUse, ...]
    precision: str | None
    weights: str | None


def read_configuration(text: str, model: str) -> Configuration:
    """The configuration in a YAML file, or in the text itself if it names no file.

    It is either a value of the axis `compression` of a suite (a method's name, a mapping with
    'method', a list of these, or a mapping of components to methods), or a mapping with the keys
    compression, precision and weights. A relative path of weights starts from the file's folder.

    Raises:
        InputError: with a line for each mistake: file, line, column, key, and the next move.
        UnknownName: no such model.
    """
    spec = model_spec(model)
    path = Path(text)
    is_file = path.suffix in (".yaml", ".yml")
    document = (
        parse_document(read_text(path, text), text) if is_file else parse_document(text, _INLINE)
    )
    shape = validated(ConfigurationShape, _full(document))
    resolver = Resolver(Problems(document))
    chain = resolver.chain(shape.compression, ("compression",))
    if shape.precision is not None:
        resolver.named(precision, shape.precision, ("precision",))
    weights = shape.weights
    if weights is not None:
        folder = path.resolve().parent if is_file else Path.cwd()
        weights = read_weights(spec, weights, resolver, folder, ("weights",))
    resolver.problems.raise_if_any()
    return Configuration(tuple(asked.complete({}) for asked in chain), shape.precision, weights)


def _full(document: Document) -> Document:
    """The document with its places, with what is a mere chain put under `compression`."""
    data = document.data
    if data is None or (isinstance(data, dict) and set(data) & _KEYS):
        return document
    document.data = {"compression": data}
    for places in (document.values, document.keys):
        moved = {("compression", *path): place for path, place in places.items()}
        places.clear()
        places.update(moved)
    return document
