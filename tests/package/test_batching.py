"""Training with a mistake: each makes a difference, and only where it should."""

import numpy as np
import pytest
import torch

from unrolled import batching
from unrolled.torch_models import CharacterModel

IDS = np.random.default_rng(0).integers(0, 5, 200)
PLAN = {"batch_size": 4, "num_steps": 6, "learning_rate": 0.01}


def trained(mistake=None, passes=1):
    torch.manual_seed(0)
    model = CharacterModel(5, hidden_size=8).double()
    losses = batching.train(model, IDS, passes, mistake, **PLAN)
    return losses, model


def test_dealt_rows_are_neighbors_and_their_targets_right():
    inputs, targets = next(batching.dealt_batches(np.arange(20), 3, 4))
    assert inputs.tolist() == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]
    assert np.array_equal(targets, inputs + 1)


def test_training_right_lowers_the_loss_and_repeats():
    losses, model = trained(passes=20)
    assert np.mean(losses[-9:]) < np.mean(losses[:9])
    assert trained(passes=20)[0] == losses


@pytest.mark.parametrize(
    ("mistake", "equal"),
    [
        ("state reset", 1),  # the first chunk has no state to lose, the second one has
        ("cell state reset", 1),
        ("rows dealt", 0),
        ("softmax twice", 0),
        ("gradients not zeroed", 2),  # the first step is right, and what it leaves is added then
    ],
)
def test_a_mistake_shows_from_its_step_on(mistake, equal):
    right, wrong = trained()[0], trained(mistake)[0]
    same = [a == b for a, b in zip(right, wrong, strict=False)]
    assert same[:equal] == [True] * equal and not any(same[equal:])


def test_every_mistake_is_tried_here():
    tried = test_a_mistake_shows_from_its_step_on.pytestmark[0].args[1]
    assert [mistake for mistake, _ in tried] == list(batching.MISTAKES)


def test_an_unknown_mistake_is_named_beside_the_known_ones():
    with pytest.raises(ValueError, match="'state lost'; there are state reset, cell state reset"):
        trained("state lost")
