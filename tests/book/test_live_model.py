"""The live model: its weights, its JavaScript beside NumPy, and the page, driven in Chromium."""

import hashlib
import json
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest
from checks import ROOT, expect_none
from checks import book as book_checks
from checks import browser as checks
from unrolled_book.node import find_node

from unrolled import generation, text, train
from unrolled.numpy_models import LSTM, log_softmax
from unrolled.weights import load_arrays, save_arrays

WEIGHTS = ROOT / "data" / "weights"
MODULES = ROOT / "book" / "_static" / "demos" / "live-model"
MODELS = ("play", "shakespeare")
PAGES = ("book/index.html", "notebooks/02_lstm_from_scratch.html")
PAGES += ("notebooks/04_pytorch_batching.html",)
SETTINGS = {"temperature": 0.7, "top_k": 20, "seed": 7}


# The weights.


@pytest.mark.parametrize("name", MODELS)
def test_the_metadata_are_complete(name):
    path = WEIGHTS / f"{name}.safetensors"
    arrays, metadata = load_arrays(path)
    assert path.stat().st_size <= 10**6
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float16)}
    assert metadata["corpus"] == name and metadata["stored_in"] == "float16"
    assert metadata["training_share"] == train.TRAINING_SHARE
    assert 1 < metadata["validation_nats"] < 2
    *start, program = shlex.split(metadata["command"])[:3]
    assert (start, program) == (["python", "-m"], "unrolled.train")
    options = vars(train.arguments().parse_args(shlex.split(metadata["command"])[3:]))
    for setting in options.keys() - {"device", "out"}:
        assert options[setting] == metadata.get(setting, False), setting  # no --final in their time


def test_the_metadata_are_true():
    play = text.load_corpus("play")
    arrays, metadata = load_arrays(WEIGHTS / "play.safetensors")
    assert metadata["corpus_sha256"] == hashlib.sha256(play.encode()).hexdigest()
    assert metadata["characters"] == "".join(sorted(set(play)))
    assert validation_nats(arrays, metadata) == pytest.approx(metadata["validation_nats"], abs=1e-5)
    arrays["bias_out"][1] += 1  # another model has another loss
    assert validation_nats(arrays, metadata) > metadata["validation_nats"] + 1e-3


def test_the_units_to_begin_with_follow_what_they_say():
    _, metadata = load_arrays(WEIGHTS / "play.safetensors")
    play = text.load_corpus("play")
    _, held_out = text.train_validation_split(play, metadata["training_share"])
    _, hidden, _ = steps("play", held_out)
    hidden = hidden[1:]  # (N, H), without the line end before the text
    in_word = [0]
    for character in held_out:
        in_word.append(in_word[-1] + 1 if character.isalpha() else 0)
    [said] = [u for u in metadata["units"] if u["follows"] == "place in the word"]
    half = len(hidden) // 2
    found = np.corrcoef(hidden[half:, said["unit"]], in_word[1 + half :])[0, 1]
    assert found == pytest.approx(said["correlation"], abs=0.011)
    assert abs(found) > 0.3


def test_the_tool_refuses_weights_of_another_text():
    before = (WEIGHTS / "shakespeare.safetensors").read_bytes()
    tool, other = ROOT / "tools" / "weights.py", WEIGHTS / "play.safetensors"
    command = [sys.executable, tool, "shakespeare", "--trained", other]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "was trained on play, not on shakespeare" in done.stderr
    assert (WEIGHTS / "shakespeare.safetensors").read_bytes() == before


def test_shakespeare_is_the_one_that_the_book_reads():
    _, metadata = load_arrays(WEIGHTS / "shakespeare.safetensors")
    assert metadata["corpus_sha256"] in (ROOT / "src" / "unrolled" / "text.py").read_text()


