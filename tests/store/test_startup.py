"""`sdprof recommend` reads the store on its way up: that must load the standard library only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from profiler.store import open_store
from tests.factories import make_measurement

_ROOT = Path(__file__).parents[2]
_TELL = 'print(*{name.partition(".")[0] for name in sys.modules})'
_READ = """
store = profiler.store.open_store(sys.argv[1], read_only=True)
assert len(store.summaries()) == 1
assert store.measurements()
import profiler.frame, profiler.store.export, profiler.store.memory
"""


def loaded_by(code: str, *arguments: object) -> set[str]:
    """The top-level modules that a fresh Python has loaded after this code."""
    whole = f"import sys; sys.path.insert(0, {str(_ROOT)!r})\n{code}\n{_TELL}"
    told = subprocess.run(
        [sys.executable, "-I", "-c", whole, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.split())


def test_reading_loads_the_standard_library_only(path: Path) -> None:
    with open_store(path) as store:
        store.add(make_measurement())
    # What an environment's own .pth files load is no matter of ours.
    loaded = loaded_by(f"import profiler.store\n{_READ}", path) - loaded_by("")
    assert {"profiler", "sqlite3"} <= loaded
    assert loaded - {"profiler"} - set(sys.stdlib_module_names) == set()
