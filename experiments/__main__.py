"""Run one experiment, and write its result: `python -m experiments rnn`."""

import importlib
import sys
from pathlib import Path

from unrolled import results

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("[!_]*.py"))


def main(name):
    """Run the experiment of this name, and write data/results/NAME.json."""
    experiment = importlib.import_module(f"experiments.{name}")
    results.save(name, experiment.facts(), experiment.PACKAGES)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in NAMES:
        sys.exit(f"name one experiment: {', '.join(NAMES)}")
    main(sys.argv[1])