def validation_nats(arrays, metadata):
    """What `tools/weights.py` measures, here in NumPy."""
    _, held_out = text.train_validation_split(text.load_corpus("play"), metadata["training_share"])
    ids = text.Vocabulary(metadata["characters"]).encode(held_out)
    model, total, count, state = numpy_model(arrays), 0.0, 0, None
    for inputs, targets in text.stream_batches(ids, 16, 128):
        logits, state = model.forward(inputs, state)
        chosen = np.take_along_axis(log_softmax(logits), targets[..., None], -1)
        total, count = total - chosen.sum(), count + targets.size
    return total / count


def numpy_model(arrays):
    """The NumPy LSTM of these weights: an embedding times W_ih is what a one-hot input picks."""
    arrays = {name: array.astype(np.float64) for name, array in arrays.items()}
    if "embedding" in arrays:
        arrays["weight_ih_l0"] = arrays["weight_ih_l0"] @ arrays.pop("embedding").T
    model = LSTM(*arrays["weight_out"].shape)
    model.params = arrays
    return model


# The JavaScript, run by Node.


def run(body, **inputs):
    """Run JavaScript with some of the modules' names and these inputs; what it returns."""
    script = f"""
        import {{ readFileSync }} from "node:fs";
        import {{ LSTM }} from "{(MODULES / "lstm.mjs").as_uri()}";
        import {{ PAGE, Reader, sample }} from "{(MODULES / "reader.mjs").as_uri()}";
        import * as sampling from "{(MODULES / "sampling.mjs").as_uri()}";
        import {{ readWeights }} from "{(MODULES / "weights.mjs").as_uri()}";
        const inputs = JSON.parse(readFileSync(0));
        const load = (path) => readWeights(Uint8Array.from(readFileSync(path)).buffer);
        console.log(JSON.stringify((() => {{ {body} }})()));
    """
    command = [find_node(), "--input-type=module", "--eval", script]
    done = subprocess.run(
        command, input=json.dumps(inputs), capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def read_in_javascript(path, ids):
    """The logits, (T, V), after each of these ids."""
    return np.array(
        run(
            """const model = new LSTM(load(inputs.path).params);
            let state = model.start();
            return inputs.ids.map((id) => [...(state = model.step(id, state)).z]);""",
            path=str(path),
            ids=[int(n) for n in ids],
        )
    )


@pytest.mark.parametrize("name", MODELS)
def test_the_logits_are_those_of_numpy(name, tmp_path):
    path = WEIGHTS / f"{name}.safetensors"
    arrays, metadata = load_arrays(path)
    ids = np.random.default_rng(0).integers(0, len(metadata["characters"]), 500)
    expected, _ = numpy_model(arrays).forward(ids[:, None])
    assert np.abs(read_in_javascript(path, ids) - expected[:, 0]).max() < 1e-4

    i, f, g, o = np.split(arrays["weight_hh_l0"], 4)  # broken on purpose: the order of the gates
    save_arrays(tmp_path / "x.safetensors", arrays | {"weight_hh_l0": np.vstack([f, i, g, o])}, {})
    found = read_in_javascript(tmp_path / "x.safetensors", ids)
    assert np.abs(found - expected[:, 0]).max() > 0.1


def test_an_embedding_is_optional_and_float32_is_read(tmp_path):
    model = LSTM(7, 5, seed=1)
    params = {name: array.astype(np.float32) for name, array in model.params.items()}
    save_arrays(tmp_path / "x.safetensors", params, {})
    model.params = params
    ids = np.random.default_rng(0).integers(0, 7, 50)
    found = read_in_javascript(tmp_path / "x.safetensors", ids)
    assert np.abs(found - model.forward(ids[:, None])[0][:, 0]).max() < 1e-12


def test_every_half_is_read(tmp_path):
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    save_arrays(tmp_path / "x.safetensors", {"x": halves}, {"facts": [1, "two"]})
    found = run(
        """const { params, metadata } = load(inputs.path);
        return [params.x.shape, [...params.x.data].map(String), metadata];""",
        path=str(tmp_path / "x.safetensors"),
    )
    assert found[0] == [2**16] and found[2].pop("sha256")
    assert found[2] == {"facts": [1, "two"]}
    numbers = np.array([float(word.replace("Infinity", "inf")) for word in found[1]])
    assert np.array_equal(numbers, halves.astype(float), equal_nan=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weight_hh_l0": np.zeros((15, 5), np.float32)}, "weight_hh_l0 has the shape"),
        ({"weight_hh_l1": np.zeros((20, 5), np.float32)}, "weight_hh_l1 has the shape"),
        ({"bias_out": np.zeros(7)}, "float16 or float32, and these are F64"),
    ],
)
def test_other_weights_are_refused(tmp_path, change, said):
    params = {name: array.astype(np.float32) for name, array in LSTM(7, 5).params.items()}
    save_arrays(tmp_path / "x.safetensors", params | change, {})
    found = run(
        "try { new LSTM(load(inputs.path).params) } catch (error) { return error.message }",
        path=str(tmp_path / "x.safetensors"),
    )
    assert said in found


