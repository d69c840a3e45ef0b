"""Same question, same `cell_id`: in another interpreter, another order, another way of writing."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from profiler.records.cell import MethodUse
from profiler.suite import load_suite
from tests.factories import make_cell

ROOT = Path(__file__).resolve().parents[2]
PRINT = """
import sys
from profiler.suite import load_suite
for cell in load_suite(sys.argv[1]).cells:
    print(cell.cell_id)
"""

SUITE = """\
schema_version: 1
name: golden
models: [tiny-sd, {name: sd15, weights: random}]
prompts: [a red ring, an owl]
axes:
  compression: [none, {method: absmax-int8, components: [vae, unet]}, [structured-pruning, bnb-nf4]]
  structured-pruning.ratio: [0.25]
  optimisations: [none, [compile, attention-slicing]]
seed: 5
"""
# These may only change with the definition of a cell; stored results are found by them.
GOLDEN = [
    "127f9b0a216cd2cb",
    "dafd35a362fc8c8e",
    "0b8a34d4004ca7de",
    "98a1420b807e37ab",
    "9f2fffc5558d92d2",
    "1f9e08684c5962fc",
    "fb213754b7d9e0ec",
    "0f8cd13b4f128b45",
    "2940946066dca5a0",
    "3ffbbae5b56d3451",
    "85fc125ec2646bdd",
    "5c3d355ec9cb25a4",
]


def ids_in_fresh_interpreter(path: Path, hash_seed: str) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", PRINT, str(path)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.split()


def test_golden_ids_in_any_interpreter(tmp_path: Path) -> None:
    path = tmp_path / "golden.yaml"
    path.write_text(SUITE, encoding="utf-8")
    here = [cell.cell_id for cell in load_suite(str(path)).cells]
    assert here == GOLDEN
    assert ids_in_fresh_interpreter(path, "1") == ids_in_fresh_interpreter(path, "4242") == here


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(), number=st.integers(0, 50))
def test_key_order_and_number_type_do_not_matter(seed: int, number: int) -> None:
    parameters = {"ratio": number, "round_to": 8, "mode": "x", "flag": True}
    names = list(parameters)
    random.Random(seed).shuffle(names)
    other = {name: parameters[name] for name in names}
    other["ratio"] = float(number)
    one = make_cell(compression=(MethodUse("m", ("unet",), parameters),), guidance=number)
    two = make_cell(compression=(MethodUse("m", ("unet",), other),), guidance=float(number))
    assert one.cell_id == two.cell_id


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["steps", "batch_size", "seed", "width_px"]), st.integers(1, 10**6))
def test_every_field_counts(field: str, value: int) -> None:
    base = make_cell()
    changed = make_cell(**{field: value})
    assert (changed.cell_id == base.cell_id) == (getattr(base, field) == value)


def test_true_is_not_one() -> None:
    ids = {
        make_cell(compression=(MethodUse("m", (), {"flag": value}),)).cell_id
        for value in (True, 1, "1")
    }
    assert len(ids) == 3
