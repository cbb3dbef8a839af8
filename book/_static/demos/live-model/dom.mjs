/** Elements, made without markup: texts stay texts, whatever stands in them. */

/** Make an element: its attributes (functions are listeners), and its children, elements or texts. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** A control with its label. */
export function labeled(text, control, ...more) {
  return make("label", { class: "lm-field" }, make("span", {}, text), control, ...more);
}

/** A choice of one among several: `choices` has `[value, text]`, the first is chosen. */
export function choice(legend, name, choices, listener) {
  const radios = choices.map(([value, text], place) => make("label", {},
    make("input", { type: "radio", name, value, checked: place === 0, change: () => listener(value) }), text));
  return make("fieldset", { class: "lm-choice" }, make("legend", {}, legend), ...radios);
}

const NAMES = new Map([["\n", "line end"], [" ", "space"], ["\t", "tab"]]);

/** What to call a character where it stands alone. */
export function named(character) {
  return NAMES.get(character) ?? character;
}

/** A character's code point, such as U+1F600. */
export function codePoint(character) {
  return `U+${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}
