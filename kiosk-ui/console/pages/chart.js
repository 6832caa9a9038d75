/** One chart: its number, where it is, what to do next, its history. */

/** @import { Context } from "../pages.js" */
/** @import { ChartPage, ChartRow, AlertRow, LabelIssue } from "../types.js" */

import { get, post } from "../../shared/api.js";
import { el, fill } from "../../shared/dom.js";
import { volumeText } from "../../shared/format.js";
import { hearCalmly } from "../live.js";
import { ask } from "../parts/form.js";
import { emptyBlock, faultBlock } from "../parts/faults.js";
import { button, icon, tag } from "../parts/icon.js";
import { alertSentence } from "../parts/alert-words.js";
import { STATES } from "../parts/print-words.js";
import { toast } from "../parts/toast.js";
import { birthDate, number, personName, whereCell, whereSentence } from "../parts/where.js";
import { address, back, replace } from "../router.js";
import { may, me, times } from "../session.js";
import { actionsFor, printLabel } from "./chart-actions.js";
import { actorText, history } from "./chart-history.js";

/** @param {Context} context */
export function open(context) {
  const id = Number(context.route.path[1]);
  if (!Number.isInteger(id) || id < 1) {
    return el("div", { class: "page" }, el("h1", { class: "only-read-aloud" }, "Not here"), emptyBlock("There is no such chart", "A chart's address ends with its number. Look for it in Find."));
  }
  const hero = el("section", { class: "panel hero", "aria-label": "Where it is" }, skeleton());
  const aside = el("div", { class: "chart-aside" });
  const older = el("div", { class: "superseded-place", role: "alert" });
  /** The issue of the label that was scanned to come here. @type {number | null} */
  let scanned = null;
  const arrive = (/** @type {import("../router.js").Route} */ route) => {
    const label = Number(route.params.get("label"));
    if (!label) return;
    scanned = label;
    // It was this scan's; an address that is sent to a colleague names the chart alone.
    replace(address(["charts", id]));
  };
  arrive(context.route);
  context.onRoute((route) => {
    arrive(route);
    void look();
  });
  const past = history(context, id);
  const labels = el("ol", { class: "label-issues" });
  const leave = button("Back", () => back(address(["find"])), { icon: "back", kind: "quiet" });
  leave.dataset["escape"] = "true";
  context.title(`Chart ${id}`);

  /** What a reason given on this visit has shown; gone when the page is left. */
  /** @type {ChartPage | null} */
  let unveiled = null;

  // The first look opens the record, which is logged; later ones read what this page shows already.
  let opened = false;
  const look = async () => {
    try {
      const chart = /** @type {ChartPage} */ (await get(`/api/v1/charts/${id}`, { again: opened ? 1 : null }, context.signal));
      opened = true;
      const seen = chart.withheld && unveiled ? { ...chart, ...whereOf(unveiled) } : chart;
      fill(hero, ...heroContent(seen, { changed, unveil }));
      fill(older, supersededBanner(seen, scanned, changed));
      fill(aside, ...asideContent(seen, labels));
      void showLabels(labels, id, context.signal);
    } catch (fault) {
      if (!context.signal.aborted) fill(hero, faultBlock(fault, () => void look()));
    }
  };
  const changed = () => {
    unveiled = null;
    void look();
    void past.refresh();
  };
  const unveil = async () => {
    const seen = await askForReason(id);
    if (!seen) return;
    unveiled = seen;
    await look();
    void past.restart();
  };
  hearCalmly(context.signal, (event) => event.chart === id, () => {
    void look();
    void past.refresh();
  }, 400);
  void look();
  void past.restart();
  return el(
    "div",
    { class: "page chart" },
    el("div", { class: "chart-bar" }, leave, el("span", { class: "soft" }, `Chart ${id}`)),
    el("div", { class: "chart-main" }, older, hero, el("section", { class: "panel", "aria-labelledby": "history-title" }, el("div", { class: "panel-head" }, el("h2", { id: "history-title", class: "list-title" }, "History")), past.element)),
    aside,
  );
}

