"""What only the networks that autograd differentiates have: a loss to call, short cells."""

import numpy as np
import pytest
from autograd import grad
from autograd import numpy as anp

from unrolled import autograd_models, generation, learning, numpy_models, optimizers, text
from unrolled.gradcheck import gradient_check

each_kind = pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])


@each_kind
def test_the_loss_is_a_plain_function_of_the_parameters(kind):
    model = getattr(autograd_models, kind)(6, 5)
    inputs, targets = np.random.default_rng(2).integers(0, 6, (2, 7, 3))
    elsewhere = {name: 2 * param for name, param in model.params.items()}
    loss, _ = model.loss(elsewhere, inputs, targets)
    assert loss != model.loss(model.params, inputs, targets)[0]
    grads = grad(lambda params: model.loss(params, inputs, targets)[0])(elsewhere)
    model.params = elsewhere
    again, same, _ = model.loss_and_grads(inputs, targets)
    assert again == loss
    for name, array in same.items():
        assert np.array_equal(grads[name], array), name


@each_kind
def test_training_evaluation_and_sampling_are_those_of_the_twin(kind):
    vocabulary = text.Vocabulary.from_text("The gate is shut; the tide is out.")
    ids = vocabulary.encode("The gate is shut; the tide is out." * 8)
    histories, written = [], []
    for library in (autograd_models, numpy_models):
        model = getattr(library, kind)(len(vocabulary), 7, 2)
        plan = {"epochs": 2, "batch_size": 4, "num_steps": 10, "clip_norm": 0.2}
        histories.append(learning.train(model, optimizers.Adam(0.01), ids, ids[:60], **plan))
        written.append(generation.sample(model, vocabulary, "The", 30))
    ours, theirs = histories
    assert ours.losses[-1] < ours.losses[0] and max(ours.grad_norms) > 0.2
    assert np.abs(np.subtract(ours.losses, theirs.losses)).max() < 1e-10
    assert np.abs(np.subtract(ours.validation, theirs.validation)).max() < 1e-10
    assert written[0] == written[1]


def test_a_network_of_ones_own():
    def leaky(drive, weight_hh, hidden):
        states = []
        for driven in drive:
            hidden = 0.5 * hidden + 0.5 * anp.tanh(driven + hidden @ weight_hh.T)
            states.append(hidden)
        return anp.stack(states), hidden

    class Leaky(autograd_models.RNN):
        layer = staticmethod(leaky)

    errors = gradient_check(
        Leaky(3, 2, 2, seed=8), *np.random.default_rng(8).integers(0, 3, (2, 5, 2))
    )
    assert max(errors.values()) < 1e-6
