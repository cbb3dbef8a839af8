"""The drawn diagrams, as SVG: each function draws one and returns it.

Every drawing is 720 units wide, and its labels are 20 units high. A page shows it at least 480
pixels wide, where they are over 13 pixels; on a narrower page it scrolls.
"""

from unrolled.figures.diagrams.lstm import lstm_cell, lstm_gate
from unrolled.figures.diagrams.lstm_chain import lstm_backward, lstm_forward
from unrolled.figures.diagrams.padding import padding
from unrolled.figures.diagrams.reber import reber
from unrolled.figures.diagrams.rnn import rnn_backward, rnn_unrolled, truncated_bptt
from unrolled.figures.diagrams.rnn_steps import rnn_forward, rnn_gradient
from unrolled.figures.diagrams.seq2seq import attention, encoder_decoder
from unrolled.figures.diagrams.stacked import stacked, stacked_backward
from unrolled.figures.diagrams.step import next_character, rnn_step
from unrolled.figures.diagrams.worked import worked_example

__all__ = [
    "attention",
    "encoder_decoder",
    "lstm_backward",
    "lstm_cell",
    "lstm_forward",
    "lstm_gate",
    "next_character",
    "padding",
    "reber",
    "rnn_backward",
    "rnn_forward",
    "rnn_gradient",
    "rnn_step",
    "rnn_unrolled",
    "stacked",
    "stacked_backward",
    "truncated_bptt",
    "worked_example",
]
