/** The live model: a reader types, a trained LSTM goes on, and both can be looked into. */

import { Bars } from "./live-model/bars.mjs";
import { choice, labeled } from "./live-model/controls.mjs";
import { Maps } from "./live-model/maps.mjs";
import { PAGE } from "./live-model/reader.mjs";
import { TextView } from "./live-model/text-view.mjs";
import { counted, facts, notes, placed, signed, totals } from "./live-model/words.mjs";
import { make } from "./shared/dom.mjs";

const BY_CHANCE = 0.3; // what the best unit of an untrained network comes to
const MODELS = {
  play: { title: "The Weir", prompt: "Wren:\nWho keeps the " },
  shakespeare: { title: "Tiny Shakespeare", prompt: "ROMEO:\nWhat is the " },
};
const LENGTH = 1000; // characters that one press writes at most
const PARTS = [
  ["h", "hidden state"],
  ["c", "cell"],
  ["i", "input gate"],
  ["f", "forget gate"],
  ["g", "candidate"],
  ["o", "output gate"],
];

/** Put the demo in the place of the section's text, as soon as the first model is there. */
export async function mount(section) {
  const demo = new LiveModel();
  await demo.load("play");
  section.replaceChildren(demo.element);
  demo.start();
}

class LiveModel {
  constructor() {
    this.worker = new Worker(new URL("./live-model/worker.mjs", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.hear(data);
    this.worker.onerror = ({ message }) =>
      this.hear({ told: "failed", message: message || "the worker did not start" });
    this.view = null;
    this.follow = true; // whether the reader looks at the end of the text
    this.shadeBy = "bits";
    this.text = new TextView((position) => this.look({ position }));
    this.bars = new Bars();
    this.maps = new Maps((wanted) => this.look(wanted));
    this.build();
  }

  // What is on the page.

  build() {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.input = make("textarea", { rows: "3", spellcheck: "false", input: () => this.read() });
    this.input.value = MODELS.play.prompt;
    this.temperature = make("input", {
      type: "range",
      min: "0.1",
      max: "2",
      step: "0.05",
      value: "0.7",
      input: () => this.draw(),
    });
    this.warmth = make("output");
    this.topK = make("input", { type: "number", min: "1", input: () => this.draw() });
    this.seed = make("input", { type: "number", value: "1", step: "1" });
    this.slow = make("input", { type: "checkbox", checked: !still });
    this.writeButton = make("button", { type: "button", class: "lm-main", click: () => this.write() }, "Write on");
    this.stopButton = make("button", { type: "button", disabled: true, click: () => this.stop() }, "Stop");
    this.status = make("p", { class: "lm-status", role: "status" });
    this.totals = make("p", { class: "lm-totals" });
    this.unit = make("input", {
      type: "number",
      min: "0",
      value: "0",
      input: () => this.look({ unit: this.number(this.unit) }),
    });
    this.units = make("p", { class: "lm-units" });
    this.part = make(
      "select",
      { change: () => this.look({ part: this.part.value }) },
      ...PARTS.map(([value, text]) => make("option", { value }, `${text}, ${value}`)),
    );
    this.place = make("input", {
      type: "range",
      min: "0",
      step: "1",
      input: () => this.look({ position: Number(this.place.value) }),
    });
    this.placed = make("p", { class: "lm-placed" });
    this.pager = make(
      "div",
      { class: "lm-pager" },
      make("button", { type: "button", click: () => this.turn(-1) }, "Earlier"),
      (this.pageNumber = make("span")),
      make("button", { type: "button", click: () => this.turn(1) }, "Later"),
    );
    this.about = make("dl");
    const shades = [
      ["bits", "surprise, in bits"],
      ["hidden", "a hidden unit"],
    ];
    this.shading = choice("Shade the text by", "lm-shade", shades, (by) => {
      this.shadeBy = by;
      this.draw();
    });
    const titles = Object.entries(MODELS).map(([name, { title }]) => [name, title]);
    const next = make("div", {}, make("h3", { class: "lm-heading" }, "What it expects next"), this.bars.element);
    const inside = make(
      "div",
      {},
      make("h3", { class: "lm-heading" }, "What happens inside"),
      make("div", { class: "lm-settings" }, labeled("Hidden unit", this.unit), labeled("All units below", this.part)),
      this.maps.element,
    );
    this.element = make(
      "div",
      { class: "lm" },
      choice("Model", "lm-model", titles, (name) => this.change(name)),
      labeled("Type a beginning, or paste any text", this.input),
      make(
        "div",
        { class: "lm-settings" },
        labeled("Temperature", this.temperature, this.warmth),
        labeled("Top-k", this.topK),
        labeled("Seed", this.seed),
        make("label", { class: "lm-check" }, this.slow, "slowly, to watch"),
        make("div", { class: "lm-buttons" }, this.writeButton, this.stopButton),
      ),
      this.status,
      this.shading,
      this.units,
      this.text.element,
      this.totals,
      this.pager,
      make("div", { class: "lm-look" }, labeled("Look at a character", this.place), this.placed),
      make("div", { class: "lm-columns" }, next, inside),
      make("details", {}, make("summary", {}, "About this model, and what is shown"), this.about, ...notes()),
    );
  }

  /** Begin, now that the demo is on the page and has a size. */
  start() {
    document.addEventListener("visibilitychange", () => this.ask("pause", { value: document.hidden }));
    new ResizeObserver(() => this.look({})).observe(this.maps.element);
    new MutationObserver(() => this.draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.look({});
    this.read();
  }

  // What the reader asks for.

  ask(what, more) {
    this.worker.postMessage({ ask: what, ...more });
  }

  /** Load a model's weights; resolves when it is ready. */
  load(name) {
    this.name = name;
    this.status.textContent = "Loading the weights.";
    this.ask("load", { address: new URL(`../weights/${name}.safetensors`, import.meta.url).href });
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
    });
  }

  async change(name) {
    const untouched = this.input.value === MODELS[this.name].prompt;
    try {
      await this.load(name);
    } catch (error) {
      this.status.textContent = `It did not load: ${error.message}`;
      return;
    }
    if (untouched) this.input.value = MODELS[name].prompt;
    this.read();
  }

  read() {
    this.look({ page: null, position: null });
    this.status.textContent = "";
    this.ask("read", { text: this.input.value });
  }

  write() {
    this.look({ page: null, position: null });
    this.status.textContent = "";
    this.ask("write", { text: this.input.value, length: LENGTH, settings: this.settings(), slow: this.slow.checked });
  }

  stop() {
    this.ask("stop");
    this.status.textContent = "Stopped.";
  }

  /** Look at a page, a character, a unit: `wanted` says what changes. */
  look(wanted) {
    if ("position" in wanted) this.follow = wanted.position === null;
    if (typeof wanted.position === "number") wanted.page = Math.floor(wanted.position / PAGE);
    if ("unit" in wanted) this.unit.value = wanted.unit;
    this.ask("look", { wanted, columns: this.maps.columns });
  }

  /** Shade the text by a unit. */
  shadeByUnit(unit) {
    this.shading.querySelector("[value=hidden]").click();
    this.look({ unit });
  }

  turn(by) {
    const page = Math.max(0, Math.min(this.view.page + by, Math.ceil(this.view.length / PAGE) - 1));
    this.look({ position: Math.min((page + 1) * PAGE, this.view.length) - 1 });
  }

  settings() {
    const seed = Number(this.seed.value) | 0; // 32 bits
    return { temperature: Number(this.temperature.value), topK: this.number(this.topK), seed };
  }

  /** The number in a field, within the field's limits. */
  number(field) {
    const least = Number(field.min);
    const most = Number(field.max);
    return Math.min(most, Math.max(least, Math.round(Number(field.value)) || least));
  }

  // What the worker tells.

  hear(message) {
    try {
      if (message.told === "failed") throw new Error(message.message);
      if (message.told === "loaded") this.welcome(message);
      else this.show(message);
    } catch (error) {
      this.status.textContent = `Something failed: ${error.message}`;
      this.waiting.reject(error);
    }
  }

  welcome({ metadata, hiddenSize, parameters }) {
    this.vocabulary = [...metadata.characters];
    this.unit.max = hiddenSize - 1;
    this.unit.value = this.number(this.unit);
    this.topK.max = this.topK.value = this.vocabulary.length;
    this.status.textContent = "";
    this.units.replaceChildren(
      "Units to begin with: ",
      ...metadata.units
        .filter(({ correlation }) => Math.abs(correlation) > BY_CHANCE)
        .map(({ unit, follows, correlation }) =>
          make(
            "button",
            { type: "button", click: () => this.shadeByUnit(unit) },
            `${unit}, ${follows}, ${signed(correlation)}`,
          ),
        ),
    );
    this.about.replaceChildren(
      ...facts(metadata, hiddenSize, parameters).flatMap(([name, value]) => [
        make("dt", {}, name),
        make("dd", {}, value),
      ]),
    );
    this.waiting.resolve();
  }

  /** Draw with the next frame what is told last until then. */
  show(view) {
    if (this.view?.busy && !view.busy && view.length === view.promptLength + LENGTH) {
      this.status.textContent = `Written: ${counted(LENGTH)}.`;
    }
    this.view = view;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  draw() {
    this.warmth.textContent = Number(this.temperature.value).toFixed(2);
    const { view } = this;
    if (!view) return;
    this.stopButton.disabled = !view.busy;
    this.totals.textContent = totals(view);
    if (view.busy === "reading") return; // a long text goes by too fast to be looked at
    this.text.draw(view, this.shadeBy, this.follow);
    this.drawPlace(view);
    this.bars.draw(view.logits, this.vocabulary, this.settings(), view.characters[view.position - view.first + 1]);
    this.maps.draw(view);
  }

  /** Draw where the reader looks. */
  drawPlace(view) {
    const pages = Math.ceil(view.length / PAGE);
    this.pager.hidden = pages < 2;
    this.pageNumber.textContent = `page ${view.page + 1} of ${pages}`;
    this.place.disabled = view.length === 0;
    this.place.max = view.length - 1;
    this.place.value = view.position;
    this.placed.textContent = placed(view);
  }
}
