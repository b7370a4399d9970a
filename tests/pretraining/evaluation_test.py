"""Evaluation of a checkpoint from its working directory."""

import dataclasses
import pathlib

import pytest
import tensorflow as tf

from electra_tf.pretraining import checkpoint_evaluation, evaluation, loop
from electra_tf.pretraining.workdir import Workdir
from electra_tf.shards.manifest import Manifest
from electra_tf.text.vocabulary import TextRules
from tests import small


def default_strategy() -> tf.distribute.Strategy:
    return tf.distribute.get_strategy()


def test_evaluation_of_a_working_directory_repeats_the_last_one(data, tmp_path):
    workdir = Workdir(str(tmp_path / "run"))
    result = loop.train(small.config(data), workdir, default_strategy())
    report = checkpoint_evaluation.evaluate(workdir, "", "valid", 0, default_strategy())
    assert report.pop("step") == 20
    assert report.pop("examples") == 24
    assert report == pytest.approx(result.evaluation, rel=1e-6)
    printed = checkpoint_evaluation.table(report)
    assert f"{report['discriminator/auc']:.4f}" in printed


def test_a_split_is_counted_whole_whatever_the_batch(data, tmp_path, monkeypatch):
    workdir = Workdir(str(tmp_path / "run"))
    loop.train(small.config(data, num_train_steps=10), workdir, default_strategy())
    config = workdir.config()
    counted = []
    scalars = evaluation.Evaluator.scalars

    def remembered(self, counts):
        counted.append(counts.tokens)
        return scalars(self, counts)

    monkeypatch.setattr(evaluation.Evaluator, "scalars", remembered)
    monkeypatch.setattr(evaluation, "BATCHES_PER_LOOP", 2)
    for batch_size in (8, 7):  # 24 examples: whole batches, and 4 examples left over.
        config.data.global_batch_size = batch_size
        pathlib.Path(workdir.file("config.json")).write_text(config.to_json())
        checkpoint_evaluation.evaluate(workdir, "", "valid", 0, default_strategy())
    assert counted == [Manifest.load(data).tokens("valid")] * 2


def test_evaluation_without_a_checkpoint_says_when_there_will_be_one(data, tmp_path):
    workdir = Workdir(str(tmp_path / "run"))
    with pytest.raises(ValueError, match=r"no config.json"):
        checkpoint_evaluation.evaluate(workdir, "", "valid", 0, default_strategy())
    config = small.config(data, num_train_steps=5, eval_every=0)
    loop.train(config, workdir, default_strategy())
    tf.io.gfile.rmtree(workdir.checkpoints)
    with pytest.raises(ValueError, match="no checkpoint yet"):
        checkpoint_evaluation.evaluate(workdir, "", "valid", 0, default_strategy())


def test_shards_under_other_text_rules_are_refused(data, tmp_path):
    workdir = Workdir(str(tmp_path / "run"))
    config = small.config(data, num_train_steps=5, eval_every=0)
    loop.train(config, workdir, default_strategy())
    manifest, rules = Manifest.load(data), TextRules(strip_accents=True)
    fingerprint = small.vocabulary().fingerprint(rules)
    dataclasses.replace(manifest, text_rules=rules, fingerprint=fingerprint).save(data)
    with pytest.raises(ValueError, match="accents stripped"):
        checkpoint_evaluation.evaluate(workdir, data, "valid", 0, default_strategy())
