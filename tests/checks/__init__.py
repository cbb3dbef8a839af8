"""The checks: functions that take paths and return what is wrong, one string for each problem.

An empty list is a pass. The tests beside this package run every check on the real book, and each
check once more on a copy that is broken on purpose.
"""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]  # of the repository
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TALK = ROOT / "book" / "teach" / "lunch_and_learn.ipynb"


def expect_none(problems):
    """Fail the test and list the problems, if there are any."""
    if problems:
        pytest.fail(f"{len(problems)} problems:\n" + "\n".join(problems), pytrace=False)
