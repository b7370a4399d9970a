"""A headless Chromium of a given size, and what people do with the demo's page."""

import contextlib
import os
import tempfile
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
TIMEOUT = 60
"""Seconds; a busy machine takes several to draw the page first."""


def require() -> None:
    """Skips the test where there is no Chromium; in CI that is a failure."""
    missing = [path for path in (CHROMIUM, DRIVER) if not os.path.exists(path)]
    if missing:
        reason = f"no {', '.join(missing)}: apt-get install chromium chromium-driver"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@contextlib.contextmanager
def opened(url: str, width: int, height: int) -> Iterator[webdriver.Chrome]:
    """The page at a URL in a window of so many CSS pixels, ready to type into."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for flag in (
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            f"--user-data-dir={profile}",
        ):
            options.add_argument(flag)
        driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
        try:
            # A window is never narrower than 500 pixels; the emulated screen is.
            driver.execute_cdp_cmd(
                "Emulation.setDeviceMetricsOverride",
                {
                    "width": width,
                    "height": height,
                    "deviceScaleFactor": 1,
                    "mobile": width < 500,
                },
            )
            driver.get(url)
            find(driver, "#text textarea")
            yield driver
        finally:
            driver.quit()


def find(driver: webdriver.Chrome, selector: str):
    """The first element of a CSS selector, as soon as there is one."""
    return WebDriverWait(driver, TIMEOUT).until(
        lambda _: driver.find_elements(By.CSS_SELECTOR, selector)
    )[0]


def judge(driver: webdriver.Chrome, text: str) -> None:
    """Types a sentence, sends it and waits for the answer."""
    box = find(driver, "#text textarea")
    box.send_keys(Keys.CONTROL, "a")
    box.send_keys(text, Keys.ENTER)
    wait_until_judged(driver, text)


def wait_until_judged(driver: webdriver.Chrome, text: str) -> None:
    """Returns when the last word of the text is the last one of the answer."""
    last = text.split()[-1]
    WebDriverWait(driver, TIMEOUT).until(
        lambda _: shown(driver, ".word summary span")[-1:] == [last]
    )


def shown(driver: webdriver.Chrome, selector: str) -> list[str]:
    """The texts of a CSS selector's elements, at one moment."""
    return driver.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)",
        selector,
    )
