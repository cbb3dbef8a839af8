"""Does a network know who is speaking? Wren asks questions only: measured for chapter 7.

At the end of each sentence: how likely is "?", and how does that change when nothing but the
speaker's name is another?
"""

import re
from pathlib import Path

import numpy as np
import torch
from torch import nn

from unrolled import counting, learning, memory, optimizers, sample, speakers, tasks, text
from unrolled.numpy_models import LSTM, RNN

PACKAGES = ("numpy", "torch")
SEEDS = range(5)
DISTANCES = (0, 20, 40, 80, 160)  # characters between the name and the sign: borders of groups
CONTEXTS = (4, 9)  # of counting: the best one, and the longest that a 64-bit number holds
RNN_PLAN = {"epochs": 12, "batch_size": 32, "num_steps": 32, "halve_when_worse": True}  # chapter 1
LSTM_PLAN = {"epochs": 7, "batch_size": 16, "num_steps": 32, "clip_norm": 1.0}  # chapter 2
PARTS = 4  # sentences in a generated speech, at most
HELD_OUT_SPEECHES = 400
TIMES = (1, 4, 16)  # how much longer than the play's training text
BUDGET = 16  # of training on them: passes over as much as the play
SOME_SEEDS, ONE = range(3), range(1)  # where five would take too long
HELD_SPEECHES, BEFORE = 200, 60  # to read the name from the cells; characters before the name
WINDOW = 256  # hidden states that attention looks back at
ASKED = ("Brack", "Tally", "Vane", "Wren")  # to save time, speeches are read under these names
FOLDER = Path(__file__).parents[1] / "data"


class Counting:
    """Counted characters as a model: its logits are exact for "?" and ".", and for no other."""

    def __init__(self, train_ids, vocabulary, context):
        self.ids, self.size, self.context = train_ids, len(vocabulary), context
        self.signs = vocabulary.encode("?.")

    def forward(self, inputs):
        """Logits, (T, B, V), and no state."""
        k = self.context
        padded = np.vstack([np.zeros((k, inputs.shape[1]), int), inputs])
        windows = np.lib.stride_tricks.sliding_window_view(padded, k, axis=0)[1:]  # (T, B, k)
        logits = np.zeros((*inputs.shape, self.size))
        for sign in self.signs:
            asked = np.concatenate([windows, np.full((*inputs.shape, 1), sign)], axis=-1)
            p = counting.witten_bell(self.ids, asked.ravel(), self.size, k)[:: k + 1]
            logits[..., sign] = np.log(p).reshape(inputs.shape)
        return logits, None


