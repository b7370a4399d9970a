"""The working directory of a run.

config.json       the resolved configuration
vocab.txt         the vocabulary of the shards
manifest.json     the manifest of the shards
word_start.npz    the first word table, if it was made from the shards
checkpoints/      weights, moments, step
train/  eval/     TensorBoard's event files
metrics.jsonl     the same scalars, a line per reading
lock              host and process id of the process that trains here
"""

import dataclasses
import json
from typing import Any

import numpy as np
import tensorflow as tf

from electra_tf import fields, files
from electra_tf.config import Config
from electra_tf.lock import LOCK_NAME
from electra_tf.pretraining import schedules
from electra_tf.shards.manifest import MANIFEST_NAME, VOCABULARY_NAME, Manifest
from electra_tf.text.vocabulary import Vocabulary
from electra_tf.training import checkpoint_files, readings

REMOVED_FIELDS = {
    "data.on_corrupt": (
        "ERROR",
        "damaged shards can no longer be skipped in training. Delete the line to read "
        "the run; to train on without damaged shards, run prepare.py "
        "--without_damaged=DATA and start another run with config.init_from",
    ),
}
"""Fields of config.json in earlier versions, by path: the value that is ignored, and
what to do about any other."""

MAY_DIFFER_LATER = frozenset(
    {
        "num_train_steps",
        "decay_fraction",
        "attention_slope_fraction",
        "data.short_steps_fraction",
    }
)
"""Fields that work through schedules alone, of which only the past must agree."""


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
        """JSON lines of the readings."""
        return self.file(readings.METRICS_NAME)

    def file(self, name: str) -> str:
        """Path of a file in the directory."""
        return tf.io.gfile.join(self.path, name)

    def exists(self) -> bool:
        """Whether a run was started here."""
        return tf.io.gfile.exists(self.file("config.json"))

    def readings(self, split: str) -> list[dict[str, Any]]:
        """The complete readings of "train" or "eval", in order."""
        return readings.read(self.path, split)

    def config(self) -> Config:
        """The resolved configuration of the run.

        Raises:
            ValueError: no run was started here, or it needs what is no longer there.
        """
        if not self.exists():
            raise ValueError(
                f"{self.path!r} is no working directory: it has no config.json. "
                "Give the --workdir of a run of pretrain.py."
            )
        path = self.file("config.json")
        return files.parse_json(_without_removed_fields(path), Config, path)

    def manifest(self) -> Manifest:
        """The manifest of the run's shards."""
        return Manifest.load(self.path)

    def vocabulary(self) -> Vocabulary:
        """The vocabulary of the run's shards."""
        return Vocabulary.load(self.file(VOCABULARY_NAME))

    def open(self, config: Config, manifest: Manifest, vocabulary: Vocabulary) -> None:
        """Starts a run here, or checks that the directory belongs to this run.

        Fields that a resume may change are updated in config.json.

        Raises:
            ValueError: the directory holds another run, or something else.
        """
        self.check(config, manifest)
        if not self.exists():
            files.make_directory(self.path)
            vocabulary.save(self.file(VOCABULARY_NAME))
            manifest.save(self.path)
        # Last: once config.json is there, so is the rest.
        files.write(self.file("config.json"), config.to_json() + "\n")

    def check(self, config: Config, manifest: Manifest) -> None:
        """Checks that the directory belongs to this run, or that a run can start here.

        Raises:
            ValueError: names what differs, or the directory holds something else.
        """
        if not self.exists():
            self._check_empty()
            return
        saved = checkpoint_files.steps(self.checkpoints)
        self.check_same_run(config, manifest, saved[-1] if saved else 0)

    def check_same_run(self, config: Config, manifest: Manifest, step: int) -> None:
        """Checks that a run would have taken the same first steps as the run here.

        Args:
            config: configuration of the run.
            manifest: manifest of its shards.
            step: number of the steps.

        Raises:
            ValueError: names what differs.
        """
        recorded = self.config()
        may_change = fields.RESUME_MAY_CHANGE
        if schedules_agree(recorded, config, step):
            may_change |= MAY_DIFFER_LATER
        changed = fields.differences(recorded, config, may_change)
        if changed:
            lines = [
                f"  {name}: {ours} now, {theirs} then"
                for name, (theirs, ours) in changed.items()
            ]
            cure = "Use the same values to resume it, or another --workdir."
            if "num_train_steps" in changed:
                cure += (
                    f"\nA run can get another number of steps as long as the {step:,} "
                    "that it has taken would have been the same: with "
                    "config.schedule=WSD, before the learning rate falls. "
                    "config.branch_from goes on from an earlier checkpoint."
                )
            raise ValueError(
                f"{self.path!r} holds a run with another configuration:\n"
                + "\n".join(lines)
                + f"\n{cure}"
            )
        theirs = self.manifest()
        if manifest.shards != theirs.shards:
            raise ValueError(
                f"{self.path!r} was started on other shards "
                f"({theirs.examples('train')} training examples then, "
                f"{manifest.examples('train')} now): give config.data.directory as "
                "before, or another --workdir."
            )

    def _check_empty(self) -> None:
        # Files that an interrupted start may have left.
        expected = {VOCABULARY_NAME, MANIFEST_NAME, LOCK_NAME}
        expected |= {f"{name}.tmp" for name in (*expected, "config.json")}
        if not tf.io.gfile.exists(self.path):
            return
        if set(tf.io.gfile.listdir(self.path)) - expected:
            raise ValueError(
                f"{self.path!r} is not empty and has no config.json, so no run was "
                "started there: choose another --workdir."
            )


def schedules_agree(one: Config, other: Config, steps: int) -> bool:
    """Whether two configurations have the same schedules in the first `steps` steps."""
    taken = tf.range(steps)

    def past(config: Config) -> list:
        return [
            schedules.learning_rate(config)(taken),
            schedules.temperature(config, taken),
            schedules.attention_slope(config, taken),
            [min(phase.end, steps) for phase in config.phases],
        ]

    return all(map(np.array_equal, past(one), past(other)))


def check_data(
    config: Config, manifest: Manifest, fingerprint: str, place: str
) -> None:
    """Checks that shards, vocabulary and run belong together.

    Args:
        config: configuration of the run, with the directory of the shards.
        manifest: manifest of the shards.
        fingerprint: fingerprint of the run's vocabulary and text rules.
        place: directory of its vocabulary.

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
    if fingerprint != manifest.fingerprint:
        raise ValueError(
            f"Vocabulary and text rules in {place} have fingerprint {fingerprint}, the "
            f"shards in {directory} were made with {manifest.fingerprint} "
            f"({manifest.text_rules}): use shards made by prepare.py "
            f"--vocab={place}/{VOCABULARY_NAME} under the same text rules."
        )


def _without_removed_fields(path: str) -> bytes:
    """The text of a config.json without `REMOVED_FIELDS`.

    Raises:
        ValueError: one has another value than its default.
    """
    with tf.io.gfile.GFile(path, "rb") as file:
        text = file.read()
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return text  # The strict parser says what is wrong.
    for field, (default, cure) in REMOVED_FIELDS.items():
        *sections, name = field.split(".")
        section = fields
        for key in sections:
            section = section.get(key, {}) if isinstance(section, dict) else {}
        if isinstance(section, dict) and section.pop(name, default) != default:
            raise ValueError(f"{path} has {field}, which was removed: {cure}.")
    return json.dumps(fields).encode()
