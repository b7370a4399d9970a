"""Text → ids: one graph operation for the builder, the SavedModel and fine-tuning.

It equals Hugging Face's BERT tokenizer under the same text rules, except for a few
hundred characters of rare scripts on whose class their Unicode versions disagree.

Shape letters: N texts.
"""

from collections.abc import Callable

import tensorflow as tf
import tensorflow_text as tf_text

from electra_tf.text.vocabulary import (
    MAX_WORD_CHARACTERS,
    SUFFIX_INDICATOR,
    TextRules,
    Vocabulary,
)

# Characters that BERT's cleaning deletes: controls except \t, \n and \r; format
# characters such as U+00AD, U+200B and U+FEFF; private use; and U+FFFD, which stands
# for invalid bytes. tensorflow_text's own normaliser would cut words at them.
_DELETED = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\p{Cf}\p{Co}\x{FFFD}]+"

# tf.strings.lower follows the locale of the process (Turkish I, Lithuanian Ì) and the
# position in the word (Greek Σ). These are lower-cased before.
_LOWERCASE_FIRST = (
    ("Σ", "σ"),
    ("İ", "i\u0307"),
    ("Į", "į"),
    ("Ì", "ì"),
    ("Í", "í"),
    ("Ĩ", "ĩ"),
)

_VALID_UTF8 = r"[\x{0}-\x{D7FF}\x{E000}-\x{10FFFF}]*"

# BERT's words end at blanks, punctuation and Chinese characters. The exact pattern
# takes 0.2 s/MB, so it is only tried where a pattern matches that knows ASCII alone.
_EXACT_LONG_WORD = (
    r"[^\s\p{Z}\p{P}$+<=>^`|~\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}\x{F900}-\x{FAFF}"
    r"\x{20000}-\x{2A6DF}\x{2A700}-\x{2CEAF}\x{2F800}-\x{2FA1F}]"
    f"{{{MAX_WORD_CHARACTERS + 1},}}"
)
_MAYBE_LONG_WORD = rf"(?s).*[^\s!-/:-@\[-`{{-~]{{{MAX_WORD_CHARACTERS + 1}}}.*"
_LONG_WORD = "\N{REPLACEMENT CHARACTER}"
"""Replaces a word over the limit. No cleaned text has it, so it becomes [UNK]."""


class Tokenizer(tf.Module):
    """Cuts texts into the ids of a vocabulary's pieces.

    It works eagerly, in a tf.function, in tf.data and inside a SavedModel.
    """

    def __init__(self, vocabulary: Vocabulary, text_rules: TextRules):
        """Builds the matching automaton.

        Args:
            vocabulary: pieces to cut texts into.
            text_rules: rules applied to a text before it is cut.

        Raises:
            ValueError: a piece holds a control character.
        """
        super().__init__(name="tokenizer")
        self._text_rules = text_rules
        try:
            self._wordpiece = tf_text.FastWordpieceTokenizer(
                vocabulary.pieces,
                suffix_indicator=SUFFIX_INDICATOR,
                # A character has at most 4 bytes; long words are replaced before.
                max_bytes_per_word=4 * MAX_WORD_CHARACTERS,
                token_out_type=tf.int32,
                unknown_token="[UNK]",
            )
        except RuntimeError as error:
            raise ValueError(
                f"The vocabulary can't be used ({error}): it needs pieces beside the "
                "special ones, and none with a control character."
            ) from error

    def normalize(self, text_N: tf.Tensor) -> tf.Tensor:
        """Applies BERT's cleaning and the text rules.

        Args:
            text_N: UTF-8 strings; invalid bytes are deleted.

        Returns:
            UTF-8 strings [N], to which the offsets of `tokenize_with_offsets` refer.
            They keep the blanks of the text. A word of more than 100 characters, which
            is one [UNK], is replaced by the single character U+FFFD.
        """
        text_N = _with_valid_utf8(text_N)
        text_N = tf.strings.regex_replace(text_N, _DELETED, "")
        if self._text_rules.strip_accents:
            text_N = tf_text.normalize_utf8(text_N, "NFD")
            text_N = tf.strings.regex_replace(text_N, r"\p{Mn}+", "")
        if self._text_rules.lowercase:
            text_N = tf.strings.lower(text_N)  # ASCII alone, which no locale changes.
            for capital, small in _LOWERCASE_FIRST:
                text_N = tf.strings.regex_replace(text_N, capital, small)
            text_N = tf.strings.lower(text_N, encoding="utf-8")
        return _without_long_words(text_N)

    def tokenize(self, text_N: tf.Tensor) -> tf.RaggedTensor:
        """Texts → ids.

        Args:
            text_N: UTF-8 strings.

        Returns:
            int32 [N, (tokens)], without [CLS] and [SEP].
        """
        return self._wordpiece.tokenize(self.normalize(text_N))

    def tokenize_with_offsets(
        self, text_N: tf.Tensor
    ) -> tuple[tf.RaggedTensor, tf.RaggedTensor, tf.RaggedTensor]:
        """Texts → ids, and their positions in the normalised texts.

        Args:
            text_N: UTF-8 strings.

        Returns:
            (ids, starts, ends), each int32 [N, (tokens)]. A token covers the
            characters (code points, not bytes) from start up to, not including, end
            of `normalize(text_N)`: its piece without "##", or the whole unknown word
            for [UNK].
        """
        normalized_N = self.normalize(text_N)
        ids, starts, ends = self._wordpiece.tokenize_with_offsets(normalized_N)
        return ids, *_byte_to_character_offsets(normalized_N, starts, ends)


