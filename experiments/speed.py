"""Time the NumPy LSTM beside PyTorch's, on a machine that does nothing else.

One training step (forward, loss, backward; float32; no optimizer) of the same model on the same
batch, by turns, so that what else the machine does hits all alike. Losses and gradients are first
compared: timing two programs that do different work says nothing.
"""

import itertools
import multiprocessing
import sys
import time

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from unrolled.numpy_models import LSTM

PACKAGES = ("numpy", "scipy", "torch")
VOCAB_SIZE = 65
SHAPES = [(100, 1, 25), (128, 32, 64), (256, 64, 64), (512, 64, 128)]  # (H, B, T)
BATCHES = [(128, batch, 32) for batch in (1, 4, 16, 64, 256)]
HIDDENS = [(hidden, 32, 32) for hidden in (32, 64, 128, 256, 512)]
REPETITIONS = 24
TURN = 0.03  # seconds that one program runs before it is another's turn, at least


class TorchLSTM(torch.nn.Module):
    """The same model: an identity table looks up one-hot rows; LSTM; linear head."""

    def __init__(self, params):
        super().__init__()
        hidden = params["weight_hh_l0"].shape[1]
        self.one_hot = torch.nn.Embedding.from_pretrained(torch.eye(VOCAB_SIZE), freeze=True)
        self.lstm = torch.nn.LSTM(VOCAB_SIZE, hidden)
        self.head = torch.nn.Linear(hidden, VOCAB_SIZE)
        with torch.no_grad():
            self.lstm.weight_ih_l0.copy_(torch.from_numpy(params["weight_ih_l0"]))
            self.lstm.weight_hh_l0.copy_(torch.from_numpy(params["weight_hh_l0"]))
            self.lstm.bias_ih_l0.copy_(torch.from_numpy(params["bias_l0"]))
            self.lstm.bias_hh_l0.zero_()
            self.head.weight.copy_(torch.from_numpy(params["weight_out"]))
            self.head.bias.copy_(torch.from_numpy(params["bias_out"]))

    def step(self, inputs, targets):
        """Loss, and the gradients in place."""
        self.zero_grad()
        hidden, _ = self.lstm(self.one_hot(inputs))
        logits = self.head(hidden)
        loss = torch.nn.functional.cross_entropy(
            logits.reshape(-1, VOCAB_SIZE), targets.reshape(-1)
        )
        loss.backward()
        return loss.item()


def plain_step(p, inputs, targets):
    """One sequence, one step at a time, columns, a matrix for each gate: often written so."""
    joined_weight = np.hstack([p["weight_hh_l0"], p["weight_ih_l0"]])
    w = dict(zip("ifgo", np.split(joined_weight, 4), strict=True))
    b = dict(zip("ifgo", np.split(p["bias_l0"][:, None], 4), strict=True))
    w_out, b_out = p["weight_out"], p["bias_out"][:, None]
    zeros = np.zeros((w_out.shape[1], 1), w_out.dtype)
    h, c, z, gate, y, loss = {-1: zeros}, {-1: zeros}, {}, {}, {}, 0
    for t in range(len(inputs)):
        x = np.zeros((VOCAB_SIZE, 1), w_out.dtype)
        x[inputs[t]] = 1
        z[t] = np.vstack((h[t - 1], x))
        gate[t] = {name: sigmoid(np.dot(w[name], z[t]) + b[name]) for name in "ifo"}
        gate[t]["g"] = np.tanh(np.dot(w["g"], z[t]) + b["g"])
        c[t] = gate[t]["f"] * c[t - 1] + gate[t]["i"] * gate[t]["g"]
        h[t] = gate[t]["o"] * np.tanh(c[t])
        logits = np.dot(w_out, h[t]) + b_out
        y[t] = np.exp(logits) / np.sum(np.exp(logits))
        loss -= np.log(y[t][targets[t], 0]) / len(inputs)
    dw, db = ({name: np.zeros_like(array) for name, array in d.items()} for d in (w, b))
    dw_out, db_out = np.zeros_like(w_out), np.zeros_like(b_out)
    dh_next, dc_next = zeros, zeros
    for t in reversed(range(len(inputs))):
        i, f, g, o = (gate[t][name] for name in "ifgo")
        d_logits = np.copy(y[t])
        d_logits[targets[t]] -= 1
        d_logits /= len(inputs)
        dw_out += np.dot(d_logits, h[t].T)
        db_out += d_logits
        dh = np.dot(w_out.T, d_logits) + dh_next
        dc = dc_next + dh * o * (1 - np.tanh(c[t]) ** 2)
        d = {
            "i": dc * g * i * (1 - i),
            "f": dc * c[t - 1] * f * (1 - f),
            "g": dc * i * (1 - g * g),
            "o": dh * np.tanh(c[t]) * o * (1 - o),
        }
        for name in "ifgo":
            dw[name] += np.dot(d[name], z[t].T)
            db[name] += d[name]
        dz = sum(np.dot(w[name].T, d[name]) for name in "ifgo")
        dh_next, dc_next = dz[: len(zeros)], f * dc
    both = np.vstack([dw[name] for name in "ifgo"])
    grads = {
        "weight_ih_l0": both[:, len(zeros) :],
        "weight_hh_l0": both[:, : len(zeros)],
        "bias_l0": np.vstack([db[name] for name in "ifgo"])[:, 0],
        "weight_out": dw_out,
        "bias_out": db_out[:, 0],
    }
    return loss, grads


def sigmoid(z):
    """The logistic function, as it is often written."""
    return 1 / (1 + np.exp(-z))


