"""Kill a training run at each of its file operations in turn, and repeat its command.

A program of its own, ``python killed.py FOLDER``: it forks a process for each run, so there must be
no threads. It prints a JSON list of where a run was killed, how the same command ended then, and
whether in the same bits; and after it a second list, of what happens if the weights are written
before the checkpoint, as they must not be. Each list ends where the bits are not the same.
"""

import builtins
import json
import os
import signal
import stat
import sys
from itertools import count
from pathlib import Path

from unrolled import train, weights

TIMES = ("training_seconds", "characters_per_second")
OPTIONS = "--hidden 3 --batch 4 --steps 16 --epochs 3 --dropout 0.2 --learning-rate 0.5".split()


def command(folder):
    """Run the command: its exit status."""
    out = folder / "run.safetensors"
    return train.main(["--corpus", f"{sys.argv[1]}/text.txt", *OPTIONS, "--out", str(out)])


def in_child(folder, kill_at=None):
    """Run the command in a process of its own: its exit status, and where it was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        if kill_at is not None:
            kill(kill_at, writing)
        try:
            os._exit(command(folder))
        except SystemExit as left:
            os._exit(left.code)
        except BaseException:
            os._exit(70)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with open(reading, encoding="utf-8") as pipe:
        return os.waitstatus_to_exitcode(status), pipe.read()


def kill(kill_at, writing):
    """Wrap what changes files, and die at the start, or after one of them, or half-way."""
    moments = count()

    def moment(where, tear=None):
        if next(moments) == kill_at:
            os.write(writing, where.encode())
            if tear is not None:
                os.ftruncate(tear, os.fstat(tear).st_size // 2)
            os.kill(os.getpid(), signal.SIGKILL)

    def around(function):
        def call(first, *rest, **options):
            if function is opened and "r" in rest[0]:
                return function(first, *rest, **options)
            if function is synced and stat.S_ISREG(os.fstat(first).st_mode):
                moment("half written", first)
            result = function(first, *rest, **options)
            moment(f"{function.__name__} {first}")
            return result

        return call

    opened, synced, replace, unlink = builtins.open, os.fsync, os.replace, os.unlink
    builtins.open, os.replace, os.unlink = around(opened), around(replace), around(unlink)
    os.fsync = around(synced)
    moment("start")


def result(folder):
    """All that a run leaves, times aside, in a form to compare."""
    arrays, metadata = weights.load_arrays(folder / "run.safetensors")
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return (
        sorted(path.name for path in folder.iterdir()),
        {name: (str(a.dtype), a.shape, a.tobytes()) for name, a in arrays.items()},
        metadata,
        {name: value for name, value in record.items() if name not in TIMES},
    )


def weights_first():
    """Write the weights before the checkpoint: the mistake that the runs must find."""
    save, save_checkpoint = train.Run.save, weights.save_checkpoint

    def swapped(run):
        kept = []
        weights.save_checkpoint = lambda *given: kept.append(given)
        save(run)
        save_checkpoint(*kept[0])

    train.Run.save = swapped


def kill_everywhere(root, whole):
    """Kill a run at each moment: where, the exit status of the same command, and if it is right."""
    root.mkdir()
    found = []
    for number in count():
        folder = root / str(number)
        folder.mkdir()
        status, where = in_child(folder, number)
        if status == 0:  # there are no more moments
            return found
        status, _ = in_child(folder)
        same = status == 0 and result(folder) == whole
        found.append([where.replace(str(folder), ""), status, same])
        if not same:
            return found


def main():
    """Run them all."""
    root = Path(sys.argv[1])
    line = "She sells sea shells by the sea shore.\n"  # and in the end, another text: the more
    (root / "text.txt").write_text(line * 9 + line[:0:-1])  # it learns, the worse it reads that
    train.VALIDATIONS = 2
    train.tqdm.monitor_interval = 0  # it would start a thread
    whole = root / "whole"
    whole.mkdir()
    assert command(whole) == 0  # here: what PyTorch prepares at its first step is then there
    found = [kill_everywhere(root / "right", result(whole))]
    weights_first()
    print(json.dumps([*found, kill_everywhere(root / "wrong", result(whole))]), file=sys.stderr)


if __name__ == "__main__":
    main()
