"""Train a character model from the command line: ``python -m unrolled.train --help``."""

import argparse
import hashlib
import math
import shlex
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import nn
from tqdm.auto import tqdm

from unrolled import results
from unrolled.learning import VALIDATION_ROWS, Diverged, evaluate, watched
from unrolled.text import Vocabulary, load_corpus, stream_batches, train_validation_split
from unrolled.torch_models import LAYERS, CharacterModel, NumPyModel, device_named, each
from unrolled.weights import CheckpointError, load_arrays, save_arrays, save_weights

CLIP_NORM = 1.0
WARM_UP = 0.05  # the share of the run in which the learning rate rises to its peak
VALIDATIONS = 10  # in a run, evenly spread
COLD_WINDOW = 256  # characters that a window started from a zero state reads
TRAINING_SHARE = 0.9
INTERRUPTED = 130  # the exit status of a command that Ctrl-C stopped


class Run:
    """One training run: everything that it needs to start, to be saved, and to go on.

    Parameters
    ----------
    options : argparse.Namespace
        What `arguments` reads from the command line.

    Raises
    ------
    ValueError
        If the corpus can't be had or is too short, the device or the folder doesn't exist, the
        weights are there already, or the checkpoint is damaged or belongs to another run.
    """

    def __init__(self, options):
        self.out, self.device = options.out, device_named(options.device)
        self.checkpoint = self.out.with_suffix(".checkpoint")
        if self.out.suffix != ".safetensors" or not self.out.parent.is_dir():
            raise ValueError(
                f"--out must name a .safetensors file in a folder that exists, not {self.out}"
            )
        if self.out.exists() and not self.checkpoint.exists():
            raise ValueError(f"{self.out} exists: remove it, or name another file with --out")
        corpus = load_corpus(options.corpus)
        self.vocabulary = Vocabulary.from_text(corpus)
        self.training_ids, self.validation_ids = train_validation_split(
            self.vocabulary.encode(corpus), TRAINING_SHARE
        )
        stream_batches(self.validation_ids, VALIDATION_ROWS, 1)  # if too short, fail now
        self.settings = vars(options) | {
            "corpus": Path(options.corpus).name,
            "corpus_sha256": hashlib.sha256(corpus.encode()).hexdigest(),
            "training_share": TRAINING_SHARE,
            "clip_norm": CLIP_NORM,
            "warm_up": WARM_UP,
        }
        del self.settings["out"], self.settings["device"]

        torch.manual_seed(options.seed)
        self.model = CharacterModel(
            len(self.vocabulary),
            options.hidden,
            options.layers,
            options.cell,
            options.embedding,
            options.dropout,
        ).to(self.device)
        self.trained = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self.trained, options.learning_rate, fused=True)
        self.batches = [
            [torch.from_numpy(array).to(self.device) for array in pair]
            for pair in stream_batches(self.training_ids, options.batch, options.steps)
        ]
        self.total = options.epochs and options.epochs * len(self.batches)
        self.step, self.state = 0, None
        self.facts = {"characters": 0, "seconds": 0.0, "validation": []}
        if self.checkpoint.exists():
            self.load()

    @property
    def progress(self):
        """How much of the run is done, from 0 to 1: in steps, or in training time."""
        if self.total:
            return self.step / self.total
        return min(1.0, self.facts["seconds"] / self.settings["seconds"])

    @property
    def validation_nats(self):
        """The lowest validation loss so far: that of the weights in the file."""
        return min((loss for _, loss in self.facts["validation"]), default=math.inf)

    def train(self):
        """Train to the end, or until Ctrl-C; validate and save on the way.

        Returns
        -------
        bool
            Whether the run is finished.

        Raises
        ------
        Diverged
            When a loss or gradient is not finite.
        """
        with (
            stop_signal() as stopped,
            tqdm(
                total=1.0,
                initial=self.progress,
                disable=not watched(),
                bar_format="{percentage:3.0f}%|{bar}| {elapsed}, {remaining} left{postfix}",
            ) as bar,
        ):
            while self.progress < 1 and not stopped:
                before = self.progress
                loss = self.take_step()
                rate = self.facts["characters"] / self.facts["seconds"]
                bar.set_postfix_str(f"{rate:,.0f} characters/s, loss {loss:.3f}", refresh=False)
                bar.update(self.progress - before)
                if math.floor(VALIDATIONS * self.progress) > math.floor(VALIDATIONS * before):
                    self.validate()
                    bar.write(self.last_validation())
        self.save()
        return self.progress >= 1

    def take_step(self):
        """Read one chunk, and move the parameters. Returns the loss, nats per character."""
        start = time.perf_counter()
        place = self.step % len(self.batches)
        inputs, targets = self.batches[place]  # (T, B)
        # The text goes on, so the state does; at the start of the text there is none.
        state = None if place == 0 else self.state
        with self.precision():
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

    def precision(self):
        """Return a context in which the model computes in the precision that was asked for."""
        bfloat16 = self.settings["precision"] == "bfloat16"
        return torch.autocast(self.device.type, torch.bfloat16, enabled=bfloat16)

    def learning_rate(self):
        """Return the learning rate now: up to its peak in a line, down to zero along a cosine."""
        rise = max(0.01, min(1, self.progress / WARM_UP))  # the first step counts as well
        fall = (1 + math.cos(math.pi * self.progress)) / 2
        return self.settings["learning_rate"] * rise * fall

    def validate(self):
        """Measure the validation loss; save the weights if it is the lowest; save a checkpoint."""
        loss = self.loss(self.validation_ids)
        if not math.isfinite(loss):
            raise Diverged(f"after step {self.step} the validation loss is {loss}.")
        best = loss < self.validation_nats
        self.facts["validation"].append([self.step, loss])
        if best:
            save_weights(
                self.out,
                self.model.params,
                self.vocabulary,
                step=self.step,
                validation_nats=loss,
                command=self.command(),
                **self.settings,
            )
        self.save()

    def loss(self, ids, **how):
        """Mean loss, nats per character, without dropout; `how` goes to `learning.evaluate`."""
        self.model.eval()
        loss = evaluate(NumPyModel(self.model), ids, **how)
        self.model.train()
        return loss

    def last_validation(self):
        """One line about the last validation."""
        step, loss = self.facts["validation"][-1]
        return f"step {step}, {self.facts['seconds']:.0f} s: validation {in_units(loss)}"

    def finish(self):
        """Measure the best weights, write the record beside them, and remove the checkpoint.

        Returns
        -------
        dict
            The record.
        """
        arrays, _ = load_arrays(self.out)
        self.model.params = arrays
        carried = self.loss(self.validation_ids)
        as_many = self.training_ids[: len(self.validation_ids)]
        record = {
            "command": self.command(),
            "settings": self.settings,
            "device": self.device.type,
            "threads": torch.get_num_threads(),
            "parameters": sum(array.size for array in arrays.values()),
            "steps": self.step,
            "training_seconds": self.facts["seconds"],
            "characters_per_second": self.facts["characters"] / self.facts["seconds"],
            "validation": self.facts["validation"],
            "validation_nats": carried,
            "validation_bits": carried / math.log(2),
            "validation_perplexity": math.exp(carried),
            "cold_window": COLD_WINDOW,
            "cold_nats": self.loss(self.validation_ids, num_steps=COLD_WINDOW, carry_state=False),
            "training_nats": self.loss(as_many),
        }
        results.write(self.out.with_suffix(".json"), record, ("numpy", "torch"))
        self.checkpoint.unlink()
        return record

    def command(self):
        """The command that starts this run, without its device and folders."""
        options = {name: self.settings[name] for name in OPTIONS} | {"out": self.out.name}
        words = ["python", "-m", "unrolled.train"]
        for name, value in options.items():
            if value is not None:
                words += [f"--{name.replace('_', '-')}", f"{value}"]
        return shlex.join(words)

    def save(self):
        """Write the checkpoint: weights, optimizer, state, random numbers, measurements."""
        arrays = {f"model/{name}": t.cpu().numpy() for name, t in self.model.state_dict().items()}
        for number, slots in self.optimizer.state_dict()["state"].items():
            arrays |= {f"optimizer/{number}/{slot}": t.cpu().numpy() for slot, t in slots.items()}
        parts = self.state if isinstance(self.state, tuple) else (self.state,)
        arrays |= {f"state/{n}": t.cpu().numpy() for n, t in enumerate(parts) if t is not None}
        arrays["random"] = torch.get_rng_state().numpy()
        save_arrays(
            self.checkpoint,
            arrays,
            {"settings": self.settings, "step": self.step, "facts": self.facts},
        )

    def load(self):
        """Go on from the checkpoint."""
        arrays, metadata = load_arrays(self.checkpoint)
        saved = metadata.get("settings", {})
        other = [n for n in saved | self.settings if saved.get(n) != self.settings.get(n)]
        if other:
            raise CheckpointError(
                f"{self.checkpoint} belongs to a run with other values of {', '.join(other)}. "
                "Give the same options to go on with it, name another --out, or remove it."
            )
        groups = {"model": {}, "optimizer": {}, "state": {}, "random": {}}
        for name, array in arrays.items():
            group, _, rest = name.partition("/")
            groups[group][rest] = torch.from_numpy(array)
        self.model.load_state_dict(groups["model"])
        slots = {}
        for name, tensor in groups["optimizer"].items():
            number, slot = name.split("/")
            slots.setdefault(int(number), {})[slot] = tensor
        self.optimizer.load_state_dict(self.optimizer.state_dict() | {"state": slots})
        parts = tuple(t.to(self.device) for _, t in sorted(groups["state"].items()))
        self.state = parts if len(parts) == 2 else parts[0] if parts else None
        torch.set_rng_state(groups["random"][""])
        self.step, self.facts = metadata["step"], metadata["facts"]