/** @param {ChartPage} chart */
function whereOf(chart) {
  const { place, place_name, holder, holder_name, known_by, seen_at, seen_place, seen_place_name, since, due_at, out_since } = chart;
  return { place, place_name, holder, holder_name, known_by, seen_at, seen_place, seen_place_name, since, due_at, out_since, withheld: false };
}

/**
 * @param {ChartPage} chart
 * @param {{changed: () => void, unveil: () => void}} act
 */
function heroContent(chart, { changed, unveil }) {
  const { patient } = chart;
  return [
    el(
      "div",
      { class: "hero-top" },
      el("h1", { class: "hero-number" }, number(chart)),
      el(
        "div",
        { class: "hero-who" },
        el("p", { class: "hero-name", title: personName(patient) }, personName(patient)),
        el("p", { class: "soft" }, [`born ${birthDate(patient?.birth_date)}`.replace("born birth date unknown", "birth date unknown"), patient?.sex, chart.record_type_name ?? chart.record_type, `vol ${chart.volume}`].filter(Boolean).join(" · ")),
      ),
      el(
        "div",
        { class: "hero-tags" },
        chart.missing_since ? tag("missing", "refused") : null,
        chart.retired ? tag("retired") : null,
        chart.restricted ? tag("restricted", "saved", "Where this chart is, is confidential.") : null,
      ),
    ),
    el("p", { class: "hero-where", data: { tone: toneOf(chart) } }, icon(chart.withheld ? "lock" : chart.missing_since ? "alerts" : chart.known_by), el("span", {}, ...whereSentence(chart).filter((part) => part !== null))),
    el("div", { class: "actions" }, chart.withheld ? button("Give a reason to see it", unveil, { icon: "lock", kind: "primary" }) : null, ...actionsFor(chart, changed)),
  ];
}

/** @param {ChartRow} chart */
function toneOf(chart) {
  if (chart.withheld) return "saved";
  if (chart.missing_since) return "refused";
  if (chart.due_at && Date.parse(chart.due_at) < Date.now()) return "attention";
  return chart.out_since || chart.known_by !== "scanned" ? "plain" : "ok";
}

/**
 * @param {ChartPage} chart
 * @param {HTMLElement} labels
 */
function asideContent(chart, labels) {
  return [alertsPanel(chart), labelPanel(chart, labels), volumesPanel(chart), detailsPanel(chart)];
}

/** @param {ChartPage} chart */
function alertsPanel(chart) {
  const alerts = chart.alerts ?? [];
  if (alerts.length === 0) return null;
  return panel(
    "Open alerts",
    el("ul", { class: "small-list" }, ...alerts.map((alert) => el("li", {}, el("a", { href: address(["alerts"], { id: alert.id, show: alert.state === "snoozed" ? "later" : null }) }, ...alertSentence(/** @type {AlertRow} */ (alert)))))),
  );
}

/**
 * An older label was scanned: said loudly, with what to do.
 *
 * @param {ChartPage} chart
 * @param {number | null} scanned
 * @param {() => void} changed
 */
function supersededBanner(chart, scanned, changed) {
  if (scanned === null || !chart.label_issue || scanned >= chart.label_issue) return null;
  const print = () => void printLabel(chart, "superseded label").then((done) => (done ? changed() : undefined), (fault) => toast(fault instanceof Error ? fault.message : String(fault), "refused"));
  return el(
    "div",
    { class: "superseded" },
    el("p", {}, el("strong", {}, "Superseded label. "), `You scanned label ${scanned}; label ${chart.label_issue} is the newest on this chart. Take the old one off, or print a new one.`),
    may("records") ? button("Print a new label", print, { icon: "print" }) : null,
  );
}

/**
 * Every printing of the chart's label: who, why, when, and what became of it.
 *
 * @param {HTMLElement} place
 * @param {number} id
 * @param {AbortSignal} signal
 */
async function showLabels(place, id, signal) {
  try {
    const { rows } = /** @type {{rows: LabelIssue[]}} */ (await get(`/api/v1/charts/${id}/labels`, {}, signal));
    fill(place, ...rows.map(issueLine));
  } catch {
    // The panel still says which label is on the chart.
  }
}

