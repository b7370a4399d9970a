"""An export → a page that marks replaced words and suggests others.

It uses the SavedModel's signatures alone, and so needs only TensorFlow and Gradio.
Shape letters: N texts, S tokens, M masks of a text, K suggestions; W words of the text
on the page.
"""

import collections
import html
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import anyio
import gradio as gr
import numpy as np
import tensorflow as tf

from electra_tf.interop import loader
from electra_tf.page.server import Page

EXAMPLES = (
    "el zorro rojo es muy ser",
    "la enfermera está muy cansado",
    "mañana el panadero vendió pan en la panadería",
    "el zorro rojo es muy astuto",
)
"""What can be clicked: mistakes, and a sentence without one."""

MASK = "[MASK]"
MAX_CHARACTERS = 5_000
"""Of a text, for whoever can reach the page can send one; more than a model reads."""
MAX_TEXTS_PER_MINUTE = 120
"""Of all visitors together; a text is up to 33 passes through the model."""
MAX_WAITING = 32
"""Texts that wait while one is judged."""
MAX_SUGGESTED_WORDS = 32
"""Words that get suggestions, most suspicious first; each is a row of one batch."""

_STYLE = """<style>
.gradio-container { --font: system-ui, sans-serif; font-family: var(--font); }
.page .notice { margin: 0 0 .6rem; }
.page .cut { border-left: 4px solid #d97706; padding-left: .6rem; }
.page .sentence { display: flex; flex-wrap: wrap; gap: .4rem; align-items: flex-start; }
.page .word {
  max-width: 100%; box-sizing: border-box; overflow-wrap: anywhere;
  border: 1px solid var(--border-color-primary); border-radius: 6px;
  background: rgb(220 38 38 / calc(var(--p) * 60%));
}
.page .replaced { border-color: #dc2626; }
.page summary {
  padding: .3rem .6rem; cursor: pointer; list-style: none; text-align: center;
  font-size: 1.15rem; line-height: 1.3;
}
.page summary::-webkit-details-marker { display: none; }
.page .replaced summary { font-weight: 600; }
.page small { display: block; font-size: .75rem; font-weight: 400; opacity: .8; }
.page .word ol {
  margin: 0; padding: .3rem .6rem .4rem; list-style: none; font-size: .9rem;
  background: var(--background-fill-primary); border-radius: 0 0 5px 5px;
}
.page .word li {
  display: flex; justify-content: space-between; gap: .8rem; margin: 0; padding: 0;
}
.page li small { display: inline; white-space: nowrap; align-self: center; }
.page .legend { margin: .8rem 0 0; font-size: .85rem; opacity: .8; }
.page .scale {
  display: inline-block; width: 5rem; height: .7em; margin: 0 .3em; border-radius: 3px;
  border: 1px solid var(--border-color-primary);
  background: linear-gradient(to right, transparent, rgb(220 38 38 / 60%));
}
</style>"""

_HINT = '<p class="notice">Type a sentence, or click an example below.</p>'
_LEGEND = (
    '<p class="legend">original<span class="scale"></span>replaced · click a word for '
    "what the generator would write in its place; “…s” would continue the word before."
    "</p>"
)

Suggestion = tuple[str, float]


class Word(NamedTuple):
    """A whole word, or a punctuation mark, and the model's judgement of it."""

    text: str
    start: int
    """Characters into the normalised text, as `end`."""
    end: int
    probability: float
    """Of being replaced: the highest of its pieces."""
    replaced: bool


def build(model: str, examples: Sequence[str] = EXAMPLES) -> Page:
    """Loads an export and builds its page.

    Args:
        model: a saved_model directory, or the directory of export.py that holds it.
        examples: sentences to click.

    Raises:
        ValueError: there is no SavedModel, or it lacks `detect` or `fill_mask`.
    """
    signatures = loader.load(model, "detect", "fill_mask").signatures

    judged_at: collections.deque[float] = collections.deque(maxlen=MAX_TEXTS_PER_MINUTE)
    one_at_a_time = anyio.CapacityLimiter(1)
    taken = 0

    async def judge(text: str) -> str:
        nonlocal taken
        if len(text) > MAX_CHARACTERS:
            return _framed(
                _note(
                    f"The text has {len(text):,} characters, and the page takes "
                    f"{MAX_CHARACTERS:,} at most: send it in parts."
                )
            )
        now = time.monotonic()
        is_full = len(judged_at) == MAX_TEXTS_PER_MINUTE
        if is_full and now - judged_at[0] < 60:
            return _framed(
                _note("Too many texts in this minute: try again in the next.")
            )
        if taken > MAX_WAITING:
            return _framed(_note("Too many texts wait: try again in a minute."))
        judged_at.append(now)
        detect, fill_mask = signatures["detect"], signatures["fill_mask"]
        taken += 1
        try:
            return await anyio.to_thread.run_sync(
                answer, text, detect, fill_mask, limiter=one_at_a_time
            )
        finally:
            taken -= 1

    with gr.Blocks(title="Replaced words", analytics_enabled=False) as page:
        gr.HTML(
            f"{_STYLE}<h1>Which word was replaced?</h1><p>ELECTRA's discriminator "
            "judges every word; its generator suggests others.</p>"
        )
        # One line that grows: Enter sends, and long sentences wrap.
        text = gr.Textbox(
            label="Sentence", lines=1, max_lines=8, autofocus=True, elem_id="text"
        )
        button = gr.Button("Find replaced words", variant="primary")
        result = gr.HTML(_framed(_HINT), elem_id="result")
        # Without Gradio's queue, which keeps answers until somebody fetches them.
        judging = {
            "fn": judge,
            "inputs": text,
            "outputs": result,
            "show_progress": "minimal",
            "queue": False,
        }
        gr.on([text.submit, button.click], api_name="judge", **judging)
        clicked = gr.Examples([[example] for example in examples], inputs=text)
        clicked.load_input_event.then(api_visibility="private", **judging)
    return Page(page, len(examples))


