"""Takes a screenshot of the demo's page with an answered sentence.

python demo.py --model=runs/demo/export     # leave it running
python -m docs.screenshot --output=docs/page.png
"""

from absl import app, flags

from tests import browser

_URL = flags.DEFINE_string(
    "url", "http://127.0.0.1:7860", "Address of the running demo.py."
)
_OUTPUT = flags.DEFINE_string("output", "docs/page.png", "PNG file to write.")
_TEXT = flags.DEFINE_string("text", "el zorro rojo es muy ser", "Sentence.")
_WIDTH = flags.DEFINE_integer("width", 900, "Width in CSS pixels; a phone has 390.")
_HEIGHT = flags.DEFINE_integer("height", 760, "Height in CSS pixels.")


def main(_) -> None:
    """Types the sentence and saves the picture."""
    with browser.opened(_URL.value, _WIDTH.value, _HEIGHT.value) as driver:
        browser.judge(driver, _TEXT.value)
        # Hides the cursor and the focus ring.
        driver.execute_script("document.activeElement.blur()")
        driver.save_screenshot(_OUTPUT.value)


if __name__ == "__main__":
    app.run(main)
