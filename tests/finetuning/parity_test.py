"""Task models, live in transformers."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.finetuning import exports
from electra_tf.finetuning.config import FinetuneConfig
from electra_tf.finetuning.model import TaskModel
from electra_tf.finetuning.plan import FinetunePlan
from electra_tf.finetuning.question_answering import QuestionAnswering
from electra_tf.finetuning.task import Columns
from electra_tf.finetuning.tasks import Classification, Regression, Tagging
from electra_tf.interop.encoders import PretrainedEncoder
from electra_tf.model.dropout import inference
from electra_tf.text.vocabulary import TextRules
from tests.interop import models

pytestmark = pytest.mark.parity


@pytest.mark.parametrize(
    ("head", "labels", "kind"),
    [
        ("token", ("B-LOC", "I-LOC", "O"), "AutoModelForTokenClassification"),
        ("text", ("no", "yes"), "AutoModelForSequenceClassification"),
        ("text", (), "AutoModelForSequenceClassification"),
        ("span", (), "AutoModelForQuestionAnswering"),
    ],
)
def test_a_task_model_has_the_same_logits_there(
    tmp_path: pathlib.Path, head, labels, kind
):
    import torch
    import transformers

    electra = models.random_model()
    outputs = 2 if head == "span" else len(labels) or 1
    model = TaskModel(electra, head, outputs, seed=0)
    for index, layer in enumerate((model.head_product, model.head_dense)):
        for variable in layer.variables if layer else ():
            shape = variable.shape
            variable.assign(tf.random.stateless_normal(shape, (7, index), stddev=0.5))
    encoder = PretrainedEncoder(
        "", "", "", electra.config, models.VOCABULARY, TextRules(), models.LENGTH
    )
    task = {
        "span": QuestionAnswering,
        "token": Tagging,
        "text": Classification if labels else Regression,
    }[head](Columns())
    task.labels = labels
    if isinstance(task, QuestionAnswering):
        task.may_be_impossible, task.null_threshold = True, 0.5
    config = FinetuneConfig(max_seq_length=models.LENGTH)
    plan = FinetunePlan(task, config, encoder, {}, {}, from_random=False)
    exports.write_huggingface(str(tmp_path), plan, electra, model)
    theirs, loading = getattr(transformers, kind).from_pretrained(
        tmp_path, output_loading_info=True
    )
    assert not loading["missing_keys"] and not loading["unexpected_keys"]
    if head == "span":
        assert theirs.config.null_threshold == 0.5
    if labels:
        assert theirs.config.id2label == dict(enumerate(labels))
    ids_BS, mask_BS, segments_BS = models.batch()
    ours = model(ids_BS, mask_BS, segments_BS, dropout=inference()).numpy()
    with torch.no_grad():
        found = theirs(
            input_ids=torch.tensor(ids_BS.numpy()),
            attention_mask=torch.tensor(mask_BS.numpy()),
            token_type_ids=torch.tensor(segments_BS.numpy()),
        )
    answer = (
        torch.stack([found.start_logits, found.end_logits], -1)
        if head == "span"
        else found.logits
    ).numpy()
    real = mask_BS.numpy() > 0
    if head != "text":
        ours, answer = ours[real], answer[real]
    np.testing.assert_allclose(ours, answer, atol=1e-4)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert tokenizer.tokenize("El niño") == ["el", "niño"]