def test_the_probabilities_are_those_of_numpy():
    rng = np.random.default_rng(0)
    cases = [
        (list(np.round(rng.normal(size=9) * 3, 1)), temperature, top_k)
        for temperature in (0.05, 0.7, 1, 2)
        for top_k in (1, 2, 5, 9)
        for _ in range(20)
    ]
    found = run(
        "return inputs.cases.map((c) => [...sampling.nextProbabilities(...c)])", cases=cases
    )
    for case, probabilities in zip(cases, found, strict=True):
        assert np.allclose(probabilities, generation.next_probabilities(*case), atol=1e-12)
    logits = cases[0][0]
    bits = run("return inputs.z.map((_, id) => sampling.surprise(inputs.z, id))", z=logits)
    assert np.allclose(bits, -log_softmax(np.array(logits)) / np.log(2))


def mulberry32(seed):
    """The generator of `sampling.mjs`, in Python."""
    state = seed & 0xFFFFFFFF
    while True:
        state = (state + 0x6D2B79F5) & 0xFFFFFFFF
        mixed = ((state ^ state >> 15) * (state | 1)) & 0xFFFFFFFF
        mixed ^= (mixed + ((mixed ^ mixed >> 7) * (mixed | 61) & 0xFFFFFFFF)) & 0xFFFFFFFF
        yield (mixed ^ mixed >> 14) / 2**32


def sample(name, prompt, length, temperature, top_k, seed):
    """What the model should write after a line end and the prompt, in Python."""
    arrays, metadata = load_arrays(WEIGHTS / f"{name}.safetensors")
    vocabulary, model = text.Vocabulary(metadata["characters"]), numpy_model(arrays)
    logits, state = model.forward(vocabulary.encode("\n" + prompt)[:, None])
    written, numbers = [], mulberry32(seed)
    for _ in range(length):
        p = generation.next_probabilities(logits[-1, 0], temperature, top_k)
        written.append(int(np.searchsorted(np.cumsum(p), next(numbers), side="right")))
        logits, state = model.forward(np.array([[written[-1]]]), state)
    return vocabulary.decode(written)


@pytest.mark.parametrize("name", MODELS)
def test_the_same_seed_writes_the_same_text(name):
    def written(seed):
        return run(
            "return sample(load(inputs.path), inputs.prompt, 300, inputs.settings)",
            path=str(WEIGHTS / f"{name}.safetensors"),
            prompt="It is",
            settings={"temperature": 0.7, "topK": 20, "seed": seed},
        )

    assert written(7) == written(7) == sample(name, "It is", 300, **SETTINGS)
    assert written(8) != written(7)


