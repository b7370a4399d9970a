"""The README.md of an export, made from what the run measured and nothing else."""

from typing import Any

import tensorflow as tf

from electra_tf import files
from electra_tf.interop import position_limits
from electra_tf.pretraining import checkpoint_evaluation, metrics
from electra_tf.pretraining.trained import Trained
from electra_tf.pretraining.workdir import Workdir
from electra_tf.shards.manifest import Manifest

_USE = {
    "saved_model": """\
```python
import tensorflow as tf, tensorflow_text

model = tf.saved_model.load("{path}")
answer = model.signatures["detect"](text=tf.constant(["{example}"]))
print(answer["tokens"], answer["replaced_probability"])
```

Signatures: `detect` (also `serving_default`), `embed`, `fill_mask`.""",
    "discriminator": """\
```python
from transformers import AutoTokenizer, ElectraForPreTraining

tokenizer = AutoTokenizer.from_pretrained("{path}")
model = ElectraForPreTraining.from_pretrained("{path}")
logits = model(**tokenizer("{example}", return_tensors="pt")).logits
```

A logit above 0 says that the token was replaced. `ElectraModel` and the other classes,
such as `ElectraForTokenClassification`, load the same files to be fine-tuned.""",
    "generator": """\
```python
from transformers import pipeline

fill = pipeline("fill-mask", "{path}")
print(fill("{masked}"))
```""",
    "keras": """\
```python
import keras_nlp

tokenizer = keras_nlp.models.ElectraTokenizer.from_preset("{path}")
backbone = keras_nlp.models.ElectraBackbone.from_preset("{path}")
packer = keras_nlp.layers.MultiSegmentPacker(
    {length}, tokenizer.cls_token_id, tokenizer.sep_token_id
)
ids, segments = packer(tokenizer(["{example}"]))
mask = ids != tokenizer.pad_token_id
inputs = {{"token_ids": ids, "segment_ids": segments, "padding_mask": mask}}
print(backbone(inputs)["sequence_output"])
```

The backbone of keras_nlp computes GELU by its tanh approximation, the model was trained
with the exact one: hidden states differ in the third or fourth decimal. Its pooler,
which ELECTRA has not, is untrained.""",
}


def write(directory: str, kind: str, run: Trained, workdir: Workdir) -> None:
    """Writes README.md into an export.

    Args:
        directory: of the export.
        kind: "saved_model", "discriminator", "generator" or "keras", which is also
            the directory's name in the lines that load it.
        run: that was exported.
        workdir: of the run, with its metrics.
    """
    text = card(kind, run, held_out(workdir, run.step))
    files.write(tf.io.gfile.join(directory, "README.md"), text)


def held_out(workdir: Workdir, step: int) -> dict[str, float] | None:
    """The last held-out reading at or before a step; None where there is none."""
    fitting = [
        reading for reading in workdir.readings("eval") if reading["step"] <= step
    ]
    return max(fitting, key=lambda reading: reading["step"], default=None)


def card(kind: str, run: Trained, reading: dict[str, float] | None) -> str:
    """The card's text, Hugging Face's YAML header included."""
    model = run.config.model
    sizes = model.generator if kind == "generator" else model.discriminator
    sections = [
        _header(kind, run.manifest),
        f"# ELECTRA {kind.replace('_', ' ')}, {sizes.num_layers} layers of "
        f"{sizes.hidden_size}",
        _summary(kind, run),
        "## How to use it",
        _USE[kind].format(
            path=kind,
            example="el zorro rojo es muy ser",
            masked="el zorro rojo es muy [MASK]",
            length=run.config.data.max_seq_length,
        ),
        "## Training data",
        _data(run.manifest),
        "## Training",
        _training(run),
        "## Held-out metrics",
        _metrics(run, reading),
        "## Limits",
        _limits(run),
    ]
    return "\n\n".join(sections) + "\n"


def _header(kind: str, manifest: Manifest) -> str:
    libraries = {"keras": "keras-hub", "saved_model": ""}
    library = libraries.get(kind, "transformers")
    lines = ["---"]
    if manifest.language:
        lines.append(f"language: {manifest.language}")
    if library:
        lines.append(f"library_name: {library}")
    if kind == "generator":
        lines.append("pipeline_tag: fill-mask")
        lines.append("mask_token: '[MASK]'")
    lines += ["tags:", "- electra", "- electra_tf", "---"]
    return "\n".join(lines)


def _summary(kind: str, run: Trained) -> str:
    language = run.manifest.language or "not stated"
    what = {
        "generator": "The generator, a small masked-language model,",
        "saved_model": "Discriminator and generator",
    }.get(kind, "The discriminator, an encoder to be fine-tuned,")
    return (
        f"{what} of an [ELECTRA](https://arxiv.org/abs/2003.10555) pre-training run\n"
        f"with electra_tf. Language: {language}. Text: {run.manifest.text_rules}."
    )


