"""Which letters a prediction hangs on, for chapter 1's RNN and chapter 2's LSTM.

For one passage of the held-out play, everything that a page shows of the networks that a reader
trains there. For the held-out text, from five starts, how far back the gradient lies, and what a
long way back is good for: whether a line ends at a mark. Only one start of chapter 2's LSTM learns
that, so both kinds are also trained longer, with longer chunks, and alike.
"""

import numpy as np

from experiments import read
from unrolled import learning, memory, optimizers, text
from unrolled.numpy_models import LSTM, RNN, softmax

PACKAGES = ("numpy",)
SEEDS = range(5)
START, LENGTH = 479, 94  # of the passage, in characters of the held-out text
SHOWN = 46  # the character that a figure shows: the end of the passage's second line
WARM_UP = 200  # characters read before what is measured
WINDOWS, WINDOW = 20, 100  # in which gradients are traced back
PARTS = (0.5, 0.9)
SWAPPED_FROM = 12  # letters to compare with swaps: fewer have no order to speak of
CHAPTER_1, CHAPTER_2 = "RNN of chapter 1", "LSTM of chapter 2"
MODELS = {
    CHAPTER_1: "1 layer of 128, float64; Adam 0.004, halved when worse, 32 rows, 32 steps, "
    "12 passes",
    CHAPTER_2: "1 layer of 100, float64, forget bias 1; Adam 0.008, 16 rows, 32 steps, 7 passes, "
    "gradients clipped at 1",
    "RNN": "1 layer of 128, float32; Adam 0.004, 32 rows, 64 steps, 12 passes",
    "LSTM": "1 layer of 128, float32, forget bias 1; Adam 0.01, 32 rows, 64 steps, 12 passes",
}
PLANS = {
    CHAPTER_1: {"epochs": 12, "batch_size": 32, "num_steps": 32, "halve_when_worse": True},
    CHAPTER_2: {"epochs": 7, "batch_size": 16, "num_steps": 32, "clip_norm": 1.0},
    "RNN": {"epochs": 12, "batch_size": 32, "num_steps": 64},
    "LSTM": {"epochs": 12, "batch_size": 32, "num_steps": 64},
}
IN_PASSAGE = {CHAPTER_1: "RNN", CHAPTER_2: "LSTM"}


def new(name, size, seed):
    """Return an untrained network and its learning rate."""
    if name == CHAPTER_1:
        return RNN(size, hidden_size=128, seed=seed), 0.004
    if name == CHAPTER_2:
        return LSTM(size, hidden_size=100, seed=seed, forget_bias=1.0), 0.008
    if name == "RNN":
        return RNN(size, hidden_size=128, seed=seed, dtype=np.float32), 0.004
    return LSTM(size, hidden_size=128, seed=seed, dtype=np.float32, forget_bias=1.0), 0.01


def trained(name, seed):
    """Return a trained network, in float64, and its held-out loss."""
    size, train_ids, validation_ids = read("play")
    model, rate = new(name, size, seed)
    adam = optimizers.Adam(rate)
    history = learning.train(model, adam, train_ids, validation_ids, **PLANS[name])
    exact = type(model)(size, model.hidden_size)
    exact.params = model.params
    return exact, history.validation[-1][1]


def swapped(model, ids):
    """What comes of another letter in each place of the passage: (LENGTH, LENGTH).

    Row n, column m: how much the loss of character n changes as character m is each of the
    vocabulary, root mean square.
    """
    size, effects = model.vocab_size, np.zeros((LENGTH, LENGTH))
    for m in range(LENGTH - 1):
        inputs = np.repeat(ids[:-1, None], size, axis=1)  # (T, V): a column for each letter
        inputs[WARM_UP + m] = np.arange(size)
        targets = np.repeat(ids[1:, None], size, axis=1)  # what came, whatever is read
        losses = memory.losses_of(model, inputs, targets)[WARM_UP - 1 :]  # (LENGTH, V)
        change = losses - losses[:, ids[WARM_UP + m], None]
        effects[:, m] = np.sqrt(np.mean(change**2, axis=1))
    return effects


def ranks(values):
    """The place of each value in order."""
    return np.argsort(np.argsort(values))


def packed(parts):
    """Shares as whole numbers from 0 to 255, round(255 √share): small ones stay exact enough."""
    return " ".join(map(str, np.rint(255 * np.sqrt(parts)).astype(int)))