def test_reading_on_after_an_edit_is_reading_anew():
    rng = np.random.default_rng(0)
    play = text.load_corpus("play")
    texts = ["", play[:2500] + "é" + play[2500:3000]]
    for _ in range(12):
        old = texts[-1]
        at, end = np.sort(rng.integers(0, len(old) + 1, 2))
        texts.append(old[:at] + ["new ", "é\n", ""][rng.integers(3)] + old[end:] + play[:200])
    wrong = run(
        """const weights = load(inputs.path), kept = new Reader(weights);
        return inputs.texts.map((text) => {
            const characters = [...text], fresh = new Reader(weights);
            for (const c of characters.slice(kept.rewind(characters))) kept.read(c);
            for (const c of characters) fresh.read(c);
            const page = Math.floor((characters.length - 1) / PAGE);
            const next = page > 0 && kept.look(0), other = page > 0 && fresh.look(0);
            return [kept.characters.join("") !== text, `${kept.bits}` !== `${fresh.bits}`,
                `${kept.now.z}` !== `${fresh.now.z}`, kept.steps.length !== fresh.steps.length,
                kept.steps.some((s, n) => `${s.h}` !== `${fresh.steps[n].h}`),
                kept.pages.length !== fresh.pages.length,
                page > 0 && [1, 2, 3].some(() => `${next().h}` !== `${other().h}`)];
        });""",
        path=str(WEIGHTS / "play.safetensors"),
        texts=texts,
    )
    assert not np.any(wrong)


# The page.


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_have_the_demo(book, page):
    [section] = book_checks.parse(book / page).select("[data-demo=live-model]")
    assert section.name == "section" and len(section.get_text().split()) > 10


@pytest.fixture(scope="module")
def context(browser):
    with checks.new_context(browser, "light", "wide") as context:
        yield context


