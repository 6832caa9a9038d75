/** What was read on a photograph: which of it does not belong there, and the outlines drawn over the picture. */

/** @import { Photograph, SeenCode } from "../types.js" */

import { el, svg } from "../../shared/dom.js";
import { volumeText } from "../../shared/format.js";
import { address } from "../router.js";
import { icon, tag } from "./icon.js";
import { knownCell, number, whereCell } from "./where.js";

/** @typedef {"wrong" | "right" | "withheld" | "seen" | "other"} Standing */

/**
 * @typedef {object} Group
 * @property {Standing} standing
 * @property {string} title
 * @property {SeenCode[]} codes
 */

/** @type {Record<Exclude<SeenCode["kind"], "chart">, (code: SeenCode) => string>} */
const OTHERS = {
  reference: ({ chart }) => `A slip or list that names chart ${chart?.number ?? ""}; the chart itself was not seen`,
  several: () => "An old label that fits several charts: scan it at a kiosk and choose",
  unknown_chart: () => "A label of a chart that is not registered here",
  place: ({ place, name }) => `The card of ${name ?? place ?? "an unknown place"}`,
  badge: ({ name }) => `The badge of ${name ?? "somebody not registered here"}`,
  command: ({ name }) => `The command card ${name ?? ""}`,
  damaged: () => "Looks like one of ours, but its check digits do not fit: damaged or misread",
  other: () => "Not one of ours",
};

/**
 * A chart's label counts once, however many labels of it were read.
 *
 * @param {Photograph} photograph
 */
export function chartsSeen({ codes }) {
  /** @type {Map<number, SeenCode>} */
  const byNumber = new Map();
  for (const code of codes) {
    if (code.kind !== "chart" || !code.chart) continue;
    const known = byNumber.get(code.chart.number);
    if (!known || (known.newer_label !== null && code.newer_label === null)) byNumber.set(code.chart.number, code);
  }
  return [...byNumber.values()];
}

/**
 * In the order in which they matter: first what should not be there.
 *
 * @param {Photograph} photograph
 * @param {string | null} place where it was taken, where that is known
 * @returns {Group[]}
 */
export function grouped(photograph, place) {
  const charts = chartsSeen(photograph);
  const others = photograph.codes.filter((code) => code.kind !== "chart");
  /** @param {SeenCode} code */
  const here = ({ chart }) => chart?.place === place && !chart?.missing_since;
  const open = charts.filter(({ chart }) => !chart?.withheld);
  /** @type {Group[]} */
  const groups = place
    ? [
        { standing: "wrong", title: "Not where the ledger has them", codes: open.filter((code) => !here(code)) },
        { standing: "right", title: "Where the ledger has them", codes: open.filter(here) },
      ]
    : [{ standing: "seen", title: "Charts seen", codes: open }];
  groups.push(
    { standing: "withheld", title: "Confidential: where these belong is not shown", codes: charts.filter(({ chart }) => chart?.withheld) },
    { standing: "other", title: "Other codes", codes: others },
  );
  return groups.filter(({ codes }) => codes.length > 0);
}

/**
 * The list, each code with the number that it has on the picture.
 *
 * @param {Group[]} groups
 * @param {(code: SeenCode | null) => void} point shows which one on the picture is meant
 */
export function list(groups, point) {
  let at = 0;
  return groups.map(({ standing, title, codes }) =>
    el(
      "section",
      { class: "seen-group", data: { standing }, "aria-label": title },
      el("h2", { class: "list-title" }, title, " ", el("span", { class: "soft" }, String(codes.length))),
      el(
        "ol",
        { class: "seen-list", start: at + 1 },
        ...codes.map((code) => {
          at += 1;
          const pointing = { mouseenter: () => point(code), mouseleave: () => point(null), focusin: () => point(code), focusout: () => point(null) };
          return el("li", { class: "seen-code", on: pointing }, el("span", { class: "seen-mark", "aria-hidden": "true" }, String(at)), el("div", { class: "seen-text" }, ...line(code)));
        }),
      ),
    ),
  );
}

/** @param {SeenCode} code */
function line(code) {
  const { kind, chart, text } = code;
  if (kind !== "chart" || !chart) return [el("p", {}, OTHERS[kind === "chart" ? "unknown_chart" : kind](code)), text ? el("p", { class: "code soft seen-raw" }, text) : null];
  // The picture is not kept anywhere: a chart opens beside it.
  const link = el("a", { class: "link", href: address(["charts", chart.number]), target: "_blank", "aria-label": `Chart ${chart.number}, opens in a new tab` }, number(chart));
  return [
    el("p", {}, link, el("span", { class: "soft" }, ` ${volumeText(chart)}`), code.newer_label ? tag("old label", "attention", `Label ${code.newer_label} is the newest one known on this chart.`) : null),
    el("p", { class: "seen-where" }, el("span", {}, ...whereCell(chart)), ...knownCell(chart)),
  ];
}

/**
 * What is drawn over the picture: an outline and a number for each code, in the pixels of the picture.
 *
 * @param {Photograph} photograph
 * @param {Group[]} groups
 */
export function overlay({ width, height }, groups) {
  const size = Math.max(width, height) / 48;
  let at = 0;
  /** @type {Map<SeenCode, Element>} */
  const shapes = new Map();
  for (const { standing, codes } of groups) {
    for (const code of codes) {
      at += 1;
      const outlines = code.outlines.map((corners) => svg("polygon", { points: corners.map((corner) => corner.join(",")).join(" ") }));
      shapes.set(code, svg("g", { class: "seen-shape", data: { standing } }, ...outlines, mark(code, at, size)));
    }
  }
  const drawn = svg("svg", { class: "seen-overlay", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, ...shapes.values());
  return {
    element: drawn,
    /** @param {SeenCode | null} code */
    point: (code) => {
      for (const [other, shape] of shapes) shape.classList.toggle("pointed", other === code);
    },
  };
}

/**
 * @param {SeenCode} code
 * @param {number} at
 * @param {number} size
 */
function mark(code, at, size) {
  const corners = code.outlines[0] ?? [[0, 0]];
  const x = corners.reduce((sum, [across]) => sum + across, 0) / corners.length;
  // Above what was read, so that it can be seen; at the picture's edge on it.
  const y = Math.max(size * 0.7, Math.min(...corners.map(([, down]) => down)) - size * 0.9);
  const wide = size * (0.9 + 0.6 * String(at).length);
  return svg(
    "g",
    { class: "seen-number" },
    svg("rect", { x: x - wide / 2, y: y - size * 0.7, width: wide, height: size * 1.4, rx: size * 0.3 }),
    svg("text", { x, y, "font-size": size, "text-anchor": "middle", "dominant-baseline": "central" }, String(at)),
  );
}

/**
 * How much was read, without a promise that it is all there is.
 *
 * @param {Photograph} photograph
 */
export function summary(photograph) {
  const charts = chartsSeen(photograph).length;
  const codes = photograph.codes.length;
  const read = `Read ${counted(codes, "code")}, of ${counted(charts, "chart")}; others may be there that could not be read.`;
  return el(
    "div",
    { class: "seen-summary" },
    el("p", {}, read),
    photograph.whole ? null : el("p", { class: "seen-cut" }, icon("alerts"), "Time was over before all of it was looked at: photograph a smaller part of the shelf."),
  );
}

/**
 * @param {number} count
 * @param {string} noun
 */
export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
