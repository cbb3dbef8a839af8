"""Check on the glossary: in each chapter, the first use of a term links to it."""

import re

# What is no prose, and may use a term before it is linked: headings and what opens a paragraph in
# bold, tables, directives and code, mathematics, links, HTML (in which no role is read), other
# roles. All of it is blanked, so that places stay.
NO_PROSE = re.compile(
    r"""(?P<kept>\{term\}`[^`]+`) | \A---\n.*?\n---\n | ^(?P<fence>```+|:::+).*?^(?P=fence)$
    | ^[#|][^\n]* | ^\*\*[^*]+\.\*\* | ^<.*?(?=\n\n) | \$\$.*?\$\$ | \$[^$]+\$
    | (?:\{[\w:]+\})?`[^`]+` | \[[^]]*\]\([^)]*\)""",
    re.X | re.M | re.S,
)
GLOSSARY = re.compile(r"^```\{glossary\}\n(.*?)^```$", re.M | re.S)
ROLE = re.compile(r"\{term\}`(?:[^`<]*<([^`>]+)>|([^`]+))`")
# Terms that are everyday words as well: a program can't tell one from the other.
EVERYDAY = {"attention", "bit", "context", "gate", "head", "module", "overlap", "sampling", "tape"}


def terms(glossary):
    """The forms of the glossary's terms, in small letters: {form: the first form of its entry}."""
    found = {}
    for block in GLOSSARY.findall(glossary.read_text(encoding="utf-8")):
        for entry in re.split(r"\n\n+", block.strip("\n")):
            forms = [line.lower() for line in entry.split("\n") if not line.startswith(" ")]
            found |= dict.fromkeys(forms, forms[0])
    return found


def first_uses(chapter, known):
    """Where a chapter's prose uses each term first: {term: (line, text, whether it is a link)}."""
    prose = NO_PROSE.sub(_blank, chapter.read_text(encoding="utf-8"))
    uses = [
        (match.start(), match[0], known.get(_spaced(match[1] or match[2])), True)
        for match in ROLE.finditer(prose)
    ]
    plain = ROLE.sub(_blank, prose)
    forms = "|".join(_pattern(form) for form in sorted(known, key=len, reverse=True))
    for match in re.finditer(rf"(?<![\w-])({forms})(?:e?s)?(?![\w-])", plain, re.I):
        if (form := _spaced(match[1])) not in EVERYDAY:
            uses.append((match.start(), match[0], known[form], False))
    found = {}
    for place, text, term, linked in sorted(uses):
        line = prose.count("\n", 0, place) + 1
        found.setdefault(term, (line, text, linked))
    return found


def unlinked(chapter, glossary):
    """The first use of a term in a chapter's prose links to the glossary."""
    return [
        f"{chapter.name}, line {line}: {_spaced(text)!r} is not linked to the glossary"
        for line, text, linked in first_uses(chapter, terms(glossary)).values()
        if not linked
    ]


def _blank(match):
    return match.groupdict().get("kept") or re.sub(r"[^\n]", " ", match[0])


def _spaced(text):
    """A term on one line, in small letters."""
    return " ".join(text.lower().split())


def _pattern(form):
    """A pattern for a form that may go over the end of a line."""
    return r"\s+".join(map(re.escape, form.split()))
