"""The page in a real browser: it sorts, filters, draws and asks for nothing outside itself."""

from __future__ import annotations

import pytest

from tests.report.browser import chromium, show, why_not

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(why_not()), reason=f"no browser: {why_not()}"),
]


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture
def opened(driver, page):
    driver.get_log("browser")  # what earlier pages said
    show(driver, page)
    return driver


def column(driver, heading):
    """Sort keys of a column's visible rows, None where unavailable."""
    return driver.execute_script(
        """
        const table = document.querySelector("table.cells");
        const heads = Array.from(table.tHead.rows[0].cells);
        const at = heads.findIndex(h => h.querySelector("button").textContent === arguments[0]);
        return Array.from(table.tBodies[0].rows).filter(r => !r.hidden).map(function (row) {
          const cell = row.cells[at];
          if (cell.classList.contains("na")) return null;
          return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
        });
        """,
        heading,
    )


def header(driver, heading):
    path = f"//table[contains(@class,'cells')]//th[.//button[text()='{heading}']]"
    return driver.find_element("xpath", path)


def click(driver, heading):
    header(driver, heading).find_element("tag name", "button").click()


def test_console_is_silent_and_every_plot_is_drawn(opened):
    assert opened.get_log("browser") == []
    drawn = opened.execute_script(
        "return Array.from(document.querySelectorAll('.plot-box'))"
        ".map(box => box.querySelectorAll('svg.main-svg').length)"
    )
    assert len(drawn) == 5
    assert all(count > 0 for count in drawn)


def test_nothing_outside_the_page_is_asked_for(opened):
    names = opened.execute_script(
        "return performance.getEntriesByType('resource').map(entry => entry.name)"
    )
    assert [name for name in names if not name.startswith(("data:", "blob:"))] == []


def test_sorting_is_numeric_with_unavailable_last_in_both_directions(opened):
    before = column(opened, "Latency")
    click(opened, "Latency")
    rising = column(opened, "Latency")
    known = [value for value in rising if value is not None]
    assert len(known) == 11
    assert rising == [*sorted(known), None, None, None, None]
    assert header(opened, "Latency").get_attribute("aria-sort") == "ascending"
    click(opened, "Latency")
    falling = column(opened, "Latency")
    assert falling == [*sorted(known, reverse=True), None, None, None, None]
    assert header(opened, "Latency").get_attribute("aria-sort") == "descending"
    assert rising != falling
    assert sorted(map(str, before)) == sorted(map(str, falling))
    click(opened, "Outcome")
    assert header(opened, "Latency").get_attribute("aria-sort") is None


def test_numbers_do_not_sort_as_text(opened):
    click(opened, "Steps")
    assert column(opened, "Steps")[0] == "10"
    click(opened, "Batch")
    assert column(opened, "Batch")[-2:] == ["8", "64"]


def test_sorting_works_from_the_keyboard(opened):
    from selenium.webdriver.common.keys import Keys

    button = header(opened, "Throughput").find_element("tag name", "button")
    button.send_keys(Keys.ENTER)
    known = [value for value in column(opened, "Throughput") if value is not None]
    assert known == sorted(known)


def test_text_filter_and_outcome_filter(opened):
    from selenium.webdriver.support.ui import Select

    box = opened.find_element("css selector", ".text-filter")
    box.send_keys("BF16 student")
    assert len(column(opened, "Latency")) == 1
    count = opened.find_element("css selector", ".controls .count")
    assert count.text == "1 of 15 configurations"
    box.clear()
    box.send_keys("no such method")
    assert column(opened, "Latency") == []
    box.clear()
    box.send_keys(" ")
    assert len(column(opened, "Latency")) == 15
    outcome = Select(opened.find_element("css selector", ".outcome-filter"))
    outcome.select_by_value("crash")
    assert column(opened, "Outcome") == ["crash"]
    outcome.select_by_value("ok")
    assert len(column(opened, "Outcome")) == 11
    outcome.select_by_value("")
    assert len(column(opened, "Outcome")) == 15


def test_settings_that_are_the_same_can_be_shown(opened):
    scheduler = header(opened, "Scheduler")
    assert not scheduler.is_displayed()
    opened.find_element("css selector", ".show-constant").click()
    assert scheduler.is_displayed()
    opened.find_element("css selector", ".show-constant").click()


def test_dropdown_changes_the_trace(opened):
    from selenium.webdriver.support.ui import Select, WebDriverWait

    def drawn():
        return opened.execute_script(
            "return document.getElementById('d0-trace').data.map(line => line.x.slice(-1)[0])"
        )

    before = drawn()
    choice = Select(opened.find_element("css selector", "select[data-plot='d0-trace']"))
    assert len(choice.options) == 15
    choice.select_by_visible_text("bnb-nf4 · fp32")
    WebDriverWait(opened, 30).until(lambda _: drawn() != before)
    assert drawn()[0] == pytest.approx(2.0 + 8 * 1.0 + 1.21, abs=0.05)
    assert opened.get_log("browser") == []


def test_all_images_are_loaded_copies_included(opened):
    widths = opened.execute_script(
        "return Array.from(document.querySelectorAll('.strip img')).map(i => i.naturalWidth)"
    )
    assert widths == [64] * 22


@pytest.mark.parametrize(("width", "scheme"), [(400, "light"), (400, "dark"), (1280, "dark")])
def test_fits_narrow_screens_and_follows_the_colour_scheme(driver, page, width, scheme):
    driver.get_log("browser")
    show(driver, page, width, scheme)
    overflow = "return document.documentElement.scrollWidth"
    assert driver.execute_script(overflow) <= width
    light = "return getComputedStyle(document.body).backgroundColor"
    brightness = sum(map(int, driver.execute_script(light)[4:-1].split(",")))
    assert (brightness > 600) == (scheme == "light")
    ink = driver.execute_script(
        "return document.getElementById('d0-tradeoff')._fullLayout.font.color"
    )
    assert ink == {"light": "#1d2226", "dark": "#e3e6e8"}[scheme]
    assert driver.get_log("browser") == []
