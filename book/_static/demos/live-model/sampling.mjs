/** From logits to the next character: probabilities, their surprise, and a draw that a seed repeats. */

/** The softmax of the logits. */
export function softmax(logits) {
  const largest = Math.max(...logits);
  const shares = Float64Array.from(logits, (z) => Math.exp(z - largest));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}

/** How surprising a character is, in bits, to a model with these logits: -log2 of its probability. */
export function surprise(logits, id) {
  const largest = Math.max(...logits);
  const total = logits.reduce((sum, z) => sum + Math.exp(z - largest), 0);
  return (Math.log(total) - (logits[id] - largest)) / Math.LN2;
}

/**
 * Probabilities of the next character, sharpened (temperature below 1) or flattened (above 1), of the `topK` likeliest
 * characters only. Of equals, the first in the vocabulary counts as likelier.
 */
export function nextProbabilities(logits, temperature, topK) {
  const likeliest = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);
  const kept = new Float64Array(logits.length).fill(-Infinity);
  for (const id of likeliest.slice(0, topK)) kept[id] = (logits[id] - logits[likeliest[0]]) / temperature;
  return softmax(kept);
}

/** The id that a number from 0 to below 1 picks: each id owns a stretch as long as its probability. */
export function pick(probabilities, number) {
  let end = 0;
  let last = 0;
  for (let id = 0; id < probabilities.length; id++) {
    if (probabilities[id] === 0) continue;
    end += probabilities[id];
    last = id;
    if (number < end) return id;
  }
  return last; // rounding left the sum a little below 1
}

/**
 * A generator of numbers from 0 to below 1: mulberry32. It adds a constant to a 32-bit number and mixes its bits, so
 * the same seed gives the same numbers in every browser.
 */
export function generator(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
