"""Task models, live in transformers."""

import pathlib

import numpy as np
import pytest
import tensorflow as tf

from electra_tf.finetuning import huggingface_export
from electra_tf.finetuning.model import TaskModel
from electra_tf.finetuning.source import Source
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
    source = Source(
        "", "", "", electra.config, models.VOCABULARY, TextRules(), models.LENGTH
    )
    huggingface_export.write(
        str(tmp_path), electra, model, labels, source, models.LENGTH, {"threshold": 0.5}
    )
    theirs, loading = getattr(transformers, kind).from_pretrained(
        tmp_path, output_loading_info=True
    )
    assert not loading["missing_keys"] and not loading["unexpected_keys"]
    assert theirs.config.threshold == 0.5
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
