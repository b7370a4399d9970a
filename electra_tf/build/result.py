"""What a build made: its manifest, and the summary that prepare.py prints."""

import dataclasses
from collections.abc import Sequence

from electra_tf.build.planning import BuildPlan
from electra_tf.build.settings import BuildSettings
from electra_tf.corpus.formats import MAX_DOCUMENT_BYTES
from electra_tf.quantities import ratio
from electra_tf.shards.manifest import CorpusCounts, Manifest, RecordFormat, Shard


@dataclasses.dataclass(frozen=True)
class BuildResult:
    """A finished build, and how long it took."""

    manifest: Manifest
    text_bytes: int
    """Text made into examples by this process; less than all after a resume."""
    seconds: dict[str, float]
    """Time of this process by stage, such as "vocabulary" and "examples"."""
    workers: int
    """Processes; 0 if unknown."""

    @property
    def rate(self) -> float:
        """MB of text per second, without the time to learn the vocabulary."""
        seconds = sum(self.seconds.values()) - self.seconds.get("vocabulary", 0.0)
        return ratio(self.text_bytes / 1e6, seconds)


def check_documents(settings: BuildSettings, counts: CorpusCounts) -> None:
    """Checks that the corpus holds a document.

    Raises:
        ValueError: it holds none.
    """
    if not counts.documents:
        raise ValueError(
            f"The corpus is empty: {len(settings.train_sources)} sources, "
            f"beginning with {settings.train_sources[0].path}, hold no document. "
            "Check the files that --corpus names."
        )


def manifest_of(
    settings: BuildSettings,
    plan: BuildPlan,
    shards: Sequence[Shard],
    counts: CorpusCounts,
) -> Manifest:
    """The manifest of a build whose shards are written."""
    vocabulary = plan.block_settings.vocabulary
    return Manifest(
        record_format=RecordFormat.COMPACT,
        text_rules=settings.text_rules,
        vocabulary_hash=vocabulary.hash,
        fingerprint=vocabulary.fingerprint(settings.text_rules),
        special_ids=vocabulary.special_ids,
        vocabulary_size=len(vocabulary),
        max_seq_length=settings.max_seq_length,
        shards=tuple(shards),
        sources=tuple(settings.source_records),
        counts=counts,
        unreachable_pieces=plan.unreachable_pieces,
        config=dataclasses.asdict(settings.config),
        seed=settings.seed,
        shuffled=True,
        language=settings.language,
        command=settings.command,
    )


def summary(result: BuildResult) -> str:
    """What was made."""
    manifest, counts = result.manifest, result.manifest.counts
    stages = ", ".join(f"{name} {took:.0f} s" for name, took in result.seconds.items())
    per_worker = ""
    if result.workers:
        per_worker = f", {result.rate / result.workers:.1f} per worker"
    lines = [
        f"Documents  {counts.documents:,} kept, {_dropped(counts.documents_dropped)}",
        f"Lines      {counts.lines:,} kept, {_dropped(counts.lines_dropped)}",
        f"Text       {counts.text_bytes / 1e6:,.1f} MB, {counts.words:,} words, "
        f"{counts.text_tokens:,} tokens",
        f"Tokens     {ratio(counts.text_tokens, counts.words):.3f} per word, "
        f"{ratio(counts.unknown_tokens, counts.text_tokens):.3%} [UNK], "
        f"{ratio(counts.example_tokens, counts.text_tokens):.1%} in an example",
        *_splits(manifest),
        f"Rate       {result.rate:.1f} MB of text per second{per_worker} ({stages})",
    ]
    if counts.lines_changed:
        lines.append(f"Repaired   lines: {_by_rule(counts.lines_changed)}")
    if counts.documents_not_judged:
        lines.append(
            "Note       documents kept because they lack the metadata that a rule "
            f"needs: {_by_rule(counts.documents_not_judged)}"
        )
    if counts.invalid_utf8:
        lines.append(
            f"Warning    {counts.invalid_utf8:,} invalid UTF-8 sequences were replaced "
            "by U+FFFD, which the tokenizer drops: is the corpus UTF-8?"
        )
    if counts.nul_characters:
        lines.append(
            f"Warning    {counts.nul_characters:,} NUL characters, which the tokenizer "
            "drops: are the files whole?"
        )
    if counts.malformed_metadata:
        lines.append(
            f"Warning    {counts.malformed_metadata:,} documents have metadata whose "
            "type is not OSCAR's; it was ignored"
        )
    if counts.documents_cut:
        lines.append(
            f"Note       {counts.documents_cut:,} cuts in documents of more than "
            f"{MAX_DOCUMENT_BYTES / 1e6:.0f} MB, at line ends where there are any"
        )
    lines += _held_out(manifest, "raise --valid_fraction or give --valid_corpus")
    return "\n".join(["", *lines])


def adoption_summary(manifest: Manifest) -> str:
    """What was adopted."""
    lines = [f"Adopted    {len(manifest.shards):,} shards", *_splits(manifest)]
    lines.append(
        f"Text       {manifest.text_rules}, as the flags say: were the shards made so?"
    )
    lines += _held_out(
        manifest, "give --adopt_valid, or train with --config.eval_every=0"
    )
    return "\n".join(lines)


def salvage_summary(manifest: Manifest) -> str:
    """Which damaged shards were left out."""
    examples = sum(shard.examples for shard in manifest.left_out)
    names = ", ".join(shard.name for shard in manifest.left_out)
    lines = [
        f"Left out   {len(manifest.left_out):,} damaged shards, {examples:,} examples: "
        f"{names}; their files stay on the disk",
        *_splits(manifest),
        "Note       A run that was started on all shards can't be resumed on the rest: "
        "copy the damaged ones again with their manifest.json, rerun prepare.py with "
        "--overwrite, or start another run with --config.init_from",
    ]
    return "\n".join(lines)


def _held_out(manifest: Manifest, cure: str) -> list[str]:
    if manifest.examples("valid"):
        return []
    return [f"Warning    nothing is held out to evaluate on: {cure}"]


def _splits(manifest: Manifest) -> list[str]:
    lines = []
    for split in ("train", "valid"):
        examples, tokens = manifest.examples(split), manifest.tokens(split)
        padding = 1 - ratio(tokens, examples * manifest.max_seq_length)
        lines.append(
            f"{split.capitalize():10} {examples:,} examples of up to "
            f"{manifest.max_seq_length} tokens in {len(manifest.split(split))} shards, "
            f"{tokens:,} tokens, {padding:.1%} padding"
        )
    return lines


def _dropped(by_reason: dict[str, int]) -> str:
    reasons = f" ({_by_rule(by_reason)})" if by_reason else ""
    return f"{sum(by_reason.values()):,} dropped{reasons}"


def _by_rule(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {rule}" for rule, count in sorted(counts.items()))
