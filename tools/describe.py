"""Measure the play and write its statistics into data/README.md.

With `--check` it changes nothing, and exits with 1 when they are out of date.
"""

import lzma
import re
import sys
from collections import Counter
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"
PLAY, README = DATA / "play.txt", DATA / "README.md"
START, END = "<!-- statistics: written by describe.py -->", "<!-- end of the statistics -->"


def speeches(text):
    """Take a play apart.

    Parameters
    ----------
    text : str
        A name and a colon on a line, the speech's lines, a blank line, and so on.

    Returns
    -------
    speeches : list of (speaker, speech), both str

    Raises
    ------
    ValueError
        If a block is not laid out like that.
    """
    blocks = text.removesuffix("\n").split("\n\n")
    name = r"[A-Z][a-z]+:"
    for number, block in enumerate(blocks, 1):
        if not re.fullmatch(rf"{name}(\n(?!{name}\n)\S([^\n]*\S)?)+", block):
            raise ValueError(f"Block {number} is no speech (name, colon, lines): {block!r}")
    return [tuple(block.split(":\n", 1)) for block in blocks]


def measure(text):
    """Count what the README states, and the tests demand, of a play (str); return a dict."""
    spoken = speeches(text)
    lines = [line for _, speech in spoken for line in speech.split("\n")]
    packed = lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME)  # as xz -9e does
    return {
        "characters": len(text),
        "distinct characters": len(set(text)),
        "lines": len(lines),
        "distinct lines": len(set(lines)) / len(lines),
        "speeches": len(spoken),
        "repeated speeches": len(spoken) - len({speech for _, speech in spoken}),
        "mean speech": sum(len(speech) for _, speech in spoken) / len(spoken),
        "bits per character": 8 * len(packed) / len(text),
        "speeches of": Counter(speaker for speaker, _ in spoken),
        "characters of": Counter(
            {
                name: sum(len(speech) for speaker, speech in spoken if speaker == name)
                for name, _ in spoken
            }
        ),
    }


def table(text):
    """Return the statistics of a play (str) as two Markdown tables."""
    m = measure(text)
    rows = [
        "| The play | |",
        "| --- | ---: |",
        f"| characters | {m['characters']:,} |",
        f"| distinct characters | {m['distinct characters']} |",
        f"| lines spoken | {m['lines']:,} |",
        f"| distinct among them | {m['distinct lines']:.1%} |",
        f"| speeches | {m['speeches']} |",
        f"| speeches that occur twice | {m['repeated speeches']} |",
        f"| characters in a speech, on average | {m['mean speech']:.0f} |",
        f"| bits per character that `xz -9e` needs | {m['bits per character']:.2f} |",
        "",
        "| Speaker | speeches | characters | characters in a speech, on average |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name, count in sorted(m["speeches of"].items(), key=lambda item: (-item[1], item[0])):
        size = m["characters of"][name]
        rows.append(f"| {name} | {count} | {size:,} | {size / count:.0f} |")
    return "\n".join(rows)


def updated(readme, text):
    """Return the README (str) with the statistics of the play `text` (str) between the marks."""
    pattern = f"{re.escape(START)}\n.*?{re.escape(END)}"
    if len(re.findall(pattern, readme, flags=re.DOTALL)) != 1:
        raise ValueError(f"The README needs the lines {START!r} and {END!r}, once each.")
    section = f"{START}\n\n{table(text)}\n\n{END}"
    return re.sub(pattern, lambda _: section, readme, flags=re.DOTALL)


def main(arguments):
    """Write the statistics, or check them; return the exit status."""
    if arguments not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 2
    old = README.read_text(encoding="utf-8")
    new = updated(old, PLAY.read_text(encoding="utf-8"))
    if not arguments:
        README.write_text(new, encoding="utf-8", newline="\n")
    elif new != old:
        print("data/README.md is out of date: run python tools/describe.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
