"""A clock for tests of progress bars."""


class Clock:
    """What tqdm takes for the time: it stands still but for calls of the slow functions."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr("tqdm.std.time", lambda: self.now)

    def slow(self, function, seconds):
        """Return a function that does the same and takes this long."""

        def call(*given, **how):
            self.now += seconds
            return function(*given, **how)

        return call
