"""Who is speaking? Chapter 5's classifier on two plays, beside baselines; its traps and times."""

import time

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from torch import nn

from unrolled import speakers, text
from unrolled.padding import Classifier, bucketed, collate, last_valid, mask_of, masked_loss

PACKAGES = ("numpy", "scikit-learn", "torch")
TRAPS = {
    "play": [
        "shuffled",
        "last step only",
        "pads in the loss",
        "wrong axis",
        "lengths sorted",
        "a length of 0",
    ],
    "shakespeare": [],
}
SEEDS = range(5)
HIDDEN, EMBEDDING, RATE, PASSES, BATCH = 48, 24, 0.012, 14, 8
TOGETHER = 30  # texts side by side when it is measured
TIMED = 32  # sequences
REPEATS = 7


def swapped(model, ids, lengths):
    """The wrong batch axis: rows for steps, and steps for rows."""
    return model(ids.T, lengths).transpose(0, 1)


READINGS = {
    "right": last_valid,
    "state at a pad": lambda logits, lengths: logits[-1],
    "mean": lambda logits, lengths: (logits * mask_of(lengths)[..., None]).sum(dim=0),
    "pads in the mean": lambda logits, lengths: logits.mean(dim=0),
}


def loss_of(logits, targets, lengths, trap):
    """Cross-entropy with the speaker, (B,), after every valid character, or a mistake."""
    if trap == "last step only":
        return nn.functional.cross_entropy(last_valid(logits, lengths), targets)
    mask = mask_of(lengths)  # (T, B)
    if trap == "pads in the loss":  # as targets that are padded with 0 do
        padded = torch.where(mask, targets, 0)
        return nn.functional.cross_entropy(logits.flatten(0, 1), padded.flatten())
    if trap == "a length of 0":  # the mean of each text's mean
        repeated = targets.expand(mask.shape)
        losses = nn.functional.cross_entropy(logits.mT, repeated, reduction="none")
        return ((losses * mask).sum(dim=0) / lengths).mean()
    return masked_loss(logits, targets, lengths)


