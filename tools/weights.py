"""Make the weights of the live model: data/weights/play.safetensors and shakespeare.safetensors.

Run it as `make weights`: it trains both, one after the other. To round weights that exist already,
name the model and the file: `python tools/weights.py shakespeare --trained my.safetensors`. Tiny
Shakespeare is downloaded, or taken from the folder UNROLLED_DATA.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

from unrolled import train
from unrolled.learning import evaluate
from unrolled.text import Vocabulary, load_corpus, train_validation_split
from unrolled.torch_models import CharacterModel, NumPyModel
from unrolled.weights import load_arrays, save_arrays

FOLDER = Path(__file__).parents[1] / "data" / "weights"
PASSAGE = 20_000  # held-out characters in which units are looked for
OPTIONS = {  # what each model is trained with
    "play": "--hidden 128 --embedding 32 --dropout 0.5 --batch 16 --steps 32 "
    "--learning-rate 0.006 --epochs 30",
    "shakespeare": "--hidden 256 --embedding 64 --dropout 0.1 --batch 24 --steps 24 "
    "--learning-rate 0.007 --seconds 180",
}


def trained(name, folder):
    """Train a model; the path of its weights."""
    out = Path(folder) / f"{name}.safetensors"
    status = train.main(["--corpus", name, *OPTIONS[name].split(), "--out", str(out)])
    if status:
        raise SystemExit(status)
    return out


def rounded(arrays, metadata):
    """Weights in float16, and their metadata with what these weights reach and follow."""
    halves = {name: array.astype(np.float16) for name, array in arrays.items()}
    params = {name: array.astype(np.float32) for name, array in halves.items()}
    module = CharacterModel.from_params(params).eval()
    held_out = validation_text(metadata)
    ids = Vocabulary(metadata["characters"]).encode(held_out)
    return (
        halves,
        metadata
        | {
            "stored_in": "float16",
            "validation_nats": evaluate(NumPyModel(module), ids),  # in float32, as in training
            "units": units(module, held_out[:PASSAGE], ids[:PASSAGE]),
        },
    )


def validation_text(metadata):
    """The part of its corpus that a model did not train on."""
    return train_validation_split(load_corpus(metadata["corpus"]), metadata["training_share"])[1]


def units(module, passage, ids):
    """For each property of the text, the hidden unit that follows it best.

    The unit is chosen on the first half of the passage, its correlation is that on the second, as
    in chapter 2.
    """
    hidden = []
    module.layers.register_forward_hook(lambda layers, given, made: hidden.append(made[0]))
    NumPyModel(module).forward(ids[:, None])
    hidden, half, found = hidden[0][:, 0].numpy(), len(ids) // 2, []  # (N, H)
    for name, wanted in properties(passage).items():
        unit = int(np.abs(correlations(hidden[:half], wanted[:half])).argmax())
        there = correlations(hidden[half:], wanted[half:])[unit]
        found.append({"follows": name, "unit": unit, "correlation": round(float(there), 2)})
    return found


def properties(passage):
    """Three properties of each place, from the text up to there: (N,) each."""
    table, line, word, in_name = [], 0, 0, False
    for k, character in enumerate(passage):
        line = 0 if character == "\n" else line + 1
        word = word + 1 if character.isalpha() else 0
        if character == "\n":  # a name stands after an empty line
            in_name = passage[k - 1 : k] == "\n"
        table.append((line, in_name, word))
    names = "place in the line", "in a speaker's name", "place in the word"
    return dict(zip(names, np.array(table, float).T, strict=True))


def correlations(hidden, wanted):
    """How each unit of `hidden`, (N, H), goes along with a property `wanted`, (N,): (H,)."""
    hidden, wanted = hidden - hidden.mean(axis=0), wanted - wanted.mean()
    return wanted @ hidden / (np.linalg.norm(hidden, axis=0) * np.linalg.norm(wanted))


def main():
    """Write one file, or both."""
    parser = argparse.ArgumentParser(description="Make the weights of the live model.")
    parser.add_argument("name", nargs="?", choices=list(OPTIONS), help="one of the two (both)")
    parser.add_argument("--trained", type=Path, help="a weight file of unrolled.train to round")
    options = parser.parse_args()
    if options.trained and not options.name:
        parser.error("--trained needs the name of the model")
    FOLDER.mkdir(exist_ok=True)
    for name in [options.name] if options.name else OPTIONS:
        with tempfile.TemporaryDirectory() as folder:
            path = options.trained or trained(name, folder)
            arrays, metadata = load_arrays(path)
        if metadata.get("corpus") != name:
            parser.error(f"{path} was trained on {metadata.get('corpus')}, not on {name}")
        arrays, metadata = rounded(arrays, metadata)
        save_arrays(FOLDER / f"{name}.safetensors", arrays, metadata)
        print(f"{name}: validation {train.in_units(metadata['validation_nats'])}, rounded")


if __name__ == "__main__":
    main()