def passage(model, vocabulary, ids):
    """What one network makes of the passage, whose text and warm-up are `ids`.

    `rows` has a string for each character: first the share of its prediction's gradient that lies
    before the passage, then that of each letter in it. `swaps` has the shares of what swapped
    letters do to the prediction of character SHOWN.
    """
    lengths = memory.gradient_by_letter(model, ids, first=WARM_UP - 1)
    parts = memory.shares(lengths)
    rows, agreement = [], []
    for count, row in enumerate(parts):
        told = np.append(row[:WARM_UP].sum(), row[WARM_UP : WARM_UP + count])
        rows.append(packed(told))
    effects = swapped(model, ids)
    for count in range(SWAPPED_FROM, LENGTH):
        pair = effects[count, :count], lengths[count, WARM_UP : WARM_UP + count]
        agreement.append(np.corrcoef(*map(ranks, pair))[0, 1])
    probabilities = softmax(model.forward(ids[:-1, None])[0][WARM_UP - 1 :, 0])  # (N, V)
    best = np.argsort(-probabilities, axis=1)[:, :3]
    return {
        "rows": rows,
        "given": [round(float(p[i]), 4) for p, i in zip(probabilities, ids[WARM_UP:], strict=True)],
        "expected": [vocabulary.decode(three) for three in best],
        "probabilities": [
            [round(float(p[i]), 4) for i in three]
            for p, three in zip(probabilities, best, strict=True)
        ],
        "swaps": packed(effects[SHOWN, :SHOWN] / effects[SHOWN].sum()),
        "swaps_rank_correlation": float(np.mean(agreement)),
    }


def reach(model, ids):
    """How many letters back hold each of PARTS of the gradient: mean over many predictions."""
    found = []
    for start in np.linspace(0, len(ids) - WARM_UP - WINDOW - 1, WINDOWS).astype(int):
        piece = ids[start : start + WARM_UP + WINDOW + 1]
        lengths = memory.gradient_by_letter(model, piece, first=WARM_UP)
        found.append([memory.letters_holding(lengths, part) for part in PARTS])
    return np.mean(found, axis=(0, 2)).tolist()


def marks(characters):
    """After each mark within or at the end of a line: its place, its column, and who ends there."""
    places = [
        place
        for place, pair in enumerate(zip(characters, characters[1:], strict=False))
        if pair[0] in ",.;?!" and pair[1] in " \n"
    ]
    columns = [place - characters.rfind("\n", 0, place) for place in places]
    return (
        np.array(places),
        np.array(columns),
        np.array([characters[p + 1] == "\n" for p in places]),
    )


def right(model, vocabulary, ids):
    """Share of the marks at which a network finds the likelier of a line's end and a space."""
    places, _, ends = marks(vocabulary.decode(ids))
    logits = model.forward(ids[:-1, None])[0][places, 0]
    end, space = vocabulary.encode("\n ")
    return float(np.mean((logits[:, end] > logits[:, space]) == ends))


def ruler(train_characters, characters):
    """The same share for two rules without a network: the commoner answer, and a line's length."""
    _, columns, ends = marks(train_characters)
    longest = max(range(columns.max() + 2), key=lambda length: np.mean((columns >= length) == ends))
    _, here, wanted = marks(characters)
    return {
        "commoner": float(np.mean(wanted == (ends.mean() > 0.5))),
        "line_length": int(longest),
        "by_length": float(np.mean((here >= longest) == wanted)),
        "marks": len(wanted),
    }


def facts():
    """One passage, and what five starts do on the held-out text."""
    _, train_ids, held_out = read("play")
    vocabulary = text.Vocabulary.from_text(text.load_corpus("play"))
    ids = held_out[START - WARM_UP : START + LENGTH]
    shown, kept = {}, {}
    for name in PLANS:
        losses, lines, far = [], [], []
        for seed in SEEDS:
            model, loss = trained(name, seed)
            if seed == 0 and name in IN_PASSAGE:
                shown[IN_PASSAGE[name]] = passage(model, vocabulary, ids)
            losses.append(loss)
            lines.append(right(model, vocabulary, held_out))
            far.append(reach(model, held_out))
            print(name, seed, round(loss, 3), round(lines[-1], 3), far[-1], flush=True)
        halves, tenths = zip(*far, strict=True)
        kept[name] = {
            "validation_nats": losses,
            "letters_holding_half": halves,
            "letters_holding_nine_tenths": tenths,
            "right_at_marks": lines,
        }
    return {
        "models": MODELS,
        "passage": vocabulary.decode(ids[WARM_UP:]),
        "seed": 0,
        "shown": SHOWN,
        "networks": shown,
        "held_out": kept
        | {"ruler": ruler(vocabulary.decode(train_ids), vocabulary.decode(held_out))},
    }