@pytest.fixture
def page(context, book, serve):
    """The landing page with the demo started, and no complaint until the end."""
    page, problems = context.new_page(), []
    page.on("console", lambda m: m.type == "error" and problems.append(m.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{serve(book)}/{PAGES[0]}")
    page.locator("section.demo").scroll_into_view_if_needed()
    page.wait_for_selector(".lm-text > span")
    yield page
    page.close()
    assert problems == []


def type_in(page, words):
    """Put a text in the place of the prompt, and wait until it is read."""
    page.get_by_label("Type a beginning").fill(words)
    page.wait_for_function(
        """([words]) => {
            const said = document.querySelector(".lm-totals").textContent;
            const count = [...words].length.toLocaleString("en");
            return said.startsWith(`Your text: ${count} characters`) && !said.includes("Reading");
        }""",
        arg=[words],
    )


def shown(page):
    """The text in the page, as characters."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".lm-text > span")].map(
            (span) => span.dataset.level === "unknown" ? [...span.textContent][0]
                : span.textContent.replace("↵", ""))"""
    )


def write(page):
    """Let the model write, to the end."""
    page.get_by_role("button", name="Write on").click()
    page.wait_for_function(
        "document.querySelector('.lm-status').textContent.startsWith('Written')", timeout=60_000
    )


def at_rest(page):
    """Wait until 20 frames have shown no new character; return how many there are."""
    return page.evaluate(
        """() => new Promise(done => {
            let count = 0, frames = 0
            const look = () => {
                const now = document.querySelectorAll(".lm-text > span").length
                frames = now === count ? frames + 1 : 0
                count = now
                if (frames === 20) done(count)
                else requestAnimationFrame(look)
            }
            look()
        })"""
    )


def steps(name, words):
    """Logits (T + 1, V) and hidden states (T + 1, H) after a line end and each character."""
    arrays, metadata = load_arrays(WEIGHTS / f"{name}.safetensors")
    ids, model = text.Vocabulary(metadata["characters"]).encode("\n" + words), numpy_model(arrays)
    hidden, state = [], None
    for n in ids:
        _, state = model.forward(np.array([[n]]), state)
        hidden.append(state[0][0, 0])
    hidden = np.array(hidden)
    return hidden @ model.params["weight_out"].T + model.params["bias_out"], hidden, ids


def test_what_it_shows_is_right(page):
    words = "Wren:\nWho rang the bell? <b>"
    known = words.replace("<", "").replace(">", "")
    type_in(page, words)
    logits, hidden, ids = steps("play", known)
    bits = -log_softmax(logits)[np.arange(len(known)), ids[1:]] / np.log(2)

    totals = page.locator(".lm-totals").inner_text()
    found = re.search(r"([\d.]+) bits, ([\d.]+) bits per character, 2 not in its voc", totals)
    assert float(found[1]) == pytest.approx(bits.sum(), abs=0.06)
    assert float(found[2]) == pytest.approx(bits.mean(), abs=0.006)

    place = page.get_by_label("Look at a character")
    for at in (0, 5, 11):
        place.fill(str(at))
        page.wait_for_function(
            "at => document.querySelector('.lm-placed').textContent.startsWith(`Character ${at},`)",
            arg=at + 1,
        )
        said = page.locator(".lm-placed").inner_text()
        assert float(re.search(r"([\d.]+) bits", said)[1]) == pytest.approx(bits[at], abs=0.006)
        bars = page.locator(".lm-bars > li").all_inner_texts()
        expected = np.sort(generation.next_probabilities(logits[at + 1], 0.7))[::-1]
        shares = [float(re.search(r"([\d.]+) %", bar)[1]) for bar in bars]
        assert np.allclose(shares, 100 * expected[: len(shares)], atol=0.06)

    page.get_by_label("a hidden unit").check()
    page.get_by_label("Hidden unit", exact=True).fill("5")
    page.wait_for_selector(".lm-text[data-shade=hidden]")
    page.wait_for_selector("canvas[aria-label^='Unit 5:']")  # drawn after the text
    levels = page.evaluate(
        "[...document.querySelectorAll('.lm-text > span')].map((span) => span.dataset.level)"
    )
    kept = [float(level) for level in levels if level != "unknown"]
    assert np.abs(np.array(kept) / 8 - hidden[1:, 5]).max() < 0.5 / 8 + 1e-6
    assert np.ptp(kept) > 2


def test_it_writes_what_the_seed_says(page):
    prompt = "Hob:\nThe soup"
    type_in(page, prompt)
    page.get_by_label("Top-k").fill(str(SETTINGS["top_k"]))
    page.get_by_label("Seed").fill(str(SETTINGS["seed"]))
    texts = []
    for temperature in ("0.7", "0.7", "1.2"):
        page.get_by_label("Temperature").fill(temperature)
        write(page)
        texts.append("".join(shown(page)))
        page.get_by_label("Type a beginning").fill("Else")  # and back
        type_in(page, prompt)
    assert len(texts[0]) == len(prompt) + 1000
    assert texts[0] == texts[1] != texts[2]
    assert texts[0][:400] == (prompt + sample("play", prompt, 400, **SETTINGS))[:400]


def test_it_stops(page):
    page.get_by_label("slowly").check()
    page.get_by_role("button", name="Write on").click()
    page.wait_for_function("document.querySelectorAll('.lm-text > .written').length > 3")
    page.get_by_role("button", name="Stop").click()
    assert at_rest(page) < 1000
    assert page.locator(".lm-status").inner_text() == "Stopped."


def test_it_pauses_while_hidden(page):
    def hide(value):
        page.evaluate(
            """value => {
                Object.defineProperty(document, "hidden", { value, configurable: true });
                document.dispatchEvent(new Event("visibilitychange"));
            }""",
            value,
        )

    page.get_by_label("slowly").check()
    page.get_by_role("button", name="Write on").click()
    page.wait_for_function("document.querySelectorAll('.lm-text > .written').length > 3")
    hide(True)
    before = at_rest(page)
    assert before < 1000
    hide(False)
    page.wait_for_function(f"document.querySelectorAll('.lm-text > span').length > {before + 3}")


def test_no_markup_is_ever_read(page):
    evil = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>&amp;"
    emoji = "😀 e\u0301 \u202eabc"
    type_in(page, evil + emoji)
    assert "".join(shown(page)).startswith(evil)
    assert page.evaluate(
        "[window.hacked ?? null, document.querySelectorAll('.lm img').length]"
    ) == [
        None,
        0,
    ]
    labels = page.locator(".lm-text > [data-level=unknown]").all_inner_texts()
    assert any("U+1F600" in label for label in labels) and any("U+0026" in x for x in labels)
    page.get_by_label("Look at a character").fill("0")
    page.get_by_text("U+003C, not in its vocabulary").wait_for()


def test_a_long_text_freezes_nothing(page):
    long = (text.load_corpus("play") * 2)[:100_000]
    page.evaluate(
        """() => {
            window.frames_seen = 0;
            const count = () => { window.frames_seen++; requestAnimationFrame(count) };
            count();
        }"""
    )
    page.get_by_label("Type a beginning").evaluate(
        "(field, long) => { field.value = long; field.dispatchEvent(new Event('input')) }", long
    )
    page.wait_for_function("document.querySelector('.lm-totals').textContent.includes('Reading')")
    before = page.evaluate("window.frames_seen")
    page.get_by_label("Seed").fill("12345")  # a field answers while the text is read
    page.wait_for_function(f"window.frames_seen > {before + 20}")
    said = page.locator(".lm-totals").inner_text()
    assert "Reading" in said and page.get_by_label("Seed").input_value() == "12345"
    assert len(shown(page)) <= 1200
    page.get_by_role("button", name="Stop").click()
    type_in(page, long[:3000])  # edited: what it has read already stays
    assert "".join(shown(page)) == long[2400:3000]
    page.get_by_role("button", name="Earlier").click()
    page.wait_for_function("document.querySelector('.lm-pager').textContent.includes('page 2')")
    assert "".join(shown(page)) == long[1200:2400]


def test_the_other_model_says_what_it_is(page):
    page.get_by_label("Tiny Shakespeare").check()
    page.wait_for_function("document.querySelector('.lm textarea').value.startsWith('ROMEO')")
    page.locator(".lm summary").click()
    said = page.locator(".lm dl").inner_text()
    _, metadata = load_arrays(WEIGHTS / "shakespeare.safetensors")
    for fact in (metadata["command"], metadata["corpus_sha256"]):
        assert fact in said
    assert f"{metadata['validation_nats']:.4f} nats" in said
    type_in(page, "ROMEO:\nO")
    logits, _, ids = steps("shakespeare", "ROMEO:\nO")
    bits = -log_softmax(logits)[np.arange(8), ids[1:]].sum() / np.log(2)
    total = re.search(r"([\d.]+) bits,", page.locator(".lm-totals").inner_text())[1]
    assert float(total) == pytest.approx(bits, abs=0.06)


def test_the_keyboard_is_enough(page):
    field = page.get_by_label("Type a beginning")
    field.focus()
    page.keyboard.type("A")
    for _ in range(5):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Write on"
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelector('.lm-status').textContent.startsWith('Written')", timeout=60_000
    )
    page.get_by_label("Look at a character").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "document.querySelector('.lm-placed').textContent.startsWith('Character 2,')"
    )


@pytest.mark.parametrize(("theme", "size"), checks.SETTINGS)
def test_everyone_can_use_it(browser, book, serve, theme, size):
    with checks.new_context(browser, theme, size) as context:
        page = context.new_page()
        page.goto(f"{serve(book)}/{PAGES[0]}")
        section = page.locator("section.demo")
        section.scroll_into_view_if_needed()
        page.wait_for_selector(".lm-text > span")
        reserved = page.evaluate(
            "parseFloat(getComputedStyle(document.querySelector('section.demo')).minHeight)"
        )
        assert section.bounding_box()["height"] <= reserved + 1  # nothing below has moved
        write(page)
        for shade in ("surprise", "a hidden unit"):
            page.get_by_label(shade).check()
            checks.drawn(page)
            expect_none(checks.axe(page))
        page.locator(".lm summary").click()
        expect_none(checks.overflow(page) + checks.axe(page))
