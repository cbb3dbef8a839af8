"""The PyTorch models: raw PyTorch, parameters in and out, bad input."""

import numpy as np
import pytest
import torch
from pytorch_twin import differences, twin
from torch import nn

from unrolled import generation, learning, numpy_models, text, torch_models
from unrolled.torch_models import CharacterModel, NumPyModel

T, B, V, H = 6, 3, 7, 5
CELLS = list(torch_models.LAYERS)
EMBEDDINGS = [None, 4]


def batch(seed=0):
    """Random inputs and targets, (T, B)."""
    return np.random.default_rng(seed).integers(0, V, (2, T, B))


def new(cell, embedding_size=None, num_layers=2, seed=0, **more):
    torch.manual_seed(seed)
    return CharacterModel(V, H, num_layers, cell, embedding_size, **more).double()


# What it computes


@pytest.mark.parametrize("embedding_size", EMBEDDINGS)
@pytest.mark.parametrize("cell", CELLS)
def test_it_is_the_layers_of_pytorch_and_a_head(cell, embedding_size):
    model, ids = new(cell, embedding_size), torch.from_numpy(batch()[0])
    table = torch.eye(V).double() if embedding_size is None else model.embedding.weight
    layers = torch_models.LAYERS[cell](table.shape[1], H, 2).double()
    layers.load_state_dict(model.layers.state_dict())
    state = None
    for chunk in ids.split(4):  # the second has the state of the first
        logits, last = model(chunk, state)
        hidden, expected = layers(table[chunk], state)
        assert torch.equal(logits, hidden @ model.head.weight.T + model.head.bias)
        torch_models.each(lambda a: a.shape == (2, B, H) or pytest.fail(), last)
        if cell == "lstm":
            assert torch.equal(last[0], expected[0]) and torch.equal(last[1], expected[1])
        else:
            assert torch.equal(last, expected)
        state = last


@pytest.mark.parametrize("kind", [numpy_models.RNN, numpy_models.LSTM])
def test_training_mode_drops_and_evaluation_mode_does_not(kind):
    plain = kind(V, H, 2, seed=1)
    model = CharacterModel(V, H, 2, kind.__name__.lower(), dropout=0.5).double()
    model.params = plain.params
    found = differences(plain, NumPyModel(model.eval()), *batch(), None)
    assert max(found.values()) < 1e-12
    ids = torch.from_numpy(batch()[0])
    torch.manual_seed(0)
    assert not torch.equal(model.train()(ids)[0], model(ids)[0])


def test_dropout_of_one_layer_is_before_the_head():
    model = new("lstm", num_layers=1, dropout=0.99)  # and PyTorch does not warn
    nn.init.zeros_(model.head.bias)
    logits, _ = model(torch.from_numpy(batch()[0]))
    assert (logits == 0).all(dim=-1).any()


# Parameters in and out


@pytest.mark.parametrize("embedding_size", EMBEDDINGS)
@pytest.mark.parametrize("cell", CELLS)
def test_parameters_come_back_and_say_what_they_are(cell, embedding_size):
    model = new(cell, embedding_size)
    params = model.params
    again = CharacterModel.from_params(params)
    assert again.cell == cell and again.params.keys() == params.keys()
    assert all(np.array_equal(again.params[name], params[name]) for name in params)
    found = differences(NumPyModel(model), NumPyModel(again), *batch(), None)
    assert max(found.values()) == 0


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_there_is_one_bias(cell):
    model = new(cell)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 0.1)
    before = model.params
    _, grads, _ = NumPyModel(model).loss_and_grads(*batch())
    optimizer.step()
    for name, array in model.params.items():
        assert np.allclose(array, before[name] - 0.1 * grads[name], atol=1e-15), name


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_the_two_biases_of_another_model_are_added_up(cell):
    model, layers = new(cell), torch_models.LAYERS[cell](V, H, 2).double()
    model.layers.load_state_dict(layers.state_dict())
    assert np.array_equal(
        model.params["bias_l1"], (layers.bias_ih_l1 + layers.bias_hh_l1).detach().numpy()
    )
    found = differences(NumPyModel(model), twin(NumPyModel(model)), *batch(), None)
    assert max(found.values()) < 1e-12
    model.params = model.params
    assert not model.layers.bias_hh_l1.any()


def test_what_comes_out_is_a_copy():
    model = new("lstm")
    model.params["bias_out"][:] = np.nan
    assert np.isfinite(model.params["bias_out"]).all()


def test_the_precision_is_that_of_the_arrays():
    params = numpy_models.LSTM(V, H, dtype=np.float32).params
    assert CharacterModel.from_params(params).params["bias_l0"].dtype == np.float32


# In place of a NumPy model


def test_it_samples_and_validates_as_a_numpy_model_does():
    model = numpy_models.LSTM(V, H, 2, seed=3)
    letters = text.Vocabulary("abcdefg")
    ids = np.random.default_rng(0).integers(0, V, 300)
    how = {"batch_size": 4, "num_steps": 9, "carry_state": False}
    assert generation.sample(model, letters, "bad", 50) == generation.sample(
        twin(model), letters, "bad", 50
    )
    assert learning.evaluate(twin(model), ids, **how) == pytest.approx(
        learning.evaluate(model, ids, **how), rel=1e-12
    )


# Bad input


@pytest.mark.parametrize(
    "wrong",
    [
        {"vocab_size": 0},
        {"hidden_size": 2.5},
        {"num_layers": 0},
        {"embedding_size": 0},
        {"cell": "LSTM"},
        {"dropout": 1.0},
        {"dropout": -0.1},
    ],
)
def test_bad_arguments(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        CharacterModel(**{"vocab_size": V, "hidden_size": H} | wrong)


@pytest.mark.parametrize("shape", [(T,), (T, B, V)])
def test_ids_are_time_and_batch(shape):
    with pytest.raises(ValueError, match=r"\(T, B\)"):
        new("rnn")(torch.zeros(shape, dtype=torch.int64))


def test_parameters_of_another_model_change_nothing():
    model = new("lstm")
    before = model.params
    for other in [new("gru"), new("lstm", num_layers=1), new("lstm", 4)]:
        with pytest.raises(ValueError, match="wanted"):
            model.params = other.params
    assert all(np.array_equal(before[name], array) for name, array in model.params.items())


def test_arrays_of_no_model():
    params = new("lstm").params
    with pytest.raises(ValueError, match="weight_out"):
        CharacterModel.from_params({"bias_out": params["bias_out"]})
    with pytest.raises(ValueError, match="neither 1, 3 nor 4 times"):
        CharacterModel.from_params(params | {"weight_hh_l0": np.zeros((2 * H, H))})
    with pytest.raises(ValueError, match="extra"):
        CharacterModel.from_params(params | {"extra": np.zeros(2)})


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there():
    with pytest.raises(ValueError, match="'cuda'.*cpu"):
        torch_models.device_named("cuda")
    assert torch_models.device_named("cpu").type == "cpu"