@contextmanager
def stop_signal():
    """Collect Ctrl-C in a list, so that a step is never left half done; a second one stops hard."""
    received = []

    def receive(number, frame):
        received.append(number)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, receive)
    try:
        yield received
    finally:
        signal.signal(signal.SIGINT, before)


def in_units(nats):
    """Say a loss in nats, bits and perplexity."""
    return f"{nats:.4f} nats, {nats / math.log(2):.4f} bits, perplexity {math.exp(nats):.3f}"


def number(kind, least, below=math.inf):
    """Return a type for argparse: an int or float from `least` to below `below`."""

    def read(word):
        value = kind(word)
        if not least <= value < below:
            limit = "" if below == math.inf else f" and below {below}"
            raise argparse.ArgumentTypeError(f"{word} is not a number of at least {least}{limit}")
        return value

    read.__name__ = kind.__name__
    return read


size, share = number(int, 1), number(float, 0, 1)
positive = number(float, np.nextafter(0, 1))
OPTIONS = {  # of `arguments`, all but those that say where to compute and to write
    "corpus": {"help": "play, shakespeare, or a UTF-8 text file", "default": "play"},
    "cell": {"choices": list(LAYERS), "default": "lstm", "help": "kind of layer"},
    "hidden": {"type": size, "default": 256, "help": "hidden units in a layer"},
    "layers": {"type": size, "default": 1, "help": "layers"},
    "embedding": {"type": size, "help": "length of learned inputs (default: one-hot inputs)"},
    "dropout": {"type": share, "default": 0.0, "help": "share of hidden units dropped"},
    "batch": {"type": size, "default": 32, "help": "rows of text read side by side"},
    "steps": {"type": size, "default": 64, "help": "characters in a chunk"},
    "learning_rate": {"type": positive, "default": 0.004, "help": "AdamW's, at its peak"},
    "precision": {
        "choices": ["float32", "bfloat16"],
        "default": "float32",
        "help": "of the products in training; weights and validation are float32 all the same",
    },
    "epochs": {"type": size, "help": "train for this many passes over the text"},
    "seconds": {"type": positive, "help": "or for this long, validations not counted"},
    "seed": {"type": number(int, 0), "default": 0, "help": "of the starting weights and dropout"},
}


