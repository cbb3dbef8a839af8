/** A model and the text that it has read so far, its own words included. */

import { LSTM } from "./lstm.mjs";
import { generator, nextProbabilities, pick, surprise } from "./sampling.mjs";

export const PAGE = 1200; // characters that are looked at together: what happens inside is kept for one page only
export const PARTS = ["i", "f", "g", "o", "c", "h"]; // what happens inside: gates, cell state, hidden state

export class Reader {
  /** @param params, metadata what `readWeights` returns */
  constructor({ params, metadata }) {
    this.model = new LSTM(params);
    this.vocabulary = [...metadata.characters];
    this.ids = new Map(this.vocabulary.map((character, id) => [character, id]));
    if (this.ids.size !== this.model.vocabSize)
      throw new Error("the weights and their characters don't belong together");
    // The text starts as if a line had just ended, so even its first character can be surprising.
    this.now = this.model.step(this.ids.get("\n"), this.model.start());
    this.characters = [];
    this.bits = []; // of each character; NaN for one that the model doesn't know
    this.steps = []; // what `LSTM.step` returned for each character of the last page
    this.pages = []; // what was returned before each page
  }

  /** Read one more character. The model skips one that it doesn't know: its state stays as it is. */
  read(character) {
    if (this.characters.length % PAGE === 0) {
      this.pages.push(this.now);
      this.steps = [];
    }
    const id = this.ids.get(character);
    this.bits.push(id === undefined ? NaN : surprise(this.now.z, id));
    if (id !== undefined) this.now = this.model.step(id, this.now);
    this.characters.push(character);
    this.steps.push(this.now);
  }

  /** Write one character, and read it. `next` is a number from 0 to below 1. */
  write({ temperature, topK }, next) {
    this.read(this.vocabulary[pick(nextProbabilities(this.now.z, temperature, topK), next)]);
  }

  /**
   * Go back, so that what has been read is the beginning of `characters`.
   * @returns how many characters of it that is
   */
  rewind(characters) {
    let same = 0;
    while (same < this.characters.length && this.characters[same] === characters[same]) same++;
    if (same === this.characters.length) return same;
    const page = Math.floor(same / PAGE);
    const first = page * PAGE;
    const lastPage = page === this.pages.length - 1;
    const length = lastPage ? same : first; // of an earlier page only the start is kept
    this.steps.length = lastPage ? length - first : 0;
    this.now = this.steps.at(-1) ?? this.pages[page];
    this.pages.length = Math.ceil(length / PAGE);
    this.characters.length = this.bits.length = length;
    return length;
  }

  /** Return a function that gives, character by character, what `LSTM.step` returned on an earlier page. */
  look(page) {
    let now = this.pages[page];
    let at = page * PAGE;
    return () => {
      const id = this.ids.get(this.characters[at++]);
      if (id !== undefined) now = this.model.step(id, now);
      return now;
    };
  }
}

/** Let a model go on from a text: the same text, settings and seed give the same characters in every browser. */
export function sample(weights, text, length, settings) {
  const reader = new Reader(weights);
  const next = generator(settings.seed);
  for (const character of text) reader.read(character);
  for (let count = 0; count < length; count++) reader.write(settings, next());
  return reader.characters.slice(reader.characters.length - length).join("");
}
