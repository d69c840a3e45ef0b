"""Records to plain JSON values and back, driven by their type annotations."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

Json = Any
RecordType = TypeVar("RecordType")

_PLAIN = frozenset({str, int, float, bool})


def to_json(value: Any) -> Json:
    """A record (or a container of records) as dicts, lists, strings and numbers."""
    if value is None or type(value) in _PLAIN:  # by far the most common: raw latencies and traces
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_json(item) for item in value]
    return value


def from_json(kind: type[RecordType], data: Json) -> RecordType:
    """Build a record from what `to_json` gave; unknown keys are ignored, missing ones default.

    Ignoring unknown keys lets an older sdprof read what a newer one wrote.
    """
    decoded: RecordType = _decode(kind, data)
    return decoded


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _decode(kind: Any, data: Json) -> Any:
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = _hints(kind)
        return kind(**{name: _decode(hints[name], data[name]) for name in hints if name in data})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return _decode_union(arguments, data)
    if isinstance(origin, type):
        return _decode_container(origin, arguments, data)
    return float(data) if kind is float and data is not None else data


def _decode_container(origin: type, arguments: tuple[Any, ...], data: Json) -> Any:
    if issubclass(origin, Mapping):
        return {key: _decode(arguments[1], item) for key, item in data.items()}
    if origin is tuple and arguments[-1] is not Ellipsis:
        return tuple(_decode(part, item) for part, item in zip(arguments, data, strict=True))
    build: Any = origin
    return build(_decode(arguments[0], item) for item in data)


def _decode_union(alternatives: tuple[Any, ...], data: Json) -> Any:
    if data is None:
        return None
    present = [kind for kind in alternatives if kind is not type(None)]
    # Unions of plain scalars (int | float | str | bool) pass through as they are.
    return _decode(present[0], data) if len(present) == 1 else data
