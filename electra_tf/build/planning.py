"""Settles the vocabulary of a build, and all else that workers need beside the text."""

import dataclasses
from collections.abc import Callable, Mapping

import tensorflow as tf

from electra_tf.build.settings import BuildSettings
from electra_tf.build.stages import BlockSettings
from electra_tf.corpus import documents
from electra_tf.corpus.cleaning.cleaner import Cleaner
from electra_tf.shards.manifest import VOCABULARY_NAME
from electra_tf.text import wordpiece
from electra_tf.text.vocabulary import Vocabulary


@dataclasses.dataclass(frozen=True)
class BuildPlan:
    """What is known before the first block is read."""

    block_settings: BlockSettings
    unreachable_pieces: int
    """Pieces of the vocabulary that no text can produce."""


def plan(
    settings: BuildSettings,
    directory: str,
    say: Callable[[str], None] = print,
    shards_per_split: Mapping[str, int] | None = None,
) -> BuildPlan:
    """Finds or learns the vocabulary, and saves it.

    Args:
        settings: what to build.
        directory: for the vocabulary; an unfinished build already has one there.
        say: is called with lines for the user.
        shards_per_split: the numbers that an unfinished build began with, if it did.
    """
    path = tf.io.gfile.join(directory, VOCABULARY_NAME)
    if tf.io.gfile.exists(path):
        vocabulary = Vocabulary.load(path)
    else:
        vocabulary = settings.vocabulary or _learn(settings, say)
    unreachable = wordpiece.unreachable(vocabulary, settings.text_rules)
    if unreachable:
        shown = ", ".join(unreachable[:8])
        say(
            f"{len(unreachable):,} of {len(vocabulary):,} pieces can't come out of "
            f"any text ({settings.text_rules}): {shown}, ..."
        )
    vocabulary.save(path)
    block_settings = BlockSettings(
        vocabulary=vocabulary,
        text_rules=settings.text_rules,
        max_seq_length=settings.max_seq_length,
        num_shards=shards_per_split or settings.shards_per_split,
        valid_fraction=0.0 if settings.valid_sources else settings.valid_fraction,
        seed=settings.seed,
        cleaning=settings.config.cleaning,
        deduplication=settings.config.deduplication,
        language=settings.language,
        sampled=bool(settings.report),
    )
    return BuildPlan(block_settings, len(unreachable))


def _learn(settings: BuildSettings, say: Callable[[str], None]) -> Vocabulary:
    cleaner = Cleaner(settings.config.cleaning, settings.language)
    text = documents.Excerpt(
        settings.train_sources, settings.vocabulary_sample_bytes, cleaner
    )
    vocabulary = wordpiece.learn(text, settings.vocabulary_size, settings.text_rules)
    say(f"Learned a vocabulary of {len(vocabulary):,} pieces ({settings.text_rules}).")
    if len(vocabulary) < settings.vocabulary_size:
        say(
            f"That is fewer than --vocab_size={settings.vocabulary_size:,}: the text "
            "has no more pieces that occur twice."
        )
    return vocabulary