/** @param {LabelIssue} issue */
function issueLine(issue) {
  const standing = { on_chart: tag("on the chart", "ok"), superseded: tag("superseded"), awaited: tag(STATES[issue.state].text, STATES[issue.state].tone, STATES[issue.state].means) }[issue.standing];
  return el("li", { data: { standing: issue.standing } }, el("strong", {}, `Label ${issue.issue}`), standing, el("p", { class: "soft" }, `${issue.reason} · ${actorText(issue.requested_by)} · `, times().element(issue.requested_at, "when")));
}

/**
 * @param {ChartPage} chart
 * @param {HTMLElement} labels
 */
function labelPanel(chart, labels) {
  if (!may("clerk")) return null;
  const { patient } = chart;
  const shown = JSON.stringify([chart.number, chart.mrn, patient, chart.record_type, chart.volume, chart.label_issue]);
  // A preview is an entry of the access log: it is asked for again only when the label would look different.
  if (lastLabel?.shown !== shown) lastLabel = { shown, picture: labelPicture(chart) };
  const issue = chart.label_issue ? `Issue ${chart.label_issue} is on the chart.` : "No label of Outguide is known to be on it yet.";
  return panel("Folder label", lastLabel.picture, el("p", { class: "hint" }, issue), labels, el("a", { class: "link", href: `/api/v1/charts/${chart.number}/label.pdf?template=folder-4x2`, target: "_blank", rel: "noopener" }, "Open as PDF (a preview, not a label to stick)"));
}

/** @type {{shown: string, picture: HTMLElement} | null} */
let lastLabel = null;

/** @param {ChartPage} chart */
function labelPicture(chart) {
  const picture = el("img", { class: "label-preview", src: `/api/v1/charts/${chart.number}/label.svg?template=folder-4x2&at=${Date.now()}`, alt: `Folder label of ${chart.mrn}, volume ${chart.volume}` });
  const frame = el("div", { class: "label-frame" }, picture);
  picture.addEventListener("error", () => fill(frame, el("p", { class: "hint" }, "The label cannot be shown now.")));
  return frame;
}

/** @param {ChartPage} chart */
function volumesPanel(chart) {
  const others = (chart.volumes ?? []).filter((other) => other.number !== chart.number);
  if (others.length === 0) return null;
  return panel(
    "Other charts of this patient",
    el("ul", { class: "small-list" }, ...others.map((other) => el("li", {}, el("a", { href: address(["charts", other.number]) }, el("strong", {}, volumeText({ ...other, record_type: other.record_type === chart.record_type ? "MR" : other.record_type }))), " ", ...whereCell(other)))),
  );
}

/** @param {ChartPage} chart */
function detailsPanel(chart) {
  /** @type {[string, string | null | undefined][]} */
  const facts = [
    ["Filed at", chart.home_name ?? chart.home],
    ["MRN", chart.mrn],
    ["Chart number", String(chart.number)],
    ["Barcode", chart.barcode],
    ["Reference", chart.reference],
  ];
  return panel("Details", el("dl", { class: "facts" }, ...facts.filter(([, text]) => text).flatMap(([label, text]) => [el("dt", {}, label), el("dd", { class: label === "Barcode" || label === "Reference" ? "code" : "" }, text)])));
}

/**
 * @param {string} title
 * @param {...(Node | null)} content
 */
function panel(title, ...content) {
  return el("section", { class: "panel", "aria-label": title }, el("h2", { class: "list-title" }, title), ...content);
}

/** @param {number} id */
function askForReason(id) {
  return ask({
    title: "See where this chart is",
    intro: [`Your reason and your name (${me().user}) are logged, and the privacy office can see both.`],
    fields: [{ name: "reason", label: "Reason", type: "textarea", required: true, hint: "For example: emergency admission, attending needs the chart now." }],
    action: "Show and log it",
    submit: async ({ reason }) => {
      const seen = /** @type {ChartPage} */ (await post(`/api/v1/charts/${id}/break-glass`, { reason }));
      toast("Shown. Your reason is logged.", "attention");
      return seen;
    },
  });
}

function skeleton() {
  return el("div", { class: "hero-skeleton", "aria-hidden": "true" }, el("span", { class: "bone tall" }), el("span", { class: "bone line" }), el("span", { class: "bone line" }));
}
