"""Train a character model from the command line: ``python -m unrolled.train --help``.

A run writes three files: the weights ``NAME.safetensors``, the record ``NAME.json``, and on the way
``NAME.checkpoint``, which holds all that the run needs to go on. The checkpoint is written first,
the weights are made from it, and it is removed when the record is there. So wherever a run is
killed, the same command goes on, and ends in the same bits.
"""

import argparse
import hashlib
import math
import shlex
import signal
import sys
import time
from pathlib import Path

import torch
from torch import nn
from tqdm.auto import tqdm

from unrolled import results, weights
from unrolled.learning import VALIDATION_ROWS, Diverged, evaluate, watched
from unrolled.text import (
    CORPORA,
    Vocabulary,
    load_corpus,
    stream_batches,
    train_validation_split,
)
from unrolled.torch_models import LAYERS, CharacterModel, NumPyModel, device_named, each

CLIP_NORM = 1.0
WARM_UP = 0.05  # the share of the run in which the learning rate rises to its peak
VALIDATIONS = 10  # in a run, evenly spread
COLD_WINDOW = 256  # characters that a window started from a zero state reads
TRAINING_SHARE = 0.9
BAR = "{percentage:3.0f}%|{bar}| {elapsed}, {remaining} left{postfix}"
INTERRUPTED = 130  # the exit status of a command that Ctrl-C stopped


def arguments():
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m unrolled.train",
        description="Train a character model on a text: AdamW, its learning rate warmed up and "
        "lowered to zero along a cosine, gradients clipped, the state carried. The last tenth of "
        "the text is held out; the last tenth of the rest, the development part, validates, and "
        "the weights with the lowest loss on it are kept. Ctrl-C stops after the step at hand; the "
        "same command goes on, also after a crash.",
    )
    add, shown = parser.add_argument, "(default: %(default)s)"
    size, positive, seed = number(int, 1), number(float, 1e-9), number(int, 0, 2**63)
    add("--corpus", default="play", help=f"{', '.join(CORPORA)}, or a UTF-8 text file {shown}")
    add("--cell", choices=list(LAYERS), default="lstm", help=f"kind of layer {shown}")
    add("--hidden", type=size, default=256, help=f"hidden units in a layer {shown}")
    add("--layers", type=size, default=1, help=f"layers {shown}")
    add("--embedding", type=size, help="length of learned inputs (default: one-hot inputs)")
    add("--dropout", type=float, default=0.0, help=f"share of hidden units dropped {shown}")
    add("--batch", type=size, default=32, help=f"rows of text read side by side {shown}")
    add("--steps", type=size, default=64, help=f"characters in a chunk {shown}")
    add("--learning-rate", type=positive, default=0.004, help=f"AdamW's, at its peak {shown}")
    add(
        "--precision",
        choices=["float32", "bfloat16"],
        default="float32",
        help=f"of the products in training; weights and validation are float32 {shown}",
    )
    until = parser.add_mutually_exclusive_group(required=True)
    until.add_argument("--epochs", type=size, help="train for this many passes over the text")
    until.add_argument("--seconds", type=positive, help="or for this long, validations not counted")
    add(
        "--final",
        action="store_true",
        help="train on the development part too, for the length you chose; keep the last weights, "
        "and measure them, once, on the text held out: for a figure that you report",
    )
    add("--seed", type=seed, default=0, help=f"of the starting weights and dropout {shown}")
    add("--device", choices=["cpu", "cuda", "mps"], default="cpu", help=shown)
    add(
        "--out",
        type=Path,
        required=True,
        help="weight file to write, *.safetensors; the record goes beside it, as *.json",
    )
    return parser


def number(kind, least, below=math.inf):
    """Return a type for argparse: an int or float from `least` to below `below`."""

    def read(word):
        value = kind(word)
        if not least <= value < below:
            raise argparse.ArgumentTypeError(f"{word} is not at least {least} and below {below}")
        return value

    read.__name__ = kind.__name__  # argparse says it of a word that is no number at all
    return read


