"""The JSON Schema of suites, for editors: `python -m profiler.suite.schema` writes the shipped one.

Generated from the pydantic models and the built-in names of the catalogue.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from profiler import paths
from profiler.catalogue.compression import COMPRESSIONS
from profiler.catalogue.optimisations import OPTIMISATIONS
from profiler.records.catalogue import MethodSpec, Parameter

_TYPES = {"int": "integer", "float": "number", "bool": "boolean", "str": "string"}


def json_schema() -> dict[str, Any]:
    """The schema as JSON values; the same on every machine."""
    from profiler.suite.shape import SuiteShape

    schema = SuiteShape.model_json_schema()
    definitions = schema["$defs"]
    parameters = _dotted_parameters()
    axes, cell = definitions["AxesShape"], definitions["CellShape"]
    for name, value in parameters.items():
        axes["properties"][name] = {"type": "array", "items": value, "minItems": 1}
        cell["properties"][name] = value
    axes["additionalProperties"] = cell["additionalProperties"] = False
    schema["properties"]["exclude"]["items"] = _pattern(cell["properties"])
    _set_parameters(definitions["MethodShape"], COMPRESSIONS)
    _set_parameters(definitions["PartShape"], COMPRESSIONS)
    _set_parameters(definitions["SwitchShape"], OPTIMISATIONS)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_without_noise(schema),
        "title": "sdprof suite",
    }


def schema_text() -> str:
    """What the shipped file holds."""
    return json.dumps(json_schema(), indent=1, sort_keys=True) + "\n"


def schema_path() -> Path:
    """The shipped file, beside the suites."""
    return paths.suites() / "suite.schema.json"


def _dotted_parameters() -> dict[str, Any]:
    return {
        f"{spec.name}.{parameter.name}": _parameter(parameter)
        for spec in (*COMPRESSIONS.values(), *OPTIMISATIONS.values())
        for parameter in spec.parameters
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    value: dict[str, Any] = {
        "type": _TYPES[parameter.kind],
        "default": parameter.default,
        "description": parameter.doc,
    }
    if parameter.choices:
        value["enum"] = list(parameter.choices)
    if parameter.minimum is not None:
        value["minimum"] = parameter.minimum
    if parameter.maximum is not None:
        value["maximum"] = parameter.maximum
    return value


def _set_parameters(definition: dict[str, Any], methods: dict[str, MethodSpec]) -> None:
    """Each method takes its own parameters and components only."""
    properties = definition["properties"]
    properties["method"] = {"type": "string", "enum": list(methods)}
    definition["allOf"] = [
        {
            "if": {"properties": {"method": {"const": spec.name}}, "required": ["method"]},
            "then": {"properties": _method_properties(spec, "components" in properties)},
        }
        for spec in methods.values()
    ]


def _method_properties(spec: MethodSpec, with_components: bool) -> dict[str, Any]:
    parameters = {parameter.name: _parameter(parameter) for parameter in spec.parameters}
    found: dict[str, Any] = {
        "parameters": {"properties": parameters, "additionalProperties": False},
    }
    if with_components:
        found["components"] = {"items": {"enum": list(spec.components)}}
    return found


def _pattern(properties: dict[str, Any]) -> dict[str, Any]:
    """A pattern of `exclude`: for each key a value or a list of values."""
    chain = {"type": ["string", "array"]}
    values = {
        name: chain if name in ("compression", "optimisations") else value
        for name, value in properties.items()
    }
    return {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {
            name: {"anyOf": [value, {"type": "array", "items": value, "minItems": 1}]}
            for name, value in values.items()
        },
    }


def _without_noise(value: Any, *, names: bool = False) -> Any:
    """Without the titles that pydantic derives, and without null, which no key may be."""
    if isinstance(value, dict):
        if not names and value.get("anyOf", [])[1:] == [{"type": "null"}]:
            return _without_noise(value["anyOf"][0])
        return {
            key: _without_noise(item, names=key in ("properties", "$defs"))
            for key, item in value.items()
            if names or key != "title" or not isinstance(item, str)
        }
    if isinstance(value, list):
        return [_without_noise(item) for item in value]
    return value


if __name__ == "__main__":
    schema_path().write_text(schema_text(), encoding="utf-8")
