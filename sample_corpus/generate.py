"""Documents of the generated Spanish corpus, and the text files that hold them.

A document is a small story (`story`) told in sentences drawn from patterns (`grammar`
and `scenes`, compiled by `patterns`) over an inflected lexicon (`lexicon`, read from
`tables`). It is made to be learnable: agreement reaches across clauses, every word
keeps narrow company, and the people and things of a document come back, so that a wrong
word stands out. All of it was written for this project.
"""

import itertools
import os
import random
from collections.abc import Iterator
from typing import NamedTuple

from sample_corpus import grammar, scenes
from sample_corpus.patterns import AGREEING, Pattern, compile_block
from sample_corpus.story import Story

MIN_SENTENCES, MAX_SENTENCES = 5, 20
FILE_BYTES = 4_000_000
"""Approximate size of a text file; the last one is smaller."""


class _Kind(NamedTuple):
    """A kind of document, compiled."""

    openings: tuple[tuple[Pattern, ...], ...]
    own: tuple[Pattern, ...]
    extra: tuple[Pattern, ...]
    closing: tuple[Pattern, ...]


_FRAMES = compile_block(scenes.FRAMES)
_KINDS = tuple(
    _Kind(
        tuple(compile_block(block) for block in kind.openings),
        compile_block(kind.own),
        compile_block(kind.extra),
        compile_block(kind.closing),
    )
    for kind in grammar.KINDS
    for _ in range(kind.share)
)


def _finish(sentence: str) -> str:
    """Corrects spelling that depends on the next word (e Inés), and capitalizes."""
    if " y i" in sentence or " y I" in sentence:
        sentence = sentence.replace(" y i", " e i").replace(" y I", " e I")
    if " y hi" in sentence:
        sentence = sentence.replace(" y hi", " e hi").replace(" e hie", " y hie")
    at = 0
    while not sentence[at].isalnum():
        at += 1
    return sentence[:at] + sentence[at].upper() + sentence[at + 1 :]


def _tell(kind: _Kind, story: Story) -> Iterator[tuple[str, int]]:
    """Yields the sentences of a document, and how many each counts as."""
    target = story.between(MIN_SENTENCES, MAX_SENTENCES - 2)
    told, subject = 0, False
    for group in kind.openings:
        pattern = story.pick(group)
        story.turn()
        yield _finish(pattern(story)), pattern.sentences
        told += pattern.sentences
        if pattern.tells_job:
            story.hero_names = [story.named, story.named, story.job]
        if pattern.tells_friends_job:
            story.friend_names = [story.friend_named, story.friend_named, story.job2]
    own = extra = _shuffled(kind.own, story)
    if kind.extra:
        extra = _shuffled(kind.extra, story)
    while told < target:
        pattern = next(own if story.random() < 0.75 else extra)
        story.turn()
        while pattern.needs and story.lacks(pattern.needs):
            pattern = next(own)
        told += pattern.sentences
        yield _finish(_word(pattern, story, subject)), pattern.sentences
        subject = pattern.without_subject is not None
    if story.random() < 0.5:
        story.turn()
        yield _finish(story.pick(kind.closing)(story)), 1


def _word(pattern: Pattern, story: Story, same_subject: bool) -> str:
    """Words a pattern: reported, with a pronoun, without its subject, or plainly."""
    if pattern.can_be_reported and story.random() < 0.55:
        return f"{story.pick(_FRAMES)(story)} {pattern(story)}"
    if pattern.without_subject is not None and same_subject:
        choice = story.random()
        if choice < 0.4:
            return pattern.without_subject(story)
        if choice < 0.55:
            pronoun = AGREEING["él"][story.hero.key]
            story.hero = story.hero._replace(the=pronoun)
    return pattern(story)


def _shuffled(patterns: tuple[Pattern, ...], story: Story) -> Iterator[Pattern]:
    """Cycles through all patterns in a random order that the story draws."""
    return itertools.cycle(sorted(patterns, key=lambda _: story.random()))


def _document(seed: int, index: int) -> list[str]:
    """Makes document number `index` as paragraphs of one to four sentences."""
    story = Story(random.Random(f"{seed}:{index}"))
    paragraphs: list[str] = []
    sentences: list[str] = []
    room = story.between(1, 4)
    for sentence, count in _tell(story.pick(_KINDS), story):
        sentences.append(sentence)
        room -= count
        if room <= 0 or count == 0:  # A greeting stands alone.
            paragraphs.append(" ".join(sentences))
            sentences, room = [], story.between(1, 4)
    if sentences:
        paragraphs.append(" ".join(sentences))
    return paragraphs


def documents(num_bytes: int, seed: int = 0) -> Iterator[list[str]]:
    """Generates a corpus document by document.

    Args:
        num_bytes: least size of the UTF-8 text, line ends included.
        seed: another seed gives another corpus. A document depends only on the seed
            and its index, so a shorter corpus is the beginning of a longer one.

    Yields:
        Documents as lists of lines; a line is a paragraph of one or more sentences.
    """
    written = 0
    for index in itertools.count():
        if written >= num_bytes:
            return
        document = _document(seed, index)
        written += sum(len(line.encode()) + 1 for line in document)
        yield document


def write(directory: str, num_bytes: int, seed: int = 0) -> list[str]:
    """Writes a corpus as text files, with a blank line between documents.

    Args:
        directory: is made if it does not exist; files of the same names are replaced.
        num_bytes: least size of the text, as for `documents`.
        seed: seed of the corpus, as for `documents`.

    Returns:
        The paths of the files, in order.
    """
    os.makedirs(directory, exist_ok=True)
    paths: list[str] = []
    remaining = documents(num_bytes, seed)
    while first := next(remaining, None):
        paths.append(os.path.join(directory, f"cuentos-{len(paths):02}.txt"))
        with open(paths[-1], "w", encoding="utf-8") as file:
            for lines in itertools.chain([first], remaining):
                file.write("\n".join(lines) + "\n\n")
                if file.tell() >= FILE_BYTES:
                    break
    return paths
