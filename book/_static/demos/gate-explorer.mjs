/** The gate explorer: one unit of an LSTM, one step, with a slider for everything that goes in. */

import { make, shape } from "./shared/dom.mjs";

/** What each gate multiplies x and h by; its bias has a slider. */
export const WEIGHTS = {
  i: { x: 0.5, h: 0.5 },
  f: { x: -0.5, h: 1 },
  g: { x: 1, h: 0.5 },
  o: { x: 0.5, h: -0.5 },
};

const START = { x: 1, h: 0, c: 0.8, b: { i: 0, f: 1, g: 0, o: 0 } };

/** Biases that open and close the gates. */
const SETTINGS = {
  Keep: { i: -5, f: 5, g: 0, o: 2 },
  Add: { i: 5, f: 5, g: 1, o: 2 },
  Overwrite: { i: 5, f: -5, g: 1, o: 2 },
  Forget: { i: -5, f: -5, g: 0, o: 2 },
  Hide: { i: -5, f: 5, g: 0, o: -5 },
};

const sigmoid = (a) => 1 / (1 + Math.exp(-a));

/** One step of one unit: the chapter's equations. Returns the pre-activations a, the gates, c and h. */
export function step({ x, h, c, b }) {
  const a = {};
  for (const [gate, w] of Object.entries(WEIGHTS)) a[gate] = w.x * x + w.h * h + b[gate];
  const [i, f, g, o] = [sigmoid(a.i), sigmoid(a.f), Math.tanh(a.g), sigmoid(a.o)];
  const kept = f * c;
  const written = i * g;
  const now = kept + written;
  return { a, i, f, g, o, kept, written, c: now, h: o * Math.tanh(now) };
}

// Numbers and symbols.

const number = (value, digits = 2) =>
  value
    .toFixed(digits)
    .replace(/^-0(\.0*)?$/, "0$1")
    .replace("-", "−");
const factor = (value, digits) => (value < 0 ? `(${number(value, digits)})` : number(value, digits));
const signed = (value) => (value < 0 ? `− ${number(-value)}` : `+ ${number(value)}`);

/** A symbol with its subscript, in the color of its role: c, t−1. */
const symbol = (letter, below, role) =>
  make("span", { class: role ? `u-${role}` : "" }, make("i", {}, letter), make("sub", {}, below));

const SYMBOLS = {
  x: () => symbol("x", "t", "input"),
  h: () => symbol("h", "t−1", "hidden"),
  c: () => symbol("c", "t−1", "cell"),
  newH: () => symbol("h", "t", "hidden"),
  newC: () => symbol("c", "t", "cell"),
  gate: (letter) => symbol(letter, "t", "gate"),
  bias: (letter) => symbol("b", letter),
};

// The sliders.

function slider(id, label, about, role, limit, value, changed) {
  const input = make("input", {
    id,
    type: "range",
    min: -limit,
    max: limit,
    step: 0.1,
    value,
    style: `accent-color: var(--u-${role})`,
    input: () => changed(Number(input.value)),
  });
  const output = make("output", { for: id });
  const set = (number_) => {
    input.value = number_;
    output.textContent = number(number_);
    input.setAttribute("aria-valuetext", number(number_));
  };
  return {
    set,
    row: make("div", { class: "explorer-slider" }, make("label", { for: id }, label, ` ${about}`), output, input),
  };
}

// The drawing: five bars on one axis, and the gates that act between them.

const WIDTH = 360;
const LEFT = 10;
const RIGHT = 248;
const ROW = 46;
const TOP = 24;

function bar(from, to, y, color, place) {
  const [low, high] = [Math.min(from, to), Math.max(from, to)].map(place);
  return shape("rect", { x: low, y, width: Math.max(high - low, 1), height: 14, fill: `var(--u-${color})` });
}

function ghost(from, to, y, place) {
  const [low, high] = [Math.min(from, to), Math.max(from, to)].map(place);
  return shape("rect", {
    x: low,
    y,
    width: high - low,
    height: 14,
    fill: "none",
    stroke: "var(--u-muted)",
    "stroke-dasharray": "3 2",
  });
}