def answer(
    text: str,
    detect: Callable[..., Mapping[str, Any]],
    fill_mask: Callable[..., Mapping[str, Any]],
) -> str:
    """The page's answer to a text as HTML.

    Args:
        text: as it was typed.
        detect: the signature.
        fill_mask: the signature; called once, for all words together.
    """
    judged = _arrays(detect(text=tf.constant([text])))
    found = words(judged)
    if not found:
        return _framed(_HINT)
    suspects = sorted(found, key=lambda word: -word.probability)[:MAX_SUGGESTED_WORDS]
    normalized = judged["normalized"][0].decode()
    filled = fill_mask(text=tf.constant([masked(normalized, w) for w in suspects]))
    ranked = suggestions(_arrays(filled), normalized, suspects)
    return render(found, ranked, bool(judged["truncated"][0]))


def words(judged: Mapping[str, np.ndarray]) -> list[Word]:
    """Joins the pieces of the first text's words; [CLS], [SEP] and padding are left.

    Args:
        judged: of the signature `detect`, as arrays.
    """
    normalized = judged["normalized"][0].decode()
    found: list[Word] = []
    for i in range(1, judged["length"][0] - 1):
        start, end = int(judged["starts"][0, i]), int(judged["ends"][0, i])
        probability = float(judged["replaced_probability"][0, i])
        replaced = bool(judged["replaced"][0, i])
        if found and judged["tokens"][0, i].startswith(b"##"):
            last = found.pop()
            start = last.start
            probability = max(last.probability, probability)
            replaced = last.replaced or replaced
        # The text's own characters: a word outside of the vocabulary is [UNK].
        found.append(Word(normalized[start:end], start, end, probability, replaced))
    return found


def masked(normalized: str, word: Word) -> str:
    """The text with [MASK] in place of the word."""
    return normalized[: word.start] + MASK + normalized[word.end :]


def suggestions(
    filled: Mapping[str, np.ndarray], normalized: str, suspects: Sequence[Word]
) -> dict[Word, list[Suggestion]]:
    """Each word's suggestions, most probable first.

    Args:
        filled: of the signature `fill_mask`, as arrays; row w masks suspects[w].
        normalized: the text without a mask of ours. It may hold the user's own.
        suspects: words.
    """
    ranked = {}
    for w, word in enumerate(suspects):
        m = normalized[: word.start].count(MASK)
        tokens_K = [token.decode() for token in filled["tokens"][w, m]]
        probabilities_K = filled["probabilities"][w, m].tolist()
        ranked[word] = list(zip(tokens_K, probabilities_K))
    return ranked


def render(
    found: Sequence[Word],
    ranked: Mapping[Word, Sequence[Suggestion]],
    truncated: bool,
) -> str:
    """HTML of a judged text; whatever was typed is escaped.

    Suggestions are open at words that were judged replaced, or else at the most
    suspicious word.

    Args:
        found: all words, at least one.
        ranked: suggestions, of all words or of some.
        truncated: whether the text was longer than the model reads.
    """
    count = sum(word.replaced for word in found)
    most = max(found, key=lambda word: word.probability)
    cut = (
        _note(
            "The text is longer than the model reads: it was cut after "
            f"“{html.escape(found[-1].text)}”."
        )
        if truncated
        else ""
    )
    verdict = "No word looks" if not count else f"{count} of {len(found)} words look"
    boxes = "".join(
        _box(word, ranked.get(word, ()), word.replaced or (not count and word == most))
        for word in found
    )
    return _framed(
        f'{cut}<p class="notice">{verdict}{"s" * (count == 1)} replaced.</p>'
        f'<div class="sentence">{boxes}</div>{_LEGEND}'
    )


def _box(word: Word, ranked: Sequence[Suggestion], is_open: bool) -> str:
    items = "".join(
        f"<li>{html.escape(re.sub('^##', '…', token))} "
        f"<small>{_percent(probability)}</small></li>"
        for token, probability in ranked
    )
    return (
        f'<details class="word{" replaced" * word.replaced}"{" open" * is_open} '
        f'style="--p:{word.probability:.2f}"><summary><span>{html.escape(word.text)}'
        f"</span><small>{_percent(word.probability)}</small></summary>"
        f"<ol>{items or '<li>no suggestion</li>'}</ol></details>"
    )


def _percent(probability: float) -> str:
    return f"{probability:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


def _note(content: str) -> str:
    return f'<p class="notice cut">{content}</p>'


def _framed(content: str) -> str:
    return f'<div class="page" role="status">{content}</div>'


def _arrays(tensors: Mapping[str, tf.Tensor]) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in tensors.items()}
