"""The model card (README.md) of an export, made only from what the run recorded."""

from typing import Any

import tensorflow as tf

from electra_tf import files
from electra_tf.config import EncoderSizes
from electra_tf.pretraining import checkpoint_evaluation, metrics, positions
from electra_tf.pretraining.trained import Trained
from electra_tf.pretraining.workdir import Workdir
from electra_tf.shards.manifest import Manifest

NAME = "README.md"


def write(
    directory: str, kind: str, usage: str, run: Trained, workdir: Workdir
) -> None:
    """Writes the card into an export.

    Args:
        directory: directory of the export.
        kind: "saved_model", "discriminator", "generator" or "keras".
        usage: how to load the files, with fields {path}, {example}, {masked}, {length}.
        run: the exported run.
        workdir: working directory of the run, with its metrics.
    """
    text = card(kind, usage, run, held_out(workdir, run.step))
    files.write(tf.io.gfile.join(directory, NAME), text)


def held_out(workdir: Workdir, step: int) -> dict[str, float] | None:
    """The last held-out reading at or before a step; None if there is none."""
    earlier = [
        reading for reading in workdir.readings("eval") if reading["step"] <= step
    ]
    return max(earlier, key=lambda reading: reading["step"], default=None)


def card(kind: str, usage: str, run: Trained, reading: dict[str, float] | None) -> str:
    """The card's text, with the YAML header that Hugging Face reads."""
    model = run.config.model
    sizes = model.generator if kind == "generator" else model.discriminator
    sections = [
        _header(kind, run.manifest),
        f"# ELECTRA {kind.replace('_', ' ')}, {sizes.num_layers} layers of "
        f"{sizes.hidden_size}",
        _summary(kind, run),
        "## How to use it",
        usage.format(
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
    # Shards of other programs come without these.
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

    return _rows(
        [
            (
                "discriminator",
                f"{_layers(model.discriminator)}, embeddings {model.embedding_size}; "
                f"{parameters('discriminator')} parameters",
            ),
            (
                "generator",
                f"{_layers(model.generator)}; {parameters('generator')} parameters, "
                "shared embeddings included",
            ),
            ("steps", f"{run.step:,} of {config.num_train_steps:,}"),
            (
                "batch",
                f"{config.data.global_batch_size} examples of {_lengths(run)}",
            ),
            ("tokens by position", _tokens_by_position(run)),
            ("masked", f"{config.masking.mask_prob:.0%} of the tokens"),
            ("learning rate", f"{config.learning_rate:g}"),
            ("weight of the discriminator's loss", f"{config.discriminator_weight:g}"),
            ("started from", config.init_from or "random weights"),
        ]
    )


def _layers(sizes: EncoderSizes) -> str:
    return (
        f"{sizes.num_layers} layers, hidden {sizes.hidden_size}, "
        f"heads {sizes.num_heads}, feed-forward {sizes.intermediate_size}"
    )


def _tokens_by_position(run: Trained) -> str:
    if run.position_counts is None:
        return "not counted"
    lengths = [phase.length for phase in run.config.phases]
    return positions.describe(run.position_counts, lengths)


def _lengths(run: Trained) -> str:
    """Tokens per example; with the steps of each length if there are several."""
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
        f"{_cut_to(run, reading)},\ntheir masks fixed. `trivial_accuracy` is the "
        "accuracy of predicting\noriginal for every token, the baseline of `accuracy`."
        "\n\n"
        f"```\n{checkpoint_evaluation.table(values)}\n```"
    )


def _cut_to(run: Trained, reading: dict[str, float]) -> str:
    """Words for a reading in the phase of short examples; "" for others."""
    length = run.config.phase(int(reading["step"])).length
    cut = length < run.config.data.max_seq_length
    return f", cut to {length} tokens" if cut else ""


def _limits(run: Trained) -> str:
    length = run.config.data.max_seq_length
    lines = [
        f"- Trained on at most {length} tokens: longer texts are cut.",
        "- The discriminator has seen no mistakes but the generator's samples: a "
        "probability is a hint, not a spelling check.",
        "- The model reproduces errors and biases of its corpus.",
    ]
    if warning := untrained_positions(run):
        lines.append(f"- {warning}")
    if run.step < run.config.num_train_steps:
        lines.append(
            f"- Training was not finished: {run.step:,} of "
            f"{run.config.num_train_steps:,} steps."
        )
    if not run.manifest.text_rules.strip_accents:
        lines.append("- Accents are kept: text without them gets other tokens.")
    return "\n".join(lines)


def untrained_positions(run: Trained) -> str:
    """A warning that names the positions without training; "" if there are none."""
    if run.position_counts is None:
        return ""
    never = positions.never_trained(run.position_counts)
    if not never:
        return ""
    length = run.config.data.max_seq_length
    start = "weights of init_from" if run.config.init_from else "initial weights"
    cure = f"keep texts within {length} tokens, or train on longer ones first"
    if (run.position_counts[:length] == 0).any():
        cure = (
            f"the export takes {length} tokens, so finish the run or cut texts before"
        )
    return (
        f"Positions {never} of {len(run.position_counts)} were never trained in this "
        f"run and hold its {start}, decayed: {cure}."
    )


def _rows(rows: list[tuple[str, Any]]) -> str:
    return "\n".join(["| | |", "|--|--|", *(f"| {a} | {b} |" for a, b in rows)])
