/** What to do next with a chart. Each is a dialog that says what it will mean. */

/** @import { ChartPage, Printer, Template } from "../types.js" */

import { get, post } from "../../shared/api.js";
import { instantOf } from "../parts/zoned.js";
import { ask } from "../parts/form.js";
import { button } from "../parts/icon.js";
import { activePlaces, placeField } from "../parts/place-field.js";
import { printerOption, REASONS, startField, templateOption } from "../parts/print-words.js";
import { correctRow, turnRow } from "../parts/row-forms.js";
import { toast } from "../parts/toast.js";
import { may, me } from "../session.js";

const COPIES_MAX = 20;
/**
 * @param {ChartPage} chart
 * @param {() => void} changed
 * @returns {(HTMLElement | null)[]}
 */
export function actionsFor(chart, changed) {
  if (!may("records")) return [];
  /** @param {(chart: ChartPage) => Promise<unknown>} act */
  const then = (act) => () => act(chart).then((done) => (done === null ? undefined : changed())).catch(tell);
  const out = chart.out_since !== null && chart.out_since !== undefined;
  const known = !chart.withheld;
  return [
    chart.missing_since ? button("It is found", then(found), { kind: "primary", icon: "check" }) : null,
    out && !chart.missing_since && known ? button("Renew", then(renew), { kind: "primary" }) : null,
    known && !chart.retired ? button("Move", then(move)) : null,
    chart.retired ? null : button("Print label", then((one) => printLabel(one)), { icon: "print" }),
    chart.missing_since || chart.retired ? null : button("Report missing", then(missing)),
    button("Correct", then(correct)),
    may("supervisor") ? button(chart.retired ? "Bring back into use" : "Retire", then(retire)) : null,
  ];
}

/** @param {unknown} fault */
export function tell(fault) {
  toast(fault instanceof Error ? fault.message : String(fault), "refused");
}

/** @param {ChartPage} chart */
function missing(chart) {
  return ask({
    title: "Report missing",
    intro: ["This opens a missing case. Any scan of the chart, anywhere, closes it and says so at the kiosk."],
    fields: [],
    action: "Report missing",
    danger: true,
    submit: async () => {
      await post(`/api/v1/charts/${chart.number}/missing`);
      toast("Reported missing. Every kiosk now looks out for it.");
      return true;
    },
  });
}

/** @param {{number: number, place?: string | null}} chart */
export async function found(chart) {
  const places = await activePlaces();
  return ask({
    title: "It is found",
    intro: ["This closes the missing case. A scan of the chart would say more: who found it and where."],
    fields: [placeField(places, { label: "Where it is now", value: chart.place, hint: "Kept as said, not as scanned." })],
    action: "Close the case",
    submit: async ({ place }) => {
      await post(`/api/v1/charts/${chart.number}/found`, { place });
      toast("Found. The missing case is closed.");
      return true;
    },
  });
}

/** @param {ChartPage} chart */
function renew(chart) {
  const zone = me().hospital.time_zone;
  return ask({
    title: "Renew the loan",
    intro: [`${chart.place_name ?? "The holder"} keeps it longer; an overdue alert closes.`],
    fields: [{ name: "due_at", label: "New due time", type: "datetime-local", hint: "Empty: the place's usual term, counted from now." }],
    action: "Renew",
    submit: async ({ due_at }) => {
      await post(`/api/v1/charts/${chart.number}/renew`, due_at ? { due_at: instantOf(String(due_at), zone) } : {});
      toast("Renewed.");
      return true;
    },
  });
}

/** @param {ChartPage} chart */
async function move(chart) {
  const places = await activePlaces();
  return ask({
    title: "Move",
    intro: ["For a chart that changed hands without a scan. It is kept as said, not as scanned; the next scan settles it."],
    fields: [
      placeField(places, { label: "To", required: true, hint: chart.home ? `Its home is ${chart.home_name ?? chart.home}: choosing that, with nobody named, returns it.` : "Choosing its home, with nobody named, returns it." }),
      { name: "holder", label: "Badge of the person who has it", pattern: "[A-Za-z0-9]{1,12}", title: "A badge is 1 to 12 letters and digits." },
    ],
    action: "Move",
    submit: async ({ place, holder }) => {
      await post(`/api/v1/charts/${chart.number}/move`, holder ? { place, holder } : { place });
      toast("Moved, as said.");
      return true;
    },
  });
}