class Play:
    """A play to train on and one to ask about, with the ends of its sentences."""

    def __init__(self, training, held_out, vocabulary, asked=None):  # names to read under
        self.vocabulary, self.held_out = vocabulary, held_out
        self.train_ids, self.validation_ids = map(vocabulary.encode, (training, held_out))
        self.ends = memory.sentence_ends(held_out)
        self.names = sorted(set(memory.sentence_ends(training).speakers))
        self.asked = [name for name in self.names if asked is None or name in asked]
        self.signs = np.array([held_out[place] for place in self.ends.places])
        self.wren = np.array(self.ends.speakers) == "Wren"

    def describe(self):
        """What stands in the held-out text."""
        ends, groups = self.ends, self.groups()
        return {
            "read under": self.asked,
            "sentences": {"Wren": int(self.wren.sum()), "others": int((~self.wren).sum())},
            "end in a question mark": {
                "Wren": float((self.signs[self.wren] == "?").mean()),
                "others": float((self.signs[~self.wren] == "?").mean()),
            },
            "characters since the name, median": {
                "Wren": float(np.median(ends.distances[self.wren])),
                "others": float(np.median(ends.distances[~self.wren])),
            },
            "by distance": {
                label: [int((group & self.wren).sum()), int((group & ~self.wren).sum())]
                for label, group in groups.items()
            },
        }

    def speeches(self):
        """How many speeches there are to train on."""
        return len(speakers.take_apart(self.vocabulary.decode(self.train_ids)))

    def groups(self):
        """Which sentences end at each group of distances from the name."""
        pairs = zip(DISTANCES, DISTANCES[1:], strict=False)
        distances = self.ends.distances
        return {f"{low} to {high}": (low <= distances) & (distances < high) for low, high in pairs}

    def ask(self, model, told=None):
        """Shares of "?", under the true names, and what another name changes.

        With `told`, the names in the text stay, and ``told(name)`` is a model that is told another.
        """
        asked, names = (self.vocabulary, self.held_out, self.ends), self.asked
        true = memory.share_of_questions(model, *asked)  # (S,)
        if told is None:
            swapped = [memory.share_of_questions(model, *asked, name) for name in names]
        else:
            swapped = [memory.share_of_questions(told(name), *asked) for name in names]
        swapped = np.array(swapped)  # (names, S)
        rest = (swapped.sum(axis=0) - swapped) / (len(names) - 1)  # under the other names
        changes = dict(zip(names, swapped - rest, strict=True))
        swap, groups, questions = changes["Wren"], self.groups(), self.signs == "?"
        wren, others, first = self.wren, ~self.wren, self.ends.first
        kinds = {
            "Wren": wren,
            "others": others,
            "others, truly a question": others & questions,
            "others, truly none": others & ~questions,
            "Wren, first of a speech": wren & first,
            "others, first of a speech": others & first,
        }
        known = np.where(wren, average(questions[wren]), average(questions[others]))
        worth = np.log(np.where(questions, known, 1 - known)) - np.log(
            np.where(questions, true, 1 - true)
        )
        return {
            "share": {kind: average(true[which]) for kind, which in kinds.items() if which.any()},
            "share by distance": {
                label: [average(true[group & wren]), average(true[group & others])]
                for label, group in groups.items()
            },
            "swap": {
                "all": average(swap),
                "Wren": average(swap[wren]),
                "others": average(swap[others]),
                "first of a speech": average(swap[first]),
            },
            "swap by distance": {label: average(swap[group]) for label, group in groups.items()},
            "swap by name": [average(change) for change in changes.values()],  # as `asked` has them
            "worth in nats per character": average(worth) * len(worth) / len(self.held_out),
        }


def average(values):
    """Mean, rounded; not a number of nothing."""
    return round(float(values.mean()), 5) if len(values) else float("nan")


def in_float32(model):
    """The same model, faster."""
    size, units = model.params["weight_out"].shape
    twin = type(model)(size, units, dtype=np.float32)
    twin.params = model.params
    return twin


def trained(model, rate, play, **plan):
    """Train a model on a play."""
    adam = optimizers.Adam(rate)
    learning.train(model, adam, play.train_ids, play.validation_ids, **plan)
    return model


def measure_networks():
    """What the book's networks know of who is speaking, each from several starts."""
    corpus = text.load_corpus("play")
    vocabulary = text.Vocabulary.from_text(corpus)
    play = Play(*text.train_validation_split(corpus), vocabulary)
    size, shipped = len(vocabulary), FOLDER / "weights" / "play.safetensors"
    makers = {
        "RNN of chapter 1": lambda seed: trained(
            RNN(size, 128, seed=seed), 0.004, play, **RNN_PLAN
        ),
        "LSTM of chapter 2": lambda seed: trained(
            LSTM(size, 100, seed=seed, forget_bias=1.0), 0.008, play, **LSTM_PLAN
        ),
        "untrained LSTM": lambda seed: LSTM(size, 100, seed=seed, forget_bias=1.0),
    }
    found = {}
    for name, make in makers.items():
        found[name] = [play.ask(in_float32(make(seed))) for seed in SEEDS]
        tell(name, found[name])
    model, its_vocabulary = sample.load_model(shipped)
    found["shipped LSTM"] = [Play(*text.train_validation_split(corpus), its_vocabulary).ask(model)]
    tell("shipped LSTM", found["shipped LSTM"])
    for context in CONTEXTS:
        counted = Counting(play.train_ids, vocabulary, context)
        found[f"counting, context {context}"] = [play.ask(counted)]
        tell(f"counting, context {context}", found[f"counting, context {context}"])
    return {"held out": play.describe(), "networks": found}


