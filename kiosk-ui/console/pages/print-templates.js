/** Print, templates: what each prints, and an editor that says at once what is wrong and shows what would come out. */

/** @import { Context } from "../pages.js" */
/** @import { Template, TemplateFault } from "../types.js" */

import { get, post } from "../../shared/api.js";
import { el, fill } from "../../shared/dom.js";
import { emptyBlock, faultBlock, readFault } from "../parts/faults.js";
import { button, capital, tag } from "../parts/icon.js";
import { toast } from "../parts/toast.js";
import { address, go } from "../router.js";
import { may } from "../session.js";

/** How long after the last key a draft is tried, in milliseconds. */
const TRY_AFTER_MS = 350;
/** @type {Record<Template["about"], string>} */
const ABOUT = { chart: "Chart labels", request: "Slips and outguides", transfer: "Transfer sheets", place: "Place cards", staff: "Badges", commands: "Command cards" };

/** @param {Context} context */
export function open(context) {
  const body = el("div", { class: "print-body" });
  const turn = (/** @type {import("../router.js").Route} */ route) => {
    const name = route.params.get("edit");
    fill(body, name && may("records") ? editor(context, name) : gallery(context));
  };
  context.onRoute(turn);
  turn(context.route);
  return body;
}

/** @param {Context} context */
function gallery(context) {
  const place = el("div", { class: "print-body" }, el("span", { class: "bone line" }));
  const look = async () => {
    try {
      const [templates, faults] = await Promise.all([get("/api/v1/label-templates", {}, context.signal), may("records", "technician") ? get("/api/v1/label-faults", {}, context.signal) : { rows: [] }]);
      const groups = Object.entries(ABOUT).map(([about, title]) => ({ title, rows: /** @type {Template[]} */ (templates.rows).filter((template) => template.about === about) }));
      fill(place, faultList(faults.rows), ...groups.filter(({ rows }) => rows.length > 0).map(({ title, rows }) => el("section", { class: "bare", "aria-label": title }, el("h2", { class: "section-title" }, title), el("ul", { class: "templates" }, ...rows.map(templateCard)))));
    } catch (fault) {
      if (!context.signal.aborted) fill(place, faultBlock(fault, () => void look()));
    }
  };
  void look();
  return place;
}

/** @param {TemplateFault[]} faults */
function faultList(faults) {
  if (faults.length === 0) return null;
  return el(
    "section",
    { class: "panel template-faults", "aria-label": "Files that are left out" },
    el("div", { class: "panel-head" }, el("h2", { class: "list-title" }, faults.length === 1 ? "One file of the label directory is left out until it is mended" : `${faults.length} files of the label directory are left out until they are mended`)),
    el("ul", { class: "small-list" }, ...faults.map((fault) => el("li", {}, el("strong", { class: "code" }, `${fault.file}:${fault.line}`), ` ${fault.fault}. `, el("span", { class: "soft" }, fault.fix)))),
  );
}

/** @param {Template} template */
function templateCard(template) {
  const picture = el("img", { class: "template-picture", src: `/api/v1/label-templates/${template.name}/sample.svg`, alt: `${template.title}, with invented data`, loading: "lazy" });
  const frame = el("div", { class: "template-frame" }, picture);
  picture.addEventListener("error", () => fill(frame, el("p", { class: "hint" }, "It cannot be shown now.")));
  const { stock } = template;
  const size = `${round(stock.width_mm)} × ${round(stock.height_mm)} mm${stock.per_sheet > 1 ? `, ${stock.per_sheet} on a sheet` : ""}`;
  return el(
    "li",
    { class: "card template" },
    frame,
    el("div", { class: "card-head" }, el("h3", {}, template.title), template.own ? tag("your own", "saved") : null, template.tells_patient ? null : tag("no patient data", "ok")),
    el("p", { class: "soft" }, el("span", { class: "code" }, template.name), ` · ${stock.title} · ${size}`),
    may("records") ? el("div", { class: "actions" }, el("a", { class: "button", href: address(["print", "templates"], { edit: template.name }) }, "Open in the editor")) : null,
  );
}

/** @param {string} text */
function sentence(text) {
  const words = capital(text.trim());
  return /[.?!]$/.test(words) ? words : `${words}.`;
}

/** @param {number} mm */
function round(mm) {
  return String(Math.round(mm * 10) / 10);
}

/**
 * @param {Context} context
 * @param {string} name
 */
