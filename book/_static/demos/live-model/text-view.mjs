/** The text that the model has read and written, each character shaded by a number. */

import { make } from "../shared/dom.mjs";
import { codePoint } from "./words.mjs";

const MOST_BITS = 8; // with the fullest shade

export class TextView {
  /** @param choose called with the place of a character that the reader points at */
  constructor(choose) {
    this.element = make("div", { class: "lm-text", tabindex: "0", role: "group", "aria-label": "The text" });
    this.element.addEventListener("click", ({ target }) => {
      const place = this.spans.indexOf(target.closest("span"));
      if (place >= 0) choose(this.first + place);
    });
    this.spans = [];
    this.drawn = [];
  }

  /**
   * Draw what has changed.
   * @param view what the worker tells
   * @param shadeBy "bits" or "hidden"
   * @param follow whether to keep the end in sight
   */
  draw(view, shadeBy, follow) {
    this.first = view.first;
    this.element.dataset.shade = shadeBy;
    view.characters.forEach((character, place) => {
      const span = this.spans[place] ?? this.add();
      const bits = view.bits[place];
      const value = shadeBy === "bits" ? bits / MOST_BITS : view.hidden[place];
      const level = Number.isNaN(bits) ? "unknown" : Math.round(Math.max(-1, Math.min(1, value)) * 8);
      const written = view.first + place >= view.promptLength;
      const chosen = view.first + place === view.position;
      const drawn = `${character}${level}${written}${chosen}`;
      if (this.drawn[place] === drawn) return;
      this.drawn[place] = drawn;
      span.firstChild.data =
        level === "unknown" ? `${character} ${codePoint(character)}` : character.replace("\n", "↵\n");
      span.className = `${written ? "written" : "given"}${chosen ? " chosen" : ""}${character === "\n" ? " end" : ""}`;
      span.dataset.level = level;
    });
    for (const span of this.spans.splice(view.characters.length)) span.remove();
    this.drawn.length = view.characters.length;
    if (follow) this.element.scrollTop = this.element.scrollHeight;
  }

  add() {
    const span = make("span", {}, document.createTextNode("")); // its data change; no nodes come and go
    this.spans.push(span);
    this.element.append(span);
    return span;
  }
}
