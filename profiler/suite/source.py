"""YAML text to plain data that remembers where every key and value stands.

Plain scalars follow YAML 1.2: `no` and `on` are texts, 1e-3 is a number, dates are texts. No tags,
no objects; anchors, aliases and merge keys work, within bounds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from profiler.errors import InputError
from profiler.suite.problems import KeyPath, dotted

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_BYTES = 2 * 2**20
_MAX_VALUES = 50_000
_MAX_DEPTH = 24
_TAGS = {"str", "int", "float", "bool", "null", "timestamp", "value", "merge", "seq", "map"}
_TAG_PREFIX = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?\d{1,18}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d{1,3})?")


@dataclass
class Document:
    """Plain data of a file and the places (line, column, from 1) of its values and keys."""

    name: str
    data: Any = None
    values: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)
    keys: dict[KeyPath, tuple[int, int]] = field(default_factory=dict)

    def place(self, path: KeyPath, *, key: bool = False) -> tuple[int, int]:
        """Line and column of the value at `path`; of the nearest parent where it has none."""
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (1, 1))


def read_document(path: Path, name: str | None = None) -> Document:
    """Read a YAML file; `name` is how the file is called in messages.

    Raises:
        InputError: no such file, a folder, too large, not UTF-8, not YAML, or not plain data.
    """
    return parse_document(read_text(path, name or str(path)), name or str(path))


def read_text(path: Path, name: str) -> str:
    """A text file in UTF-8, with the reason in words where it cannot be read."""
    try:
        if path.is_dir():
            raise InputError(f"{name}: is a folder; name a file in it")
        with path.open("rb") as file:  # a device has no size of its own
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise InputError(f"{name}: is larger than {_MAX_BYTES // 2**20} MiB")
    except FileNotFoundError:
        raise InputError(f"{name}: no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{name}: cannot be read: {reason}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise InputError(
            f"{name}:{line}:{column}: is not UTF-8 text (byte 0x{content[error.start]:02x}); "
            "save the file as UTF-8"
        ) from None


def parse_document(text: str, name: str) -> Document:
    """The same for text that is at hand."""
    try:
        _check_depth(text, name)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        context = f" ({error.context})" if error.context else ""
        raise InputError(f"{where}: not valid YAML: {error.problem}{context}") from None
    except yaml.reader.ReaderError as error:
        # The position counts bytes or characters, by the loader; no such character is allowed.
        at = text.index(chr(error.character))
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        raise InputError(
            f"{name}:{line}:{column}: not valid YAML: the character U+{error.character:04X} "
            "is not allowed; remove it"
        ) from None
    except yaml.YAMLError as error:
        raise InputError(f"{name}: not valid YAML: {error}") from None
    document = Document(name)
    if node is not None:
        document.data = _Builder(document).build(node, ())
    return document


def _check_depth(text: str, name: str) -> None:
    """Refuse deep nesting before anything recurses over it."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise InputError(f"{name}:{line}: nested deeper than {_MAX_DEPTH} levels")


class _Builder:
    """Turns nodes into data, and fills the places of a document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._count = 0
        self._open: list[yaml.Node] = []

    def build(self, node: yaml.Node, path: KeyPath) -> Any:
        self._count += 1
        if self._count > _MAX_VALUES:
            raise self._error(node, path, f"more than {_MAX_VALUES} values (repeated aliases?)")
        if any(node is parent for parent in self._open):
            raise self._error(node, path, "an alias that holds itself")
        prefix, _, tag = node.tag.rpartition(":")
        if prefix + ":" != _TAG_PREFIX or tag not in _TAGS:
            raise self._error(
                node, path, f"the tag {node.tag!r} is not supported; write plain YAML"
            )
        self._document.values[path] = _place(node)
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            return [self.build(item, (*path, i)) for i, item in enumerate(node.value)]
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.tag == _TAG_PREFIX + "merge":
                merged = {**self._merged(value_node, path), **merged}
                continue
            key = _scalar(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str) or not key:
                raise self._error(key_node, path, "a key must be a text; put it in quotes")
            here = (*path, key)
            if key in own:
                first = self._document.keys[here][0]
                raise self._error(key_node, here, f"given twice, the first time in line {first}")
            self._document.keys[here] = _place(key_node)
            own[key] = self.build(value_node, here)
        return {**merged, **own}

    def _merged(self, node: yaml.Node, path: KeyPath) -> dict[str, Any]:
        """What `<<: *anchor` brings; the first of a list wins."""
        value = self.build(node, (*path, "<<"))
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, dict) for part in parts):
            raise self._error(node, path, "'<<' takes a mapping or a list of mappings")
        return {key: item for part in reversed(parts) for key, item in part.items()}

    def _error(self, node: yaml.Node, path: KeyPath, message: str) -> InputError:
        line, column = _place(node)
        told = f"{dotted(path)}: {message}" if path else message
        return InputError(f"{self._document.name}:{line}:{column}: {told}")


def _place(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _scalar(node: yaml.ScalarNode) -> str | int | float | bool | None:
    text = str(node.value)
    if node.style:  # quoted, or a block: always a text
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text.lower() in ("true", "false") and text in (text.lower(), text.title(), text.upper()):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text, 16) if text.startswith("0x") else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
