/** A new batch of labels, and where one goes on after a jam. */

/** @import { Batch, ImportRun, Place, Printer, Template } from "../types.js" */
/** @import { Values } from "../parts/form.js" */

import { get, post } from "../../shared/api.js";
import { ask } from "../parts/form.js";
import { FieldFault } from "../parts/faults.js";
import { activePlaces } from "../parts/place-field.js";
import { printerOption, REASONS, startField, templateOption } from "../parts/print-words.js";
import { chartNamed } from "../parts/scans.js";
import { toast } from "../parts/toast.js";
import { times } from "../session.js";

/** MRNs that are looked up one by one for a list. */
const LOOKED_UP_MAX = 300;
/** Charts of one patient that a list brings. */
const CHARTS_OF_ONE_MAX = 500;
/** Nothing longer is a patient's number, in characters. */
const MRN_MAX = 40;

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
  const [printers, templates, stocks, places, imports] = await Promise.all([get("/api/v1/printers"), get("/api/v1/label-templates"), get("/api/v1/label-stocks"), activePlaces(), get("/api/v1/import-runs", { limit: IMPORTS_OFFERED })]);
  const runs = /** @type {ImportRun[]} */ (imports.rows).filter((run) => run.added > 0);
  const forCharts = /** @type {Template[]} */ (templates.rows).filter((template) => template.about === "chart");
  const homes = /** @type {Place[]} */ (places).filter((place) => place.kind === "file_room" || place.kind === "offsite");
  return ask({
    title: "Print a batch of labels",
    intro: ["Labels are queued a few at a time: single labels still go out in between, and a jam can be printed again from any label."],
    fields: [
      { name: "name", label: "Name of the batch", required: true, hint: "What you will call it on this page. No patient’s name." },
      { name: "which", label: "Which charts", sentAs: "charts", type: "radio", value: "unlabelled", options: [...(runs.length > 0 ? [/** @type {[string, string]} */ (["import", "What an import brought"])] : []), ["unlabelled", "All that have no label yet"], ["section", "A part of the shelf, by terminal digits"], ["list", "A list of charts"]] },
      { name: "import_run", label: "Which import", type: "select", options: runs.map(runOption), required: true, when: { name: "which", is: "import" } },
      { name: "section_from", label: "From", type: "number", min: 0, max: 99, value: 0, required: true, when: { name: "which", is: "section" } },
      { name: "section_to", label: "To", type: "number", min: 0, max: 99, value: 99, required: true, when: { name: "which", is: "section" } },
      { name: "list", sentAs: "charts", label: "Charts", type: "textarea", required: true, hint: "One a line: MRN, chart number with #, or a scanned code.", when: { name: "which", is: "list" } },
      { name: "home", label: "Filed at", type: "select", options: [["", "Anywhere"], ...homes.map((place) => /** @type {[string, string]} */ ([place.code, `${place.name} (${place.code})`]))], when: { name: "which", is: ["import", "unlabelled", "section"] } },
      { name: "template", label: "Label", type: "select", value: "folder-4x2", options: forCharts.map(templateOption), required: true },
      { name: "printer", label: "Printer", type: "select", options: /** @type {Printer[]} */ (printers.rows).map(printerOption), required: true },
      startField("First free position on the first sheet", { printers: printers.rows, templates: forCharts, stocks: stocks.rows }),
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
  return { charts: await chartsOf(String(list ?? "")) };
}

/**
 * The charts that a list names, in its order; a patient's number stands for all of the patient's.
 *
 * @param {string} list
 * @returns {Promise<number[]>}
 */
async function chartsOf(list) {
  const named = list.split("\n").flatMap((line, at) => line.split(/[\s,;]+/).filter(Boolean).map((word) => ({ word, line: at + 1, chart: chartNamed(word) })));
  if (named.length === 0) throw new FieldFault("list", "Name at least one chart.");
  if (named.filter(({ chart }) => chart === null).length > LOOKED_UP_MAX) throw new FieldFault("list", `Name at most ${LOOKED_UP_MAX} MRNs in one list. Of scanned codes and numbers with # there can be more.`);
  /** @type {number[]} */
  const charts = [];
  for (const { word, line, chart } of named) charts.push(...(chart === null ? await chartsOfPatient(word, line) : [chart]));
  return charts;
}

/**
 * @param {string} word
 * @param {number} line
 * @returns {Promise<number[]>}
 */
async function chartsOfPatient(word, line) {
  const found = word.length <= MRN_MAX ? await get("/api/v1/charts", { q: word, limit: CHARTS_OF_ONE_MAX }) : { rows: [] };
  const fitting = /** @type {{number: number, mrn: string}[]} */ (found.rows).filter(({ mrn }) => mrn === word || mrn === word.replaceAll("-", ""));
  if (fitting.length > 0) return fitting.map(({ number }) => number);
  const shown = word.length > MRN_MAX ? `${word.slice(0, MRN_MAX)}…` : word;
  throw new FieldFault("list", `Line ${line}: “${shown}” is no chart. Correct it or take it out.`);
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
