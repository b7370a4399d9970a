"""Tables of shards and of two vocabularies for a terminal.

Shape letters: B batch, S sequence.
"""

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from electra_tf.batch import Batch
from electra_tf.console import aligned, printable
from electra_tf.inspection.shard_contents import SplitSummary
from electra_tf.inspection.vocabulary_comparison import VocabularyComparison
from electra_tf.quantities import ratio

HISTOGRAM_ROWS = 16
BAR_WIDTH = 40
LINE_WIDTH = 88
PIECES_IN_A_CELL = 8
UNMIXED = 2.0
"""Divergence from which a part of an epoch is not called a sample of the corpus."""


def examples(
    batch: Batch, pieces: Sequence[str], masked_ids_BS: tf.Tensor | None = None
) -> str:
    """Examples as pieces, a paragraph per segment, without padding.

    Args:
        batch: the examples, not masked.
        pieces: pieces of the vocabulary.
        masked_ids_BS: ids as the generator sees them, to show below each example.
    """
    lines = []
    for index, ids_S in enumerate(batch.input_ids_BS.numpy()):
        length = int(np.sum(batch.input_mask_BS[index]))
        second = int(np.sum(batch.segment_ids_BS[index]))
        views = {"": ids_S}
        if masked_ids_BS is not None:
            views["masked "] = masked_ids_BS[index].numpy()
        lines.append(f"Example {index + 1}: {length} tokens, {second} in segment B")
        for view, shown_S in views.items():
            words = [printable(pieces[i]) for i in shown_S[:length]]
            segments = {"A": words[: length - second], "B": words[length - second :]}
            lines += [
                _paragraph(f"{view}{name}", " ".join(segment))
                for name, segment in segments.items()
                if segment
            ]
        lines.append("")
    return "\n".join(lines)


def shards(summary: SplitSummary) -> str:
    """Tables of lengths, pieces and mixture, then a summary."""
    parts = [_histogram(summary), _pieces(summary)]
    if summary.mixture:
        parts.append(_mixture(summary.mixture))
    return "\n\n".join([*parts, _table(summary)])


def vocabularies(comparison: VocabularyComparison) -> str:
    """Words cut differently, numbers side by side, and which one makes fewer tokens."""
    a, b = comparison.vocabularies

    def row(name: str, form: str, of_a: float, of_b: float) -> tuple[str, ...]:
        return name, f"{of_a:{form}}", f"{of_b:{form}}"

    numbers = [
        ("", "A", "B"),
        row("pieces", ",", a.pieces, b.pieces),
        row("  in common", ",", *2 * [comparison.pieces_in_common]),
        row("  used", ",", a.pieces_used, b.pieces_used),
        row("  unreachable", ",", a.unreachable, b.unreachable),
        row("tokens", ",", a.tokens, b.tokens),
        row("  per word", ".3f", a.tokens_per_word, b.tokens_per_word),
        row("  [UNK]", ".3%", a.unknown, b.unknown),
        row(
            "characters per token",
            ".3f",
            a.characters_per_token,
            b.characters_per_token,
        ),
    ]
    words = [
        ("word", "times", "A", "B"),
        *(
            (cut.word, f"{cut.times:,}", _cell(cut.pieces[0]), _cell(cut.pieces[1]))
            for cut in comparison.cut_words
        ),
    ]
    difference = ratio(b.tokens, a.tokens) - 1
    return "\n".join(
        [
            aligned(words, "lrl")
            if comparison.cut_words
            else "No word is cut differently.",
            "",
            aligned(numbers, "lr"),
            "",
            f"A  {printable(a.path)}",
            f"B  {printable(b.path)}",
            f"{comparison.text_bytes / 1e6:,.1f} MB of text, {comparison.text_rules}; "
            "a punctuation mark is a word",
            f"B makes {abs(difference):.1%} {'more' if difference > 0 else 'fewer'} "
            "tokens than A.",
        ]
    )