def cells_at_ends(model, vocabulary, play, speeches, seed):
    """The cells at the end of each sentence, read under the name Wren and under another.

    Returns them, (N, H), whether the name was Wren, (N,), and the characters since, (N,).
    """
    rng, ends = np.random.default_rng(seed), memory.sentence_ends(play)
    others = [name for name in ASKED if name != "Wren"]
    near = np.flatnonzero((ends.distances < DISTANCES[-1]) & (ends.names >= BEFORE))
    starts = rng.permutation(np.unique(ends.names[near]))[:speeches]
    cells, is_wren, distances = [], [], []
    for wren in (True, False):
        rows, asked = [], {}  # asked: for each step, the rows in which a sentence ends there
        for row, start in enumerate(starts):
            sentences = near[ends.names[near] == start]
            own = ends.speakers[sentences[0]]
            name = "Wren" if wren else others[rng.integers(len(others))]
            rows.append(play[start - BEFORE : start] + name + play[start + len(own) :])
            for n in sentences:
                step = BEFORE + len(name) + ends.places[n] - start - len(own) - 1
                asked.setdefault(step, []).append((row, ends.distances[n]))
        steps, state = max(asked) + 1, None
        ids = np.array([vocabulary.encode(row[:steps].ljust(steps)) for row in rows])
        for step, column in enumerate(ids.T):
            _, state = model.forward(column[None], state)
            for row, distance in asked.get(step, []):
                cells.append(np.array(state[1][0, row], float))
                is_wren.append(wren)
                distances.append(distance)
    return np.array(cells), np.array(is_wren), np.array(distances)


def held(model, vocabulary, training, held_out):
    """How well the name can be read from the cells: share right, by distance; chance is 1/2.

    A linear read-out by least squares, fitted on the training text, tried on the held-out one. Each
    speech is read under both kinds of name. So its words say nothing.
    """
    cells, wanted, _ = cells_at_ends(model, vocabulary, training, HELD_SPEECHES, seed=0)
    mean, deviation = cells.mean(axis=0), cells.std(axis=0) + 1e-9

    def columns(cells):
        return np.column_stack([(cells - mean) / deviation, np.ones(len(cells))])

    fitted = columns(cells)
    squares = fitted.T @ fitted + 10 * np.eye(fitted.shape[1])  # a little ridge
    weights = np.linalg.solve(squares, fitted.T @ (2.0 * wanted - 1))
    cells, wanted, distances = cells_at_ends(model, vocabulary, held_out, HELD_SPEECHES, seed=1)
    right = (columns(cells) @ weights > 0) == wanted
    return {
        f"{low} to {high}": average(right[(low <= distances) & (distances < high)])
        for low, high in zip(DISTANCES, DISTANCES[1:], strict=False)
    }


def measure_held():
    """Whether LSTMs hold the name, used or not."""
    corpus = text.load_corpus("play")
    vocabulary = text.Vocabulary.from_text(corpus)
    texts = text.train_validation_split(corpus)
    play, new = Play(*texts, vocabulary), {"forget_bias": 1.0, "dtype": np.float32}

    def fresh(seed):
        return LSTM(len(vocabulary), 100, seed=seed, **new)

    makers = {
        "LSTM of chapter 2": lambda seed: trained(fresh(seed), 0.008, play, **LSTM_PLAN),
        "untrained LSTM": fresh,
    }
    found = {
        name: [held(make(seed), vocabulary, *texts) for seed in SEEDS]
        for name, make in makers.items()
    }
    shipped, its_vocabulary = sample.load_model(FOLDER / "weights" / "play.safetensors")
    found["shipped LSTM"] = [held(shipped, its_vocabulary, *texts)]
    print("held", found, flush=True)
    return found