def _data(manifest: Manifest) -> str:
    counts = manifest.counts
    rows: list[tuple[str, Any]] = [
        ("training examples", f"{manifest.examples('train'):,}"),
        ("training tokens, [CLS] and [SEP] included", f"{manifest.tokens('train'):,}"),
        ("held-out examples", f"{manifest.examples('valid'):,}"),
    ]
    # Adopted shards come without these.
    if counts.text_bytes:
        rows = [
            ("text", f"{counts.text_bytes / 1e6:,.1f} MB"),
            ("documents", f"{counts.documents:,}"),
            ("words", f"{counts.words:,}"),
            ("files", _files(manifest)),
            *rows,
        ]
    rows += [
        ("vocabulary", f"{manifest.vocabulary_size:,} WordPieces"),
        ("case and accents", str(manifest.text_rules)),
        ("fingerprint of vocabulary and rules", f"`{manifest.fingerprint}`"),
    ]
    return _rows(rows)


def _files(manifest: Manifest) -> str:
    names = [source["path"].rpartition("/")[2] for source in manifest.sources]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(f"`{name}`" for name in names[:3]) + more


def _training(run: Trained) -> str:
    config, model = run.config, run.config.model

    sizes = {variable.path: variable.value.shape for variable in run.model.variables}

    def parameters(network: str) -> str:
        number = sum(sizes[path].num_elements() for path in run.model.paths(network))
        return f"{number:,}"

    ours, theirs = model.discriminator, model.generator
    return _rows(
        [
            (
                "discriminator",
                f"{ours.num_layers} layers, hidden {ours.hidden_size}, "
                f"heads {ours.num_heads}, feed-forward {ours.intermediate_size}, "
                f"embeddings {model.embedding_size}; "
                f"{parameters('discriminator')} parameters",
            ),
            (
                "generator",
                f"{theirs.num_layers} layers, hidden {theirs.hidden_size}, "
                f"heads {theirs.num_heads}, feed-forward {theirs.intermediate_size}; "
                f"{parameters('generator')} parameters, shared embeddings "
                "included",
            ),
            ("steps", f"{run.step:,} of {config.num_train_steps:,}"),
            (
                "batch",
                f"{config.data.global_batch_size} examples of {_lengths(run)}",
            ),
            ("tokens by position", position_limits.trained(run) or "not counted"),
            ("masked", f"{config.masking.mask_prob:.0%} of the tokens"),
            ("learning rate", f"{config.learning_rate:g}"),
            ("weight of the discriminator's loss", f"{config.discriminator_weight:g}"),
            ("started from", config.init_from or "random weights"),
        ]
    )


def _lengths(run: Trained) -> str:
    """Tokens per example, with the steps where there are several lengths."""
    *before, last = run.config.phases
    parts = [f"{phase.length} tokens up to step {phase.end:,}" for phase in before]
    return ", then ".join([*parts, f"{last.length} tokens"])


def _metrics(run: Trained, reading: dict[str, float] | None) -> str:
    if reading is None:
        every = run.config.eval_every
        first = min(every, run.config.phases[0].end)
        when = f"the first time is step {first:,}" if every else "`config.eval_every=0`"
        return f"Not measured in this run ({when})."
    examples = run.manifest.examples("valid")
    if run.config.eval_examples:
        examples = min(examples, run.config.eval_examples)
    values = metrics.on_card(reading)
    return (
        f"At step {int(reading['step']):,}, on up to {examples:,} held-out examples"
        f"{_cut_to(run, reading)},\ntheir masks fixed. `trivial_accuracy` is what "
        "calling every token original\nscores: `accuracy` says nothing without it.\n\n"
        f"```\n{checkpoint_evaluation.table(values)}\n```"
    )


def _cut_to(run: Trained, reading: dict[str, float]) -> str:
    """Readings of a run's short phase say so."""
    length = run.config.phase(int(reading["step"])).length
    cut = length < run.config.data.max_seq_length
    return f", cut to {length} tokens" if cut else ""


def _limits(run: Trained) -> str:
    length = run.config.data.max_seq_length
    lines = [
        f"- Trained on at most {length} tokens: longer texts are cut.",
        "- The generator's samples are the only mistakes that the discriminator has "
        "seen; a probability is a hint, not a spelling check.",
        "- What the corpus says, right or wrong, fair or unfair, the model has learnt.",
    ]
    if untrained := position_limits.untrained(run):
        lines.append(f"- {untrained}")
    if run.step < run.config.num_train_steps:
        lines.append(
            f"- Training was not finished: {run.step:,} of "
            f"{run.config.num_train_steps:,} steps."
        )
    if not run.manifest.text_rules.strip_accents:
        lines.append("- Accents are kept: text without them is another text.")
    return "\n".join(lines)


def _rows(rows: list[tuple[str, Any]]) -> str:
    return "\n".join(["| | |", "|--|--|", *(f"| {a} | {b} |" for a, b in rows)])