def contestants(hidden, batch, steps):
    """The programs to time, by name, each a function without arguments; checked to agree."""
    rng = np.random.default_rng(0)
    inputs, targets = rng.integers(0, VOCAB_SIZE, (2, steps, batch))
    ours = LSTM(VOCAB_SIZE, hidden, dtype=np.float32)
    theirs = TorchLSTM(ours.params)
    theirs_inputs, theirs_targets = torch.from_numpy(inputs), torch.from_numpy(targets)
    run = {
        "numpy": lambda: ours.loss_and_grads(inputs, targets),
        "torch": lambda: theirs.step(theirs_inputs, theirs_targets),
    }
    loss, grads, _ = run["numpy"]()
    assert np.isclose(loss, run["torch"](), rtol=1e-5)
    their_grad = theirs.lstm.weight_hh_l0.grad.numpy()
    assert np.allclose(grads["weight_hh_l0"], their_grad, rtol=1e-3, atol=1e-6)
    if batch == 1:
        run["plain"] = lambda: plain_step(ours.params, inputs[:, 0], targets[:, 0])
        double = {name: array.astype(np.float64) for name, array in ours.params.items()}
        run["plain_float64"] = lambda: plain_step(double, inputs[:, 0], targets[:, 0])
        plain_loss, plain_grads = run["plain"]()
        assert np.isclose(loss, plain_loss, rtol=1e-5)
        for name, grad in grads.items():
            assert np.allclose(grad, plain_grads[name], rtol=1e-3, atol=1e-6), name
    return run


def by_turns(run):
    """Seconds for one step of each program, at each repetition: names to arrays."""
    steps = {}
    for name, function in run.items():
        function()
        before = time.perf_counter()
        function()  # short steps are timed many at a time, as training makes them
        steps[name] = 1 + int(TURN / (time.perf_counter() - before))
    seconds = {name: np.empty(REPETITIONS) for name in run}
    orders = itertools.cycle(itertools.permutations(run))
    for repetition in range(REPETITIONS):
        for name in next(orders):
            before = time.perf_counter()
            for _ in range(steps[name]):
                run[name]()
            seconds[name][repetition] = (time.perf_counter() - before) / steps[name]
    return seconds


def summary(seconds, tokens):
    """Tokens per second: the median, and the quartiles around it."""
    slow, middle, fast = np.percentile(tokens / seconds, [25, 50, 75])
    return {"median": round(middle), "quartiles": [round(slow), round(fast)]}


def operations(hidden, batch, steps):
    """Floating-point operations of one step's matrix products; the input is a look-up."""
    recurrent = 2 * 4 * hidden * hidden
    head = 2 * VOCAB_SIZE * hidden
    return 3 * batch * steps * (recurrent + head)  # forward, to the state, to the weight


def measure(shape, threads):
    """One row of the table."""
    hidden, batch, steps = shape
    seconds = by_turns(contestants(*shape))
    row = {"hidden": hidden, "batch": batch, "steps": steps, "threads": threads}
    row["tokens_per_second"] = {
        name: summary(values, batch * steps) for name, values in seconds.items()
    }
    for name in seconds.keys() - {"numpy"}:
        ratios = seconds[name] / seconds["numpy"]
        row[f"numpy_over_{name}"] = round(float(np.median(ratios)), 3)
        row[f"numpy_over_{name}_quartiles"] = np.percentile(ratios, [25, 75]).round(3).tolist()
    row["gflops"] = round(operations(*shape) / float(np.median(seconds["numpy"])) / 1e9, 1)
    print(f"{threads} thread(s), (H, B, T) = {shape}: {row}", flush=True)
    return row


def product_gflops(size=1024):
    """GFLOP/s of one large float32 matrix product: the most to hope for."""
    a = np.random.default_rng(0).normal(size=(size, size)).astype(np.float32)
    out, seconds = np.empty_like(a), []
    for _ in range(REPETITIONS):
        before = time.perf_counter()
        np.matmul(a, a, out=out)
        seconds.append(time.perf_counter() - before)
    return round(2 * size**3 / float(np.median(seconds)) / 1e9, 1)


def peak_memory(name, shape):
    """MiB that three steps add to a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak_memory, (name, shape))


def _peak_memory(name, shape):
    import resource  # here, since Windows has none

    with threadpool_limits(1):
        torch.set_num_threads(1)
        contestants(4, 1, 2)[
            "torch"
        ]()  # what the libraries load at their first step is not counted
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rng = np.random.default_rng(0)
        inputs, targets = rng.integers(0, VOCAB_SIZE, (2, shape[2], shape[1]))
        model = LSTM(VOCAB_SIZE, shape[0], dtype=np.float32)
        if name == "torch":
            model = TorchLSTM(model.params)
            inputs, targets = torch.from_numpy(inputs), torch.from_numpy(targets)
        for _ in range(3):
            model.step(inputs, targets) if name == "torch" else model.loss_and_grads(
                inputs, targets
            )
        kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return round(kib / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


def facts():
    """Measure everything."""
    found = {"vocab_size": VOCAB_SIZE, "dtype": "float32", "repetitions": REPETITIONS}
    found |= {"rows": [], "sweep": [], "product_gflops": {}}
    # First: a process starts with the peak of the one that started it.
    found["peak_mib"] = [
        {"hidden": shape[0], "batch": shape[1], "steps": shape[2]}
        | {name: peak_memory(name, shape) for name in ("numpy", "torch")}
        for shape in SHAPES
    ]
    print(found["peak_mib"], flush=True)
    for threads in (1, 2):
        torch.set_num_threads(threads)
        with threadpool_limits(threads):
            found["product_gflops"][threads] = product_gflops()
            found["rows"] += [measure(shape, threads) for shape in SHAPES]
            if threads == 1:
                found["sweep"] = [measure(shape, threads) for shape in BATCHES + HIDDENS]
    return found