def _histogram(summary: SplitSummary) -> str:
    """Examples by length, in rows of equal width that end at max_seq_length."""
    width = -(-summary.max_seq_length // HISTOGRAM_ROWS)
    bounds = range(summary.max_seq_length, 0, -width)
    counts = dict.fromkeys(reversed(bounds), 0)
    for length, count in summary.length_counts.items():
        counts[length + (summary.max_seq_length - length) % width] += count
    most = max(counts.values())
    rows = [("tokens", "examples", "", "")]
    for last, count in counts.items():
        first = max(1, last - width + 1)
        bar = "█" * round(BAR_WIDTH * count / most)
        share = f"{ratio(count, summary.examples):.1%}"
        rows.append((f"{first}-{last}", f"{count:,}", share, bar))
    return aligned(rows, "rrrl")


def _pieces(summary: SplitSummary) -> str:
    def counted(pieces: Mapping[str, int]) -> str:
        joined = "\N{NO-BREAK SPACE}"  # A line doesn't end between piece and count.
        return "  ".join(
            f"{printable(piece)}{joined}{count:,}" for piece, count in pieces.items()
        )

    return "\n".join(
        [
            "Most frequent pieces",
            _paragraph("", counted(summary.most_frequent)),
            "Least used pieces",
            _paragraph("", counted(summary.least_used)),
            "Never used, the first of them",
            _paragraph("", "  ".join(map(printable, summary.unused)) or "none"),
        ]
    )


def _mixture(mixture: Sequence[float]) -> str:
    """A bar for each part of an epoch, and what follows from them."""
    percent = 100 // len(mixture)
    bars = [
        (
            f"{percent * part}-{percent * (part + 1)} %",
            f"{divergence:.1f}",
            "█" * round(divergence),
        )
        for part, divergence in enumerate(mixture)
    ]
    verdict = "every part is a sample of the corpus"
    if max(mixture) > UNMIXED:
        verdict = (
            "parts are not samples of the corpus: make the shards again from its text"
        )
    return "\n".join(
        [
            "Mixture over an epoch: divergence of each part's pieces from the whole's, "
            "over that of examples drawn at random",
            aligned([("part", "", ""), *bars], "rrl"),
            f"At most {max(mixture):.1f}: {verdict}.",
        ]
    )


def _table(summary: SplitSummary) -> str:
    used = f"{ratio(summary.pieces_used, summary.pieces):.1%}"
    return "\n".join(
        [
            f"{summary.split} in {summary.directory}: {summary.examples:,} of "
            f"{summary.examples_in_split:,} examples counted",
            aligned(
                [
                    ("tokens", f"{summary.tokens:,}", ""),
                    (
                        "tokens per example",
                        f"{summary.mean_length:.1f}",
                        f"median {summary.median_length}, "
                        f"at most {summary.max_seq_length}",
                    ),
                    ("padding", f"{summary.padding:.2%}", ""),
                    ("two segments", f"{summary.two_segments:.2%}", "of the examples"),
                    (
                        "tokens per word",
                        f"{summary.tokens_per_word:.3f}",
                        "a punctuation mark is a word",
                    ),
                    ("[UNK]", f"{summary.unknown:.3%}", "of the text's tokens"),
                    (
                        "pieces used",
                        f"{summary.pieces_used:,}",
                        f"{used} of {summary.pieces:,}, special ones aside",
                    ),
                ],
                "lrl",
            ),
        ]
    )


def _paragraph(name: str, text: str) -> str:
    return textwrap.fill(
        text,
        LINE_WIDTH,
        initial_indent=f"  {name:<{len(name) + 2 if name else 0}}",
        subsequent_indent=" " * (len(name) + 4 if name else 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _cell(pieces: Sequence[str]) -> str:
    more = " ..." if len(pieces) > PIECES_IN_A_CELL else ""
    return " ".join(pieces[:PIECES_IN_A_CELL]) + more
