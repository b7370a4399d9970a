"""What the rules of a build kept and dropped: a few of each, for a person to judge."""

import hashlib
import re
from typing import Any

from electra_tf.corpus.cleaning.config import REPAIRS
from electra_tf.shards.manifest import CorpusCounts, Manifest

PER_RULE = 5
"""Of what was kept, and of what was dropped or changed."""
SHOWN_CHARACTERS = 300


class Samples:
    """Of each rule those texts whose hashes are smallest.

    So they are the same in whatever order the texts come, and on however many workers.
    """

    def __init__(self, found: dict[str, list[list]] | None = None):
        """Continues with what `found` was."""
        self.found = found or {}
        """Hash, text and value that was judged, by "rule/kept" and "rule/dropped"."""

    def offer(self, rule: str, dropped: bool, text: str, value: Any) -> None:
        """Takes a text if it belongs to the sample.

        Args:
            rule: that judged.
            dropped: or changed.
            text: before.
            value: what was judged; of a repair, the text after it.
        """
        key = f"{rule}/{'dropped' if dropped else 'kept'}"
        digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        found = self.found.get(key, [])
        if len(found) == PER_RULE and digest > found[-1][0]:
            return
        if rule in REPAIRS:
            shown = [_visible(part) for part in _difference(text, value)]
        else:
            shown = [_shortened(text), _shown(value)]
        self._take(key, [[digest, *shown]])

    def add(self, other: "Samples") -> None:
        """Takes what belongs to the sample of both."""
        for key, samples in other.found.items():
            self._take(key, samples)

    def markdown(self, manifest: Manifest) -> str:
        """A page about a build."""
        counts = manifest.counts
        cleaning = manifest.config.get("cleaning", {})
        lines = [
            "# What the build kept and dropped",
            "",
            f"`{manifest.command}`",
            "",
            f"{counts.documents:,} documents and {counts.lines:,} lines were kept.",
            "",
            "| rule | setting | documents dropped | lines dropped | lines changed | "
            "documents not judged |",
            "|--|--|--|--|--|--|",
        ]
        rules = [name for name, value in cleaning.items() if value]
        for name in [*rules, *sorted(_reasons(counts) - set(rules))]:
            numbers = [
                f"{by_rule.get(name, 0):,}"
                for by_rule in (
                    counts.documents_dropped,
                    counts.lines_dropped,
                    counts.lines_changed,
                    counts.documents_not_judged,
                )
            ]
            setting = _shown(cleaning.get(name, ""))
            cells = [_cell(name), _cell(setting), *numbers]
            lines.append(" | ".join(["", *cells, ""]).strip())
        for name in rules:
            lines += ["", f"## {name}"]
            for verdict in ("dropped", "kept")[: 1 if name in REPAIRS else 2]:
                samples = self.found.get(f"{name}/{verdict}", [])
                what = "changed" if name in REPAIRS else verdict
                lines += ["", f"{what.capitalize()}:" if samples else f"None {what}."]
                for _, text, value in samples:
                    lines += ["", *(f"    {line}" for line in text.split("\n"))]
                    lines += ["", *(f"    → {line}" for line in value.split("\n"))]
        return "\n".join([*lines, ""])

    def _take(self, key: str, samples: list[list]) -> None:
        both = sorted([*self.found.get(key, []), *samples], reverse=True)
        # Of equal texts the same one is left, in whatever order they came.
        unique = {sample[0]: sample for sample in both}
        self.found[key] = sorted(unique.values())[:PER_RULE]


def _reasons(counts: CorpusCounts) -> set[str]:
    return {*counts.documents_dropped, *counts.lines_dropped, *counts.lines_changed}


def _difference(before: str, after: str) -> tuple[str, str]:
    """The two texts around the first place where they differ."""
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    start = max(0, same - SHOWN_CHARACTERS // 3)
    return before[start:], after[start:]


def _shortened(text: str) -> str:
    """Its beginning; what can't be seen is written as an escape."""
    shown = text[:SHOWN_CHARACTERS] + (" ..." if len(text) > SHOWN_CHARACTERS else "")
    return "".join(
        character
        if character == "\n" or character.isprintable()
        else f"\\u{ord(character):04x}"
        for character in shown
    )


def _visible(text: str) -> str:
    """Shortened, with accents that aren't part of their letter as escapes."""
    return re.sub(
        "[\u0300-\u036f]", lambda mark: f"\\u{ord(mark[0]):04x}", _shortened(text)
    )


def _cell(text: str) -> str:
    """Of a table: a field's name or a setting may have anything in it."""
    return re.sub(r"([|<`\\])", r"\\\1", text.replace("\n", " "))


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, (tuple, list)):
        return ", ".join(value) or "none"
    return _shortened(str(value))