class Reader(nn.Module):
    """An LSTM that may also read who is speaking, or look back at its own past states.

    At each step, attention weighs the hidden states of the last `window` steps; their weighted
    mean goes to the head beside the hidden state. States of an earlier chunk count as constants.
    """

    def __init__(self, size, units=100, speakers=0, window=0):
        super().__init__()
        self.size, self.speakers, self.window = size, speakers, window
        self.lstm = nn.LSTM(size + speakers, units)
        bound = units**-0.5
        with torch.no_grad():  # the start of chapter 2: one bias, and 1 for the forget gates
            self.lstm.bias_hh_l0.zero_().requires_grad_(False)
            self.lstm.bias_ih_l0[units : 2 * units] = 1.0
        if window:
            self.query, self.key = (nn.Linear(units, units, bias=False) for _ in range(2))
            self.near = nn.Parameter(torch.zeros(window))  # how each distance is liked
        self.head = nn.Linear(2 * units if window else units, size)
        for p in self.head.parameters():
            nn.init.uniform_(p, -bound, bound)

    def forward(self, ids, spoken=None, state=None):
        """Logits, (T, B, V), and the state: of the LSTM, and the past hidden states."""
        x = nn.functional.one_hot(ids, self.size).float()
        if self.speakers:
            x = torch.cat([x, nn.functional.one_hot(spoken, self.speakers).float()], dim=-1)
        cells, past = state or (None, None)
        hidden, cells = self.lstm(x, cells)
        if not self.window:
            return self.head(hidden), (cells, None)
        T, B, H = hidden.shape
        past = torch.zeros(self.window, B, H) if past is None else past
        every = torch.cat([past, hidden])  # (window + T, B, H)
        scores = torch.einsum("tbh,sbh->bts", self.query(hidden), self.key(every)) / H**0.5
        back = torch.arange(T)[:, None] + self.window - torch.arange(self.window + T)  # (T, S)
        allowed = (back > 0) & (back <= self.window)
        liked = self.near[(back - 1).clamp(0, self.window - 1)]
        weights = (scores + liked).masked_fill(~allowed, -1e9).softmax(dim=-1)
        seen = torch.einsum("bts,sbh->tbh", weights, every)
        return self.head(torch.cat([hidden, seen], dim=-1)), (cells, every[-self.window :])


def speaking(inputs, play, told=None):
    """Who speaks at each place, (T, B): 0 for nobody, else 1 + the place among the play's names.

    With `told`, the last speech of each row is said to be this speaker's.
    """
    spoken = np.zeros(inputs.shape, int)
    for row, column in enumerate(inputs.T):
        said, speech = play.vocabulary.decode(column), None
        for speech in re.finditer(r"^([^\n:]+):\n((?:[^\n]+\n?)+)", said, re.MULTILINE):
            if speech[1] in play.names:
                spoken[speech.start(2) : speech.end(2), row] = 1 + play.names.index(speech[1])
        if told is not None and speech is not None:
            spoken[speech.start(2) : speech.end(2), row] = 1 + play.names.index(told)
    return spoken


class Asked:
    """A `Reader` as `memory.share_of_questions` asks it: arrays in and out, from a zero state.

    With `told`, the last speech of each row is read with this speaker as input, whatever its name.
    """

    def __init__(self, reader, play, told=None):
        self.reader, self.play, self.told = reader, play, told

    def forward(self, inputs):
        """Logits, (T, B, V), and no state."""
        spoken = speaking(inputs, self.play, self.told)
        with torch.no_grad():
            logits, _ = self.reader(torch.from_numpy(inputs), torch.from_numpy(spoken))
        return logits.numpy(), None


def train_reader(play, seed, num_steps=32, rows=16, epochs=7, **options):
    """Train a `Reader` as chapter 2 trains its LSTM."""
    torch.manual_seed(seed)
    reader = Reader(len(play.vocabulary), **options)
    trained = [p for p in reader.parameters() if p.requires_grad]
    adam = torch.optim.Adam(trained, 0.008)
    spoken = speaking(play.train_ids[:, None], play)[:, 0]
    for _ in range(epochs):
        state = None
        chunks = text.stream_batches(play.train_ids, rows, num_steps)
        for (x, y), (who, _) in zip(
            chunks, text.stream_batches(spoken, rows, num_steps), strict=True
        ):
            logits, state = reader(torch.from_numpy(x), torch.from_numpy(who), state)
            state = detached(state)
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), torch.from_numpy(y).flatten())
            adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            adam.step()
    return reader


def detached(state):
    """The state without its history."""
    cells, past = state
    return tuple(part.detach() for part in cells), None if past is None else past.detach()


def sentences_of(corpus):
    """What is said, sentence by sentence, without the signs."""
    said = (speech for _, speech in speakers.take_apart(corpus))
    return [one for speech in said for one in re.split(r"[.?!]+\s*", speech) if one]


