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
from unrolled.text import Vocabulary, load_corpus, train_validation_split
from unrolled.torch_models import CharacterModel, NumPyModel
from unrolled.training import evaluate, load_arrays, save_arrays

FOLDER = Path(__file__).parents[1] / "data" / "weights"
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


def validation_nats(arrays, metadata):
    """The validation loss of weights on the corpus that they were trained on, nats per character.

    Computed in float32, as the training command does.
    """
    params = {name: array.astype(np.float32) for name, array in arrays.items()}
    ids = Vocabulary(metadata["characters"]).encode(load_corpus(metadata["corpus"]))
    _, held_out = train_validation_split(ids, metadata["training_share"])
    return evaluate(NumPyModel(CharacterModel.from_params(params).eval()), held_out)


def rounded(path):
    """Weights in float16, and the metadata of the file with what these weights reach."""
    arrays, metadata = load_arrays(path)
    halves = {name: array.astype(np.float16) for name, array in arrays.items()}
    measured = {"precision": "float16", "validation_nats": validation_nats(halves, metadata)}
    return halves, metadata | measured


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
            arrays, metadata = rounded(path)
        if metadata["corpus"] != name:
            parser.error(f"{path} was trained on {metadata['corpus']}, not on {name}")
        save_arrays(FOLDER / f"{name}.safetensors", arrays, metadata)
        print(f"{name}: validation {train.in_units(metadata['validation_nats'])}, rounded")


if __name__ == "__main__":
    main()