class Run:
    """One training run: its state, and the loop. It goes on where the same run was stopped.

    Parameters
    ----------
    options : argparse.Namespace
        What `arguments` reads from the command line.

    Raises
    ------
    ValueError
        If the corpus can't be had or is too short, the device or the folder doesn't exist, there
        are files of another run, or the checkpoint is damaged.
    """

    def __init__(self, options):
        self.out, self.device = options.out, device_named(options.device)
        self.record = self.out.with_suffix(".json")
        self.checkpoint = self.out.with_suffix(".checkpoint")
        if self.out.suffix != ".safetensors" or not self.out.parent.is_dir():
            raise ValueError(f"--out must be a .safetensors in an existing folder, not {self.out}")
        corpus = load_corpus(options.corpus)
        self.vocabulary = Vocabulary.from_text(corpus)
        ids = self.vocabulary.encode(corpus)
        self.training_ids, self.validation_ids = train_validation_split(ids, TRAINING_SHARE)
        if not options.final:  # the text held out isn't read
            parts = train_validation_split(self.training_ids, TRAINING_SHARE)
            self.training_ids, self.validation_ids = parts
        stream_batches(self.validation_ids, VALIDATION_ROWS, 1)  # if too short, fail now
        self.command = command(options)
        self.settings = vars(options) | {
            "corpus": Path(options.corpus).name,
            "corpus_sha256": hashlib.sha256(corpus.encode()).hexdigest(),
            "training_share": TRAINING_SHARE,
            "clip_norm": CLIP_NORM,
            "warm_up": WARM_UP,
        }
        del self.settings["out"], self.settings["device"]

        torch.manual_seed(options.seed)
        sizes = options.hidden, options.layers, options.cell, options.embedding, options.dropout
        self.model = CharacterModel(len(self.vocabulary), *sizes).to(self.device)
        self.trained = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self.trained, options.learning_rate, fused=True)
        pairs = stream_batches(self.training_ids, options.batch, options.steps)
        self.batches = [[torch.from_numpy(ids).to(self.device) for ids in pair] for pair in pairs]
        self.step, self.state = 0, None
        self.facts = {"characters": 0, "seconds": 0.0, "validation": []}
        self.best = {}  # the parameters with the lowest validation loss, or the last ones
        self.stopped = self.finished = False
        there = [path for path in (self.out, self.record) if path.exists()]
        if self.checkpoint.exists():
            self.load()
        elif len(there) == 2:
            self.require_same_settings(self.out, weights.load_arrays(self.out)[1])
            self.finished = True
        elif there:
            raise ValueError(f"{there[0]} exists: remove it, or name another file with --out")

    @property
    def progress(self):
        """How much of the run is done, from 0 to 1: in steps, or in training time."""
        if self.settings["epochs"]:
            return self.step / (self.settings["epochs"] * len(self.batches))
        return min(1.0, self.facts["seconds"] / self.settings["seconds"])

    def train(self):
        """Train to the end, or until `stop`; validate and save on the way."""
        hidden = not watched()
        with tqdm(total=1.0, initial=self.progress, disable=hidden, bar_format=BAR) as bar:
            while self.progress < 1 and not self.stopped:
                before = self.progress
                loss = self.take_step()
                rate = self.facts["characters"] / self.facts["seconds"]
                bar.set_postfix_str(f"{rate:,.0f} characters/s, loss {loss:.3f}", refresh=False)
                bar.update(self.progress - before)
                if math.floor(VALIDATIONS * self.progress) > math.floor(VALIDATIONS * before):
                    bar.write(f"step {self.step}, {self.facts['seconds']:.0f} s{self.validate()}")
                    bar.unpause()  # the time that is left is reckoned without the validation's
            self.save()

    def stop(self, number, frame):
        """End after the step at hand: what Ctrl-C does. A second one stops hard."""
        self.stopped = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def take_step(self):
        """Read one chunk, and move the parameters. Returns the loss, nats per character."""
        start = time.perf_counter()
        place = self.step % len(self.batches)
        inputs, targets = self.batches[place]  # (T, B)
        # The text goes on, so the state does; at the start of the text there is none.
        state = None if place == 0 else self.state
        bfloat16 = self.settings["precision"] == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=bfloat16):
            logits, state = self.model(inputs, state)
        loss = nn.functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten())
        self.optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.trained, CLIP_NORM)
        if not (loss.isfinite() and norm.isfinite()):
            raise Diverged(
                f"step {self.step + 1}: the loss is {loss.item()} and the gradient's length "
                f"{norm.item()}. Try a smaller --learning-rate."
            )
        self.optimizer.param_groups[0]["lr"] = self.learning_rate()
        self.optimizer.step()
        self.state = each(lambda part: part.detach().float(), state)  # its past is not needed
        self.step += 1
        self.facts["characters"] += inputs.numel()
        loss = loss.item()  # waits for a graphics card to finish
        self.facts["seconds"] += time.perf_counter() - start
        return loss

    def learning_rate(self):
        """Return the learning rate now: up to its peak in a line, down to zero along a cosine."""
        rise = max(0.01, min(1, self.progress / WARM_UP))  # the first step counts as well
        fall = (1 + math.cos(math.pi * self.progress)) / 2
        return self.settings["learning_rate"] * rise * fall

    def validate(self):
        """Keep the weights that validate best, or a final run's last; save. Returns what to say."""
        said, better = "", True
        if not self.settings["final"]:
            loss = self.loss(self.validation_ids)
            if not math.isfinite(loss):
                raise Diverged(f"after step {self.step} the validation loss is {loss}.")
            losses = [before for _, before in self.facts["validation"]]
            said, better = f": validation {in_units(loss)}", loss < min(losses, default=math.inf)
            self.facts["validation"].append([self.step, loss])
        if better:
            self.best = {n: torch.from_numpy(array) for n, array in self.model.params.items()}
            self.facts["kept"] = self.step
        self.save()
        return said

    def loss(self, ids, **how):
        """Mean loss, nats per character, without dropout; `how` goes to `learning.evaluate`."""
        self.model.eval()
        loss = evaluate(NumPyModel(self.model), ids, **how)
        self.model.train()
        return loss

    def save(self):
        """Write the checkpoint, and then the weights that were best so far."""
        if not all(p.isfinite().all() for p in self.trained):
            raise Diverged(f"step {self.step}: a weight is no longer finite.")
        checkpoint = {
            "settings": self.settings,
            "step": self.step,
            "state": self.state,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),
            "facts": self.facts,
            "best": self.best,
        }
        weights.save_checkpoint(self.checkpoint, checkpoint)
        if self.best:
            found = {"step": self.facts["kept"], "command": self.command}
            if not self.settings["final"]:
                found["validation_nats"] = dict(self.facts["validation"])[self.facts["kept"]]
            params = {name: tensor.numpy() for name, tensor in self.best.items()}
            weights.save_weights(self.out, params, self.vocabulary, **found, **self.settings)

    def load(self):
        """Go on from the checkpoint."""
        saved = weights.load_checkpoint(self.checkpoint)
        self.require_same_settings(self.checkpoint, saved["settings"])
        self.step, self.facts, self.best = saved["step"], saved["facts"], saved["best"]
        self.state = each(lambda part: part.to(self.device), saved["state"])
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        torch.set_rng_state(saved["random"])
        self.save()  # the weights too: it may have been killed before they were written

    def require_same_settings(self, path, saved):
        """Refuse a file of a run with other settings, and name those."""
        other = [name for name, value in self.settings.items() if saved.get(name) != value]
        if other:
            raise weights.CheckpointError(
                f"{path} belongs to a run with other values of {', '.join(other)}. Give the same "
                "options to go on with it, name another --out, or remove it."
            )


