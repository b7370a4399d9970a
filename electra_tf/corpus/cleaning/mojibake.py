"""Text that was decoded wrongly, as niÃ±o, repaired by ftfy.

ftfy's own test takes 0.2 s per MB, twice the time of all the rest of a build. What it
can repair is mostly bytes of UTF-8 that were decoded in another encoding: there is one
in which a byte that begins a character stands before one that continues it. Few texts
have such a pair (é— is one, ¡ñ is none), and only these are shown to ftfy.
"""

import functools
import re

_BEGIN_AND_CONTINUATION = re.compile(b"[\xc2-\xf4][\x80-\xbf\x1a]")
"""Of UTF-8; 0x1A stands for a byte that was lost, which ftfy knows too."""
CHARACTERS = "\x80-\x9fÂÃ"
"""Of which a text has one that needs repair without such a pair: controls where
Windows has quotes, and half of à, the other half of which became a blank."""
_OTHER = re.compile("[\x80-\x9f]|[ÂÃ] ")


class Mojibake:
    """Finds and repairs it."""

    def __init__(self):
        """Imports ftfy, which takes long and is needed by few."""
        import ftfy
        from ftfy.chardata import CHARMAP_ENCODINGS

        self._fix = ftfy.fix_encoding
        high = bytes(range(0x80, 0x100))
        characters = {c for name in CHARMAP_ENCODINGS for c in high.decode(name)}
        any_of = f"[{re.escape(''.join(sorted(characters)))}\ufffd]"
        # Bounded, as runs are remembered. One search finds the pairs at 300 MB/s.
        self._runs = re.compile(f"{any_of}{any_of}{{1,31}}")

        @functools.lru_cache(maxsize=1 << 16)
        def is_decoded_utf8(run: str) -> bool:
            return any(
                _BEGIN_AND_CONTINUATION.search(run.encode(name, "replace"))
                for name in CHARMAP_ENCODINGS
            )

        self._is_decoded_utf8 = is_decoded_utf8

    def has_pairs(self, text: str) -> bool:
        """Whether it has a pair for which ftfy should look at it."""
        return any(map(self._is_decoded_utf8, self._runs.findall(text)))

    def may_be_in(self, line: str) -> bool:
        """Whether ftfy should look at it, for this or another reason."""
        return bool(_OTHER.search(line)) or self.has_pairs(line)

    def repaired(self, line: str) -> str:
        """The text as it was meant; a repair that brings a line end stays a line."""
        return self._fix(line).replace("\n", " ")
