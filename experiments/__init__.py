"""The experiments: `make result NAME=rnn` runs rnn.py, which makes data/results/rnn.json.

Each has its settings in capitals and two names that the command asks for: `facts`, a function that
measures and returns what the file is to say; and `PACKAGES`, whose versions matter. A test runs all
of them with settings so small that they take seconds, and compares the names in what they return
with those in the files.

Tiny Shakespeare is downloaded, or taken from the folder UNROLLED_DATA.
"""

import numpy as np

from unrolled import counting, text


def read(corpus):
    """Read a text: its number of characters, and the ids to train on and to hold out."""
    characters = text.load_corpus(corpus)
    vocabulary = text.Vocabulary.from_text(characters)
    return len(vocabulary), *text.train_validation_split(vocabulary.encode(characters))


def counted(size, train_ids, validation_ids):
    """Held-out losses of counting, nats per character, for contexts of 0 to 5 characters."""
    return [
        float(-np.log(counting.witten_bell(train_ids, validation_ids, size, context)).mean())
        for context in range(6)
    ]
