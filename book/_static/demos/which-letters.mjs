/** Which letters a prediction uses: point at a character, and see those before it shaded by the gradient. */

import { make } from "./shared/dom.mjs";
import { percent, sentence, sign, strength, unpacked } from "./which-letters/words.mjs";

const DATA = new URL("../results/letters.json", import.meta.url);
const MARKS = [0.01, 0.04, 0.09, 0.16, 0.25]; // of the scale: their square roots are evenly spaced

/** Put the demo in the place of the section's text, as soon as its data are there. */
export async function mount(section) {
  const answer = await fetch(DATA);
  if (!answer.ok) throw new Error(`its data did not load (${answer.status})`);
  const demo = new WhichLetters(await answer.json());
  section.setAttribute("aria-label", "Which letters a prediction uses");
  section.replaceChildren(...demo.elements);
}

class WhichLetters {
  constructor(found) {
    const { passage, networks, shown } = found;
    this.passage = passage;
    this.chosen = shown;
    this.blocks = Object.entries(networks).map(([name, network]) => new Block(name, passage, network, this));
    this.slider = make("input", {
      id: "letters-place",
      type: "range",
      min: 1,
      max: passage.length - 1,
      step: 1,
      input: () => this.choose(Number(this.slider.value)),
    });
    this.output = make("output", { for: "letters-place" });
    this.said = make("p", { class: "letters-hidden", "aria-live": "polite" });
    this.slider.addEventListener("change", () => this.say());
    this.elements = [
      make("p", {}, "Point at a character, or tap it. The slider and the arrow keys move along the text."),
      make(
        "div",
        { class: "letters-slider" },
        make("label", { for: "letters-place" }, "Predicted character"),
        this.slider,
        this.output,
      ),
      ...this.blocks.map(({ element }) => element),
      scale(),
      about(found),
      this.said,
    ];
    this.choose(this.chosen);
  }

  /** Choose a character, and stay there. */
  choose(place) {
    this.chosen = place;
    this.slider.value = place;
    this.slider.setAttribute("aria-valuetext", `${sign(this.passage[place])}, character ${place + 1}`);
    this.show(place);
  }

  /** Show a character's prediction, for as long as the pointer is there. */
  show(place) {
    this.output.textContent = `${sign(this.passage[place])}, ${place + 1} of ${this.passage.length}`;
    for (const block of this.blocks) block.show(place);
  }

  /** Say it to those who don't see it: when the choice comes to rest. */
  say() {
    this.said.textContent = this.blocks.map((block) => block.inWords(this.chosen)).join(" ");
  }
}

/** The passage as one network reads it. */
class Block {
  constructor(name, passage, network, demo) {
    Object.assign(this, { name, passage, network });
    this.rows = network.rows.map(unpacked);
    this.spans = [...passage].map((character) => make("span", {}, character.replace("\n", "↵\n")));
    this.expected = make("p", { class: "letters-expected" });
    this.sentence = make("p", { class: "letters-sentence" });
    const place = ({ target }) => this.spans.indexOf(target);
    const text = make(
      "p",
      {
        class: "letters-text",
        pointerover: (event) => event.pointerType === "mouse" && place(event) > 0 && demo.show(place(event)),
        pointerleave: () => demo.show(demo.chosen),
        click: (event) => {
          if (place(event) < 1) return; // before the first letter, nothing in the passage was read
          demo.choose(place(event));
          demo.say();
          demo.slider.focus({ preventScroll: true }); // for the arrow keys
        },
      },
      ...this.spans,
    );
    this.element = make(
      "div",
      { class: "letters-block", role: "group", "aria-label": name },
      make("p", { class: "letters-name" }, name),
      this.expected,
      text,
      this.sentence,
    );
  }

  /** Shade the letters before a place. */
  show(place) {
    const [, ...letters] = this.rows[place];
    this.spans.forEach((span, n) => {
      span.className = n === place ? "chosen" : n > place ? "later" : "";
      span.style.setProperty("--strength", `${strength(letters[n] ?? 0).toFixed(1)}%`);
    });
    this.sentence.textContent = sentence(this.name, this.passage, place, this.rows[place]);
    const came = this.passage[place];
    const likeliest = [...this.network.expected[place]].map((character, n) => [
      character,
      this.network.probabilities[place][n],
    ]);
    if (likeliest.every(([character]) => character !== came)) likeliest.push([came, this.network.given[place]]);
    this.expected.replaceChildren(
      "It expected ",
      ...likeliest.map(([character, p]) =>
        make("span", { class: character === came ? "came" : "" }, make("b", {}, sign(character)), ` ${percent(p)}`),
      ),
    );
  }

  inWords(place) {
    const expected = [...this.network.expected[place]].map(
      (character, n) => `${sign(character)} ${percent(this.network.probabilities[place][n])}`,
    );
    const words = sentence(this.name, this.passage, place, this.rows[place]);
    return `${words} It expected ${expected.join(", ")}; what came, ${percent(this.network.given[place])}.`;
  }
}

function scale() {
  const boxes = MARKS.map((share) =>
    make("span", { style: `--strength: ${strength(share)}%` }, `${percent(share)}${share === MARKS.at(-1) ? "+" : ""}`),
  );
  return make("div", { class: "letters-scale" }, "Share of the gradient: ", make("span", {}, ...boxes));
}

function about({ models, held_out: heldOut }) {
  const [rnn, lstm] = ["RNN of chapter 1", "LSTM of chapter 2"];
  const right = (name) => heldOut[name].right_at_marks; // one for each start; the first is the network shown
  const range = (values) => `${Math.round(100 * Math.min(...values))} to ${percent(Math.max(...values))}`;
  const { marks, by_length: byLength, commoner } = heldOut.ruler;
  const notes = [
    "The loss of one prediction has a gradient for each letter that was read. A letter's shade goes with the square " +
      "root of its share of all their lengths. A gradient says what a small change would do. Where one letter decides, " +
      "as a question mark does before a line end, it can be flat, and that letter looks less important than it is.",
    "The text is held out: neither network has trained on it. It is one passage, read by one network of each kind, " +
      "the first of five starts.",
    `Does the line end at this mark, or go on? Of the ${marks} marks in the held-out text, this RNN gets ` +
      `${percent(right(rnn)[0])} right, other starts ${range(right(rnn).slice(1))}. This LSTM gets ` +
      `${percent(right(lstm)[0])}, but its other starts only ${range(right(lstm).slice(1))}: it alone has learned how ` +
      `long a line is. With longer chunks and more passes, five LSTMs of five learn it (${range(right("LSTM"))}), ` +
      `and no RNN (${range(right("RNN"))}). The commoner answer alone gets ${percent(commoner)}, a rule that knows ` +
      `only how long the line is, ${percent(byLength)}.`,
    ...[rnn, lstm].map((name) => `${name}: ${models[name]}.`),
  ];
  return make("details", {}, make("summary", {}, "What is shown"), ...notes.map((note) => make("p", {}, note)));
}