class Task:
    """One corpus as padded batches."""

    def __init__(self, name):
        self.data = speakers.load(name)
        vocabulary = text.Vocabulary.from_text("".join(self.data.texts))
        self.vocab_size = len(vocabulary) + 1
        self.sequences = [torch.from_numpy(vocabulary.encode(t) + 1) for t in self.data.texts]
        self.lengths = np.array([len(ids) for ids in self.sequences])
        self.labels = torch.from_numpy(self.data.labels)

    def split(self, seed):
        """Train and test indices."""
        indices = np.arange(len(self.lengths))
        return train_test_split(
            indices, test_size=0.2, stratify=self.data.labels, random_state=seed
        )

    def batch(self, part):
        """Ids, (T, B), padded with 0 on the right, and lengths."""
        return collate([self.sequences[i] for i in part])

    def guesses(self, model, part, reading="right", axis="right"):
        """The likeliest speaker of each text, (N,); batches as they come, not sorted by length."""
        found, run = [], swapped if axis == "wrong" else Classifier.__call__
        with torch.no_grad():
            for some in np.array_split(part, -(-len(part) // TOGETHER)):
                ids, lengths = self.batch(some)
                logits = READINGS[reading](run(model, ids, lengths), lengths)
                found.append(logits.nan_to_num(-torch.inf).argmax(dim=1))
        return torch.cat(found).numpy()

    def train(self, trap, seed):
        """Train one network with one mistake, or none; returns it and the indices held out."""
        train, test = self.split(seed)
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        model = Classifier(self.vocab_size, len(self.data.names), EMBEDDING, HIDDEN)
        optimizer = torch.optim.Adam(model.parameters(), RATE)
        run = swapped if trap == "wrong axis" else Classifier.__call__
        for _ in range(PASSES):
            if trap in ("shuffled", "pads in the loss"):  # buckets would hide it: few pads
                groups = np.array_split(rng.permutation(train), len(train) // BATCH)
            else:
                groups = bucketed(train, self.lengths, BATCH, rng)
            for part in groups:
                ids, lengths = self.batch(part)
                if trap == "lengths sorted":  # the rows are sorted for packing, the labels are not
                    order = torch.argsort(lengths, descending=True, stable=True)
                    ids, lengths = ids[:, order], lengths[order]
                if trap == "a length of 0":  # one text is empty
                    lengths[torch.from_numpy(part == train[0])] = 0
                    ids = ids[: lengths.max()]
                loss = loss_of(run(model, ids, lengths), self.labels[part], lengths, trap)
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
        return model, test


def baselines(task, seed):
    """Held-out accuracy of what needs no network."""
    train, test = task.split(seed)
    labels, log_length = task.data.labels, np.log(task.lengths)[:, None]
    texts = np.array(task.data.texts, dtype=object)
    by_length = LogisticRegression().fit(log_length[train], labels[train])
    found = {
        "most frequent": float(np.mean(labels[test] == np.bincount(labels[train]).argmax())),
        "length": float(by_length.score(log_length[test], labels[test])),
    }
    options = {
        "words": {},
        "characters": {"analyzer": "char", "ngram_range": (1, 4), "lowercase": False},
    }
    for name, option in options.items():
        model = make_pipeline(
            TfidfVectorizer(sublinear_tf=True, **option), LogisticRegression(C=10, max_iter=1000)
        ).fit(texts[train], labels[train])
        found[name] = float(accuracy_score(labels[test], model.predict(texts[test])))
    return found


def measure(name):
    """Held-out accuracies on one corpus, by start; guesses of the right networks."""
    task = Task(name)
    facts = {"names": task.data.names, "accuracy": {}, "guesses": []}

    def note(what, guesses, test):
        accuracy = float(np.mean(guesses == task.data.labels[test]))
        facts["accuracy"].setdefault(what, []).append(accuracy)
        print(f"{name}, {what}: {accuracy:.3f}", flush=True)

    for seed in SEEDS:
        model, test = task.train("right", seed)
        for reading in READINGS:
            guesses = task.guesses(model, test, reading)
            note(reading, guesses, test)
            if reading == "right":
                rows = {"length": task.lengths[test], "label": task.data.labels[test]}
                rows |= {"guess": guesses}
                facts["guesses"].append({key: row.tolist() for key, row in rows.items()})
        for trap in TRAPS[name]:
            model, test = task.train(trap, seed)
            axis = "wrong" if trap == "wrong axis" else "right"
            note(trap, task.guesses(model, test, axis=axis), test)
    found = [baselines(task, seed) for seed in SEEDS]
    return facts | {"baselines": {key: [one[key] for one in found] for key in found[0]}}


def skewed_lengths():
    """Sets of 32 lengths with a mean of 128, more and more skewed."""
    ramp = np.linspace(0, 1, TIMED)
    sets = {"all equal": np.full(TIMED, 128.0), "even from 1 to 255": 1 + 254 * ramp}
    quantiles = (np.arange(TIMED) + 0.5) / TIMED
    sets["exponential"] = -128 * np.log(1 - quantiles)
    sets["one long"] = np.append(np.full(TIMED - 1, 64.0), 128 * TIMED - 64 * (TIMED - 1))
    return {name: np.maximum(1, np.rint(one)).astype(int) for name, one in sets.items()}


def times():
    """Seconds of a forward and backward pass over 32 sequences, four ways, by skew."""
    torch.manual_seed(0)
    model, rng, rows = Classifier(60, 9, EMBEDDING, HIDDEN), np.random.default_rng(0), []
    for name, lengths in skewed_lengths().items():
        lengths = rng.permutation(lengths)
        sequences = [torch.from_numpy(rng.integers(1, 60, n)) for n in lengths]
        by_length = np.argsort(lengths, kind="stable")
        ways = {
            "one at a time": ([[i] for i in range(TIMED)], False),
            "padded": ([list(range(TIMED))], False),
            "packed": ([list(range(TIMED))], True),
            "bucketed": (np.array_split(by_length, 4), False),
        }
        seconds = {way: [] for way in ways}
        for repeat in range(-1, REPEATS):
            for way, (groups, packed) in ways.items():
                start = time.perf_counter()
                for part in groups:
                    batch = collate([sequences[i] for i in part])
                    model(*batch, packed=packed).sum().backward()
                if repeat >= 0:  # the first one warms up
                    seconds[way].append(time.perf_counter() - start)
        filled = float(lengths.mean() / lengths.max())
        median = {way: float(np.median(taken)) for way, taken in seconds.items()}
        spread = {way: [min(taken), max(taken)] for way, taken in seconds.items()}
        rows.append({"lengths": name, "filled": filled, "seconds": median, "range": spread})
        print(name, f"{filled:.2f}", {way: round(s, 3) for way, s in median.items()}, flush=True)
    return rows


def facts():
    """The times, and both plays."""
    torch.set_num_threads(1)
    model = (
        f"embedding of {EMBEDDING}, LSTM of {HIDDEN}, float32; Adam {RATE}, "
        f"clipped at 1, {PASSES} passes, batches of {BATCH}"
    )
    found = {"model": model, "times": times()}
    return found | {name: measure(name) for name in TRAPS}
