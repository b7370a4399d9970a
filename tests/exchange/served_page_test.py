"""The demo's page as a server, and in a browser."""

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

from electra_tf.exchange import page
from tests import browser
from tests.exchange.fake_detector import SENTENCE

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
