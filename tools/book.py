"""Build the book of the current folder; a warning is an error. Run it as `make book`.

Further arguments go to `jupyter-book build`, as in `python tools/book.py --all`.
"""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

STRICTLY = ["--warningiserror", "--nitpick", "--keep-going", "--quiet"]


def main():
    """Build, and return the exit status."""
    program = shutil.which("jupyter-book", path=sysconfig.get_path("scripts"))
    status = subprocess.run([program, "build", ".", *STRICTLY, *sys.argv[1:]]).returncode
    if status:  # Sphinx remembers a page that it has read, warnings or not: read all pages again
        shutil.rmtree(Path("_build", ".doctrees"), ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
