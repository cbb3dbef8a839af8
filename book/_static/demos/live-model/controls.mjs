/** Fields and choices, each with its label. */

import { make } from "../shared/dom.mjs";

/** A control with its label. */
export function labeled(text, control, ...more) {
  return make("label", { class: "lm-field" }, make("span", {}, text), control, ...more);
}

/** A choice of one among several: `choices` has `[value, text]`, the first is chosen. */
export function choice(legend, name, choices, listener) {
  const radios = choices.map(([value, text], place) =>
    make(
      "label",
      {},
      make("input", { type: "radio", name, value, checked: place === 0, change: () => listener(value) }),
      text,
    ),
  );
  return make("fieldset", { class: "lm-choice" }, make("legend", {}, legend), ...radios);
}
