from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs

from profiler import paths
from profiler.errors import InputError
from profiler.records.measurement import Trace
from profiler.report.write import refuse_target, write_report
from profiler.store.memory import MemoryStore
from tests.factories import failed_measurement, make_cell, make_environment, make_measurement
from tests.report.example import BASELINE, SCRIPT, fill, png


class Reader(HTMLParser):
    """Tags with their attributes, and whether each opened tag is closed in order."""

    VOID = frozenset({"meta", "link", "img", "input", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def own_text(page: Path) -> str:
    """The page without Plotly's library."""
    library = get_plotlyjs()
    text = page.read_text(encoding="utf-8")
    assert text.count(library) == 1
    return text.replace(library, "")


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    return reader


def test_page_is_well_formed_with_unique_ids(page):
    ids = [attrs["id"] for _, attrs in read(own_text(page)).found if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert len(ids) > 20


def test_page_asks_for_nothing_outside_itself(page):
    text = own_text(page)
    assert not re.findall(r"https?://", text)
    for tag, attrs in read(text).found:
        for name in ("src", "href", "action"):
            target = attrs.get(name) or "#"
            assert target.startswith(("#", "data:")), (tag, attrs)
    assert "default-src 'none'" in text
    assert "@import" not in text


def test_user_text_is_escaped_everywhere(tmp_path):
    store = MemoryStore()
    cell = make_cell(model=SCRIPT, prompts=(f'"{SCRIPT}',), scheduler="'\"><img src=x onerror=y>")
    environment = make_environment(device_name=SCRIPT, host="<b>host", packages={SCRIPT: "<i>"})
    images = {"0": store.add_image(png(1, 2, 3))}
    store.add(make_measurement(cell, images=images, environment=environment, suite="<u>suite"))
    store.add(make_measurement(make_cell(), number=2, environment=environment))
    store.add(failed_measurement(make_cell(steps=2), measurement_id="f"))
    text = own_text(write_report(store, tmp_path / "r.html"))
    assert SCRIPT not in text
    for tag in ("<img src=x", "<b>host", "<i>", "<u>"):
        assert tag not in text
    assert "&lt;script&gt;alert(&#39;model&#39;)&lt;/script&gt;" in text
    scripts = [attrs for tag, attrs in read(text).found if tag == "script"]
    assert len(scripts) == 2 + 5


def test_templates_only_loop():
    for template in paths.reports().glob("*.j2"):
        statements = re.findall(r"{%-?\s*(\w+)", template.read_text(encoding="utf-8"))
        assert set(statements) <= {"for", "else", "endfor", "include"}, template.name


def test_own_scripts_stay_small():
    lines = sum(
        len(script.read_text(encoding="utf-8").splitlines())
        for script in paths.reports().glob("*.js")
    )
    assert lines < 200


@pytest.mark.parametrize(
    "made",
    [
        failed_measurement(BASELINE),
        make_measurement(BASELINE),
        make_measurement(BASELINE, trace=Trace(), quality={}),
        make_measurement(BASELINE, runs=(), phases=(), weights=None, images={"0": "00"}),
    ],
    ids=["none ok", "one", "bare", "hollow"],
)
def test_pages_of_one_cell(tmp_path, made):
    store = MemoryStore()
    store.add(made)
    text = own_text(write_report(store, tmp_path / "r.html"))
    assert "1 configuration" in text
    read(text)


def test_two_thousand_cells_stay_below_fifteen_megabytes(tmp_path):
    store = MemoryStore()
    example = make_measurement(BASELINE)
    # Noise does not compress: as heavy as real 512 px images.
    heavy = [
        store.add_image(png(n, 0, 0) + bytes((n * 7 + k) % 251 for k in range(200_000)))
        for n in range(60)
    ]
    for number in range(2000):
        cell = make_cell(steps=10 + number % 40, seed=number // 40)
        images = {"0": heavy[number % 60]}
        changes = {"measurement_id": f"m{number}", "cell": cell, "images": images}
        store.add(replace(example, **changes))
    page = write_report(store, tmp_path / "r.html")
    assert page.stat().st_size < 15e6
    text = own_text(page)
    assert text.count('<tr data-outcome="') == 2000
    assert "for 40 of 2,000 configurations" in text
    assert "left out to keep the page small" in text


def test_existing_file_is_replaced_only_with_force(tmp_path):
    store = MemoryStore()
    fill(store)
    path = tmp_path / "r.html"
    path.write_text("mine")
    with pytest.raises(InputError, match="--force"):
        write_report(store, path)
    assert path.read_text() == "mine"
    assert write_report(store, path, force=True) == path
    assert path.stat().st_size > 4e6
    assert [p.name for p in tmp_path.iterdir()] == ["r.html"]


def test_paths_that_cannot_be_written(tmp_path):
    store = MemoryStore()
    fill(store)
    with pytest.raises(InputError, match="is a folder; name a file"):
        write_report(store, tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write_report(store, tmp_path / "file" / "r.html")
    with pytest.raises(InputError, match=r"cannot write x+: File name too long"):
        refuse_target(tmp_path.joinpath("x" * 300).relative_to(tmp_path), force=True)


def test_foot_tells_version_suite_and_run(page):
    text = own_text(page)
    foot = text[text.index("<footer>") : text.index("</footer>")]
    for word in ("sdprof", "quickstart", "first evening"):
        assert word in foot


def test_importing_the_room_loads_no_renderer():
    code = (
        "import sys, profiler.report.write, profiler.report.view;"
        "print([m for m in ('jinja2', 'plotly', 'pandas', 'numpy', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
