"""A page that marks the replaced words of a text and suggests others.

It uses only the SavedModel's signatures, so it needs only TensorFlow and Gradio.
Shape letter: K suggestions.
"""

import collections
import html
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anyio
import gradio as gr
import tensorflow as tf

from electra_tf.interop import detections, text_models
from electra_tf.interop.detections import Word
from electra_tf.page.server import Page

EXAMPLES = (
    "el zorro rojo es muy ser",
    "la enfermera está muy cansado",
    "mañana el panadero vendió pan en la panadería",
    "el zorro rojo es muy astuto",
)
"""Sentences to click: three with a mistake, one without."""

MASK = "[MASK]"
MAX_CHARACTERS = 5_000
"""Longest text that is accepted, longer than any model reads."""
MAX_TEXTS_PER_MINUTE = 120
"""Limit for all visitors together; a text takes up to 33 passes of the model."""
MAX_WAITING = 32
"""Texts that wait while another is processed."""
MAX_SUGGESTED_WORDS = 32
"""Words that get suggestions, the most probably replaced first; a batch row each."""

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
_HOW_TO_ASK = (
    " · click a word for what the generator would write in its place; “…s” would "
    "continue the word before."
)

Suggestion = tuple[str, float]


def build(model: str, examples: Sequence[str] = EXAMPLES) -> Page:
    """Loads an export and builds its page.

    Args:
        model: directory of the model, see `text_models.load`; without a generator the
            page suggests no words.
        examples: sentences to click.

    Raises:
        ValueError: there is no model, or its files are damaged.
    """
    signatures = text_models.load(model, "detect")
    has_generator = "fill_mask" in signatures

    accepted_at: collections.deque[float] = collections.deque(
        maxlen=MAX_TEXTS_PER_MINUTE
    )
    one_at_a_time = anyio.CapacityLimiter(1)
    pending = 0

    async def respond(text: str) -> str:
        nonlocal pending
        if len(text) > MAX_CHARACTERS:
            return _framed(
                _note(
                    f"The text has {len(text):,} characters, and the page takes "
                    f"{MAX_CHARACTERS:,} at most: send it in parts."
                )
            )
        now = time.monotonic()
        is_full = len(accepted_at) == MAX_TEXTS_PER_MINUTE
        if is_full and now - accepted_at[0] < 60:
            return _framed(
                _note("Too many texts in this minute: try again in the next.")
            )
        if pending > MAX_WAITING:
            return _framed(_note("Too many texts wait: try again in a minute."))
        accepted_at.append(now)
        detect, fill_mask = signatures["detect"], signatures.get("fill_mask")
        pending += 1
        try:
            return await anyio.to_thread.run_sync(
                answer, text, detect, fill_mask, limiter=one_at_a_time
            )
        finally:
            pending -= 1

    with gr.Blocks(title="Replaced words", analytics_enabled=False) as page:
        gr.HTML(
            f"{_STYLE}<h1>Which word was replaced?</h1><p>ELECTRA's discriminator "
            f"judges every word{'; its generator suggests others' * has_generator}.</p>"
        )
        # One line that grows: Enter sends, and long sentences wrap.
        text = gr.Textbox(
            label="Sentence", lines=1, max_lines=8, autofocus=True, elem_id="text"
        )
        button = gr.Button("Find replaced words", variant="primary")
        result = gr.HTML(_framed(_HINT), elem_id="result")
        # No queue: Gradio's keeps answers until somebody fetches them.
        event = {
            "fn": respond,
            "inputs": text,
            "outputs": result,
            "show_progress": "minimal",
            "queue": False,
        }
        gr.on([text.submit, button.click], api_name="judge", **event)
        clicked = gr.Examples([[example] for example in examples], inputs=text)
        clicked.load_input_event.then(api_visibility="private", **event)
    return Page(page, len(examples))


def answer(
    text: str,
    detect: Callable[..., Mapping[str, Any]],
    fill_mask: Callable[..., Mapping[str, Any]] | None,
) -> str:
    """The page's answer to a text, as HTML.

    Args:
        text: as it was typed.
        detect: signature `detect`.
        fill_mask: signature `fill_mask`, called once for all words together, or None.
    """
    (detection,) = detections.unpack(detect(text=tf.constant([text])))
    shown = detection.words
    if not shown:
        return _framed(_HINT)
    if fill_mask is None:
        return render(shown, None, detection.truncated)
    suspects = sorted(shown, key=lambda word: -word.probability)[:MAX_SUGGESTED_WORDS]
    normalized = detection.normalized
    filled = fill_mask(text=tf.constant([masked(normalized, w) for w in suspects]))
    arrays = {name: tensor.numpy() for name, tensor in filled.items()}
    return render(shown, suggestions(arrays, normalized, suspects), detection.truncated)


def masked(normalized: str, word: Word) -> str:
    """The text with [MASK] in place of the word."""
    return normalized[: word.start] + MASK + normalized[word.end :]


def suggestions(
    filled: Mapping[str, Any], normalized: str, suspects: Sequence[Word]
) -> dict[Word, list[Suggestion]]:
    """Suggestions for each word, the most probable first.

    Args:
        filled: output of the signature `fill_mask`; its row w masks suspects[w].
        normalized: the text before a word is masked; may contain the user's [MASK]s.
        suspects: words that were masked.
    """
    ranked = {}
    for w, word in enumerate(suspects):
        m = normalized[: word.start].count(MASK)
        tokens_K = [token.decode() for token in filled["tokens"][w, m]]
        probabilities_K = filled["probabilities"][w, m].tolist()
        ranked[word] = list(zip(tokens_K, probabilities_K))
    return ranked


def render(
    shown: Sequence[Word],
    ranked: Mapping[Word, Sequence[Suggestion]] | None,
    truncated: bool,
) -> str:
    """HTML of a text and its predictions; whatever was typed is escaped.

    Suggestions are unfolded at words predicted to be replaced, or else at the word with
    the highest probability.

    Args:
        shown: all words, at least one.
        ranked: suggestions for all or some of the words; None without a generator.
        truncated: whether the text was longer than the model's length.
    """
    count = sum(word.replaced for word in shown)
    most = max(shown, key=lambda word: word.probability)
    unfolded = [word for word in shown if word.replaced] or [most]
    if ranked is None:
        unfolded = []
    cut = (
        _note(
            "The text is longer than the model reads: it was cut after "
            f"“{html.escape(shown[-1].text)}”."
        )
        if truncated
        else ""
    )
    hint = "" if ranked is None else _HOW_TO_ASK
    verdict = "No word looks" if not count else f"{count} of {len(shown)} words look"
    boxes = "".join(
        _box(word, (ranked or {}).get(word, ()), word in unfolded) for word in shown
    )
    return _framed(
        f'{cut}<p class="notice">{verdict}{"s" * (count == 1)} replaced.</p>'
        f'<div class="sentence">{boxes}</div><p class="legend">original'
        f'<span class="scale"></span>replaced{hint}</p>'
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
