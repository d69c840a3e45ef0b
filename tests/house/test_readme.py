"""What the README shows is true: its suite is valid, its commands exist, CI calls its tests."""

from __future__ import annotations

import re
from pathlib import Path

from profiler.cli.door import COMMANDS
from profiler.suite import load_suite

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_the_suite_is_valid(tmp_path: Path) -> None:
    (suite,) = blocks("yaml")
    path = tmp_path / "my-suite.yaml"
    path.write_text(suite)
    spec = load_suite(str(path))
    assert len(spec.cells) > 4
    assert spec.quality.metrics


def test_every_command_exists() -> None:
    named = re.findall(r"^sdprof (\S+)", "\n".join(blocks("bash")), flags=re.MULTILINE)
    assert len(named) > 8
    assert set(named) <= set(COMMANDS)


def test_ci_calls_the_set_up_and_the_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    set_up, tests = (block.strip() for block in blocks("bash")[:2])
    assert "-c constraints.txt -e '.[run,dev]'" in set_up
    assert "-c constraints.txt -e '.[run,dev]'" in script
    assert tests.split("&& ")[1] in script
