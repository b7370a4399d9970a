"""The demo's page as a server, and in a browser."""

import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent import futures
from typing import NamedTuple

import numpy as np
import pytest

from electra_tf.page import app, guard, server
from tests import browser
from tests.interop.fake_detector import SENTENCE

ROOT = pathlib.Path(__file__).parents[2]


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


class Answer(NamedTuple):
    """Status and text of an HTTP response."""

    status: int
    text: str


def request(
    url: str, method: str, path: str, body: bytes | None = None, **headers: str
) -> Answer:
    """One request, whatever is answered."""
    host = urllib.parse.urlsplit(url).netloc
    connection = http.client.HTTPConnection(host, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    answer = connection.getresponse()
    return Answer(answer.status, answer.read().decode())


def judged(url: str, text: str, session: str = "abc") -> str:
    """What the page shows for a text."""
    body = {"data": [text], "fn_index": 0, "session_hash": session}
    content = json.dumps(body).encode()
    answer = request(url, "POST", "/gradio_api/run/predict", content)
    assert answer.status == 200, answer
    return json.loads(answer.text)["data"][0]


@pytest.fixture(scope="module")
def built(export) -> Iterator[server.Page]:
    """A page that is served by this process."""
    built = app.build(export)
    built.launch(
        ["proxy.example"],
        "127.0.0.1",
        server_port=free_port(),
        prevent_thread_lock=True,
        quiet=True,
    )
    yield built
    built.blocks.close()


@pytest.fixture
def here(built) -> str:
    """Its URL."""
    return built.blocks.local_url.rstrip("/")


def test_long_texts_and_many_texts_are_refused(export, monkeypatch):
    monkeypatch.setattr(app, "MAX_CHARACTERS", 60)
    monkeypatch.setattr(app, "MAX_TEXTS_PER_MINUTE", 3)
    built = app.build(export)
    built.launch(server_port=free_port(), prevent_thread_lock=True, quiet=True)
    url = built.blocks.local_url.rstrip("/")
    refused = judged(url, "ser " * 16)
    assert "The text has 64 characters, and the page takes 60 at most" in refused
    for _ in range(3):
        assert "1 of 6 words looks" in judged(url, SENTENCE)
    refused = judged(url, SENTENCE)
    assert "Too many texts in this minute" in refused
    assert SENTENCE not in refused
    built.blocks.close()


def test_one_text_is_judged_and_so_many_wait_at_most(here, monkeypatch):
    monkeypatch.setattr(app, "MAX_WAITING", 2)
    may_end, at_work, most_at_work = threading.Event(), [0], [0]

    def answer(text, *_):
        at_work[0] += 1
        most_at_work[0] = max(at_work)
        assert may_end.wait(60)
        at_work[0] -= 1
        return f"answer to {text}"

    monkeypatch.setattr(app, "answer", answer)
    with futures.ThreadPoolExecutor(6) as pool:
        waiting = [pool.submit(judged, here, f"text {i}") for i in range(6)]
        deadline = time.monotonic() + 20
        while sum(one.done() for one in waiting) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        refused = [one.result() for one in waiting if one.done()]
        may_end.set()
        answers = [one.result() for one in waiting]
    assert len(refused) == 3
    assert all("Too many texts wait" in one for one in refused)
    assert most_at_work == [1]
    assert sum(one.startswith("answer to text") for one in answers) == 3


def test_no_visitor_is_remembered(built, here):
    for number in range(app.MAX_WAITING + 5):
        assert "looks replaced" in judged(here, "ser", session=f"visitor {number}")
    served = built.blocks.app
    assert not served.state_holder.session_data and not served.iterators
    queue = built.blocks._queue
    assert not queue.event_ids_to_events and not queue.pending_event_ids_session


PART = b'--x\r\nContent-Disposition: form-data; name="files"; filename="f"\r\n\r\n'
UPLOAD = PART + b"a" * 1000 + b"\r\n--x--\r\n"


@pytest.mark.parametrize(
    "path",
    [
        "upload",
        "upload?upload_id=1",
        "queue/join",
        "call/judge",
        "call/v2/judge",
        "component_server",
        "process_recording",
        "stream/1",
        "cancel",
        "vibe-edit/",
        "run/load_example",
        "run/judge/../../upload",
    ],
)
def test_nothing_but_a_text_is_taken(here, path):
    kind = "multipart/form-data; boundary=x"
    path = f"/gradio_api/{path}"
    answer = request(here, "POST", path, UPLOAD, content_type=kind)
    assert answer == Answer(404, answer.text) and "takes texts" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/proxy=http://127.0.0.1/",
        "/gradio_api/queue/data?session_hash=abc",
        "/gradio_api/deep_link?session_hash=abc",
        "/gradio_api/upload_progress?upload_id=1",
        "/monitoring",
        "/docs",
        "/static/../../../etc/passwd",
        "/static/%2e%2e/%2e%2e/etc/passwd",
        "/assets/%00",
    ],
)
def test_nothing_but_the_page_is_given(here, path):
    assert request(here, "GET", path).status == 404