function editor(context, name) {
  const area = /** @type {HTMLTextAreaElement} */ (el("textarea", { class: "template-text code", spellcheck: "false", wrap: "off", "aria-label": `The text of ${name}`, "aria-describedby": "template-fault", readonly: true }));
  const gutter = el("div", { class: "template-lines code", "aria-hidden": "true" });
  const chart = /** @type {HTMLInputElement} */ (el("input", { type: "number", min: 1, id: "template-chart", placeholder: "invented data", "aria-describedby": "template-chart-hint" }));
  const said = el("div", { class: "template-said", id: "template-fault", role: "status", data: { tone: "plain" } });
  const picture = el("img", { class: "template-picture", alt: "What the template prints" });
  const frame = el("div", { class: "template-frame large" });
  const notes = el("ul", { class: "small-list" });
  let timer = 0;
  let turn = 0;
  let shownUrl = "";

  const showLines = (/** @type {number | null} */ wrong) => {
    const count = area.value.split("\n").length;
    fill(gutter, ...Array.from({ length: count }, (_, at) => el("span", { data: { wrong: at + 1 === wrong ? true : null } }, String(at + 1))));
    gutter.scrollTop = area.scrollTop;
  };
  const attempt = async () => {
    turn += 1;
    const mine = turn;
    try {
      const number = chart.value ? Number(chart.value) : null;
      const trial = await post("/api/v1/label-templates/check", { text: area.value, file: `${name}.toml`, ...(number ? { chart: number } : {}) });
      if (mine !== turn || context.signal.aborted) return;
      showLines(trial.fault?.line ?? null);
      if (trial.fault) {
        said.dataset["tone"] = "refused";
        fill(said, el("p", {}, el("button", { type: "button", class: "link-button code", on: { click: () => goToLine(area, trial.fault.line) } }, `${trial.fault.file}:${trial.fault.line}`), ` ${trial.fault.fault}`), el("p", {}, sentence(trial.fault.fix)));
        frame.dataset["stale"] = "true";
        return;
      }
      said.dataset["tone"] = "ok";
      fill(said, el("p", {}, trial.pages > 1 ? `Good. It fills ${trial.pages} pages; the first is shown.` : "Good: this is what it prints."));
      fill(notes, ...trial.notes.map((/** @type {string} */ note) => el("li", {}, note)));
      URL.revokeObjectURL(shownUrl);
      shownUrl = URL.createObjectURL(new Blob([trial.svg], { type: "image/svg+xml" }));
      picture.setAttribute("src", shownUrl);
      delete frame.dataset["stale"];
      if (!frame.contains(picture)) fill(frame, picture);
    } catch (fault) {
      if (mine !== turn || context.signal.aborted) return;
      said.dataset["tone"] = "attention";
      fill(said, el("p", {}, readFault(fault)));
    }
  };
  const soon = () => {
    clearTimeout(timer);
    showLines(null);
    timer = window.setTimeout(() => void attempt(), TRY_AFTER_MS);
  };
  area.addEventListener("input", soon);
  area.addEventListener("scroll", () => (gutter.scrollTop = area.scrollTop));
  chart.addEventListener("input", soon);
  context.signal.addEventListener("abort", () => {
    clearTimeout(timer);
    URL.revokeObjectURL(shownUrl);
  });
  const load = async () => {
    try {
      const { text } = await get(`/api/v1/label-templates/${encodeURIComponent(name)}`, {}, context.signal);
      area.value = text;
      area.readOnly = false;
      showLines(null);
      void attempt();
    } catch (fault) {
      if (!context.signal.aborted) fill(frame, emptyBlock("The template cannot be read", readFault(fault)));
    }
  };
  void load();
  return el(
    "div",
    { class: "template-editor" },
    el(
      "section",
      { class: "panel template-source", "aria-label": "Text" },
      el("div", { class: "panel-head" }, button("Back", () => go(address(["print", "templates"])), { icon: "back", kind: "quiet" }), el("h2", { class: "list-title" }, name), el("span", { class: "spring" }), button("Copy", () => copy(area.value)), button("Download", () => download(`${name}.toml`, area.value), { kind: "primary" })),
      el("div", { class: "template-box" }, gutter, area),
      el("p", { class: "hint" }, "Nothing is saved here. Put the file into the site’s own label directory ([labels] directory in outguide.toml): it takes the place of the built-in template of its name, within a second and without a restart."),
    ),
    el("section", { class: "panel template-result", "aria-label": "What it prints" }, said, frame, notes, el("div", { class: "field" }, el("label", { for: "template-chart" }, "Show it with chart number"), chart, el("p", { class: "hint", id: "template-chart-hint" }, "Looking at a patient’s label is logged."))),
  );
}

/**
 * @param {HTMLTextAreaElement} area
 * @param {number} line
 */
function goToLine(area, line) {
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  area.scrollTop = Math.max(0, (line - 8) * (area.scrollHeight / Math.max(1, lines.length)));
}

/** @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Copied.");
  } catch {
    toast("This browser does not let a page copy here. Select the text instead.", "attention");
  }
}

/**
 * @param {string} name
 * @param {string} text
 */
function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = el("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
  toast(`${name}: put it into the label directory.`);
}
