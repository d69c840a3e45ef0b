"""What single values of a parameter need is known before anything runs."""

from __future__ import annotations

import pytest

from profiler.catalogue.compression import compression
from profiler.catalogue.optimisations import optimisation
from profiler.catalogue.requires import Setting, unmet_use
from profiler.records.cell import MethodUse


def reason(name, model, find=compression, **parameters):
    spec = find(name)
    use = MethodUse(name, spec.components, {**spec.defaults(), **parameters})
    setting = Setting("cpu", "this processor", None, model, "fp32")
    return unmet_use(use, spec, setting, lambda _package: True)


@pytest.mark.parametrize(
    ("name", "model", "parameters", "told"),
    [
        ("block-removal", "tiny-sd", {"variant": "base"}, "one layer per block"),
        ("block-removal", "tiny-sd", {"variant": "tiny"}, "different widths"),
        ("lora", "sd15", {}, "needs the parameter source"),
        ("lcm", "sd21", {}, "name a folder or hub id"),
        ("distilled-student", "sd21", {}, "name a folder or hub id"),
    ],
)
def test_a_value_that_cannot_work_is_refused_with_its_reason(name, model, parameters, told):
    assert told in reason(name, model, **parameters)


@pytest.mark.parametrize(
    ("name", "model", "parameters"),
    [
        ("block-removal", "tiny-sd", {"variant": "small"}),
        ("block-removal", "sd15", {"variant": "base"}),
        ("lora", "sd15", {"source": "my.safetensors"}),
        ("lcm", "sd21", {"source": "my/adapter"}),
        ("lcm", "tiny-sd", {}),
    ],
)
def test_other_values_are_not(name, model, parameters):
    assert reason(name, model, **parameters) is None


def test_an_attention_kernel_without_cpu_code_is_refused_there():
    assert "cuda only" in reason("attention-sdpa", "tiny-sd", optimisation, backend="cudnn")
    assert reason("attention-sdpa", "tiny-sd", optimisation, backend="math") is None
