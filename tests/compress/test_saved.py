"""Exports that are damaged, incomplete, of another version, or do not fit: one clear message."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from profiler.catalogue.compression import compression
from profiler.compress.saved import load_exported
from profiler.compress.saving import export
from profiler.errors import InputError, SdprofError, Unsupported
from profiler.pipelines.checked import write_sums
from profiler.pipelines.exported import MANIFEST, TENSORS, read_manifest, write_manifest
from profiler.records.cell import MethodUse


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """tiny-sd with an int8 UNet; shared, so copy it before damaging it."""
    folder = tmp_path_factory.mktemp("exported") / "model"
    method = MethodUse("absmax-int8", ("unet",), compression("absmax-int8").defaults())
    export("tiny-sd", "embedded", "fp32", (method,), folder)
    return folder


@pytest.fixture
def folder(exported, tmp_path):
    """A copy of the test's own."""
    return shutil.copytree(exported, tmp_path / "model")


def test_a_changed_file_is_noticed(folder):
    path = folder / "unet" / TENSORS
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(SdprofError, match=f"{TENSORS}: its SHA-256 is not the one in SHA256SUMS"):
        load_exported(folder, "fp32", "cpu")


@pytest.mark.parametrize("name", [f"unet/{TENSORS}", "model_index.json", "vae/config.json"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(SdprofError, match=f"{name}: SHA256SUMS lists this file, and it is missing"):
        load_exported(folder, "fp32", "cpu")


def test_a_folder_without_manifest_is_no_export(tmp_path):
    with pytest.raises(SdprofError, match="this folder is no export of sdprof"):
        load_exported(tmp_path, "fp32", "cpu")


def test_another_version_is_refused(folder):
    data = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**data, "schema_version": 99}))
    with pytest.raises(SdprofError, match="schema_version is 99, this sdprof reads 1"):
        load_exported(folder, "fp32", "cpu")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 1}'])
def test_a_damaged_manifest_is_refused(folder, text):
    (folder / MANIFEST).write_text(text)
    with pytest.raises(SdprofError, match=r"sdprof\.json: .*export the model again"):
        load_exported(folder, "fp32", "cpu")


def test_another_precision_is_refused(folder):
    with pytest.raises(InputError, match="exported in fp32, not bf16"):
        load_exported(folder, "bf16", "cpu")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("conv_in.scale"), "the tensor 'conv_in.scale' was not saved"),
        (lambda t: t.update(more=torch.zeros(1)), "has no tensor 'more'"),
        (
            lambda t: t.update({"conv_in.scale": torch.ones(1)}),
            r"'conv_in.scale' was saved as float32 \(1,\), and .* has float32 \(64, 1, 1, 1\)",
        ),
        (
            lambda t: t.update({"conv_in.weight_int8": t["conv_in.weight_int8"].float()}),
            "'conv_in.weight_int8' was saved as float32 .* has int8",
        ),
    ],
)
def test_tensors_that_do_not_fit_are_named(folder, change, message):
    path = folder / "unet" / TENSORS
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    write_sums(folder)
    with pytest.raises(SdprofError, match=message):
        load_exported(folder, "fp32", "cpu")


def test_only_models_of_the_two_libraries_are_built(folder):
    manifest = read_manifest(folder)
    for library, name in (("os", "system"), ("diffusers", "DDIMScheduler"), ("torch", "nn")):
        part = replace(manifest.parts["vae"], library=library, class_name=name)
        write_manifest(folder, replace(manifest, parts={**manifest.parts, "vae": part}))
        write_sums(folder)
        _forget()
        with pytest.raises(Unsupported, match=f"no model class {library}.{name}"):
            load_exported(folder, "fp32", "cpu")


def test_the_scheduler_is_the_saved_one_unless_another_is_asked_for(exported):
    assert type(load_exported(exported, "fp32", "cpu").scheduler).__name__ == "DDIMScheduler"
    pipe = load_exported(exported, "fp32", "cpu", "euler")
    assert type(pipe.scheduler).__name__ == "EulerDiscreteScheduler"


def _forget():
    """Folders are checked once per process; this one was changed on purpose."""
    from profiler.pipelines.checked import check_folder

    check_folder.cache_clear()
