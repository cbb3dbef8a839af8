"""The drawn diagrams, as SVG: each function draws one and returns it.

Every drawing is 720 units wide, and its labels are at least 22 units high. A page shows it 600
pixels wide, and a phone 341, where the labels are over 10 pixels.
"""

from unrolled.figures.diagrams.gru import gru_cell
from unrolled.figures.diagrams.lstm import lstm_cell, lstm_gate, lstm_gates
from unrolled.figures.diagrams.lstm_chain import lstm_backward, lstm_forward
from unrolled.figures.diagrams.padding import padding
from unrolled.figures.diagrams.reber import reber
from unrolled.figures.diagrams.rnn import rnn_backward, rnn_unrolled, truncated_bptt
from unrolled.figures.diagrams.rnn_steps import rnn_forward, rnn_gradient
from unrolled.figures.diagrams.seq2seq import attention, encoder_decoder
from unrolled.figures.diagrams.stacked import stacked
from unrolled.figures.diagrams.step import next_character, rnn_step
from unrolled.figures.diagrams.worked import worked_example

__all__ = [
    "attention",
    "encoder_decoder",
    "gru_cell",
    "lstm_backward",
    "lstm_cell",
    "lstm_forward",
    "lstm_gate",
    "lstm_gates",
    "next_character",
    "padding",
    "reber",
    "rnn_backward",
    "rnn_forward",
    "rnn_gradient",
    "rnn_step",
    "rnn_unrolled",
    "stacked",
    "truncated_bptt",
    "worked_example",
]
