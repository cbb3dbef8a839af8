"""The play keeps what the book says of it, and each measure fails on a copy that breaks it."""

import random
import re
import subprocess
import sys

import describe
import pytest
from checks import ROOT
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import make_pipeline

DATA = ROOT / "data"


@pytest.fixture(scope="module")
def play():
    """The bytes of the play, as the repository stores them."""
    return (DATA / "play.txt").read_bytes()


def laid_out(text):
    try:
        return bool(describe.speeches(text))
    except ValueError:
        return False


def accuracy(text):
    """How often naive Bayes names the speaker in the last fifth, from the words alone."""
    speakers, speeches = zip(*describe.speeches(text), strict=True)
    cut = len(speeches) * 4 // 5
    words = TfidfVectorizer(token_pattern=r"\w+|[^\w\s]")  # punctuation counts as words
    model = make_pipeline(words, ComplementNB())
    return model.fit(speeches[:cut], speakers[:cut]).score(speeches[cut:], speakers[cut:])


def wren_asks(text):
    """Every sentence of Wren's is a question, except her very last one."""
    said = " ".join(speech for name, speech in describe.speeches(text) if name == "Wren")
    ends = re.findall(r"[.!?]", said)
    return set(ends[:-1]) == {"?"} and ends[-1] == "."


def measured(key):
    return lambda text: describe.measure(text)[key]


DEMANDS = {
    "length": lambda text: 100_000 <= len(text) <= 130_000,
    "ASCII": str.isascii,
    "LF": lambda text: "\r" not in text and text.endswith("\n"),
    "layout": laid_out,
    "alphabet": lambda text: 55 <= len(set(text)) <= 70,
    "both cases and punctuation": lambda text: all(
        re.search(kind, text) for kind in ("[a-z]", "[A-Z]", "[!?;,.]")
    ),
    "speakers": lambda text: len(measured("speeches of")(text)) >= 8,
    "speeches of each": lambda text: min(measured("speeches of")(text).values()) >= 60,
    "no speech twice": lambda text: measured("repeated speeches")(text) == 0,
    "distinct lines": lambda text: measured("distinct lines")(text) >= 0.97,
    "compression": lambda text: 2.5 <= measured("bits per character")(text) <= 3.3,
    "voices": lambda text: accuracy(text) >= 0.6,  # always naming the most frequent: 0.15
    "questions": wren_asks,
}


def write(speeches):
    return "\n\n".join(f"{name}:\n{speech}" for name, speech in speeches) + "\n"


def with_stock_line(text):
    """Let every eighth speech end in one and the same line."""
    spoken = describe.speeches(text)
    for i in range(0, len(spoken), 8):
        name, speech = spoken[i]
        spoken[i] = name, f"{speech}\nand so the tide comes in, and so it goes."
    return write(spoken)


def with_names_moved(text):
    """Give each speech the name of the next one's speaker."""
    names, speeches = zip(*describe.speeches(text), strict=True)
    return write(zip(names[1:] + names[:1], speeches, strict=True))


def noise(text):
    letters = random.Random(0).choices(sorted(set(text) - set("\n:")), k=len(text))
    return f"Vane:\n-{''.join(letters)}-\n"


BROKEN = [
    ("length", lambda text: text[:99_999]),
    ("length", lambda text: text + text),
    ("ASCII", lambda text: text.replace("e", "é", 1)),
    ("LF", lambda text: text.replace("\n", "\r\n")),
    ("LF", lambda text: text.rstrip("\n")),
    ("layout", lambda text: text.replace("\n\n", "\n", 1)),
    ("layout", lambda text: text.replace("\n\n", "\n\n\n", 1)),
    ("layout", lambda text: text.replace(":\n", ": ", 1)),
    ("layout", lambda text: text.replace("\n", " \n", 5)),
    ("layout", lambda text: "The Weir\n\n" + text),
    ("alphabet", str.lower),
    ("alphabet", lambda text: text + "0123456789()[]&"),
    ("both cases and punctuation", str.upper),
    ("both cases and punctuation", lambda text: re.sub("[!?;,.]", "", text)),
    ("speakers", lambda text: re.sub("(Hob|Wren):\n", "Vane:\n", text)),
    ("speeches of each", lambda text: text.replace("Quill:\n", "Hob:\n", 40)),
    ("no speech twice", lambda text: write(s := describe.speeches(text)) + "\n" + write(s[:1])),
    ("distinct lines", with_stock_line),
    ("compression", lambda text: write(describe.speeches(text)[:350] * 2)),
    ("compression", noise),
    ("voices", with_names_moved),
    ("questions", lambda text: text.replace("?", ".")),
]


@pytest.mark.parametrize("demand", DEMANDS)
def test_the_play_meets(demand, play):
    assert DEMANDS[demand](play.decode("utf-8"))


@pytest.mark.parametrize("demand, breaks", BROKEN)
def test_a_broken_copy_fails(demand, breaks, play):
    assert not DEMANDS[demand](breaks(play.decode("utf-8")))


def test_every_demand_has_a_broken_copy():
    assert {demand for demand, _ in BROKEN} == set(DEMANDS)


def test_the_readme_names_the_cast(play):
    cast = (DATA / "README.md").read_text(encoding="utf-8").split("### The statistics")[0]
    names = {name for name, _ in describe.speeches(play.decode("utf-8"))}
    assert set(re.findall(r"^\| ([A-Z][a-z]+) \| (?!is )", cast, flags=re.MULTILINE)) == names


def run_check(folder):
    command = [sys.executable, folder / "tools" / "describe.py", "--check"]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_readme_is_in_sync():
    done = run_check(ROOT)
    assert done.returncode == 0, done.stderr


def test_a_changed_play_or_readme_is_noticed_and_mended(tmp_path):
    for name in ("tools/describe.py", "data/play.txt", "data/README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    assert run_check(tmp_path).returncode == 0
    play, readme = tmp_path / "data" / "play.txt", tmp_path / "data" / "README.md"
    play.write_bytes(play.read_bytes() + b"\nWren:\nIs it over?\n")
    before = readme.read_bytes()
    done = run_check(tmp_path)
    assert done.returncode == 1 and "out of date" in done.stderr
    assert readme.read_bytes() == before  # --check writes nothing
    subprocess.run([sys.executable, tmp_path / "tools" / "describe.py"], check=True)
    assert run_check(tmp_path).returncode == 0
    assert b"\r" not in readme.read_bytes()
    readme.write_bytes(re.sub(rb"\| speeches \| \d+", b"| speeches | 1", readme.read_bytes()))
    assert run_check(tmp_path).returncode == 1


def test_a_readme_without_marks_is_refused():
    with pytest.raises(ValueError, match="once each"):
        describe.updated("# The texts\n", "Wren:\nWhy?\n")
