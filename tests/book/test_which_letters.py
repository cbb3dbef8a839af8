"""Which letters a prediction uses, in the page: what it shows is what the experiment found."""

import numpy as np
import pytest
from checks import browser as checks

from unrolled import results
from unrolled.figures.letters import FULL, STRONGEST

DEMO = "section[data-demo='which-letters']"
FOUND = results.load("letters")
PASSAGE, SHOWN = FOUND["passage"], FOUND["shown"]
NAMES = list(FOUND["networks"])


def shares(name, place):
    """Shares of one prediction: before the passage, and of each letter before it."""
    before, *letters = map(int, FOUND["networks"][name]["rows"][place].split())
    return (before / 255) ** 2, (np.array(letters) / 255) ** 2


@pytest.fixture(scope="module", params=checks.SIZES)
def demo(request, browser, book, serve):
    """The page that has the demo, and what its console complains of."""
    pages = [
        path
        for path in book.rglob("*.html")
        if 'data-demo="which-letters"' in path.read_text("utf-8")
    ]
    assert pages, "no page has the demo"
    with checks.new_context(browser, "light", request.param) as context:
        page, complaints = context.new_page(), []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
        page.goto(f"{serve(book)}/{pages[0].relative_to(book).as_posix()}")
        page.locator(DEMO).scroll_into_view_if_needed()
        page.wait_for_selector("#letters-place")
        yield page
        assert complaints == []


def move(page, place):
    """Choose a character with the slider."""
    page.fill("#letters-place", str(place))


def part(page, name, selector):
    """Parts of a network's block."""
    return page.get_by_role("group", name=name, exact=True).locator(selector)


def letter(page, name, place):
    """One character of a network's text."""
    return part(page, name, ".letters-text > span").nth(place)


def words(page, name):
    """What is said of a network."""
    return part(page, name, ".letters-sentence").inner_text()


def chosen(page):
    """The predicted character, in each network's text."""
    find = "text => [...text.children].findIndex(one => one.className === 'chosen')"
    return page.eval_on_selector_all(".letters-text", f"texts => texts.map({find})")


@pytest.mark.parametrize("place", [1, 30, SHOWN, len(PASSAGE) - 1])
@pytest.mark.parametrize("name", NAMES)
def test_each_letter_is_shaded_by_its_share(demo, name, place):
    move(demo, place)
    assert chosen(demo) == [place, place]
    text = part(demo, name, ".letters-text").text_content()
    assert text.replace("↵", "") == PASSAGE
    found = part(demo, name, ".letters-text > span").evaluate_all(
        "es => es.map(e => parseFloat(e.style.getPropertyValue('--strength')))"
    )
    _, of_letters = shares(name, place)
    expected = 100 * STRONGEST * np.minimum(1, np.sqrt(of_letters / FULL))
    np.testing.assert_allclose(found[:place], expected, atol=0.051)
    assert set(found[place:]) == {0}


@pytest.mark.parametrize("name", NAMES)
def test_it_says_which_letters_count_most(demo, name):
    move(demo, SHOWN)
    _, of_letters = shares(name, SHOWN)
    said = words(demo, name)
    assert said.startswith(f"To predict the line end after “…outside?”, the {name} leans on ")
    for place in np.argsort(-of_letters)[:3]:
        called = {"\n": "the line end", " ": "the space"}.get(PASSAGE[place], f"“{PASSAGE[place]}”")
        share = round(100 * of_letters[place])
        assert f"{called} {SHOWN - place}\xa0back ({share}\xa0%)" in said
    half = 1 + np.sum(np.cumsum(of_letters[::-1])[:-1] < 0.5)
    assert said.endswith(f" The last {half} letters hold half of its gradient.")
    expected = part(demo, name, ".letters-expected")
    p = FOUND["networks"][name]["probabilities"][SHOWN][0]
    assert f"↵ {round(100 * p)}\xa0%" in expected.inner_text()


def test_early_on_most_lies_before_the_passage(demo):
    move(demo, 1)
    for name in NAMES:
        before, _ = shares(name, 1)
        assert before > 0.5
        assert f"gradient, {round(100 * before)}\xa0%, lies before this passage." in words(
            demo, name
        )


def test_a_pointer_shows_a_prediction_and_a_click_keeps_it(demo):
    move(demo, SHOWN)
    letter(demo, NAMES[1], 30).hover()
    assert chosen(demo) == [30, 30]
    demo.locator("h1").first.hover()
    assert chosen(demo) == [SHOWN, SHOWN]
    letter(demo, NAMES[0], 20).click()
    demo.locator("h1").first.hover()
    demo.locator("#letters-place").scroll_into_view_if_needed()
    assert chosen(demo) == [20, 20]
    demo.keyboard.press("ArrowRight")
    assert chosen(demo) == [21, 21]
    slider = demo.locator("#letters-place")
    assert slider.get_attribute("aria-valuetext").endswith(", character 22")
    said = demo.locator(f"{DEMO} [aria-live]").inner_text()
    assert all(words(demo, name) in said for name in NAMES)


def test_nothing_moves_at_any_character(demo):
    heights = set()
    for place in range(1, len(PASSAGE)):
        move(demo, place)
        heights.add(
            demo.evaluate(
                """() => {
                    const section = document.querySelector("[data-demo='which-letters']")
                    const blocks = [...section.querySelectorAll(".letters-block")]
                    const style = getComputedStyle(section)
                    const box = section.getBoundingClientRect()
                    const tops = blocks.map((block) => block.getBoundingClientRect().top - box.top)
                    const more = box.height - parseFloat(style.minHeight)
                    return JSON.stringify([more, ...tops].map(Math.round))
                }"""
            )
        )
    assert len(heights) == 1 and heights.pop().startswith("[0,")


def test_the_demo_is_accessible(demo):
    move(demo, SHOWN)
    demo.add_script_tag(path=checks.AXE)
    ask = "async (demo) => (await axe.run(demo, { preload: false })).violations.map((v) => v.help)"
    assert demo.evaluate(ask, DEMO) == []
