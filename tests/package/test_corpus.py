"""Where texts come from: the play, files, and downloads from servers that misbehave."""

import hashlib
import os
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pooch
import pytest
from checks import ROOT

from unrolled import text as unrolled_text
from unrolled.text import CorpusError, load_corpus

GOOD = b"First Citizen:\nSpeak, speak.\n" * 40  # stands in for Tiny Shakespeare
GOOD_SHA256 = hashlib.sha256(GOOD).hexdigest()
REAL_SHA256 = unrolled_text.SHAKESPEARE_SHA256  # before the fixture below replaces both
REAL_TIMEOUT = unrolled_text.TIMEOUT
REAL = Path(os.environ.get("UNROLLED_DATA", ""), "shakespeare.txt").absolute()


class Misbehaving(BaseHTTPRequestHandler):
    """Answers /good as one should, and each other path in a way that goes wrong."""

    def do_GET(self):
        self.server.asked.append(self.path)
        match self.path:
            case "/good":
                self.answer(200, GOOD)
            case "/missing":
                self.answer(404, b"not here")
            case "/broken":
                self.answer(500, b"sorry")
            case "/tampered":
                self.answer(200, GOOD.replace(b"Speak", b"Sneak", 1))
            case "/truncated":  # says how long the text is, and stops halfway
                self.answer(200, GOOD[: len(GOOD) // 2], length=len(GOOD))
            case "/cut":  # the same, without saying how long it should have been
                self.answer(200, GOOD[: len(GOOD) // 2], length=None)
            case "/page":
                self.answer(200, b"<!doctype html><title>Please log in</title>", "text/html")
            case "/silent":
                self.server.over.wait(30)
            case "/stuck":  # half of the text, then nothing
                self.send_response(200)
                self.send_header("Content-Length", str(len(GOOD)))
                self.end_headers()
                self.wfile.write(GOOD[: len(GOOD) // 2])
                self.wfile.flush()
                self.server.over.wait(30)

    def answer(self, status, body, kind="text/plain", length=-1):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(len(body) if length == -1 else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    """A real HTTP server on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Misbehaving)
    server.asked, server.over = [], threading.Event()
    server.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache, the stand-in for the text, short timeouts, no settings of the user's."""
    cache = tmp_path / "cache"
    monkeypatch.setattr(pooch, "os_cache", lambda name: cache / name)
    monkeypatch.setattr(unrolled_text, "SHAKESPEARE_SHA256", GOOD_SHA256)
    monkeypatch.setattr(unrolled_text, "SHAKESPEARE_MIRRORS", ())
    monkeypatch.setattr(unrolled_text, "TIMEOUT", (1, 0.5))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("UNROLLED_DATA", raising=False)
    monkeypatch.delenv("UNROLLED_CORPUS", raising=False)
    return cache / "unrolled"


@pytest.fixture
def mirrors(server, monkeypatch):
    """Set the mirrors: paths of the server, or whole addresses."""

    def set_mirrors(*paths):
        urls = [path if "://" in path else server.address + path for path in paths]
        monkeypatch.setattr(unrolled_text, "SHAKESPEARE_MIRRORS", tuple(urls))
        return urls

    return set_mirrors


def files(folder):
    return sorted(folder.rglob("*")) if folder.exists() else []


def refused():
    """An address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/nobody"


# Downloads

FAULTS = {
    "/missing": "the server answered 404 Not Found",
    "/broken": "the server answered 500 Internal Server Error",
    "/tampered": "wrong SHA-256",
    "/truncated": "the connection broke before the whole file was there",
    "/cut": "wrong SHA-256",
    "/page": "wrong SHA-256 (changed, cut short, or a web page)",
    "/silent": "no answer in time",
    "/stuck": "no answer in time",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named_and_nothing_is_kept(fault, mirrors, cache):
    [url] = mirrors(fault)
    start = time.monotonic()
    with pytest.raises(CorpusError) as caught:
        load_corpus("shakespeare")
    assert time.monotonic() - start < 10  # a server that hangs holds nobody up for long
    message = str(caught.value)
    assert url in message and FAULTS[fault] in message  # what happened, and where
    assert "UNROLLED_DATA" in message and GOOD_SHA256 in message  # what to do
    assert "load_corpus('play')" in message
    assert files(cache) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_good_second_mirror_saves_the_day(fault, mirrors, server, cache):
    mirrors(fault, "/good")
    assert load_corpus("shakespeare") == GOOD.decode()
    assert server.asked == [fault, "/good"]
    assert [path.name for path in files(cache)] == ["shakespeare.txt"]
    assert (cache / "shakespeare.txt").read_bytes() == GOOD


def test_a_refused_connection(mirrors, cache):
    [url, _] = mirrors(refused(), "/good")
    assert load_corpus("shakespeare") == GOOD.decode()
    (cache / "shakespeare.txt").unlink()
    mirrors(url)
    with pytest.raises(CorpusError, match="no connection|no answer in time"):
        load_corpus("shakespeare")
    assert files(cache) == []


def test_every_mirror_that_failed_is_named(mirrors):
    urls = mirrors(*FAULTS)
    with pytest.raises(CorpusError) as caught:
        load_corpus("shakespeare")
    message = str(caught.value)
    places = [message.index(f"{url}\n") for url in urls]
    assert places == sorted(places)
    assert message.index(FAULTS["/missing"]) < places[1] < message.index(FAULTS["/broken"])


def test_the_second_time_nothing_is_asked_for(mirrors, server):
    mirrors("/good")
    assert load_corpus("shakespeare") == load_corpus("shakespeare")
    assert server.asked == ["/good"]


def test_a_bad_file_in_the_cache_is_replaced(mirrors, cache):
    cache.mkdir(parents=True)
    (cache / "shakespeare.txt").write_bytes(GOOD[:-1])
    mirrors("/good")
    assert load_corpus("shakespeare") == GOOD.decode()
    assert (cache / "shakespeare.txt").read_bytes() == GOOD


def test_a_bad_file_in_the_cache_does_not_outlive_a_failed_download(mirrors, cache):
    cache.mkdir(parents=True)
    (cache / "shakespeare.txt").write_bytes(GOOD[:-1])
    mirrors("/missing")
    with pytest.raises(CorpusError):
        load_corpus("shakespeare")
    assert files(cache) == []


def test_real_timeouts_are_short():
    assert max(REAL_TIMEOUT) <= 10  # seconds


# UNROLLED_DATA


def test_unrolled_data_is_looked_in_before_any_download(mirrors, server, tmp_path, monkeypatch):
    (tmp_path / "shakespeare.txt").write_bytes(GOOD)
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    mirrors("/good")
    assert load_corpus("shakespeare") == GOOD.decode()
    assert server.asked == []


def test_a_wrong_file_in_unrolled_data_is_never_used(mirrors, server, tmp_path, monkeypatch):
    path = tmp_path / "shakespeare.txt"
    path.write_bytes(GOOD + b" ")
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    mirrors("/good")
    with pytest.raises(CorpusError) as caught:
        load_corpus("shakespeare")
    assert str(path) in str(caught.value) and GOOD_SHA256 in str(caught.value)
    assert server.asked == [] and path.exists()


def test_unrolled_data_without_the_file_leads_to_a_download(mirrors, tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    mirrors("/missing", "/good")
    assert load_corpus("shakespeare") == GOOD.decode()


def test_a_failed_download_says_that_unrolled_data_was_looked_in(mirrors, tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path))
    mirrors("/missing")
    with pytest.raises(CorpusError) as caught:
        load_corpus("shakespeare")
    assert f"{tmp_path}, where there is no such file" in str(caught.value)


def test_unrolled_data_must_be_a_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(CorpusError, match="nowhere, which is not a folder"):
        load_corpus("shakespeare")


# The play, names and UNROLLED_CORPUS


def test_the_play_is_the_default():
    play = (ROOT / "data" / "play.txt").read_text(encoding="utf-8")
    assert load_corpus() == load_corpus("play") == play


def test_the_play_of_a_wheel_lies_beside_the_module(tmp_path, monkeypatch):
    monkeypatch.setattr(unrolled_text, "__file__", str(tmp_path / "a" / "src" / "u" / "text.py"))
    in_repository, in_wheel = tmp_path / "a" / "data", tmp_path / "a" / "src" / "u" / "data"
    with pytest.raises(CorpusError, match=r"play\.txt can't be read"):
        load_corpus("play")
    for folder in (in_repository, in_wheel):
        folder.mkdir(parents=True)
        (folder / "play.txt").write_text(folder.name + folder.parent.name, encoding="utf-8")
        assert load_corpus("play") == folder.name + folder.parent.name


def test_unrolled_corpus_changes_the_default_only(tmp_path, monkeypatch):
    path = tmp_path / "mine.txt"
    path.write_text("mine", encoding="utf-8")
    monkeypatch.setenv("UNROLLED_CORPUS", str(path))
    assert load_corpus() == "mine"
    assert load_corpus("play") != "mine"
    monkeypatch.setenv("UNROLLED_CORPUS", "")
    assert load_corpus() == load_corpus("play")


def test_unrolled_corpus_takes_a_name(mirrors, monkeypatch):
    mirrors("/good")
    monkeypatch.setenv("UNROLLED_CORPUS", "shakespeare")
    assert load_corpus() == GOOD.decode()


def test_an_unknown_name_lists_the_known_ones(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CorpusError) as caught:
        load_corpus("shakspeare")
    message = str(caught.value)
    assert "'shakspeare'. The known names are 'play' and 'shakespeare'" in message
    assert str(Path.cwd() / "shakspeare") in message
    assert "UNROLLED_CORPUS" not in message
    monkeypatch.setenv("UNROLLED_CORPUS", "shakspeare")
    with pytest.raises(CorpusError, match="UNROLLED_CORPUS asks for it"):
        load_corpus()


# Files


def test_any_utf8_file_by_str_or_path(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("Déjà vu 🐋\n".encode())
    assert load_corpus(str(path)) == load_corpus(path) == "Déjà vu 🐋\n"


def test_line_ends_and_byte_order_mark_are_the_same_everywhere(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree\n")
    assert load_corpus(path) == "one\ntwo\nthree\n"


def test_a_file_that_is_not_utf8_names_the_byte(tmp_path):
    path = tmp_path / "latin.txt"
    path.write_bytes("caf\u00e9 noir".encode("latin-1"))
    with pytest.raises(CorpusError, match=r"latin\.txt is not UTF-8: byte 3 is 0xe9"):
        load_corpus(path)
    path.write_bytes(b"\xef\xbb\xbfcaf\xe9 noir")
    with pytest.raises(CorpusError, match="byte 6 is 0xe9"):  # the mark's three bytes count
        load_corpus(path)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf"])
def test_an_empty_file(content, tmp_path):
    path = tmp_path / "empty.txt"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=r"empty\.txt is empty"):
        load_corpus(path)


def test_a_folder(tmp_path):
    with pytest.raises(CorpusError, match="is a folder, not a text file"):
        load_corpus(tmp_path)


# The real text


@pytest.mark.skipif(
    not (os.environ.get("UNROLLED_DATA") and REAL.is_file()),
    reason="UNROLLED_DATA names no folder with shakespeare.txt",
)
def test_the_real_text(monkeypatch):
    monkeypatch.setattr(unrolled_text, "SHAKESPEARE_SHA256", REAL_SHA256)
    monkeypatch.setenv("UNROLLED_DATA", str(REAL.parent))
    text = load_corpus("shakespeare")
    assert hashlib.sha256(text.encode()).hexdigest() == REAL_SHA256
    assert len(text) == 1_115_394
    assert len(unrolled_text.Vocabulary.from_text(text)) == 65