def test_the_page_and_its_example_are_given(here):
    for path in ("/", "/?page=none&deep_link=x", "/config", "/theme.css?v=1"):
        assert request(here, "GET", path).status == 200, path
    for body in (
        {"data": [1], "fn_index": 1, "session_hash": "a", "event_data": {}},
        {"data": ["ser"]},
    ):
        answer = request(
            here, "POST", "/gradio_api/run/judge", json.dumps(body).encode()
        )
        assert answer.status == 200, answer


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:1", 200),
        ("localhost", 200),
        ("LOCALHOST.:80", 200),
        ("[::1]:7860", 200),
        ("192.168.1.7:7860", 200),  # An address is nobody's name.
        ("proxy.example", 200),
        ("evil.example", 403),
        ("evil.example:7860", 403),
        ("localhost.evil.example", 403),
        ("127.0.0.1.evil.example", 403),
        ("evil.example@127.0.0.1", 400),
        ("", 400),
    ],
)
def test_the_page_answers_to_known_names_alone(here, host, status):
    assert request(here, "GET", "/", host=host).status == status
    body = json.dumps({"data": ["ser"]}).encode()
    answer = request(here, "POST", "/gradio_api/run/judge", body, host=host)
    assert answer.status == status
    assert status == 200 or "data" not in json.loads(answer.text)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"data": "ser"}',
        b'{"data": []}',
        b'{"data": ["a", "b"]}',
        b'{"data": [null]}',
        b'{"data": [5]}',
        b'{"data": [["ser"]]}',
        b'{"data": [{"text": "ser"}]}',
        b'{"data": ["\\ud800"]}',
        b'{"data": ["\xed\xa0\x80"]}',
        b'{"data": ["ser"], "fn_index": "0"}',
        b'{"data": ["ser"], "fn_index": 99}',
        b'{"data": ["ser"], "fn_index": -1}',
        b'{"data": ["ser"], "fn_index": 1}',
        b'{"data": [4], "fn_index": 1}',
        b'{"data": [-1], "fn_index": 1}',
        b'{"data": ["ser"], "trigger_id": {}}',
        b'{"data": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"data": [' + b"9" * 5000 + b"]}",
    ],
)
def test_a_malformed_request_is_answered(here, body, capfd):
    answer = request(here, "POST", "/gradio_api/run/predict", body)
    assert answer.status == 400 and "error" in json.loads(answer.text)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "text",
    ["\0", "\u202e\x1b[31m", "\ufeff", "\U0010ffff" * 5000, "[MASK] [SEP]", "a\r\n"],
)
def test_odd_characters_are_text(here, text):
    assert '<div class="page"' in judged(here, text)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(here):
    address = urllib.parse.urlsplit(here)
    head = (
        "POST /gradio_api/run/judge HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Length: 1000000000\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), 30) as sender:
        sender.sendall(head.encode())  # And not a byte of the body.
        assert sender.recv(100).startswith(b"HTTP/1.1 413 ")
    head = head.replace("Content-Length: 1000000000", "Transfer-Encoding: chunked")
    with socket.create_connection((address.hostname, address.port), 30) as sender:
        sender.sendall(head.encode())
        chunk = b"2710\r\n" + b"x" * 10_000 + b"\r\n"
        for _ in range(guard.MAX_BODY_BYTES // 10_000 + 1):
            sender.sendall(chunk)
        assert sender.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_body_that_does_not_arrive_is_not_waited_for(here, monkeypatch):
    monkeypatch.setattr(guard, "MAX_BODY_SECONDS", 0.2)
    address = urllib.parse.urlsplit(here)
    with socket.create_connection((address.hostname, address.port), 30) as sender:
        sender.sendall(
            b"POST /gradio_api/run/judge HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: 100\r\n\r\n{"
        )
        assert sender.recv(100).startswith(b"HTTP/1.1 408 ")


def test_a_page_of_too_many_visitors_says_so(here, monkeypatch):
    monkeypatch.setattr(guard, "MAX_REQUESTS", 1)
    with urllib.request.urlopen(f"{here}/gradio_api/heartbeat/abc", timeout=30):
        answer = request(here, "GET", "/")
        assert answer.status == 503 and "Too many visitors" in answer.text
    while request(here, "GET", "/").status == 503:  # The first one has gone.
        time.sleep(0.1)


@pytest.fixture(scope="module")
def url(export, tmp_path_factory) -> Iterator[str]:
    """The address of a running demo.py."""
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
        browser.wait_until_judged(driver, app.EXAMPLES[1])
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
    # The guard lets through all that the page asks for.
    responses = [
        message["params"]["response"]
        for message in messages
        if message["method"] == "Network.responseReceived"
    ]
    assert len(responses) > 10
    assert not [one["url"] for one in responses if one["status"] >= 400]


@pytest.mark.slow
def test_the_demo_s_own_model_suspects_the_wrong_word(tmp_path):
    """What `make demo` left: the very export that people see first."""
    export = ROOT / "runs/demo/export"
    if not export.exists():
        pytest.skip("runs/demo/export is not there: make demo trains it")
    browser.require()
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
    readme = (ROOT / "docs/export.md").read_text()
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
        | {
            "GRADIO_SERVER_NAME": "0.0.0.0",
            "GRADIO_SERVER_PORT": str(port),
            "SPACE_HOST": "me-words.hf.space",
        },
    )
    for url in served:
        html = judged(url, SENTENCE)
        assert '<div class="page"' in html
        assert html.count('class="word replaced"') == 1
        assert request(url, "GET", "/", host="me-words.hf.space").status == 200
        assert request(url, "GET", "/", host="evil.example").status == 403