function gauge(letter, value, y) {
  return [
    shape("text", { x: 262, y: y - 5, class: "u-fill-gate" }, `${letter} = ${number(value)}`),
    shape("rect", { x: 262, y, width: 88, height: 14, fill: "none", stroke: "var(--u-gate)" }),
    shape("rect", { x: 262, y, width: 88 * value, height: 14, fill: "var(--u-gate)" }),
  ];
}

function draw(svg, unit, now) {
  const limit = Math.max(2, Math.ceil(Math.max(Math.abs(unit.c), Math.abs(now.kept), Math.abs(now.c))));
  const place = (value) => LEFT + ((value + limit) / (2 * limit)) * (RIGHT - LEFT);
  const y = (row) => TOP + row * ROW;
  const rows = [
    ["the cell before", unit.c, [bar(0, unit.c, y(0), "cell", place)]],
    [
      "kept: f times that",
      now.kept,
      [bar(0, now.kept, y(1), "cell", place), ghost(0, unit.c, y(1), place), ...gauge("f", now.f, y(1))],
    ],
    ["written: i times g", now.written, [bar(now.kept, now.c, y(2), "gate", place), ...gauge("i", now.i, y(2))]],
    ["the cell now", now.c, [bar(0, now.c, y(3), "cell", place)]],
    [
      "shown: o times tanh",
      now.h,
      [bar(0, now.h, y(4), "hidden", place), ghost(0, Math.tanh(now.c), y(4), place), ...gauge("o", now.o, y(4))],
    ],
  ];
  const bottom = y(4) + 22;
  const parts = [];
  rows.forEach(([label, value, drawn], row) => {
    parts.push(
      shape("line", { x1: place(0), x2: place(0), y1: y(row) - 2, y2: y(row) + 16, stroke: "var(--u-muted)" }),
    );
    parts.push(shape("text", { x: LEFT, y: y(row) - 5 }, label));
    parts.push(shape("text", { x: RIGHT, y: y(row) - 5, "text-anchor": "end" }, number(value)), ...drawn);
  });
  parts.push(shape("text", { x: 262, y: y(2) + 32, class: "u-fill-gate" }, `g = ${number(now.g)}`));
  parts.push(shape("line", { x1: LEFT, x2: RIGHT, y1: bottom, y2: bottom, stroke: "var(--u-muted)" }));
  const apart = Math.ceil(limit / 4);
  for (let tick = -apart * Math.floor(limit / apart); tick <= limit; tick += apart) {
    parts.push(
      shape("line", { x1: place(tick), x2: place(tick), y1: bottom, y2: bottom + 4, stroke: "var(--u-muted)" }),
    );
    parts.push(
      shape(
        "text",
        { x: place(tick), y: bottom + 18, "text-anchor": "middle", class: "u-fill-muted" },
        number(tick, 0),
      ),
    );
  }
  svg.replaceChildren(...parts);
  svg.setAttribute("aria-label", inWords(unit, now));
}

function inWords(unit, now) {
  const percent = (value) => `${Math.round(100 * value)} %`;
  return (
    `The cell was ${number(unit.c)}. The forget gate keeps ${percent(now.f)} of it. The input gate lets ` +
    `${percent(now.i)} of the candidate ${number(now.g)} in, so ${number(now.written)} is written. The cell is now ` +
    `${number(now.c)}. The output gate shows ${percent(now.o)} of its tanh: ${number(now.h)}.`
  );
}

// The equations, with their numbers.

function equation(name, left, symbols, numbers, value) {
  const result = make("b", { "data-value": name }, number(value, 3));
  return make(
    "p",
    {},
    left,
    " = ",
    make("span", {}, ...symbols),
    " ",
    make("span", {}, "= ", ...numbers),
    " ",
    make("span", {}, "= ", result),
  );
}

