"""The repair, by ftfy, of text that was decoded wrongly, as niÃ±o.

ftfy's own test takes 0.2 s per MB, twice the time of all the rest of a build. What it
can repair is mostly UTF-8 that was decoded in another encoding: encoded again, a byte
that begins a character stands before one that continues it. Few texts have such a pair
(é— is one, ¡ñ is none), and only these are passed to ftfy.
"""

import functools
import re

from electra_tf.corpus.cleaning.rule import Repair

_BEGIN_AND_CONTINUATION = re.compile(b"[\xc2-\xf4][\x80-\xbf\x1a]")
"""Pairs of UTF-8 bytes; 0x1A stands for a lost byte, for ftfy as well."""
CHARACTERS = "\x80-\x9fÂÃ"
"""Characters that may need the repair without such a pair: controls where Windows has
quotes, and half of an à whose other half became a blank."""
_OTHER = re.compile("[\x80-\x9f]|[ÂÃ] ")


class Mojibake:
    """Finds and repairs text that was decoded wrongly."""

    def __init__(self):
        """Imports ftfy, which takes long and which few builds need."""
        import ftfy
        from ftfy.chardata import CHARMAP_ENCODINGS

        self._fix = ftfy.fix_encoding
        high = bytes(range(0x80, 0x100))
        characters = {c for name in CHARMAP_ENCODINGS for c in high.decode(name)}
        any_of = f"[{re.escape(''.join(sorted(characters)))}\ufffd]"
        # Bounded, as runs are cached. One search finds the pairs at 300 MB/s.
        self._runs = re.compile(f"{any_of}{any_of}{{1,31}}")

        @functools.lru_cache(maxsize=1 << 16)
        def is_decoded_utf8(run: str) -> bool:
            return any(
                _BEGIN_AND_CONTINUATION.search(run.encode(name, "replace"))
                for name in CHARMAP_ENCODINGS
            )

        self._is_decoded_utf8 = is_decoded_utf8

    def has_pairs(self, text: str) -> bool:
        """Whether a text has a pair of bytes that ftfy may repair."""
        return any(map(self._is_decoded_utf8, self._runs.findall(text)))

    def may_be_in(self, line: str) -> bool:
        """Whether ftfy may change a line."""
        return bool(_OTHER.search(line)) or self.has_pairs(line)

    def repaired(self, line: str) -> str:
        """A line as it was meant; a line end that the repair brings becomes a blank."""
        return self._fix(line).replace("\n", " ")


@functools.cache
def _mojibake() -> Mojibake:
    return Mojibake()


REPAIR = Repair(
    "mojibake",
    CHARACTERS,
    repaired=lambda line: _mojibake().repaired(line),
    may_change=lambda line: _mojibake().may_be_in(line),
    is_also_in=lambda text: _mojibake().has_pairs(text),
)