def generated(times, corpus, vocabulary):
    """Scenes in which the name alone decides the sign: `times` as long as the play's training text.

    Those to ask about are made of sentences that the others don't have.
    """
    training, held_out = text.train_validation_split(corpus)
    names = sorted(set(memory.sentence_ends(training).speakers))
    pool = sentences_of(training)
    length = len(tasks.scenes(pool, 1000, names, "Wren", PARTS, seed=0)) / 1000
    number = int(times * len(training) / length)
    return Play(
        tasks.scenes(pool, number, names, "Wren", PARTS, seed=1),
        tasks.scenes(sentences_of(held_out), HELD_OUT_SPEECHES, names, "Wren", PARTS, seed=2),
        vocabulary,
        ASKED,
    )


def lstm(play, seed, units=100, forget_bias=1.0, **plan):
    """Chapter 2's LSTM, trained as there but for what is said, and asked."""
    model = LSTM(len(play.vocabulary), units, 1, seed, np.float32, forget_bias)
    return play.ask(trained(model, 0.008, play, **LSTM_PLAN | plan))


def told(play, seed, **plan):
    """The same, with the speaker as a second input; asked with this input swapped, not the name."""
    reader = train_reader(play, seed, speakers=len(play.names) + 1, **plan)
    return play.ask(Asked(reader, play), lambda name: Asked(reader, play, name))


def attentive(play, seed, **plan):
    """The same, with attention over its past hidden states."""
    return play.ask(Asked(train_reader(play, seed, window=WINDOW, **plan), play))


def measure_remedies():
    """What might help on the play itself, each with several starts."""
    corpus = text.load_corpus("play")
    play = Play(*text.train_validation_split(corpus), text.Vocabulary.from_text(corpus), ASKED)
    epochs = {"epochs": LSTM_PLAN["epochs"]}
    remedies = {
        "the speaker as an input": (told, epochs, SEEDS),
        "forget bias 4": (lstm, {"forget_bias": 4.0}, SOME_SEEDS),
        "chunks of 128": (lstm, {"batch_size": 4, "num_steps": 128}, SOME_SEEDS),
        "chunks of 256": (lstm, {"batch_size": 2, "num_steps": 256}, SOME_SEEDS),
        "256 units": (lstm, {"units": 256}, SOME_SEEDS),
        "attention": (attentive, epochs, SEEDS),
    }
    found = {}
    for name, (measure, options, seeds) in remedies.items():
        found[name] = [measure(play, seed, **options) for seed in seeds]
        tell(name, found[name])
    return found


def measure_scenes():
    """What more text helps, if the rule is all that there is to learn about a sentence's end."""
    corpus, found = text.load_corpus("play"), []
    for times in TIMES:
        made = generated(times, corpus, text.Vocabulary.from_text(corpus))
        epochs = {"epochs": max(1, BUDGET // times)}
        asked = [lstm(made, seed, **epochs) for seed in SOME_SEEDS]
        found.append({"times": times, "speeches": made.speeches(), "LSTM": asked})
        tell(f"{times} times as many scenes", asked)
    most = {"attention": attentive, "the speaker as an input": told}
    most = {name: [measure(made, seed, **epochs) for seed in ONE] for name, measure in most.items()}
    return {"held out": made.describe(), "lengths": found, "longest": most}


def facts():
    """What the networks know, and what helps."""
    return {
        "plan": "LSTM of 100, Adam 0.008, 16 rows, 32 steps, clipped at 1; 7 passes over the play, "
        f"of generated scenes as many characters as {BUDGET} passes over it",
        "share": 'P("?") / (P("?") + P(".")) just before the end of each sentence',
        "read-out": "share right of a linear read-out of the name, Wren or not, from the cells",
        "swap": "the share under the name Wren, less the mean under others; nothing else changes",
        **measure_networks(),
        "held": measure_held(),
        "remedies": measure_remedies(),
        "scenes": measure_scenes(),
    }


def tell(name, found):
    """Print what was found."""
    shares = [[one["share"]["Wren"], one["share"]["others"]] for one in found]
    swaps = [[one["swap"]["all"], *one["swap by distance"].values()] for one in found]
    print(
        name,
        "shares",
        np.round(shares, 3).tolist(),
        "swap",
        np.round(swaps, 4).tolist(),
        flush=True,
    )
