"""The claims as a section of the report and as a page of its own, also in a browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profiler.analysis.claims.gathering import gather_rows
from profiler.catalogue.claims import CLAIMS
from profiler.errors import InputError
from profiler.report.claims import VERDICTS, claims_of, claims_view
from profiler.report.claims_page import write_claims
from profiler.report.gather import Bounds, gather
from profiler.report.write import write_report
from profiler.store.memory import MemoryStore
from tests.analysis.claims.build import result as claim_result
from tests.analysis.claims.build import rows, switched, with_effect
from tests.factories import make_cell, make_measurement
from tests.report.browser import chromium, why_not
from tests.report.example import SCRIPT
from tests.report.test_write import own_text, read


@pytest.fixture(scope="module")
def store():
    store = MemoryStore()
    store.add(claim_result(make_cell()))
    store.add(claim_result(make_cell(batch_size=3), latency_s=0.9))
    told = {"rss_before_bytes": 700_000_000, "rss_after_bytes": 600_000_000}
    released = with_effect(claim_result(switched("release-memory")), "release-memory", told)
    store.add(replace(released, device_id="cpu-example-2c"))
    return store


@pytest.fixture(scope="module")
def page(store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("claims")
    return write_claims(gather_rows(store, "cpu-example-2c"), folder / "claims.html")


def test_view_has_every_claim_once_and_no_verdict_by_colour_alone():
    view = claims_view(rows())
    shown = [row for area in view["areas"] for row in area["rows"]]
    assert [row["id"] for row in shown] == [f"claims-{name}" for name in shown_order()]
    assert all(row["sign"] and row["verdict"] for row in shown)
    assert sum(int(one["text"].rpartition(" ")[2]) for one in view["counts"]) == len(CLAIMS)
    assert len(VERDICTS) == 5


def shown_order():
    areas = list(dict.fromkeys(claim.area for claim in CLAIMS.values()))
    view = [area["id"].removeprefix("claims-") for area in claims_view(rows())["areas"]]
    assert sorted(view) == sorted(areas)
    return [c.id for area in view for c in CLAIMS.values() if c.area == area]


def test_page_is_well_formed_and_complete(page):
    text = page.read_text(encoding="utf-8")
    found = read(text).found
    ids = [attrs["id"] for _, attrs in found if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {f"claims-{name}" for name in CLAIMS} <= set(ids)
    assert "script" not in {tag for tag, _ in found}
    for _, attrs in found:
        assert (attrs.get("href") or attrs.get("src") or "#").startswith(("#", "data:"))


def test_texts_are_escaped(tmp_path):
    here = replace(rows(claim_result(make_cell())), device_name=SCRIPT)
    text = write_claims(here, tmp_path / "c.html").read_text(encoding="utf-8")
    assert SCRIPT not in text
    assert "&lt;script&gt;" in text


def test_existing_page_is_kept(page):
    with pytest.raises(InputError, match="--force"):
        write_claims(rows(), page)


def test_report_has_the_section_where_the_suite_was_measured(store, tmp_path):
    text = own_text(write_report(store, tmp_path / "r.html"))
    assert 'id="d0-claims-batch"' in text
    read(text)
    other = MemoryStore()
    other.add(make_measurement(make_cell()))
    assert claims_of(gather(other).devices[0], "d0") == []


def test_details_of_claims_come_first_in_a_large_report(store):
    device = gather(store, bounds=Bounds(detail_cells=2)).devices[0]
    assert switched("release-memory").cell_id in device.details


@pytest.mark.browser
@pytest.mark.skipif(bool(why_not()), reason=f"no browser: {why_not()}")
def test_page_in_a_browser_light_and_dark_wide_and_narrow(page, tmp_path):
    with chromium(tmp_path) as driver:
        for width, scheme in ((1280, "light"), (400, "dark")):
            shape = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", shape)
            wanted = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
            features = [{"name": name, "value": value} for name, value in wanted.items()]
            media = {"features": features}
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
            driver.get(page.as_uri())
            overflow = "return document.documentElement.scrollWidth"
            assert driver.execute_script(overflow) <= width
            colour = "return getComputedStyle(document.body).backgroundColor"
            brightness = sum(map(int, driver.execute_script(colour)[4:-1].split(",")))
            assert (brightness > 600) == (scheme == "light")
            row = driver.find_element("id", "claims-storage")
            evidence = row.find_element("css selector", ".evidence")
            assert not evidence.is_displayed()
            row.find_element("css selector", "summary").click()
            assert evidence.is_displayed()
            assert "4,265 MB" in evidence.text
            verdict = row.find_element("css selector", ".verdict")
            assert verdict.text.endswith("holds")
            assert driver.get_log("browser") == []
