import pytest

from unrolled.figures import tables


def test_a_table_is_markdown(monkeypatch):
    shown = []
    monkeypatch.setattr(tables, "display", lambda bundle, raw: shown.append(bundle))
    tables.show(["network", "nats"], [["RNN", "1.73"], ["LSTM", 1.6]])
    [bundle] = shown
    lines = ["| network | nats |", "| :-- | --: |", "| RNN | 1.73 |", "| LSTM | 1.6 |"]
    assert bundle["text/markdown"] == bundle["text/plain"] == "\n".join(lines)


def test_a_row_of_another_length_is_named():
    with pytest.raises(ValueError, match=r"\['RNN'\] has 1 entries, the header 2"):
        tables.show(["network", "nats"], [["RNN"]])
