/** What the live model says in words, and in numbers. */

import { make } from "../shared/dom.mjs";

const NAMES = new Map([
  ["\n", "line end"],
  [" ", "space"],
  ["\t", "tab"],
]);

/** What to call a character where it stands alone. */
export function named(character) {
  return NAMES.get(character) ?? character;
}

/** A character's code point, such as U+1F600. */
export function codePoint(character) {
  return `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** How surprising the text is, and how fast it was read. */
export function totals({ read, written, busy, progress, speed }) {
  const said = [`Your text: ${measured(read)}.`];
  if (written.characters) said.push(`Its own: ${measured(written)}.`);
  if (busy === "reading") said.push(`Reading: ${Math.floor(100 * progress)} %.`);
  if (speed) said.push(`It computes ${counted(Math.round(speed))} per second.`);
  return said.join(" ");
}

/** A number of characters. */
export function counted(number) {
  return `${number.toLocaleString("en")} ${number === 1 ? "character" : "characters"}`;
}

function measured({ characters, unknown, bits }) {
  const known = characters - unknown;
  const rate = known
    ? `${bits.toFixed(1)} bits, ${(bits / known).toFixed(2)} bits per character`
    : "nothing to measure";
  return `${counted(characters)}, ${rate}${unknown ? `, ${unknown.toLocaleString("en")} not in its vocabulary` : ""}`;
}

/** The character that the reader looks at. */
export function placed({ characters, bits, first, position }) {
  if (position < 0) return "No text yet: it has read a line end, and expects a first character.";
  const character = characters[position - first];
  const surprise = bits[position - first];
  const worth = Number.isNaN(surprise)
    ? `${codePoint(character)}, not in its vocabulary: skipped`
    : `${surprise.toFixed(2)} bits`;
  return `Character ${(position + 1).toLocaleString("en")}, ${named(character)}: ${worth}`;
}

/** A number with two decimals, and a real minus. */
export function signed(number) {
  return number.toFixed(2).replace("-", "−");
}

/** What a model is, from what was saved with its weights: names and values. */
export function facts(metadata, hiddenSize, parameters) {
  const nats = metadata.validation_nats;
  const share = Math.round(100 * metadata.training_share);
  return [
    ["Model", `LSTM, one layer of ${hiddenSize} units`],
    ["Parameters", `${parameters.toLocaleString("en")}, in ${metadata.stored_in}`],
    ["Learned from", `${metadata.corpus}, SHA-256 ${metadata.corpus_sha256}`],
    ["Split", `the first ${share} % of the text train, the rest validates`],
    ["Validation loss", `${nats.toFixed(4)} nats, ${(nats / Math.LN2).toFixed(3)} bits per character`],
    ["Trained with", metadata.command],
  ];
}

/** How to read what is shown. */
export function notes() {
  return [
    "Before your text, the model reads a line end; so even your first character has a probability, and a surprise: " +
      "minus the logarithm to base 2 of that probability, at temperature 1. The bars show the probabilities that it " +
      "draws from, with your temperature and top-k; ◂ marks what did come.",
    "A character outside the vocabulary is boxed, with its code point. The model skips it, and it counts for no bits.",
    "The units to begin with are those whose hidden state goes most with a property of the text: each was chosen on " +
      "one half of a held-out passage, and the number is its correlation on the other half. It doesn't show that the " +
      "model uses the unit for that: see chapter 7.",
    "Cells above zero have the color of their role, cells below zero are ink. Gates and hidden state are full at 1, " +
      "the cell at 2.",
  ].map((text) => make("p", {}, text));
}
