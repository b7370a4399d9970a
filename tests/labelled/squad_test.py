"""Questions are read with their answers in place, or with a word about it."""

import json
import pathlib

import pytest

from electra_tf.labelled import squad
from electra_tf.labelled.squad import Answer

CONTEXT = "El niño corre. La niña corre."


def write(directory: pathlib.Path, *qas: dict) -> str:
    path = directory / "squad.json"
    paragraph = {"context": CONTEXT, "qas": list(qas)}
    article = {"title": "t", "paragraphs": [paragraph]}
    path.write_text(json.dumps({"version": "v2.0", "data": [article]}))
    return str(path)


def qa(*answers: tuple[str, int], **more) -> dict:
    texts = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": "1", "question": "¿Quién?", "answers": texts, **more}


def test_answers_keep_their_place(tmp_path):
    path = write(tmp_path, qa(("corre", 23), ("La niña", 15)))
    (question,) = squad.read(path)
    assert question.answers == (Answer("corre", 23), Answer("La niña", 15))
    assert question.context == CONTEXT and question.question == "¿Quién?"


def test_a_wrong_place_is_mended_and_a_foreign_answer_counted(tmp_path, caplog):
    path = write(
        tmp_path, qa(("corre", 2)), qa(("corre", 22)), qa(("perro", 3)), qa(("", 0))
    )
    first, second, third, fourth = squad.read(path)
    assert first.answers == (Answer("corre", 8),)
    assert second.answers == (Answer("corre", 23),)  # The nearest.
    assert third.answers == (Answer("perro", -1),)
    assert fourth.answers == ()
    assert "1 answers are not in their context" in caplog.text
    assert "2 answers are not at the position that the file gives" in caplog.text


def test_an_answer_that_overlaps_itself_stays_where_it_is(tmp_path, caplog):
    path = tmp_path / "f.json"
    qa = {
        "id": "1",
        "question": "a",
        "answers": [{"text": "a a", "answer_start": 2}],
    }
    paragraph = {"context": "a a a", "qas": [qa]}
    path.write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}))
    assert squad.read(str(path))[0].answers == (Answer("a a", 2),)
    assert not caplog.records


def test_a_question_may_have_no_answer(tmp_path):
    (question,) = squad.read(write(tmp_path, qa(is_impossible=True)))
    assert question.answers == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "data: "),
        ('{"data": []}', "has no question"),
        ('{"data": [{"paragraphs": [{"qas": []}]}]}', r"data.0.paragraphs.0.context"),
        ("[", "Invalid JSON"),
        (
            '{"data": [{"paragraphs": [{"context": " ", "qas": '
            '[{"id": "7", "question": "a", "answers": []}]}]}]}',
            "the question '7' or its context is empty",
        ),
    ],
)
def test_another_format_is_refused(tmp_path, content, message):
    path = tmp_path / "f.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        squad.read(str(path))
    with pytest.raises(ValueError, match="There is no file"):
        squad.read(str(tmp_path / "none.json"))
