"""Round trips: what is saved without pickle computes the very same when it is loaded again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from profiler.catalogue.compression import compression
from profiler.compress.apply import apply_chain
from profiler.compress.saved import load_cell, load_exported, plain_cell
from profiler.compress.saving import export
from profiler.compress.size import component_bytes
from profiler.errors import InputError
from profiler.pipelines.exported import read_manifest
from profiler.pipelines.load import load_pipeline
from profiler.records.cell import MethodUse
from tests.factories import make_cell
from tests.pipelines.paint import paint

ALL = ("unet", "vae", "text_encoder")


def use(method, components=("unet",), **parameters):
    return MethodUse(method, components, {**compression(method).defaults(), **parameters})


CHAINS = {
    "nothing": (),
    "absmax-int8": (use("absmax-int8", ALL),),
    "bnb-nf4": (use("bnb-nf4", ALL),),
    "bnb-int8": (use("bnb-int8"),),
    "structured-pruning": (use("structured-pruning", ratio=0.4),),
    "pruned and quantised": (use("structured-pruning"), use("bnb-nf4")),
    "magnitude-pruning": (use("magnitude-pruning", ALL),),
    "block-removal": (use("block-removal"), use("magnitude-pruning"), use("absmax-int8")),
    "student": (use("distilled-student"), use("absmax-int8"), use("bnb-int8", ("text_encoder",))),
}
# How the UNet is rebuilt, and whether diffusers alone could load it.
STEPS = {
    "nothing": ([], True),
    "structured-pruning": (["reshape"], False),
    "pruned and quantised": (["reshape", "replay"], False),
    "magnitude-pruning": ([], True),
    "block-removal": (["replay"], False),
    "student": (["replay"], False),
}


@pytest.mark.parametrize(
    ("name", "precision"), [*((name, "fp32") for name in CHAINS), ("student", "bf16")]
)
def test_it_paints_the_same_to_the_last_bit(tmp_path, name, precision):
    chain = CHAINS[name]
    done = export("tiny-sd", "embedded", precision, chain, tmp_path / "out")
    original = load_pipeline("tiny-sd", "embedded", precision, "cpu")
    report = apply_chain(original, make_cell(compression=chain, precision=precision), "cpu")
    loaded = load_exported(tmp_path / "out", precision, "cpu")
    # Before the first image: bitsandbytes keeps more after it.
    assert component_bytes(loaded) == component_bytes(original) == done.report.components
    assert np.array_equal(paint(original, steps=2), paint(loaded, steps=2))
    assert done.report.original == report.original
    assert [e.method for e in done.report.methods] == [u.method for u in chain]
    kinds, plain = STEPS.get(name, (["replay"], False))
    part = done.manifest.parts["unet"]
    assert ([step.kind for step in part.steps], part.plain) == (kinds, plain)


@pytest.mark.parametrize(
    ("method", "component", "parameters"),
    [
        ("torchao-intx", "unet", {}),
        ("sdnq-uint4", "unet", {"svd_rank": 8}),
        ("quanto-int4", "unet", {}),
        ("fp8-layerwise", "unet", {}),
        ("cast", "vae", {"dtype": "bf16"}),
        ("merge", "unet", {}),
    ],
)
def test_tensors_of_other_libraries_come_back_as_well(tmp_path, method, component, parameters):
    for package in compression(method).requires.packages:
        pytest.importorskip(package)
    done = export(
        "tiny-sd", "embedded", "fp32", (use(method, (component,), **parameters),), tmp_path
    )
    loaded = load_exported(tmp_path, "fp32", "cpu")
    assert component_bytes(loaded) == done.report.components
    original = load_pipeline("tiny-sd", "embedded", "fp32", "cpu")
    apply_chain(original, make_cell(compression=done.manifest.chain), "cpu")
    assert np.array_equal(paint(original, steps=1), paint(loaded, steps=1))


def test_the_folder_holds_the_bytes_and_no_pickle(tmp_path):
    folder = tmp_path / "out"
    done = export("tiny-sd", "embedded", "fp32", CHAINS["absmax-int8"], folder)
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert {file.suffix for file in files} <= {".safetensors", ".json", ".txt", ""}
    assert not [file for file in files if b"_name_or_path" in file.read_bytes()]
    tensors = sum(file.stat().st_size for file in files if file.suffix == ".safetensors")
    assert done.report.total_bytes < tensors < 1.02 * done.report.total_bytes
    assert done.file_bytes == sum(file.stat().st_size for file in files)
    manifest = read_manifest(folder)
    assert manifest == done.manifest
    assert manifest.chain == CHAINS["absmax-int8"]
    assert (manifest.model, manifest.weights, manifest.precision) == (
        "tiny-sd",
        "embedded",
        "fp32",
    )
    assert {file.name for file in (folder / "unet").iterdir()} == {
        "config.json",
        "sdprof.safetensors",
    }


def test_diffusers_alone_loads_what_its_configs_can_tell(tmp_path):
    from diffusers import UNet2DConditionModel

    chain = (use("block-removal"), use("magnitude-pruning"))
    export("tiny-sd", "embedded", "fp32", chain, tmp_path / "out")
    unet = UNet2DConditionModel.from_pretrained(tmp_path / "out" / "unet", use_safetensors=True)
    loaded = load_exported(tmp_path / "out", "fp32", "cpu")
    other = loaded.unet.state_dict()
    assert all(torch.equal(value, other[name]) for name, value in unet.state_dict().items())


def test_an_export_can_be_compressed_further_and_exported_again(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    export("tiny-sd", "embedded", "fp32", (use("structured-pruning"),), first)
    export("tiny-sd", str(first), "fp32", (use("absmax-int8"),), second)
    at_once = load_pipeline("tiny-sd", "embedded", "fp32", "cpu")
    chain = (use("structured-pruning"), use("absmax-int8"))
    apply_chain(at_once, make_cell(compression=chain), "cpu")
    loaded = load_exported(second, "fp32", "cpu")
    assert np.array_equal(paint(at_once, steps=2), paint(loaded, steps=2))
    manifest = read_manifest(second)
    assert (manifest.weights, manifest.chain) == ("embedded", chain)
    with pytest.raises(InputError, match="wrong order"):
        export("tiny-sd", str(second), "fp32", (use("magnitude-pruning"),), tmp_path / "third")


def test_a_fresh_process_paints_the_same(tmp_path):
    export("tiny-sd", "embedded", "fp32", CHAINS["pruned and quantised"], tmp_path / "out")
    image = paint(load_exported(tmp_path / "out", "fp32", "cpu"), steps=2)
    code = (
        "import sys, numpy, torch; torch.set_num_threads(1)\n"
        "from profiler.compress.saved import load_exported\n"
        "from tests.pipelines.paint import paint\n"
        "numpy.save(sys.argv[2], paint(load_exported(sys.argv[1], 'fp32', 'cpu'), steps=2))\n"
    )
    root = Path(__file__).parents[2]
    arguments = [sys.executable, "-c", code, tmp_path / "out", tmp_path / "image.npy"]
    subprocess.run(arguments, cwd=root, check=True, capture_output=True)
    assert np.array_equal(np.load(tmp_path / "image.npy"), image)


def test_a_cell_takes_the_folder_as_weights(tmp_path):
    export("tiny-sd", "embedded", "fp32", CHAINS["absmax-int8"], tmp_path / "out")
    cell = plain_cell("tiny-sd", str(tmp_path / "out"), "fp32")
    pipe = load_cell(cell, "cpu")
    assert type(pipe.unet.conv_in).__name__ == "AbsmaxConv2d"
    with pytest.raises(InputError, match="an export of tiny-sd, not of sd15"):
        load_cell(plain_cell("sd15", str(tmp_path / "out"), "fp32"), "cpu")


def test_what_is_there_is_not_overwritten(tmp_path):
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        export("tiny-sd", "embedded", "fp32", (), folder)
    with pytest.raises(InputError, match="replaces an earlier export only"):
        export("tiny-sd", "embedded", "fp32", (), folder, force=True)
    assert (folder / "mine.txt").read_text() == "mine"
    (folder / "mine.txt").unlink()
    export("tiny-sd", "embedded", "fp32", (), folder)
    export("tiny-sd", "embedded", "bf16", (), folder, force=True)
    assert json.loads((folder / "sdprof.json").read_text())["precision"] == "bf16"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