function write(box, unit, now) {
  const gates = Object.entries(WEIGHTS).map(([gate, w]) => {
    const squash = gate === "g" ? "tanh" : "σ";
    const symbols = [
      `${squash}(${number(w.x, 1)} `,
      SYMBOLS.x(),
      ` ${w.h < 0 ? "−" : "+"} ${number(Math.abs(w.h), 1)} `,
      SYMBOLS.h(),
      " + ",
      SYMBOLS.bias(gate),
      ")",
    ];
    const sum = `${squash}(${number(w.x * unit.x)} ${signed(w.h * unit.h)} ${signed(unit.b[gate])})`;
    return equation(gate, SYMBOLS.gate(gate), symbols, [sum, ` = ${squash}(${number(now.a[gate])})`], now[gate]);
  });
  const cell = equation(
    "c",
    SYMBOLS.newC(),
    [SYMBOLS.gate("f"), " ", SYMBOLS.c(), " + ", SYMBOLS.gate("i"), " ", SYMBOLS.gate("g")],
    [`${number(now.f)} · ${factor(unit.c)} + ${number(now.i)} · ${factor(now.g)}`],
    now.c,
  );
  const shown = equation(
    "h",
    SYMBOLS.newH(),
    [SYMBOLS.gate("o"), " tanh(", SYMBOLS.newC(), ")"],
    [`${number(now.o)} · ${factor(Math.tanh(now.c))}`],
    now.h,
  );
  box.replaceChildren(...gates, cell, shown);
}

/** Put the explorer in place of the section's text. */
export function mount(section) {
  const unit = structuredClone(START);
  const svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${TOP + 4 * ROW + 44}`, role: "img" });
  const equations = make("div", { class: "explorer-equations" });
  const said = make("p", { class: "explorer-said", "aria-live": "polite" });

  const sliders = {};
  const show = () => {
    const now = step(unit);
    for (const name of "xhc") sliders[name].set(unit[name]);
    for (const gate of Object.keys(WEIGHTS)) sliders[gate].set(unit.b[gate]);
    draw(svg, unit, now);
    write(equations, unit, now);
  };
  const say = () => {
    said.textContent = inWords(unit, step(unit));
  };
  const add = (name, label, about, role, limit, set) => {
    sliders[name] = slider(`explorer-${name}`, label, about, role, limit, 0, (value) => {
      set(value);
      show();
    });
  };
  add("x", SYMBOLS.x(), "input", "input", 2, (value) => {
    unit.x = value;
  });
  add("h", SYMBOLS.h(), "hidden state before", "hidden", 1, (value) => {
    unit.h = value;
  });
  add("c", SYMBOLS.c(), "cell state before", "cell", 5, (value) => {
    unit.c = value;
  });
  const names = { i: "input gate", f: "forget gate", g: "candidate", o: "output gate" };
  for (const [gate, name] of Object.entries(names)) {
    add(gate, SYMBOLS.bias(gate), `bias, ${name}`, "gate", 6, (value) => {
      unit.b[gate] = value;
    });
  }

  const button = (label, act) =>
    make(
      "button",
      {
        type: "button",
        click: () => {
          act();
          show();
          say();
        },
      },
      label,
    );
  const settings = Object.entries(SETTINGS).map(([name, b]) =>
    button(name, () => {
      unit.b = { ...b };
    }),
  );
  const next = button("Next step", () => {
    const now = step(unit);
    unit.c = now.c;
    unit.h = now.h;
  });
  const reset = button("Start again", () => {
    Object.assign(unit, structuredClone(START));
  });

  const rows = Object.values(sliders).map(({ row }) => row);
  // Said when a slider comes to rest: not at every pixel.
  const controls = make("div", { class: "explorer-controls", change: say }, ...rows);
  const group = (label, ...nodes) =>
    make("div", { class: "explorer-buttons", role: "group", "aria-label": label }, ...nodes);
  section.setAttribute("aria-label", "Gate explorer: one unit of an LSTM, one step");
  section.replaceChildren(svg, controls, group("Gates", ...settings), group("Steps", next, reset), equations, said);
  show();
  say();
}
