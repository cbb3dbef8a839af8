/** What the demo says about one prediction. No element is made here. */

export const FULL = 0.25; // the share with the fullest shade, as in the book's figures
export const STRONGEST = 60; // of the color, in percent, so that text on it can be read

const NAMES = new Map([
  ["\n", "the line end"],
  [" ", "the space"],
]);

/** Turn a string of the data back into shares of a prediction's gradient. */
export function unpacked(row) {
  return row.split(" ").map((number) => (Number(number) / 255) ** 2);
}

/** How strong a share's shade is, in percent of the color. */
export function strength(share) {
  return STRONGEST * Math.min(1, Math.sqrt(share / FULL));
}

/** A character within a sentence. */
export function named(character) {
  return NAMES.get(character) ?? `“${character}”`;
}

/** A character that stands alone. */
export function sign(character) {
  return character === "\n" ? "↵" : character === " " ? "space" : character;
}

/** A share, in percent. */
export function percent(share) {
  const number = share > 0 && share < 0.005 ? "under 1" : Math.round(100 * share);
  return `${number}\u00a0%`; // on one line
}

/** The last word or two before a place, within a sentence. */
export function context(passage, place) {
  let first = Math.max(0, place - 8);
  while (first > 0 && !" \n".includes(passage[first - 1])) first--;
  return `“${first > 0 ? "…" : ""}${passage.slice(first, place).replaceAll("\n", "↵")}”`;
}

/** How many letters back one must go until they hold a part of the gradient; null if they lie before the passage. */
export function holding([, ...letters], part) {
  let sum = 0;
  for (let back = 1; back <= letters.length; back++) {
    sum += letters[letters.length - back];
    if (sum >= part) return back;
  }
  return null;
}

/**
 * Say which letters a prediction leans on most.
 * @param name of the network
 * @param place of the predicted character
 * @param shares first that of all before the passage, then one for each letter
 */
export function sentence(name, passage, place, shares) {
  const [before, ...letters] = shares;
  const most = [...letters.keys()].sort((a, b) => letters[b] - letters[a]).slice(0, 3);
  const leans = most.map((m) => `${named(passage[m])} ${place - m}\u00a0back (${percent(letters[m])})`);
  const [last, ...others] = leans.reverse();
  const list = others.length ? `${others.reverse().join(", ")} and ${last}` : last;
  const said = [`To predict ${named(passage[place])} after ${context(passage, place)}, the ${name} leans on ${list}.`];
  const half = holding(shares, 0.5);
  if (half === null) said.push(`More than half of its gradient, ${percent(before)}, lies before this passage.`);
  else if (half === 1) said.push("The last letter alone holds half of its gradient.");
  else said.push(`The last ${half} letters hold half of its gradient.`);
  return said.join(" ");
}
