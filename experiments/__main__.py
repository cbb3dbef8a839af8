"""Run one experiment, and write its result: `python -m experiments rnn`."""

import importlib
import sys
from pathlib import Path

from unrolled import results

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))


def main(words):
    """Run the experiment that is named, and write data/results/NAME.json."""
    if len(words) != 1 or words[0] not in NAMES:
        sys.exit(f"name one experiment: {', '.join(NAMES)}")
    experiment = importlib.import_module(f"experiments.{words[0]}")
    results.save(words[0], experiment.facts(), experiment.PACKAGES)


if __name__ == "__main__":
    main(sys.argv[1:])