def command(options):
    """The command that starts this run, without its device and folders."""
    words = ["python", "-m", "unrolled.train"]
    named = vars(options) | {"corpus": Path(options.corpus).name, "out": options.out.name}
    for name, value in named.items():
        if value is not None and value is not False and name != "device":
            words += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    return shlex.join(words)


def finish(run):
    """Measure the kept weights, write the record, remove the checkpoint. Returns the record."""
    arrays = {name: tensor.numpy() for name, tensor in run.best.items()}
    run.model.params = arrays
    carried = run.loss(run.validation_ids)
    record = {
        "command": run.command,
        "settings": run.settings,
        "device": run.device.type,
        "threads": torch.get_num_threads(),
        "parameters": sum(array.size for array in arrays.values()),
        "steps": run.step,
        "training_seconds": run.facts["seconds"],
        "characters_per_second": run.facts["characters"] / run.facts["seconds"],
        "measured_on": "held-out text" if run.settings["final"] else "development part",
        "validation": run.facts["validation"],
        "validation_nats": carried,
        "validation_bits": carried / math.log(2),
        "validation_perplexity": math.exp(carried),
        "cold_window": COLD_WINDOW,
        "cold_nats": run.loss(run.validation_ids, num_steps=COLD_WINDOW, carry_state=False),
        "training_nats": run.loss(run.training_ids[: len(run.validation_ids)]),
    }
    results.write(run.record, record, ("numpy", "torch"))
    run.checkpoint.unlink()
    return record


def in_units(nats):
    """Say a loss in nats, bits and perplexity."""
    return f"{nats:.4f} nats, {nats / math.log(2):.4f} bits, perplexity {math.exp(nats):.3f}"


def main(argv=None):
    """Run the command.

    Parameters
    ----------
    argv : list of str, optional
        The command line's arguments.

    Returns
    -------
    int
        The exit status: 0 when finished, 1 when the training diverged, 130 after Ctrl-C. Bad
        arguments and files leave with 2.
    """
    parser = arguments()
    try:
        run = Run(parser.parse_args(argv))
    except (ValueError, OSError) as error:
        parser.error(str(error))
    if run.finished:
        print(f"{run.out} is there: the same command has finished before.")
        return 0
    before = signal.signal(signal.SIGINT, run.stop)
    try:
        run.train()
    except Diverged as error:
        kept = f"{run.out} holds the best weights before" if run.out.exists() else "none are saved"
        print(f"Stopped at {error}\nThe weights: {kept}.", file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGINT, before)
    if run.progress < 1:
        print(f"Stopped after step {run.step}; the same command goes on.", file=sys.stderr)
        return INTERRUPTED
    record = finish(run)
    print(f"{run.out}, {record['measured_on']}: {in_units(record['validation_nats'])}")
    print(f"windows of {COLD_WINDOW} started cold: {in_units(record['cold_nats'])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
