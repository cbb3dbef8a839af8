"""Write text with a trained model from the command line: ``python -m unrolled.sample --help``."""

import argparse
import sys
from pathlib import Path

from unrolled.generation import sample
from unrolled.text import Vocabulary
from unrolled.torch_models import CharacterModel, NumPyModel
from unrolled.weights import CheckpointError, load_arrays


def load_model(path):
    """Read a weight file of any of the book's models.

    Parameters
    ----------
    path : path
        A file written by `weights.save_weights` or ``python -m unrolled.train``.

    Returns
    -------
    model : NumPyModel
        Ready to read and write, on the CPU.
    vocabulary : Vocabulary
        The characters that its ids stand for.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CheckpointError
        If it is damaged, or not the weights of a character model.
    """
    arrays, metadata = load_arrays(path)
    try:
        vocabulary = Vocabulary(metadata["characters"])
        model = CharacterModel.from_params(arrays).eval()
    except KeyError:
        raise CheckpointError(f"{path} names no characters: it is no weight file") from None
    except ValueError as error:
        raise CheckpointError(f"{path} is no weight file: {error}") from error
    if len(vocabulary) != model.vocab_size:
        raise CheckpointError(
            f"{path} names {len(vocabulary)} characters, and its weights are for {model.vocab_size}"
        )
    return NumPyModel(model), vocabulary


def arguments():
    """Build the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m unrolled.sample", description="Write text with a trained character model."
    )
    parser.add_argument("weights", type=Path, help="a *.safetensors file of unrolled.train")
    parser.add_argument("--prompt", default="\n", help="what the model reads first (a line end)")
    parser.add_argument("--length", type=int, default=500, help="characters to write (500)")
    parser.add_argument("--temperature", type=float, default=1.0, help="below 1 is safer (1.0)")
    parser.add_argument("--top-k", type=int, help="draw from the likeliest only")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another text (0)")
    return parser


def main(argv=None):
    """Run the command: print the prompt and what the model writes after it.

    Parameters
    ----------
    argv : list of str, optional
        The command line's arguments.

    Returns
    -------
    int
        The exit status, 0. Bad arguments and files leave with 2.
    """
    parser = arguments()
    options = parser.parse_args(argv)
    try:
        model, vocabulary = load_model(options.weights)
        written = sample(
            model,
            vocabulary,
            options.prompt,
            options.length,
            options.temperature,
            options.top_k,
            options.seed,
        )
    except (ValueError, OSError) as error:
        parser.error(str(error))
    print(options.prompt + written)
    return 0


if __name__ == "__main__":
    sys.exit(main())
