"""Long contexts are cut into windows, and answers come back as they were written."""

import numpy as np
import pytest

from electra_tf.finetuning import features, question_answering
from electra_tf.finetuning.config import FinetuneConfig
from electra_tf.finetuning.task import Columns
from electra_tf.finetuning.tasks import TASKS
from electra_tf.labelled.squad import Answer, Question
from electra_tf.text.tokenizer import Tokenizer
from electra_tf.text.vocabulary import TextRules
from tests.interop.models import VOCABULARY


def featurizer(max_seq_length: int, stride: int, **config: int) -> features.Featurizer:
    tokenizer = Tokenizer(VOCABULARY, TextRules(strip_accents=True))
    lengths = FinetuneConfig(max_seq_length=max_seq_length, doc_stride=stride, **config)
    return features.Featurizer(tokenizer, VOCABULARY.special_ids, lengths)


def question(context: str, answer: str = "", text: str = "el") -> Question:
    answers = (Answer(answer, context.find(answer)),) if answer else ()
    return Question("1", "one", context, text, answers)


def pieces(row: np.ndarray) -> list[str]:
    return [VOCABULARY.pieces[i] for i in row if i != VOCABULARY.special_ids.pad]


def test_a_short_context_is_one_window():
    example = question("La rojo, corre.", "rojo")
    found, (windows,) = question_answering.encode([example], featurizer(16, 8))
    row = ["[CLS]", "el", "[SEP]", "la", "ro", "##jo", ",", "corre", ".", "[SEP]"]
    assert pieces(found.ids_NS[0]) == row
    assert found.segments_NS[0].sum() == 7
    assert found.targets.tolist() == [[4, 5]]
    (window,) = windows
    assert (window.row, window.offset) == (0, 3)
    assert window.spans[:4] == [(0, 2), (3, 5), (5, 7), (7, 8)]


def test_a_long_context_has_windows_that_overlap():
    context = "la el tiene corre ro la el tiene"
    found, (windows,) = question_answering.encode(
        [question(context, "corre")], featurizer(8, 2)
    )
    rows = [pieces(row)[3:-1] for row in found.ids_NS]
    assert rows == [
        ["la", "el", "tiene", "corre"],
        ["tiene", "corre", "ro", "la"],
        ["ro", "la", "el", "tiene"],
    ]
    # Not in the last one: [CLS].
    assert found.targets.tolist() == [[6, 6], [4, 4], [0, 0]]
    assert [window.row for window in windows] == [0, 1, 2]


def test_an_answer_that_a_window_cuts_is_not_in_it():
    context = "la el tiene corre ro"
    found, _ = question_answering.encode(
        [question(context, "corre ro")], featurizer(8, 1)
    )
    assert found.targets.tolist() == [[0, 0], [5, 6]]


def test_an_answer_that_no_window_has_is_not_learnt_as_none(caplog):
    context = "la el tiene corre ro la"
    examples = [question(context, "la el tiene corre ro"), question(context, "corre")]
    found, _ = question_answering.encode(examples, featurizer(8, 2))
    assert found.targets.tolist() == [[-1, -1], [-1, -1], [6, 6], [4, 4]]
    assert "1 answers are longer than a window" in caplog.text


@pytest.mark.parametrize("answer", [" el ", "el\u200b", "el"])
def test_an_answer_s_edges_may_be_blank(answer):
    context = "la el\u200b tiene corre".replace(
        "\u200b", answer[2:] * ("\u200b" in answer)
    )
    example = Question(
        "1", "one", context, "el", (Answer(answer, context.find(answer)),)
    )
    found, _ = question_answering.encode([example], featurizer(16, 8))
    assert found.targets.tolist() == [[4, 4]]


@pytest.mark.parametrize(
    "text",
    ["e\u0301l nin\u0303o", "co\u00adrre el", "rojo,corre.", "東京都 el", "हिन्दी"],
)
def test_a_context_is_cut_as_the_text_that_a_model_was_trained_on(text):
    ids, spans = question_answering._tokens(text, featurizer(16, 8))
    assert ids == featurizer(16, 8).tokenize([text])[0]
    assert all(0 <= start < end <= len(text) for start, end in spans)


def test_pieces_within_a_word_have_their_own_place():
    _, spans = question_answering._tokens("la rojo,corre", featurizer(16, 8))
    assert spans == [(0, 2), (3, 5), (5, 7), (7, 8), (8, 13)]


def test_a_long_question_leaves_half_of_the_places(task):
    example = question("la el tiene corre", "corre", text="el " * 90)
    found, _ = question_answering.encode([example], featurizer(9, 9))
    assert [" ".join(pieces(row)) for row in found.ids_NS] == [
        "[CLS] el el el [SEP] la el tiene [SEP]",
        "[CLS] el el el [SEP] el tiene corre [SEP]",
    ]
    assert found.targets.tolist() == [[0, 0], [7, 7]]
    assert (
        question_answering.encode([question("", text="")], featurizer(4, 9))[1][0][
            0
        ].spans
        == []
    )
    found, _ = question_answering.encode(
        [example], featurizer(9, 9, max_question_tokens=2)
    )
    row = " ".join(pieces(found.ids_NS[0]))
    assert row == "[CLS] el el [SEP] la el tiene corre [SEP]"


