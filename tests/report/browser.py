"""A headless Chromium for the tests: started here, closed here, with a profile of its own."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)


def why_not() -> str:
    """Why no browser can be started here; empty if it can."""
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"not installed: {', '.join(missing)}" if missing else ""


@contextmanager
def chromium(profile: Path) -> Iterator[Any]:
    """A driver with an empty profile folder; quits whatever happens."""
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service

    options = Options()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        driver.set_script_timeout(120)
        yield driver
    finally:
        driver.quit()


def show(driver: Any, page: Path, width_px: int = 1280, scheme: str = "light") -> None:
    """Open a page at a width and in a colour scheme, and wait until its plots are drawn."""
    from selenium.webdriver.support.ui import WebDriverWait

    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width_px, "height": 900, "deviceScaleFactor": 1, "mobile": False},
    )
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {
            "features": [
                {"name": "prefers-color-scheme", "value": scheme},
                # No smooth scrolling: a click would miss what still moves.
                {"name": "prefers-reduced-motion", "value": "reduce"},
            ]
        },
    )
    driver.get(page.as_uri())
    ready = "return document.documentElement.dataset.plots === 'ready'"
    WebDriverWait(driver, 120).until(lambda d: d.execute_script(ready))


def screenshot(driver: Any, path: Path) -> Path:
    """The whole page as PNG, for people to look at."""
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
    path.write_bytes(base64.b64decode(shot["data"]))
    return path
