"""Train the NumPy LSTM on Tiny Shakespeare for three minutes.

Run it on a machine that does nothing else: how far it gets in that time is the result.
"""

import itertools
import math
import time

import numpy as np
from threadpoolctl import threadpool_limits

from experiments import read
from unrolled import learning, optimizers, text
from unrolled.numpy_models import LSTM

PACKAGES = ("numpy",)
SECONDS, THREADS, SEEDS = 180, 2, range(3)
HIDDEN, BATCH, STEPS, RATE, WARM_UP, CLIP = 256, 32, 24, 0.008, 100, 1.0
WINDOW = 256  # characters: of the cold evaluation


def train(seed, vocab_size, ids):
    """A model after `SECONDS` of training, and how many characters it has read."""
    model = LSTM(vocab_size, HIDDEN, seed=seed, dtype=np.float32)
    optimizer, step, start = optimizers.Adam(RATE), 0, time.perf_counter()
    for _ in itertools.count():
        state = None
        for inputs, targets in text.stream_batches(ids, BATCH, STEPS):
            share = (time.perf_counter() - start) / SECONDS
            if share >= 1:
                return model, step * BATCH * STEPS
            step += 1
            falling = 0.01 + 0.99 * (1 + math.cos(math.pi * share)) / 2  # from 1 to almost 0
            optimizer.learning_rate = RATE * min(1, step / WARM_UP) * falling
            _, grads, state = model.loss_and_grads(inputs, targets, state)
            optimizers.clip_by_global_norm(grads, CLIP)
            optimizer.step(model.params, grads)


def facts():
    """Train from each seed, and evaluate both ways."""
    size, train_ids, validation_ids = read("shakespeare")
    found = {"carried_nats": [], "cold_nats": [], "passes": []}
    for seed in SEEDS:
        with threadpool_limits(THREADS):
            model, characters = train(seed, size, train_ids)
        found["passes"].append(round(characters / len(train_ids), 2))
        found["carried_nats"].append(learning.evaluate(model, validation_ids))
        cold = learning.evaluate(model, validation_ids, num_steps=WINDOW, carry_state=False)
        found["cold_nats"].append(cold)
        print(seed, {name: values[-1] for name, values in found.items()}, flush=True)
    model = (
        f"LSTM, 1 layer of {HIDDEN}, float32; Adam {RATE}, {BATCH} rows, {STEPS} steps, "
        f"{THREADS} threads, {SECONDS} s"
    )
    return {"model": model, "cold_window": WINDOW} | found
