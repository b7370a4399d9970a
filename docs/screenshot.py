"""The demo's page → docs/page.png and docs/page_phone.png.

python demo.py --model=runs/demo/export     # leave it running
python -m docs.screenshot
"""

from absl import app, flags

from tests import browser

_URL = flags.DEFINE_string("url", "http://127.0.0.1:7860", "Where demo.py serves.")
_OUTPUT = flags.DEFINE_string("output", "docs", "Directory of the pictures.")
_TEXT = flags.DEFINE_string("text", "el zorro rojo es muy ser", "What is typed.")
_SIZES = {"page": (900, 760), "page_phone": (390, 844)}


def main(_) -> None:
    """Types the sentence at both widths and saves what is seen."""
    for name, (width, height) in _SIZES.items():
        with browser.opened(_URL.value, width, height) as driver:
            browser.judge(driver, _TEXT.value)
            driver.execute_script("document.activeElement.blur()")
            path = f"{_OUTPUT.value}/{name}.png"
            driver.save_screenshot(path)
            print(path)


if __name__ == "__main__":
    app.run(main)
