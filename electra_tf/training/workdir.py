"""The working directory of a run: what it was asked, and what it made.

config.json       the resolved run
vocab.txt         the vocabulary of its shards
manifest.json     how they were made
checkpoints/      weights, moments, step
train/  eval/     TensorBoard's event files
metrics.jsonl     the same scalars, a line per reading
"""

import dataclasses
import json

import tensorflow as tf

from electra_tf import config as configs
from electra_tf import files
from electra_tf.config import Config
from electra_tf.data.manifest import Manifest
from electra_tf.data.vocabulary import Vocabulary


@dataclasses.dataclass(frozen=True)
class Workdir:
    """Paths and contents of one working directory, local or gs://."""

    path: str

    @property
    def checkpoints(self) -> str:
        """Directory of the checkpoints."""
        return self.file("checkpoints")

    @property
    def metrics(self) -> str:
        """JSON lines: {"step", "split", tag: value, ...}."""
        return self.file("metrics.jsonl")

    def file(self, name: str) -> str:
        """Path of a file in the directory."""
        return tf.io.gfile.join(self.path, name)

    def exists(self) -> bool:
        """Whether a run was started here."""
        return tf.io.gfile.exists(self.file("config.json"))

    def config(self) -> Config:
        """The resolved run.

        Raises:
            ValueError: no run was started here.
        """
        if not self.exists():
            raise ValueError(
                f"{self.path!r} is no working directory: it has no config.json. "
                "Give the --workdir of a pretrain.py run."
            )
        return Config.from_json(files.read(self.file("config.json")))

    def manifest(self) -> Manifest:
        """How the run's shards were made."""
        return Manifest.load(self.path)

    def vocabulary(self) -> Vocabulary:
        """The vocabulary of the run's shards."""
        return Vocabulary.load(self.file("vocab.txt"))

    def open(self, config: Config, manifest: Manifest, vocabulary: Vocabulary) -> None:
        """Starts a run here, or checks that this is the run that was started here.

        Raises:
            ValueError: the directory holds another run, or something else.
        """
        if self.exists():
            self._check_same_run(config, manifest)
            return
        if tf.io.gfile.exists(self.path) and tf.io.gfile.listdir(self.path):
            raise ValueError(
                f"{self.path!r} is not empty and has no config.json, so no run was "
                "started there: choose another --workdir."
            )
        tf.io.gfile.makedirs(self.path)
        vocabulary.save(self.file("vocab.txt"))
        manifest.save(self.path)
        # Last: where config.json is, the rest is.
        files.write(self.file("config.json"), config.to_json() + "\n")

    def _check_same_run(self, config: Config, manifest: Manifest) -> None:
        changed = configs.differences(config, self.config())
        if changed:
            lines = [
                f"  {name}: {ours} now, {theirs} then"
                for name, (ours, theirs) in changed.items()
            ]
            raise ValueError(
                f"{self.path!r} holds a run with another configuration:\n"
                + "\n".join(lines)
                + "\nUse the same values to resume it, or another --workdir."
            )
        theirs = self.manifest()
        if manifest.shards != theirs.shards:
            raise ValueError(
                f"{self.path!r} was started on other shards "
                f"({theirs.examples('train')} training examples then, "
                f"{manifest.examples('train')} now): give config.data.directory as "
                "before, or another --workdir."
            )


def check_data(
    config: Config, manifest: Manifest, vocabulary: Vocabulary, place: str
) -> None:
    """Checks that shards, vocabulary and run belong together.

    Args:
        config: of the run, with the directory of the shards.
        manifest: of the shards.
        vocabulary: of the run.
        place: where the vocabulary was read.

    Raises:
        ValueError: names both sides.
    """
    directory = config.data.directory
    if manifest.max_seq_length != config.data.max_seq_length:
        raise ValueError(
            f"The shards in {directory} have max_seq_length={manifest.max_seq_length}, "
            f"the run says config.data.max_seq_length={config.data.max_seq_length}: "
            "change it, or rerun prepare.py with --max_seq_length."
        )
    fingerprint = vocabulary.fingerprint(manifest.text_rules)
    if fingerprint != manifest.fingerprint:
        raise ValueError(
            f"vocab.txt in {place} has fingerprint {fingerprint}, but the shards in "
            f"{directory} were made with {manifest.fingerprint} "
            f"({manifest.text_rules}): use shards of that vocabulary, made by "
            f"prepare.py --vocab={place}/vocab.txt under the same text rules."
        )


def drop_readings_after(path: str, step: int) -> None:
    """Removes lines of metrics.jsonl that a resumed run will write again."""
    if not tf.io.gfile.exists(path):
        return
    lines = files.read(path).splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["step"] <= step]
    if len(kept) < len(lines):
        files.write(path, "".join(kept))
