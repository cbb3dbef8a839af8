/**
 * Runs a model beside the page, in short slices, so that the page never waits and a newer request is heard.
 * After each slice, and whenever the page looks elsewhere, it tells the page all that there is to draw.
 */

import { PAGE, PARTS, Reader } from "./reader.mjs";
import { generator } from "./sampling.mjs";
import { readWeights } from "./weights.mjs";

const SLICE = 24; // milliseconds
const WATCHED = 30; // milliseconds between characters when someone wants to watch

let reader = null;
let task = null; // what is to be read, and then written
let looked = {}; // an earlier page, and what happened inside while it was read
let view = { page: null, position: null, unit: 0, part: "h", columns: 1 }; // null: follow the end
let paused = false;
let running = false;
let spent = { steps: 0, time: 0 };

const requests = {
  async load({ address }) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`the weights are not there: ${answer.status} ${address}`);
    const weights = readWeights(await answer.arrayBuffer());
    task = null;
    reader = new Reader(weights);
    postMessage({
      told: "loaded",
      address,
      metadata: weights.metadata,
      hiddenSize: reader.model.hiddenSize,
      parameters: Object.values(weights.params).reduce((sum, { data }) => sum + data.length, 0),
    });
  },
  read({ text }) {
    begin(text, 0);
  },
  write({ text, length, settings, slow }) {
    begin(text, length, settings, slow);
  },
  stop() {
    task = null;
    postMessage(snapshot());
  },
  look({ wanted, columns }) {
    view = { ...view, ...wanted, columns };
    if (reader && !running) postMessage(snapshot());
  },
  pause({ value }) {
    paused = value;
    work();
  },
};

onmessage = async ({ data }) => {
  try {
    await requests[data.ask](data);
  } catch (error) {
    postMessage({ told: "failed", message: error.message });
  }
};

function begin(text, length, settings = {}, slow = false) {
  const characters = [...text];
  reader.rewind(characters);
  looked = {};
  spent = { steps: 0, time: 0 };
  task = { characters, end: characters.length + length, settings, next: generator(settings.seed), slow };
  reader.promptLength = characters.length;
  work();
}

async function work() {
  if (running) return;
  running = true;
  while (task && !paused) {
    slice();
    const slow = task.slow && reader.characters.length >= task.characters.length;
    if (reader.characters.length >= task.end) task = null;
    postMessage(snapshot());
    await new Promise((resolve) => setTimeout(resolve, slow ? WATCHED : 0));
  }
  running = false;
}

function slice() {
  const begun = performance.now();
  const { characters, end, settings, next, slow } = task;
  let now = begun;
  let at = reader.characters.length;
  while (at < end && now - begun < SLICE) {
    if (at < characters.length) reader.read(characters[at]);
    else reader.write(settings, next());
    at++;
    spent.steps++;
    now = performance.now();
    if (slow && at > characters.length) break;
  }
  spent.time += now - begun;
}

/** All that there is to draw. */
function snapshot() {
  const length = reader.characters.length;
  const last = Math.max(0, Math.ceil(length / PAGE) - 1);
  const page = Math.min(view.page ?? last, last);
  const first = page * PAGE;
  const steps = page === last ? reader.steps : stepsOf(page);
  const position = Math.min(view.position ?? Infinity, first + steps.length - 1);
  const unit = Math.min(view.unit, reader.model.hiddenSize - 1);
  const start = Math.max(0, Math.min(position - first - Math.floor(0.75 * view.columns), steps.length - view.columns));
  const shown = steps.slice(start, start + view.columns);
  return {
    told: "view",
    busy: task && (length < task.characters.length ? "reading" : "writing"),
    progress: task && length / task.end,
    speed: spent.steps / (spent.time / 1000),
    length,
    page,
    first,
    position,
    unit,
    promptLength: reader.promptLength,
    characters: reader.characters.slice(first, first + steps.length),
    bits: reader.bits.slice(first, first + steps.length),
    hidden: Float32Array.from(steps, ({ h }) => h[unit]),
    logits: steps[position - first]?.z ?? reader.now.z, // no text yet: after the line end that comes before it
    parts: Object.fromEntries(PARTS.map((part) => [part, Float32Array.from(shown, (step) => step[part][unit])])),
    map: { start: first + start, part: view.part, columns: shown.map((step) => Float32Array.from(step[view.part])) },
    read: total(0, reader.promptLength),
    written: total(reader.promptLength, length),
  };
}

function stepsOf(page) {
  if (looked.page !== page) {
    const next = reader.look(page);
    looked = { page, steps: Array.from({ length: PAGE }, next) };
  }
  return looked.steps;
}

/** How many characters, how many of them unknown, and how many bits the others are worth. */
function total(from, to) {
  let bits = 0;
  let unknown = 0;
  const end = Math.min(to, reader.bits.length);
  for (let at = from; at < end; at++) {
    if (Number.isNaN(reader.bits[at])) unknown++;
    else bits += reader.bits[at];
  }
  return { characters: Math.max(0, end - from), unknown, bits };
}
