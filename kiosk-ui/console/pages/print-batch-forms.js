/** A new batch of labels, and where one goes on after a jam. */

/** @import { Batch, ImportRun, Place, Printer, Template } from "../types.js" */
/** @import { Values } from "../parts/form.js" */

import { get, post } from "../../shared/api.js";
import { ask } from "../parts/form.js";
import { activePlaces } from "../parts/place-field.js";
import { printerOption, REASONS, templateOption } from "../parts/print-words.js";
import { chartLabel } from "../parts/scans.js";
import { toast } from "../parts/toast.js";
import { times } from "../session.js";

/** MRNs that are looked up one by one for a list. */
const LOOKED_UP_MAX = 300;

/** Imports that the form offers, the latest. */
const IMPORTS_OFFERED = 20;

/**
 * @param {ImportRun} run
 * @returns {[string, string]}
 */
function runOption(run) {
  return [String(run.id), `${run.file || `Import ${run.id}`}, ${times().exact(run.began_at)}: ${run.added} ${run.added === 1 ? "chart" : "charts"}`];
}

export async function makeBatch() {
  const [printers, templates, places, imports] = await Promise.all([get("/api/v1/printers"), get("/api/v1/label-templates"), activePlaces(), get("/api/v1/import-runs", { limit: IMPORTS_OFFERED })]);
  const runs = /** @type {ImportRun[]} */ (imports.rows).filter((run) => run.added > 0);
  const forCharts = /** @type {Template[]} */ (templates.rows).filter((template) => template.about === "chart");
  const onSheets = forCharts.filter((template) => template.stock.per_sheet > 1).map((template) => template.name);
  const homes = /** @type {Place[]} */ (places).filter((place) => place.kind === "file_room" || place.kind === "offsite");
  return ask({
    title: "Print a batch of labels",
    intro: ["Labels are queued a few at a time: single labels still go out in between, and a jam can be printed again from any label."],
    fields: [
      { name: "name", label: "Name of the batch", required: true, hint: "What you will call it on this page. No patient’s name." },
      { name: "which", label: "Which charts", type: "radio", value: "unlabelled", options: [...(runs.length > 0 ? [/** @type {[string, string]} */ (["import", "What an import brought"])] : []), ["unlabelled", "All that have no label yet"], ["section", "A part of the shelf, by terminal digits"], ["list", "A list of charts"]] },
      { name: "import_run", label: "Which import", type: "select", options: runs.map(runOption), required: true, when: { name: "which", is: "import" } },
      { name: "section_from", label: "From", type: "number", min: 0, max: 99, value: 0, required: true, when: { name: "which", is: "section" } },
      { name: "section_to", label: "To", type: "number", min: 0, max: 99, value: 99, required: true, when: { name: "which", is: "section" } },
      { name: "list", label: "Charts", type: "textarea", required: true, hint: "One a line: MRN, chart number with #, or a scanned code.", when: { name: "which", is: "list" } },
      { name: "home", label: "Filed at", type: "select", options: [["", "Anywhere"], ...homes.map((place) => /** @type {[string, string]} */ ([place.code, `${place.name} (${place.code})`]))], when: { name: "which", is: ["import", "unlabelled", "section"] } },
      { name: "template", label: "Label", type: "select", value: "folder-4x2", options: forCharts.map(templateOption), required: true },
      { name: "printer", label: "Printer", type: "select", options: /** @type {Printer[]} */ (printers.rows).map(printerOption), required: true },
      { name: "start_at", label: "First free position on the first sheet", type: "number", min: 1, value: 1, hint: "Along the rows, then down.", required: true, when: { name: "template", is: onSheets } },
      { name: "reason", label: "Why", type: "select", value: "first label", options: REASONS.map((reason) => [reason, reason]), required: true },
    ],
    action: "Make the batch",
    submit: async (values) => {
      const batch = await post("/api/v1/print-batches", { ...(await selection(values)), name: values["name"], template: values["template"], printer: values["printer"], ...(values["start_at"] ? { start_at: values["start_at"] } : {}), reason: values["reason"] });
      toast(`Batch of ${batch.total} labels made.`);
      return true;
    },
  }).catch((fault) => void toast(fault instanceof Error ? fault.message : String(fault), "refused"));
}

/**
 * @param {Values} values
 * @returns {Promise<Record<string, unknown>>}
 */
async function selection({ which, import_run, section_from, section_to, list, home }) {
  const filed = home ? { home } : {};
  if (which === "import") return { import_run: Number(import_run), ...filed };
  if (which === "section") return { section_from, section_to, ...filed };
  if (which === "unlabelled") return { unlabelled: true, ...filed };
  const words = String(list ?? "").split(/[\s,;]+/).filter(Boolean);
  const charts = [];
  let looked = 0;
  for (const word of words) {
    const known = chartLabel(word)?.chart ?? (Number(/^(?:#|R)(\d+)/i.exec(word)?.[1]?.slice(0, 9)) || null);
    if (known) {
      charts.push(known);
      continue;
    }
    looked += 1;
    if (looked > LOOKED_UP_MAX) throw new Error(`Name at most ${LOOKED_UP_MAX} MRNs in one list.`);
    const found = await get("/api/v1/charts", { q: word, limit: 10 });
    const fitting = found.rows.filter((/** @type {{mrn: string}} */ row) => row.mrn === word.replaceAll("-", ""));
    if (fitting.length === 0) throw new Error(`Line ${charts.length + 1} is no chart’s number.`);
    charts.push(...fitting.map((/** @type {{number: number}} */ row) => row.number));
  }
  return { charts };
}

/** @param {Batch} batch */
export function resumeFrom(batch) {
  const sheets = batch.per_sheet > 1;
  return ask({
    title: "Print again from a label",
    intro: [`“${batch.name}” has the labels 1 to ${batch.total}. From the label you name on, all are printed again with the label numbers they have: throw the spoilt ones away. Labels that were scanned on their charts are left out.`],
    fields: [
      { name: "from", label: "From label", type: "number", min: 1, max: Math.max(1, batch.total), value: Math.min(batch.next, Math.max(1, batch.total)), required: true, hint: "The first label that is spoilt. Its number stands in the list of the batch’s labels." },
      ...(sheets ? [/** @type {const} */ ({ name: "start_at", label: "On which position of the sheet", type: "number", min: 1, max: batch.per_sheet, value: 1, required: true })] : []),
    ],
    action: "Print again from there",
    submit: async ({ from, start_at }) => {
      await post(`/api/v1/print-batches/${batch.id}/resume`, sheets ? { from, start_at } : { from });
      toast(`It goes on from label ${from}.`);
      return true;
    },
  });
}
