/** The likeliest next characters, as bars. */

import { make } from "../shared/dom.mjs";
import { nextProbabilities } from "./sampling.mjs";
import { named } from "./words.mjs";

const MOST = 10;

export class Bars {
  constructor() {
    this.element = make("ol", { class: "lm-bars" });
    this.rows = Array.from({ length: MOST }, () => {
      const character = make("span", { class: "character" });
      const share = make("span", { class: "share" });
      const bar = make("span", { class: "bar", "aria-hidden": "true" });
      const item = make("li", {}, character, bar, share);
      this.element.append(item);
      return { item, character, bar, share };
    });
  }

  /** Draw the distribution that these logits give; `came` is the character that did come, if one did. */
  draw(logits, vocabulary, { temperature, topK }, came) {
    const probabilities = nextProbabilities(logits, temperature, topK);
    const likeliest = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
    this.rows.forEach(({ item, character, bar, share }, place) => {
      const id = likeliest[place];
      const p = probabilities[id] ?? 0;
      item.hidden = p === 0;
      item.className = vocabulary[id] === came ? "came" : "";
      character.textContent = named(vocabulary[id] ?? "");
      bar.style.setProperty("--p", p);
      share.textContent = `${(100 * p).toFixed(1)} %${vocabulary[id] === came ? " ◂" : ""}`;
    });
  }
}
