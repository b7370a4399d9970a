"""The demo's page: its HTML, and the page itself in a browser."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator

import gradio_client
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_text as tf_text

from electra_tf.exchange import loader, page
from tests import browser

ROOT = pathlib.Path(__file__).parent.parent.parent
SENTENCE = "el zorro rojo es muy ser"


class FakeDetector(tf.Module):
    """The signatures of an export, whose answers are known: «ser» is replaced.

    Words end at blanks, none has pieces, and what follows the sixth is cut off.
    """

    MAX_WORDS = 6
    FILLED = ("astuto", "rápido", "##s", "<b>", "lento")

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def detect(self, text):
        normalized_N = tf.strings.lower(text, encoding="utf-8")
        tokenizer = tf_text.WhitespaceTokenizer()
        split = tokenizer.tokenize_with_offsets(normalized_N)
        tokens, starts, ends = (values[:, : self.MAX_WORDS] for values in split)
        texts = tf.gather(normalized_N, tokens.value_rowids())

        def characters(offsets):
            before = tf.strings.substr(
                texts, tf.zeros_like(offsets.flat_values), offsets.flat_values
            )
            return offsets.with_flat_values(tf.strings.length(before, "UTF8_CHAR"))

        def framed(values, first, last):
            shape = tf.shape(text)[0], 1
            columns = tf.fill(shape, first), values, tf.fill(shape, last)
            return tf.concat(columns, axis=1).to_tensor()

        tokens_NS = framed(tokens, "[CLS]", "[SEP]")
        is_ser_NS = tf.cast(tokens_NS == "ser", "int32")
        known_NS = tf.cast(tokens_NS != "", "float32")
        return {
            "tokens": tokens_NS,
            "replaced_probability": (0.1 + 0.65 * tf.cast(is_ser_NS, "float32"))
            * known_NS,
            "replaced": is_ser_NS,
            "starts": framed(characters(starts), 0, 0),
            "ends": framed(characters(ends), 0, 0),
            "length": tf.cast(tokens.row_lengths(), "int32") + 2,
            "normalized": normalized_N,
            "truncated": split[0].row_lengths() > self.MAX_WORDS,
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def fill_mask(self, text):
        without = tf.strings.regex_replace(text, r"\[MASK\]", "")
        number_N = (tf.strings.length(text) - tf.strings.length(without)) // 6
        masks_NM1 = tf.sequence_mask(number_N)[:, :, None]
        return {
            "tokens": tf.where(masks_NM1, tf.constant(self.FILLED), ""),
            "probabilities": tf.where(masks_NM1, [0.4, 0.2, 0.1, 0.05, 0.01], 0.0),
            "number": number_N,
        }


@pytest.fixture(scope="module")
def export(tmp_path_factory) -> str:
    """A directory as export.py writes it; the page needs no more."""
    directory = tmp_path_factory.mktemp("export")
    model = FakeDetector()
    tf.saved_model.save(
        model,
        str(directory / "saved_model"),
        signatures={"detect": model.detect, "fill_mask": model.fill_mask},
    )
    return str(directory)


@pytest.fixture(scope="module")
def signatures(export):
    return loader.load(export, "detect", "fill_mask").signatures


def answered(signatures, text: str) -> str:
    return page.answer(text, signatures["detect"], signatures["fill_mask"])


def judged(tokens: str, normalized: str, spans, probabilities) -> dict:
    """An answer of `detect` to one text."""
    pieces = ["[CLS]", *tokens.split(), "[SEP]", ""]
    frame = np.zeros((1, len(pieces)))
    frame[0, 1 : 1 + len(probabilities)] = probabilities
    offsets = np.zeros((1, len(pieces), 2), np.int32)
    offsets[0, 1 : 1 + len(spans)] = spans
    return {
        "tokens": np.array([[piece.encode() for piece in pieces]], object),
        "replaced_probability": frame,
        "replaced": (frame > 0.5).astype(np.int32),
        "starts": offsets[..., 0],
        "ends": offsets[..., 1],
        "length": np.array([len(pieces) - 1]),
        "normalized": np.array([normalized.encode()], object),
    }


def test_pieces_are_joined_to_words_with_their_highest_probability():
    spans = [(0, 2), (2, 4), (4, 5), (6, 8), (8, 9)]
    answer = judged("añ ##os ##s [UNK] .", "añoss ΩΩ.", spans, [0.1, 0.7, 0.2, 0.3, 0])
    assert page.words(answer) == [
        page.Word("añoss", 0, 5, 0.7, True),
        page.Word("ΩΩ", 6, 8, 0.3, False),
        page.Word(".", 8, 9, 0.0, False),
    ]


def test_a_whole_word_is_masked_by_characters():
    word = page.Word("año", 3, 6, 0.0, False)
    assert page.masked("el año.", word) == "el [MASK]."


def test_a_mask_of_the_user_s_own_does_not_shift_the_suggestions():
    text = "a [MASK] b"
    filled = {
        "tokens": np.array([[[b"first"], [b"second"]]] * 2, object),
        "probabilities": np.array([[[0.9], [0.8]]] * 2),
    }
    a, b = page.Word("a", 0, 1, 0.0, False), page.Word("b", 9, 10, 0.0, False)
    assert page.suggestions(filled, text, [a, b]) == {
        a: [("first", 0.9)],
        b: [("second", 0.8)],
    }


def test_a_word_is_coloured_by_its_probability_and_marked_where_replaced():
    html = page.render(
        [page.Word("el", 0, 2, 0.03, False), page.Word("ser", 3, 6, 0.754, True)],
        {},
        truncated=False,
    )
    assert '<details class="word" style="--p:0.03"><summary><span>el<' in html
    assert (
        '<details class="word replaced" open style="--p:0.75"><summary><span>ser<'
        in html
    )
    assert "75\N{NO-BREAK SPACE}%" in html
    assert "1 of 2 words looks replaced" in html
    assert "longer than the model reads" not in html


def test_without_a_replaced_word_the_most_suspicious_is_open():
    words = [page.Word(t, i, i + 1, 0.1 * i, False) for i, t in enumerate("abc")]
    html = page.render(words, {}, truncated=False)
    assert html.count(" open ") == 1
    assert ' open style="--p:0.20"><summary><span>c<' in html
    assert "No word looks replaced" in html


def test_what_is_typed_and_suggested_is_escaped(signatures):
    html = answered(signatures, "<img src=x onerror=alert(1)> & \"ser' <script>")
    assert "<img" not in html
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "&amp;" in html
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


def test_a_cut_text_says_where(signatures):
    html = answered(signatures, "uno dos tres cuatro cinco <seis> siete")
    assert "cut after “&lt;seis&gt;”" in html
    assert "siete" not in html
    assert "cut after" not in answered(signatures, SENTENCE)


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_an_empty_text_is_answered_with_a_hint(signatures, text):
    html = answered(signatures, text)
    assert "Type a sentence" in html
    assert "<details" not in html


def test_words_are_shown_with_suggestions_from_one_call(signatures):
    calls = []

    def fill_mask(text):
        calls.append([row.decode() for row in text.numpy()])
        return signatures["fill_mask"](text=text)

    html = page.answer("El niño ser", signatures["detect"], fill_mask)
    # The most suspicious first; where equal, in the order of the text.
    assert calls == [["el niño [MASK]", "[MASK] niño ser", "el [MASK] ser"]]
    assert html.count("<li>astuto <small>40\N{NO-BREAK SPACE}%</small></li>") == 3
    assert "<li>…s " in html


def test_only_the_most_suspicious_words_of_a_long_text_are_filled(
    signatures, monkeypatch
):
    monkeypatch.setattr(page, "MAX_SUGGESTED_WORDS", 1)
    html = answered(signatures, "el ser muy")
    assert html.count("<li>astuto ") == 1
    assert html.count("no suggestion") == 2


def test_an_export_is_found_by_its_directory_or_its_saved_model(export, tmp_path):
    assert "detect" in loader.load(export).signatures
    assert "detect" in loader.load(f"{export}/saved_model").signatures
    with pytest.raises(ValueError, match="has no SavedModel: give the directory"):
        page.build(str(tmp_path))


def test_an_export_of_an_older_version_is_refused(tmp_path):
    model = FakeDetector()
    tf.saved_model.save(model, str(tmp_path), signatures={"detect": model.detect})
    with pytest.raises(ValueError, match="detect, but not fill_mask: .* export.py"):
        page.build(str(tmp_path))


@pytest.fixture
def client(export, monkeypatch) -> Iterator[gradio_client.Client]:
    """Of a page that takes three texts of sixty characters a minute."""
    monkeypatch.setattr(page, "MAX_CHARACTERS", 60)
    monkeypatch.setattr(page, "MAX_TEXTS_PER_MINUTE", 3)
    built = page.build(export)
    built.launch(
        server_name="127.0.0.1", server_port=free_port(), prevent_thread_lock=True
    )
    yield gradio_client.Client(built.local_url, verbose=False)
    built.close()


def test_long_texts_and_many_texts_are_refused(client):
    refused = client.predict("ser " * 16, api_name="/judge")
    assert "The text has 64 characters, and the page takes 60 at most" in refused
    for _ in range(3):
        assert "1 of 6 words looks" in client.predict(SENTENCE, api_name="/judge")
    refused = client.predict(SENTENCE, api_name="/judge")
    assert "Too many texts in this minute" in refused
    assert SENTENCE not in refused


def test_so_many_texts_wait_at_most(export):
    assert page.build(export)._queue.max_size == page.MAX_WAITING


@pytest.mark.slow
def test_nothing_passes_the_queue_by_and_no_file_is_taken(url):
    def post(path: str, body: bytes, kind: str) -> int:
        request = urllib.request.Request(
            f"{url}/gradio_api/{path}", body, {"Content-Type": kind}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    body = json.dumps({"data": [SENTENCE]}).encode()
    for path in ("run/judge", "api/judge", "run/judge/", "api/judge/"):
        assert post(path, body, "application/json") in (404, 405), path
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="f"\r\n\r\n'
    upload = part + b"a" * 1000 + b"\r\n--x--\r\n"
    assert post("upload", upload, "multipart/form-data; boundary=x") == 413


def serve(command: list[str], port: int, log: pathlib.Path, **options):
    """Starts a page and yields its URL once it answers; stops it afterwards."""
    url = f"http://127.0.0.1:{port}"
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **options)
    try:
        for _ in range(240):
            assert process.poll() is None, log.read_text()[-3000:]
            try:
                urllib.request.urlopen(url, timeout=10).close()
                break
            except urllib.error.URLError:
                time.sleep(0.5)
        else:
            pytest.fail(f"no answer from {url}: {log.read_text()[-3000:]}")
        yield url
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def url(export, tmp_path_factory) -> Iterator[str]:
    """Of a running demo.py."""
    port = free_port()
    yield from serve(
        [sys.executable, "demo.py", f"--model={export}", f"--port={port}"],
        port,
        tmp_path_factory.mktemp("page") / "log",
        cwd=ROOT,
    )


@pytest.mark.slow
def test_only_this_machine_reaches_the_page_unless_told_otherwise(url):
    port = int(url.rpartition(":")[2])
    socket.create_connection(("127.0.0.1", port), timeout=10).close()
    # Every address of this machine, this one too, would reach a server on 0.0.0.0.
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=10)


@pytest.mark.slow
def test_in_a_browser_the_replaced_word_is_marked(url):
    browser.require()
    with browser.opened(url, 1000, 800) as driver:
        browser.judge(driver, SENTENCE)
        assert browser.shown(driver, ".word summary span") == SENTENCE.split()
        assert browser.shown(driver, ".replaced summary span") == ["ser"]
        assert browser.shown(driver, "[open] li")[0].startswith("astuto")
        strengths = driver.execute_script(
            "return [...document.querySelectorAll('.word')].map(word => +/[\\d.]+\\)$/"
            ".exec(getComputedStyle(word).backgroundColor)[0].slice(0, -1))"
        )
        # 60 % of the probability is the strength of the red.
        np.testing.assert_allclose(strengths, [0.06] * 5 + [0.45], atol=0.01)
        # An example is judged as soon as it is clicked.
        driver.find_elements("css selector", ".gallery-item")[1].click()
        browser.wait_until_judged(driver, page.EXAMPLES[1])
        # Nothing comes from another machine: no fonts, scripts or statistics.
        log = driver.get_log("performance")
        messages = [json.loads(entry["message"])["message"] for entry in log]
        requested = [
            urllib.parse.urlsplit(message["params"]["request"]["url"])
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]
    hosts = {to.hostname for to in requested if to.scheme in ("http", "https")}
    assert hosts == {"127.0.0.1"}


@pytest.mark.slow
def test_the_demo_s_own_model_suspects_the_wrong_word(tmp_path):
    """What `make demo` left: the very export that people see first."""
    export = ROOT / "runs/demo/export"
    if not export.exists():
        pytest.skip("runs/demo/export is not there: make demo trains it")
    port = free_port()
    command = [sys.executable, "demo.py", f"--model={export}", f"--port={port}"]
    for url in serve(command, port, tmp_path / "log", cwd=ROOT):
        with browser.opened(url, 1000, 800) as driver:
            browser.judge(driver, SENTENCE)
            shares = browser.shown(driver, ".word summary small")
            suspicions = [int(share.split("\N{NO-BREAK SPACE}")[0]) for share in shares]
    assert np.argmax(suspicions) == SENTENCE.split().index("ser")


@pytest.mark.slow
def test_on_a_phone_nothing_is_wider_than_the_screen(url):
    browser.require()
    with browser.opened(url, 390, 844) as driver:
        browser.judge(driver, f"{'palabra' * 12} zorro rojo es muy ser")
        widths = driver.execute_script(
            "const d = document.documentElement; return [d.clientWidth, d.scrollWidth,"
            "Math.max(...[...document.querySelectorAll('.page *, button, textarea')]"
            ".map(e => e.getBoundingClientRect().right))]"
        )
        tops = driver.execute_script(
            "return [...document.querySelectorAll('.word')].map(e => e.offsetTop)"
        )
    assert widths[:2] == [390, 390]
    assert widths[2] <= 390
    assert len(set(tops)) > 1, "words wrap"


@pytest.mark.slow
def test_a_space_needs_the_package_the_export_and_two_lines(export, tmp_path):
    shutil.copytree(ROOT / "electra_tf", tmp_path / "electra_tf")
    shutil.copytree(export, tmp_path / "export")
    readme = (ROOT / "README.md").read_text()
    code = readme.split("`app.py`")[1].split("```python\n")[1].split("```")[0]
    (tmp_path / "app.py").write_text(code)
    port = free_port()
    served = serve(
        [sys.executable, "app.py"],
        port,
        tmp_path / "log",
        cwd=tmp_path,
        # As a Space sets them.
        env=os.environ
        | {"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": str(port)},
    )
    for url in served:
        client = gradio_client.Client(url, verbose=False)
        html = client.predict(SENTENCE, api_name="/judge")
        assert '<div class="page"' in html
        assert html.count('class="word replaced"') == 1
