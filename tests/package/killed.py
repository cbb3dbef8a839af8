"""Kill a training run at each of its file operations in turn, and repeat its command.

A program of its own: ``python killed.py FOLDER [weights-first]``. It forks a process for each run,
so there must be no threads, and it prints a JSON list of where runs were killed and what came of
it. With ``weights-first``, weights are written before the checkpoint: that must be found out.
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
    corpus, out = str(folder.parent / "text.txt"), str(folder / "run.safetensors")
    return train.main(["--corpus", corpus, *OPTIONS, "--out", out])


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


def main():
    """Run them all."""
    root = Path(sys.argv[1])
    line = "She sells sea shells by the sea shore.\n"  # and in the end, another text: the more
    (root / "text.txt").write_text(line * 9 + line[:0:-1])  # it learns, the worse it reads that
    train.VALIDATIONS = 2
    train.tqdm.monitor_interval = 0  # it would start a thread
    if sys.argv[2:] == ["weights-first"]:
        weights_first()
    whole, found = root / "whole", []
    whole.mkdir()
    assert command(whole) == 0  # here: what PyTorch prepares at its first step is then there
    for moment in count():
        folder = root / str(moment)
        folder.mkdir()
        status, where = in_child(folder, moment)
        if status == 0:
            break
        assert status == -signal.SIGKILL, status
        status, _ = in_child(folder)
        same = status == 0 and result(folder) == result(whole)
        found.append([where.replace(str(folder), ""), status, same])
        if not same:
            break
    print(json.dumps(found), file=sys.stderr)


if __name__ == "__main__":
    main()
