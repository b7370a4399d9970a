"""The report of a build: samples of what its rules kept, dropped and changed."""

import hashlib
import re
from typing import Any

from electra_tf.corpus.cleaning.repairs import REPAIR_NAMES
from electra_tf.shards.manifest import CorpusCounts, Manifest

PER_RULE = 5
"""Samples of what a rule kept, and as many of what it dropped or changed."""
SHOWN_CHARACTERS = 300


class Samples:
    """For each rule, the texts with the smallest hashes.

    They are the same for any order of the texts and any number of workers.
    """

    def __init__(self, found: dict[str, list[list]] | None = None):
        """Continues with the `found` of earlier samples."""
        self.found = found or {}
        """Lists of hash, text and value, by "rule/kept" and "rule/dropped"."""

    def offer(self, rule: str, dropped: bool, text: str, value: Any) -> None:
        """Adds a text that a filter kept or dropped, if it belongs to the sample.

        Args:
            rule: name of the filter.
            dropped: whether it dropped the text.
            text: the line or document.
            value: the value that decided.
        """
        key = f"{rule}/{'dropped' if dropped else 'kept'}"
        if digest := self._digest_if_wanted(key, text):
            self._merge(key, [[digest, _shortened(text), _shown(value)]])

    def offer_repair(self, rule: str, before: str, after: str) -> None:
        """Adds a line that a repair changed, if it belongs to the sample."""
        key = f"{rule}/dropped"
        if digest := self._digest_if_wanted(key, before):
            shown = [_visible(part) for part in _difference(before, after)]
            self._merge(key, [[digest, *shown]])

    def add(self, other: "Samples") -> None:
        """Adds the samples of another worker."""
        for key, samples in other.found.items():
            self._merge(key, samples)

    def markdown(self, manifest: Manifest) -> str:
        """The report as Markdown."""
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
            for verdict in ("dropped", "kept")[: 1 if name in REPAIR_NAMES else 2]:
                samples = self.found.get(f"{name}/{verdict}", [])
                what = "changed" if name in REPAIR_NAMES else verdict
                lines += ["", f"{what.capitalize()}:" if samples else f"None {what}."]
                for _, text, value in samples:
                    lines += ["", *(f"    {line}" for line in text.split("\n"))]
                    lines += ["", *(f"    → {line}" for line in value.split("\n"))]
        return "\n".join([*lines, ""])

    def _digest_if_wanted(self, key: str, text: str) -> str:
        """The hash of a text; "" if the sample is full of smaller ones."""
        digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        found = self.found.get(key, [])
        return "" if len(found) == PER_RULE and digest > found[-1][0] else digest

    def _merge(self, key: str, samples: list[list]) -> None:
        both = sorted([*self.found.get(key, []), *samples], reverse=True)
        # Of equal texts the same one is left, in any order of arrival.
        unique = {sample[0]: sample for sample in both}
        self.found[key] = sorted(unique.values())[:PER_RULE]


def _reasons(counts: CorpusCounts) -> set[str]:
    return {*counts.documents_dropped, *counts.lines_dropped, *counts.lines_changed}


def _difference(before: str, after: str) -> tuple[str, str]:
    """The two texts from shortly before their first difference."""
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    start = max(0, same - SHOWN_CHARACTERS // 3)
    return before[start:], after[start:]


def _shortened(text: str) -> str:
    """The beginning of a text, with invisible characters as escapes."""
    shown = text[:SHOWN_CHARACTERS] + (" ..." if len(text) > SHOWN_CHARACTERS else "")
    return "".join(
        character
        if character == "\n" or character.isprintable()
        else f"\\u{ord(character):04x}"
        for character in shown
    )


def _visible(text: str) -> str:
    """A shortened text, with combining accents as escapes."""
    return re.sub(
        "[\u0300-\u036f]", lambda mark: f"\\u{ord(mark[0]):04x}", _shortened(text)
    )


def _cell(text: str) -> str:
    """A table's cell; names of fields and settings may contain any character."""
    return re.sub(r"([|<`\\])", r"\\\1", text.replace("\n", " "))


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, (tuple, list)):
        return ", ".join(value) or "none"
    return _shortened(str(value))
