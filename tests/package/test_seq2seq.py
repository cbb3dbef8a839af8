"""The encoder-decoder by its own equations; the estimator by scikit-learn's checks and ours."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from unrolled import seq2seq, tasks
from unrolled.seq2seq import EchoEncoderDecoder, EncoderDecoder
from unrolled.torch_models import LAYERS

SMALL = {"embedding": 12, "hidden_size": 24, "learning_rate": 0.01, "max_epochs": 15}
each_kind = pytest.mark.parametrize("attention", [False, True], ids=["plain", "attention"])
each_cell = pytest.mark.parametrize("cell", LAYERS)


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def module(cell="gru", attention=False, embedding=5):
    torch.manual_seed(0)
    return EncoderDecoder(7, 6, cell, embedding, attention).double()


def ids(*shape):
    return torch.from_numpy(np.random.default_rng(1).integers(7, size=shape))


@each_kind
@each_cell
def test_written_freely_and_forced_to_the_same_it_says_the_same(cell, attention):
    network, source = module(cell, attention), ids(5, 4)
    logits, weights = network.write(source, 6)
    assert logits.shape == (6, 4, 7)
    written = logits.argmax(dim=-1)
    assert torch.allclose(network(source, written), logits, atol=1e-12)
    if attention:
        assert weights.shape == (6, 4, 5) and (weights >= 0).all()
        assert torch.allclose(weights.sum(dim=-1), torch.ones(6, 4).double(), atol=1e-12)
    else:
        assert weights is None


@each_cell
def test_a_step_depends_on_what_came_before_it_only(cell):
    network, source, target = module(cell), ids(5, 1), ids(6, 1)
    before = network(source, target)
    for t in range(6):
        changed = target.clone()
        changed[t] = (target[t] + 1) % 7
        differs = (network(source, changed) != before).any(dim=-1)[:, 0]
        assert not differs[: t + 1].any()  # the target itself is not read
        assert differs[t + 1 :].all()


def test_attention_is_a_weighted_mean_with_weights_from_dot_products():
    network, source, target = module(attention=True), ids(5, 3), ids(4, 3)
    states, last = network.encoder(network.embedding(source))
    start = torch.full((1, 3), 7)
    hidden, _ = network.decoder(network.embedding(torch.cat([start, target[:-1]])), last)
    for t in range(4):
        for b in range(3):
            weights = np.exp([(hidden[t, b] @ states[s, b]).item() for s in range(5)])
            mean = (weights / weights.sum()) @ states[:, b].detach().numpy()
            seen = torch.cat([hidden[t, b], torch.from_numpy(mean)])
            expected = network.head(seen)
            assert torch.allclose(network(source, target)[t, b], expected, atol=1e-12)


def test_an_embedding_is_a_factor_of_the_input_matrix():
    embedded, one_hot = module(embedding=5), module(embedding=None)
    one_hot.load_state_dict(
        {
            name: tensor @ embedded.embedding.weight.T if "weight_ih" in name else tensor
            for name, tensor in embedded.state_dict().items()
            if not name.startswith("embedding")
        }
    )
    source, target = ids(5, 4), ids(3, 4)
    assert torch.allclose(one_hot(source, target), embedded(source, target), atol=1e-12)


@each_kind
def test_gradients_agree_with_finite_differences(attention):
    network, source, target = module(attention=attention), ids(4, 2), ids(3, 2)

    def loss():
        logits = network(source, target).flatten(0, 1)
        return torch.nn.functional.cross_entropy(logits, target.flatten())

    loss().backward()
    rng = np.random.default_rng(2)
    for parameter in network.parameters():
        place = tuple(rng.integers(size) for size in parameter.shape)
        with torch.no_grad():
            parameter[place] += 1e-5
            above = loss()
            parameter[place] -= 2e-5
            below = loss()
            parameter[place] += 1e-5
        slope = (above - below).item() / 2e-5
        assert parameter.grad[place].item() == pytest.approx(slope, rel=1e-6, abs=1e-9)


@parametrize_with_checks([EchoEncoderDecoder(embedding=4, hidden_size=8, max_epochs=2)])
def test_scikit_learns_own_checks(estimator, check):
    check(estimator)


@each_kind
@each_cell
def test_it_learns_a_small_echo(cell, attention):
    X, y = tasks.echo(600, 3, 2, 6, seed=0)
    unseen = tasks.echo(200, 3, 2, 6, seed=1)
    model = EchoEncoderDecoder(cell, attention=attention, **SMALL)
    model.fit(X, y, validation=unseen)
    symbols, sequences = model.accuracies(*unseen)
    assert symbols >= sequences > 0.9
    assert model.score(*unseen) == sequences and model.held_out_[-1] == (symbols, sequences)
    assert model.losses_[0] > model.losses_[-1] and len(model.losses_) == SMALL["max_epochs"]


def test_predictions_are_the_likeliest_symbols_and_probabilities_add_up():
    X, y = tasks.echo(300, 4, 2, 6, seed=0)
    model = EchoEncoderDecoder(**SMALL | {"max_epochs": 2}).fit(X, y)
    p = model.predict_proba(X)
    assert p.shape == (300, 2, 6) and np.allclose(p.sum(axis=2), 1, atol=1e-5)
    assert np.array_equal(model.predict(X), p.argmax(axis=2))
    right = model.predict(X) == y
    assert model.accuracies(X, y) == (right.mean(), right.all(axis=1).mean())


def test_many_rows_are_predicted_as_few_are(monkeypatch):
    X, y = tasks.echo(50, 3, 2, 6, seed=0)
    model = EchoEncoderDecoder(**SMALL | {"max_epochs": 1}).fit(X, y)
    at_once = model.predict_proba(X)
    monkeypatch.setattr("unrolled.seq2seq.READ_AT_ONCE", 7)
    assert np.allclose(model.predict_proba(X), at_once, atol=1e-6)


@given(st.integers(1, 40), st.integers(1, 45))
@settings(max_examples=15)
def test_minibatches_are_minibatches(num_sequences, batch_size):
    X, y = tasks.echo(num_sequences, 3, 2, 5, seed=0)
    model = EchoEncoderDecoder(embedding=2, hidden_size=2, batch_size=batch_size, max_epochs=2)
    seen, forward = [], EncoderDecoder.forward

    def watch(network, source, target):
        seen.append(source.T.tolist())
        assert source[:2].equal(target)  # a sequence keeps its own target
        return forward(network, source, target)

    EncoderDecoder.forward = watch
    try:
        model.fit(X, y)
    finally:
        EncoderDecoder.forward = forward
    steps = -(-num_sequences // batch_size)
    assert len(seen) == 2 * steps
    assert all(len(batch) <= batch_size for batch in seen)
    for epoch in (seen[:steps], seen[steps:]):  # each sequence once
        assert sorted(sum(epoch, [])) == sorted(X.tolist())


def test_the_seed_decides_and_nothing_else_is_disturbed():
    X, y = tasks.echo(100, 3, 2, 6, seed=0)
    options = SMALL | {"max_epochs": 2}
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = (
        EchoEncoderDecoder(seed=seed, **options).fit(X, y).predict_proba(X) for seed in (1, 1, 2)
    )
    assert torch.rand(3).equal(expected)
    assert np.array_equal(first, again) and not np.allclose(first, other)


def test_it_stops_when_the_loss_is_below_tol():
    X, y = tasks.echo(300, 2, 1, 3, seed=0)
    model = EchoEncoderDecoder(**SMALL | {"tol": 0.5}).fit(X, y)
    assert len(model.losses_) < SMALL["max_epochs"]
    assert model.losses_[-1] < 0.5 and min(model.losses_[:-1], default=1) >= 0.5


def test_options_are_scikit_learns():
    model = EchoEncoderDecoder(cell="lstm", hidden_size=16)
    assert model.get_params()["cell"] == "lstm"
    copy = clone(model).set_params(hidden_size=8)
    assert (copy.cell, copy.hidden_size, model.hidden_size) == ("lstm", 8, 16)


def test_grid_search_and_pipelines_take_it():
    X, y = tasks.echo(200, 3, 2, 4, seed=0)
    search = GridSearchCV(
        EchoEncoderDecoder(embedding=8, hidden_size=16, learning_rate=0.02),
        {"max_epochs": [1, 15]},
        cv=2,
    ).fit(X, y)
    assert search.best_params_ == {"max_epochs": 15} and search.best_score_ > 0.3  # chance: 1/16
    assert search.predict(X).shape == y.shape
    scores = cross_val_score(make_pipeline(search.best_estimator_), X, y, cv=2)
    assert scores.shape == (2,) and scores.min() > 0.3


def test_the_bar_shows_loss_and_accuracy(capsys, monkeypatch):
    X, y = tasks.echo(50, 3, 2, 4, seed=0)
    monkeypatch.setattr(seq2seq, "watched", lambda: True)
    model = EchoEncoderDecoder(embedding=2, hidden_size=2, max_epochs=2)
    model.fit(X, y)
    assert capsys.readouterr().err == ""
    model.set_params(verbose=True).fit(X, y, validation=(X, y))
    shown = capsys.readouterr().err
    assert all(word in shown for word in ("2/2", "loss=", "accuracy=", "held out="))
    monkeypatch.setattr(seq2seq, "watched", lambda: False)
    model.fit(X, y)
    assert capsys.readouterr().err == ""


def test_errors_say_what_is_wrong():
    X, y = tasks.echo(30, 3, 2, 4, seed=0)
    for options, said in (
        ({"cell": "transformer"}, "cell must be one of rnn, lstm, gru, not 'transformer'"),
        ({"hidden_size": 0}, "hidden_size must be an integer of at least 1, not 0"),
        ({"batch_size": 1.5}, "batch_size must be an integer of at least 1, not 1.5"),
        ({"embedding": -1}, "embedding must be an integer of at least 1, not -1"),
        ({"learning_rate": 0}, "learning_rate must be above 0, not 0"),
        ({"weight_decay": -1}, "weight_decay must be 0 or above, not -1"),
    ):
        with pytest.raises(ValueError, match=said):
            EchoEncoderDecoder(**options).fit(X, y)
    model = EchoEncoderDecoder(embedding=2, hidden_size=2, max_epochs=1)
    with pytest.raises(NotFittedError):
        model.predict(X)
    for wrong_X, wrong_y, said in (
        (X[:, 0], y, "Expected 2D array, got 1D"),
        (X, y[:, 0], r"y must have two axes, .* not the shape \(30,\)"),
        (X[:20], y, "inconsistent numbers of samples"),
        (X - 1, y, r"Negative values in data: X\[\d+, \d\] is -1"),
        (X, y + 0.5, r"y\[0, 0\] is \d.5, and symbols are whole numbers from 0 on"),
        (X * np.nan, y, "X contains NaN"),
    ):
        with pytest.raises(ValueError, match=said):
            model.fit(wrong_X, wrong_y)
    model.fit(X, y)
    with pytest.raises(ValueError, match="X has 5 features, but EchoEncoderDecoder is expecting 3"):
        model.predict(tasks.echo(3, 5, 2, 4)[0])
    with pytest.raises(ValueError, match=r"X\[0, 0\] is 4, .* from 0 to 3, as in training"):
        model.predict(np.array([[4, 0, 0]]))
    with pytest.raises(ValueError, match=r"y has the shape \(30, 3\); .* \(30, 2\)"):
        model.score(X, X)


def test_a_learning_rate_that_is_far_too_high_is_named():
    X, y = tasks.echo(64, 3, 2, 4, seed=0)
    model = EchoEncoderDecoder(embedding=2, hidden_size=2, learning_rate=1e38, max_epochs=50)
    with pytest.raises(ValueError, match="no longer finite.*learning_rate 1e.38 is too high"):
        model.fit(X, y)
