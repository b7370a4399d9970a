"""The demo's page, with a sentence judged → a picture.

python demo.py --model=runs/demo/export     # leave it running
python -m docs.screenshot --output=docs/page.png
"""

from absl import app, flags

from tests import browser

_URL = flags.DEFINE_string("url", "http://127.0.0.1:7860", "Where demo.py serves.")
_OUTPUT = flags.DEFINE_string("output", "docs/page.png", "The picture.")
_TEXT = flags.DEFINE_string("text", "el zorro rojo es muy ser", "What is typed.")
_WIDTH = flags.DEFINE_integer("width", 900, "CSS pixels; 390 is a phone.")
_HEIGHT = flags.DEFINE_integer("height", 760, "CSS pixels.")


def main(_) -> None:
    """Types the sentence and saves what is seen."""
    with browser.opened(_URL.value, _WIDTH.value, _HEIGHT.value) as driver:
        browser.judge(driver, _TEXT.value)
        # Without the cursor, and the ring around what has the focus.
        driver.execute_script("document.activeElement.blur()")
        driver.save_screenshot(_OUTPUT.value)


if __name__ == "__main__":
    app.run(main)