def _with_valid_utf8(text_N: tf.Tensor) -> tf.Tensor:
    """Replaces each invalid byte sequence by U+FFFD."""
    valid_N = tf.strings.regex_full_match(text_N, _VALID_UTF8)
    return _changed_where(
        ~valid_N,
        text_N,
        lambda text: tf.strings.unicode_transcode(text, *2 * ["UTF-8"]),
    )


def _without_long_words(text_N: tf.Tensor) -> tf.Tensor:
    """Replaces each word over the limit by `_LONG_WORD`."""
    return _changed_where(
        tf.strings.regex_full_match(text_N, _MAYBE_LONG_WORD),
        text_N,
        lambda text: tf.strings.regex_replace(text, _EXACT_LONG_WORD, _LONG_WORD),
    )


def _changed_where(
    chosen_N: tf.Tensor,
    text_N: tf.Tensor,
    change: Callable[[tf.Tensor], tf.Tensor],
) -> tf.Tensor:
    """Applies an operation that is too slow for all texts to the few that need it."""
    indices = tf.where(chosen_N)
    changed = change(tf.gather_nd(text_N, indices))
    return tf.tensor_scatter_nd_update(text_N, indices, changed)


def _byte_to_character_offsets(
    text_N: tf.Tensor, *byte_offsets: tf.RaggedTensor
) -> list[tf.RaggedTensor]:
    """Converts offsets [N, (tokens)] from bytes to characters, int32.

    All texts are treated as one long text, in which a binary search finds the
    character that begins at a byte.
    """
    _, character_bytes = tf.strings.unicode_decode_with_offsets(text_N, "UTF-8")
    first_byte_N = tf.cumsum(tf.strings.length(text_N), exclusive=True)
    first_byte_N = tf.cast(first_byte_N, tf.int64)
    first_character_N = character_bytes.row_starts()

    def in_all_texts(offsets: tf.RaggedTensor) -> tf.Tensor:
        first_bytes = tf.repeat(first_byte_N, offsets.row_lengths())
        return tf.cast(offsets.values, tf.int64) + first_bytes

    begins_at = in_all_texts(character_bytes)

    def to_characters(offsets: tf.RaggedTensor) -> tf.RaggedTensor:
        found = tf.searchsorted(begins_at, in_all_texts(offsets), out_type=tf.int64)
        found -= tf.repeat(first_character_N, offsets.row_lengths())
        return offsets.with_values(tf.cast(found, tf.int32))

    return [to_characters(offsets) for offsets in byte_offsets]