def arguments():
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m unrolled.train",
        description="Train a character model on a text: AdamW, its learning rate warmed up and "
        "lowered to zero along a cosine, gradients clipped, the state carried. The first 90 % of "
        "the text train, the rest validates. The weights with the lowest validation loss are kept. "
        "Ctrl-C stops after the step at hand; the same command goes on.",
    )
    duration = parser.add_mutually_exclusive_group(required=True)
    for name, how in OPTIONS.items():
        group = duration if name in ("epochs", "seconds") else parser
        how = how | {"help": how["help"] + (" (default: %(default)s)" if "default" in how else "")}
        group.add_argument(f"--{name.replace('_', '-')}", **how)
    parser.add_argument(
        "--device", choices=["cpu", "cuda", "mps"], default="cpu", help="(default: cpu)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="weight file to write, *.safetensors; the record goes beside it, as *.json",
    )
    return parser


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
    try:
        finished = run.train()
    except Diverged as error:
        kept = f"{run.out} holds the best weights before" if run.out.exists() else "none are saved"
        print(f"Stopped at {error}\nThe weights: {kept}.", file=sys.stderr)
        return 1
    if not finished:
        print(f"Stopped after step {run.step}; the same command goes on.", file=sys.stderr)
        return INTERRUPTED
    record = run.finish()
    print(f"{run.out}: validation {in_units(record['validation_nats'])}")
    print(f"windows of {COLD_WINDOW} started cold: {in_units(record['cold_nats'])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
