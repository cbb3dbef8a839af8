"""Install what requirements.txt pins, and the package itself, for the Python that runs this.

On Linux, PyTorch has two builds: this takes the small one, for the processor alone, from PyTorch's
own index, or the default one where that can't be reached or the environment says TORCH=cuda.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"


def pip(*arguments):
    """Run `pip install`; return its exit status."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", *arguments]
    return subprocess.run(command, cwd=ROOT).returncode


def main():
    """Install everything; return the exit status."""
    if sys.platform == "linux" and os.environ.get("TORCH") != "cuda":
        [torch] = re.findall(r"^torch==\S+", Path(ROOT, "requirements.txt").read_text(), re.M)
        once = "--retries=0", "--timeout=10", "--no-deps"
        if pip(torch, "--index-url", CPU_BUILDS, *once):
            print("PyTorch's own index can't be reached: taking the default build.")
    return pip("--requirement", "requirements.txt") or pip(
        "--no-build-isolation", "--no-deps", "--editable", "."
    )


if __name__ == "__main__":
    sys.exit(main())
