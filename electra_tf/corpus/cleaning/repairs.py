"""Repairs of characters.

They are applied in the order of `REPAIRS`: a control may be half of mojibake, and a
zero-width character may part a letter from its accent.
"""

import functools
import re
import unicodedata

from electra_tf.corpus.cleaning import mojibake
from electra_tf.corpus.cleaning.rule import repair

_BLANK_CONTROLS = "\v\f\r\x1c-\x1f\x85\u2028\u2029"
_CONTROLS = "\0-\x08\v-\x1f\x7f-\x9f\u2028\u2029\ufdd0-\ufdef\ufffe\uffff"
_ZERO_WIDTH = (
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
)
# All other characters are composed, and none of them composes with one before it.
_MAYBE_DECOMPOSED = "\u0300-\u2001\u2071-\u20ab\u20ad-\U0010ffff"


def _without_controls(line: str) -> str:
    line = re.sub(f"[{_BLANK_CONTROLS}]", " ", line)
    return re.sub(f"[{_CONTROLS}]", "", line).rstrip(" ")


REPAIRS = (
    mojibake.REPAIR,
    repair("control_characters", _CONTROLS, _without_controls),
    repair(
        "zero_width",
        _ZERO_WIDTH,
        functools.partial(re.compile(f"[{_ZERO_WIDTH}]").sub, ""),
    ),
    repair("nfc", _MAYBE_DECOMPOSED, functools.partial(unicodedata.normalize, "NFC")),
)
REPAIR_NAMES = tuple(rule.name for rule in REPAIRS)
