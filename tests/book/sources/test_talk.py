"""The talk's notebook: notes that can be spoken in their time, and no typed number."""

import pytest
from checks import TALK, expect_none
from checks import slides as checks


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_the_talk(check):
    expect_none(check(TALK))
