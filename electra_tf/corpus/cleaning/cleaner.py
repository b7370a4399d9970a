"""Applies the rules that repair text and drop lines and documents.

One search over a document, at 100 MB/s and more, finds out whether it needs a repair;
only the lines of those that do are looked at one by one.
"""

import dataclasses
import re
from collections.abc import Sequence

from electra_tf.corpus.audit import Samples
from electra_tf.corpus.cleaning import annotations, composition, languages, length
from electra_tf.corpus.cleaning.config import CleaningConfig
from electra_tf.corpus.cleaning.repairs import REPAIRS
from electra_tf.corpus.cleaning.rule import DocumentText
from electra_tf.corpus.formats import Document
from electra_tf.shards.manifest import CorpusCounts

DOCUMENT_FILTERS = (
    *length.FILTERS,
    *annotations.FILTERS,
    *languages.FILTERS,
    *composition.FILTERS,
)
"""In the order in which they are applied; the first that drops a document counts it."""
MAX_PASSES = 10
"""Passes over a line, as one repair may bring out what another repairs; 2 are usual."""


class Cleaner:
    """Applies the rules that are on."""

    def __init__(self, config: CleaningConfig, language: str):
        """Prepares the rules.

        Args:
            config: settings of the rules.
            language: ISO 639 code that documents should have.

        Raises:
            ValueError: a limit is out of range, or the language is to be checked but
                unknown.
        """
        dataclasses.replace(config)  # Checks what was overridden.
        self._min_line_characters = config.min_line_characters
        self._repairs = [rule for rule in REPAIRS if getattr(config, rule.name)]
        characters = "".join(rule.characters for rule in self._repairs)
        self._unusual = re.compile(f"[{characters}]") if characters else None
        searches = [rule.is_also_in for rule in self._repairs]
        self._other_searches = [search for search in searches if search]
        self._may_repair("")  # Imports what is needed before workers are forked.
        self._filters = [
            (rule, rule.test(setting, language))
            for rule in DOCUMENT_FILTERS
            if (setting := getattr(config, rule.name))
        ]

    def __call__(
        self,
        documents: Sequence[Document],
        counts: CorpusCounts,
        samples: Samples | None = None,
    ) -> list[Document]:
        """Cleans documents.

        Args:
            documents: the documents as they were read.
            counts: receives the numbers of changes and drops.
            samples: receives examples of them.

        Returns:
            The documents that are kept; each has at least one line.
        """
        if not (self._repairs or self._min_line_characters or self._filters):
            return list(documents)
        cleaned = []
        for document in documents:
            lines = document.lines
            if self._may_repair("\n".join(lines)):
                lines = [self._repaired(line, counts, samples) for line in lines]
            lines = self._long_lines(lines, counts, samples)
            if not lines:
                counts.drop("no line is left")
                continue
            document = Document(lines, document.metadata)
            if self._is_kept(document, counts, samples):
                cleaned.append(document)
        return cleaned

    def _may_repair(self, text: str) -> bool:
        if self._unusual and self._unusual.search(text):
            return True
        return any(search(text) for search in self._other_searches)

    def _repaired(
        self, line: str, counts: CorpusCounts, samples: Samples | None
    ) -> str:
        """Repairs a line until no rule changes it any more."""
        if not self._may_repair(line):
            return line
        changed = set()
        for _ in range(MAX_PASSES):
            before = line
            for rule in self._repairs:
                if not rule.may_change(line):
                    continue
                repaired = rule.repaired(line)
                if repaired != line and rule.name not in changed:
                    changed.add(rule.name)
                    counts.change_line(rule.name)
                    if samples:
                        samples.offer_repair(rule.name, line, repaired)
                line = repaired
            if line == before:
                break
        return line

    def _long_lines(
        self, lines: list[str], counts: CorpusCounts, samples: Samples | None
    ) -> list[str]:
        minimum = self._min_line_characters
        if not minimum:
            kept = [line for line in lines if line and not line.isspace()]
            counts.drop_lines("blank after repairs", len(lines) - len(kept))
            return kept
        rule = length.LINE_FILTER
        kept = [line for line in lines if rule.size(line) >= minimum]
        counts.drop_lines(rule.name, len(lines) - len(kept))
        if samples:
            for line in lines:
                size = rule.size(line)
                samples.offer(rule.name, size < minimum, line, size)
        return kept

    def _is_kept(
        self, document: Document, counts: CorpusCounts, samples: Samples | None
    ) -> bool:
        text = DocumentText(document)
        for rule, drops in self._filters:
            value = rule.value(text)
            if value is None:
                counts.keep_unstated(rule.name)
                continue
            dropped = drops(value)
            if samples:
                samples.offer(rule.name, dropped, text.joined, value)
            if dropped:
                counts.drop(rule.name)
                return False
        return True
