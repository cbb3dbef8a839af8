"""The environment of all tests, and of the notebooks that nbval executes: quiet, reproducible."""

import os

os.environ["TQDM_DISABLE"] = "1"  # a progress bar is never twice the same
os.environ.pop("UNROLLED_CORPUS", None)  # the stored outputs are those of the play
# Beside other jobs, two threads made the chapter's small matrices several times slower than one.
os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_addoption(parser):
    """Add the option that spares the tests of the book a build."""
    parser.addoption(
        "--book",
        metavar="FOLDER",
        help="test the book that stands in this folder, as _build/html, and build none",
    )