def answered(task, example: Question, where: dict[tuple[int, int], float], **sizes):
    """The prediction where some logits (row, token) are high."""
    split = task.encode(
        [example], featurizer(**{"max_seq_length": 16, "stride": 2} | sizes)
    )
    logits = np.zeros((*split.features.ids_NS.shape, 2))
    for (row, token), value in where.items():
        logits[row, token] = value
    return task.predictions(split, logits)[0]


@pytest.fixture
def task():
    return TASKS["qa"](Columns())


def test_an_answer_is_given_as_it_was_written(task):
    context = "El  NIÑO, ro"
    example = question(context, "NIÑO")
    # [CLS] el [SEP] el [UNK] , ro: the vocabulary has no nino.
    assert answered(task, example, {(0, 4): 3.0}) == "NIÑO"
    assert answered(task, example, {(0, 3): 3.0, (0, 4): 1.4}) == "El"
    logits = {(0, 3): np.array([3.0, 0.0]), (0, 4): np.array([0.0, 3.0])}
    assert answered(task, example, logits) == "El  NIÑO"


def test_an_answer_does_not_end_before_it_begins_nor_stand_in_the_question(task):
    example = question("la el tiene", "la")
    logits = {
        (0, 1): np.array([9.0, 9.0]),  # The question.
        (0, 5): np.array([3.0, 0.0]),
        (0, 3): np.array([0.0, 2.0]),
    }
    assert answered(task, example, logits) == "tiene"


def test_controls_part_no_words():
    """As in pre-training, and in the export."""
    ids, spans = question_answering._tokens("corre\x0c ro\x85jo", featurizer(16, 8))
    assert [VOCABULARY.pieces[i] for i in ids] == ["corre", "ro", "##jo"]
    assert spans == [(0, 6), (7, 12), (7, 12)]


def test_a_context_without_a_token_leaves_the_threshold_a_number(task):
    task.may_be_impossible = True
    questions = [question("la", "la"), question("\u200b", "")]
    split = task.encode(questions, featurizer(16, 8))
    logits = np.zeros((*split.features.ids_NS.shape, 2))
    task.tune(split, logits)
    assert np.isfinite(task.null_threshold)
    assert task.predictions(split, logits) == ["la", ""]


def test_an_answer_has_so_many_tokens_at_most(task):
    example = question("la el tiene", "la")
    logits = {(0, 3): np.array([3.0, 0.0]), (0, 5): np.array([0.0, 3.0])}
    assert answered(task, example, logits) == "la el tiene"
    assert answered(task, example, logits, max_answer_tokens=3) == "la el tiene"
    logits[0, 4] = np.array([0.0, 2.0])
    assert answered(task, example, logits, max_answer_tokens=2) == "la el"


def test_the_best_window_gives_the_answer(task):
    example = question("la el tiene corre ro la el tiene", "corre")
    logits = {(0, 3): 1.0, (2, 3): 2.0}
    assert answered(task, example, logits, max_seq_length=8) == "ro"


def test_nothing_is_an_answer_where_training_has_questions_without_one(task):
    example = question("la el tiene", "")
    assert answered(task, example, {(0, 0): 5.0, (0, 3): 1.0}) == "la"
    task.may_be_impossible = True
    assert answered(task, example, {(0, 0): 5.0, (0, 3): 1.0}) == ""
    assert answered(task, example, {(0, 0): 1.0, (0, 3): 5.0}) == "la"
    scores = task.scores([example], [""])
    assert scores == {"exact_match": 1.0, "f1": 1.0, "null_threshold": 0.0}


def test_a_window_that_is_sure_of_its_answer_is_enough(task):
    """None must be the better choice in every window, as in run_squad of SQuAD 2.0."""
    task.may_be_impossible = True
    example = question("la el tiene corre ro la el tiene", "corre")
    none = {(0, 0): 5.0, (1, 0): -5.0, (2, 0): 5.0}
    assert answered(task, example, none | {(1, 4): 1.0}, max_seq_length=8) == "corre"
    none = {(0, 0): 5.0, (1, 0): 2.0, (2, 0): 5.0}
    assert answered(task, example, none | {(1, 4): 1.0}, max_seq_length=8) == ""


def test_the_threshold_is_the_one_with_the_highest_f1(task):
    """By how much none scores above the best: 3, 1, -1; right are none, «la», «la»."""
    task.may_be_impossible = True
    questions = [question("la", answer) for answer in ("", "la", "la")]
    split = task.encode(questions, featurizer(16, 8))
    logits = np.full((*split.features.ids_NS.shape, 2), -50.0)
    for row, margin in enumerate((3.0, 1.0, -1.0)):
        logits[row, 0, 0], logits[row, 0, 1] = margin, 0.0
        logits[row, 3] = 0.0
    task.tune(split, logits)
    assert task.null_threshold == 2.0
    assert task.predictions(split, logits) == ["", "la", "la"]
    # Where none is right throughout, no margin is low enough.
    nothing = split._replace(examples=[question("la", "")] * 3)
    task.tune(nothing, logits)
    assert task.null_threshold < -1.0
    assert task.predictions(nothing, logits) == [""] * 3
