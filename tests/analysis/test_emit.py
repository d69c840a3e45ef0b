from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.analysis.emit import emit_python
from profiler.analysis.emit_compress import COMPRESSIONS as WRITTEN
from profiler.analysis.emit_optimise import OPTIMISATIONS as SWITCHES
from profiler.analysis.recommend import recommend
from profiler.catalogue.compression import COMPRESSIONS
from profiler.catalogue.optimisations import OPTIMISATIONS
from profiler.catalogue.precisions import PRECISIONS
from profiler.catalogue.schedulers import SCHEDULERS
from profiler.records.catalogue import MethodSpec
from profiler.records.cell import Cell, MethodUse
from tests.analysis.build import DEVICE, summary
from tests.factories import int8_cell, make_cell

HUB = {"model": "sd15", "weights": "hub", "width_px": 512, "height_px": 512}


def default_use(spec: MethodSpec, components: tuple[str, ...] = ()) -> MethodUse:
    return MethodUse(spec.name, components or spec.components, spec.defaults())


def variants() -> dict[str, Cell]:
    """Every method, switch, precision, scheduler and kind of weights, and some chains."""
    cells = {"plain": make_cell(), "hub": make_cell(**HUB)}
    for name, spec in COMPRESSIONS.items():
        cells[name] = make_cell(compression=(default_use(spec),))
    for name, spec in OPTIMISATIONS.items():
        cells[name] = make_cell(**HUB, optimisations=(default_use(spec),))
    cells |= {name: make_cell(scheduler=name) for name in SCHEDULERS}
    cells |= {name: make_cell(precision=name) for name in PRECISIONS}
    cells["random"] = make_cell(model="sd15", weights="random", precision="bf16")
    cells["folder"] = make_cell(model="sd15", weights='C:\\models\\"my" model')
    tensor = {"granularity": "tensor", "convolutions": False}
    cells["chain"] = make_cell(
        compression=(
            default_use(COMPRESSIONS["distilled-student"]),
            default_use(COMPRESSIONS["structured-pruning"]),
            default_use(COMPRESSIONS["bnb-nf4"], ("unet",)),
            MethodUse("absmax-int8", ("text_encoder", "vae"), tensor),
        ),
        optimisations=tuple(default_use(OPTIMISATIONS[n]) for n in ("vae-tiling", "channels-last")),
        batch_size=4,
    )
    return cells


CELLS = variants()


@pytest.mark.parametrize("name", CELLS)
def test_every_script_is_python(name: str) -> None:
    text = emit_python(CELLS[name])
    compile(text, f"{name}.py", "exec")
    assert ast.get_docstring(ast.parse(text))


def test_no_script_has_undefined_or_unused_names() -> None:
    ruff = pytest.importorskip("ruff").find_ruff_bin()
    # One run for all: each script is a file of its own only by name.
    for name, cell in CELLS.items():
        command = [
            ruff,
            "check",
            "--isolated",
            "--select",
            "E9,F",
            "--stdin-filename",
            "x.py",
            "-",
        ]
        found = subprocess.run(
            command, input=emit_python(cell), text=True, capture_output=True, check=False
        )
        assert found.returncode == 0, f"{name}: {found.stdout}"


def test_what_is_written_for_diffusers_is_in_the_catalogue() -> None:
    assert set(WRITTEN) <= set(COMPRESSIONS)
    assert set(SWITCHES) <= set(OPTIMISATIONS)


@pytest.mark.parametrize("name", ["merge", "cast", "image-cache", "dynamic-resolution"])
def test_what_diffusers_has_no_call_for_is_written_with_sdprof(name: str) -> None:
    text = emit_python(CELLS[name])
    assert "pip install 'sdprof[run]'" in text
    assert "apply_chain(pipe, CELL, where)" in text


def test_the_script_of_a_hub_model_knows_nothing_of_sdprof() -> None:
    for name in ("hub", *SWITCHES):
        imported = {
            alias.name if isinstance(node, ast.Import) else node.module
            for node in ast.walk(ast.parse(emit_python(CELLS[name])))
            if isinstance(node, (ast.Import, ast.ImportFrom))
            for alias in node.names
        }
        assert not any(str(module).startswith("profiler") for module in imported)
    assert "stable-diffusion-v1-5/stable-diffusion-v1-5" in emit_python(CELLS["hub"])


def test_a_method_of_another_package_is_looked_up_by_sdprof() -> None:
    foreign = make_cell(compression=(MethodUse("their-int3", ("unet",)),))
    assert "their-int3" in emit_python(foreign)
    assert "from profiler.compress.apply import apply_chain" in emit_python(foreign)


def test_a_candidate_a_summary_and_a_cell_give_the_same_script() -> None:
    one = summary(int8_cell())
    candidate = recommend([one], DEVICE).accepted[0]
    assert emit_python(candidate) == emit_python(one) == emit_python(one.cell)


def test_parameters_reach_the_script() -> None:
    pruned = MethodUse("structured-pruning", ("unet",), {"ratio": 0.45, "round_to": 16})
    assert "ratio=0.45, round_to=16" in emit_python(make_cell(compression=(pruned,)))
    eight = MethodUse("bnb-int8", ("unet", "text_encoder"), {"threshold": 3.5})
    text = emit_python(make_cell(compression=(eight,)))
    assert "pipe.unet" in text
    assert "pipe.text_encoder" in text
    assert "3.5" in text
    assert "pip install" in text
    assert "bitsandbytes" in text.splitlines()[3]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.text(), min_size=1, max_size=3), st.text(min_size=1))
def test_no_text_of_the_user_breaks_the_script(prompts: list[str], folder: str) -> None:
    odd = make_cell(prompts=tuple(prompts), model="sd15", weights="./" + folder)
    try:
        text = emit_python(odd)
        text.encode("utf-8")
    except UnicodeEncodeError:
        pytest.fail("the script cannot be written to a file")
    tree = ast.parse(text)
    values = {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, (ast.List, ast.Constant))
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert values["PROMPTS"] == prompts
    assert values["WEIGHTS"] == "./" + folder


def test_emitting_needs_no_torch() -> None:
    program = (
        "import sys; from tests.factories import int8_cell; "
        "from profiler.analysis.emit import emit_python; emit_python(int8_cell()); "
        "sys.exit(any(m in sys.modules for m in ('torch', 'diffusers', 'numpy', 'pandas')))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