/** @param {ChartPage} chart */
async function correct(chart) {
  const [places, types] = await Promise.all([activePlaces(chart.home), get("/api/v1/record-types")]);
  const before = { home: chart.home, record_type: chart.record_type, volume: chart.volume };
  return correctRow({
    title: "Correct this chart",
    intro: ["The number on the folder does not change. If the label shows what you correct, print a new one."],
    fields: [
      ...(chart.home ? [placeField(places, { name: "home", label: "Filed at", value: chart.home, required: true })] : []),
      { name: "record_type", label: "Record type", type: "select", value: chart.record_type, options: types.rows.filter((/** @type {{code: string, active: boolean}} */ type) => type.active || type.code === chart.record_type).map((/** @type {{code: string, name: string}} */ type) => [type.code, `${type.name} (${type.code})`]), required: true },
      { name: "volume", label: "Volume", type: "number", value: chart.volume, min: 1, max: 999, required: true },
    ],
    path: `/api/v1/charts/${chart.number}`,
    before,
  });
}

/** @param {ChartPage} chart */
function retire(chart) {
  const used = chart.retired !== true;
  return turnRow({
    title: used ? "Retire this chart" : "Bring back into use",
    intro: used ? "Kiosks refuse to move a retired chart, but still note where it was seen. Its history stays." : "It can be checked out again.",
    path: `/api/v1/charts/${chart.number}`,
    field: "retired",
    on: used,
    action: used ? "Retire" : "Bring back",
    said: used ? "Retired." : "In use again.",
  });
}

/**
 * @param {ChartPage} chart
 * @param {string} [why] the reason that is proposed
 */
export async function printLabel(chart, why) {
  const [printers, templates, stocks] = await Promise.all([get("/api/v1/printers"), get("/api/v1/label-templates"), get("/api/v1/label-stocks")]);
  const { rows } = /** @type {{rows: Printer[]}} */ (printers);
  if (rows.length === 0) throw new Error("No printer is configured. Open the label as PDF instead.");
  const usable = /** @type {Template[]} */ (templates.rows).filter((template) => template.about === "chart" || template.about === "request");
  const own = usable.filter((template) => template.about === "chart").map((template) => template.name);
  const again = Boolean(chart.label_issued ?? chart.label_issue);
  return ask({
    title: "Print",
    intro: ["A new label makes the one now on the folder an older issue, once this one is confirmed or scanned. Slips use up no label number."],
    fields: [
      { name: "template", label: "What", type: "select", value: "folder-4x2", options: usable.map(templateOption), required: true },
      { name: "printer", label: "Printer", type: "select", value: rows[0]?.id ?? null, options: rows.map(printerOption), required: true },
      { name: "reason", label: "Why", type: "select", value: why ?? (again ? "" : "first label"), options: [...(again && !why ? [/** @type {[string, string]} */ (["", "Choose a reason"])] : []), ...REASONS.map((reason) => /** @type {[string, string]} */ ([reason, reason])), ["other", "something else"]], required: true, when: { name: "template", is: own } },
      { name: "words", sentAs: "reason", label: "In your words", required: true, hint: "Kept beside the ledger, not in it.", when: { name: "reason", is: "other" } },
      startField("First free position on the sheet", { printers: rows, templates: usable, stocks: stocks.rows }),
      { name: "copies", label: "Copies", type: "number", value: 1, min: 1, max: COPIES_MAX, required: true, hint: "Copies share one label number." },
    ],
    action: "Print",
    submit: async ({ template, printer, copies, reason, words, start_at }) => {
      const common = { template, printer, copies, ...(start_at ? { start_at } : {}) };
      if (own.includes(String(template))) await post("/api/v1/labels", { ...common, charts: [chart.number], reason: reason === "other" ? words : reason });
      else await post("/api/v1/print-jobs", { ...common, chart: chart.number });
      toast("Queued. Print shows what becomes of it.");
      return true;
    },
  });
}
