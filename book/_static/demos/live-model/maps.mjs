/** What happens inside, character by character: rows of cells for one unit, and below them a map of all units. */

import { make } from "../shared/dom.mjs";
import { PARTS } from "./reader.mjs";
import { named } from "./words.mjs";

// In CSS pixels.
const PITCH = 12;
const LEFT = 30;
const ROW = 18;
const TEXT = 26;
const MAP = 160;

const ROLE = { i: "gate", f: "gate", g: "gate", o: "gate", c: "cell", h: "hidden" };
const LIMIT = { i: 1, f: 1, g: 1, o: 1, c: 2, h: 1 }; // the size of a value with the fullest shade
const TOP = PARTS.length * ROW + TEXT; // of the map
const SHADES = 16;
const ROLES = ["gate", "cell", "hidden", "ink", "muted"];

export class Maps {
  /** @param choose called with `{ position, unit }` of the cell that the reader points at */
  constructor(choose) {
    this.canvas = make("canvas", { role: "img", style: `height: ${TOP + MAP}px` });
    this.element = make("div", { class: "lm-maps" }, this.canvas);
    this.canvas.addEventListener("click", ({ offsetX, offsetY }) => {
      if (!this.view || offsetX < LEFT) return;
      const { map } = this.view;
      const column = Math.floor((offsetX - LEFT) / PITCH);
      const wanted = column < map.columns.length ? { position: map.start + column } : {};
      if (offsetY >= TOP && map.columns.length)
        wanted.unit = Math.floor(((offsetY - TOP) / MAP) * map.columns[0].length);
      choose(wanted);
    });
  }

  /** How many characters fit. */
  get columns() {
    return Math.max(8, Math.floor((this.element.clientWidth - LEFT) / PITCH));
  }

  draw(view) {
    this.view = view;
    const { canvas } = this;
    const width = this.element.clientWidth;
    const sharp = devicePixelRatio;
    canvas.width = width * sharp;
    canvas.height = (TOP + MAP) * sharp;
    const pen = canvas.getContext("2d");
    const style = getComputedStyle(canvas);
    const colors = Object.fromEntries(ROLES.map((role) => [role, style.getPropertyValue(`--u-${role}`).trim()]));
    pen.scale(sharp, sharp);
    pen.textBaseline = "middle";
    pen.textAlign = "center";
    pen.font = `13px ${style.getPropertyValue("--u-mono")}`;
    PARTS.forEach((part, row) => {
      pen.globalAlpha = 1;
      pen.fillStyle = colors[ROLE[part]];
      pen.fillText(part, LEFT / 2 - 4, row * ROW + ROW / 2);
      view.parts[part].forEach((value, column) => {
        shade(pen, value, part, colors);
        pen.fillRect(LEFT + column * PITCH, row * ROW, PITCH - 1, ROW - 2);
      });
    });
    pen.globalAlpha = 1;
    pen.fillStyle = colors.ink;
    view.map.columns.forEach((_, column) => {
      const place = view.map.start - view.first + column;
      const unknown = Number.isNaN(view.bits[place]);
      const character = unknown ? "×" : view.characters[place].replace("\n", "↵").replace(" ", "␣");
      pen.fillText(character, LEFT + (column + 0.5) * PITCH, TOP - TEXT / 2);
    });
    this.drawAll(pen, view, colors);
    pen.strokeStyle = colors.ink;
    if (view.position >= view.first)
      pen.strokeRect(LEFT + (view.position - view.map.start) * PITCH - 0.5, 0.5, PITCH, TOP + MAP - 1);
    canvas.setAttribute("aria-label", describe(view));
  }

  drawAll(pen, { map, unit }, colors) {
    const height = MAP / (map.columns[0]?.length ?? 1);
    map.columns.forEach((units, column) =>
      units.forEach((value, row) => {
        shade(pen, value, map.part, colors);
        if (pen.globalAlpha) pen.fillRect(LEFT + column * PITCH, TOP + row * height, PITCH - 1, height);
      }),
    );
    pen.globalAlpha = 1;
    pen.fillStyle = colors.muted;
    pen.fillText(map.part, LEFT / 2 - 4, TOP + 8);
    pen.fillStyle = colors.ink;
    pen.fillText("▸", LEFT - 7, TOP + (unit + 0.5) * height);
  }
}

/** Set the pen to a value's color: its part's above zero, ink below. */
function shade(pen, value, part, colors) {
  const size = Math.min(1, Math.abs(value) / LIMIT[part]);
  pen.globalAlpha = Math.round(size * SHADES) / SHADES;
  pen.fillStyle = colors[value < 0 ? "ink" : ROLE[part]];
}

function describe({ parts, unit, characters, first, position }) {
  const last = PARTS.map((part) => `${part} ${parts[part].at(-1)?.toFixed(2) ?? "none"}`).join(", ");
  const at = position < first ? "before any text" : `after ${named(characters[position - first])}`;
  const what = "gates, cell and hidden state over the last characters";
  return `Unit ${unit}: ${what}; at the right end ${last}. Chosen: ${at}.`;
}
