/** Patients: add, correct, deactivate; their charts. Which patient is open stays out of the address. */

/** @import { Context } from "../pages.js" */
/** @import { ChartRow, Patient, RecordType } from "../types.js" */
/** @import { Field } from "../parts/form.js" */
/** @import { Change } from "../parts/register.js" */

import { get, post } from "../../shared/api.js";
import { el, fill } from "../../shared/dom.js";
import { volumeText } from "../../shared/format.js";
import { faultBlock } from "../parts/faults.js";
import { ask } from "../parts/form.js";
import { button, tag } from "../parts/icon.js";
import { activePlaces, placeField } from "../parts/place-field.js";
import { register } from "../parts/register.js";
import { addRow, correctRow, turnRow } from "../parts/row-forms.js";
import { toast } from "../parts/toast.js";
import { birthDate, filedNumber, personName, whereCell } from "../parts/where.js";
import { address, go } from "../router.js";
import { may } from "../session.js";

const LIST = "/api/v1/patients";
/** @type {[string, string][]} HL7 table 0001 */
const SEXES = [["", "unknown"], ["F", "F · female"], ["M", "M · male"], ["O", "O · other"], ["U", "U · unknown"], ["A", "A · ambiguous"], ["N", "N · not applicable"]];

/** @param {Context} context */
export function open(context) {
  return register(context, {
    path: LIST,
    noun: "patient",
    plural: "patients",
    hint: "MRN or name",
    columns: [
      { label: "MRN", name: "number", cell: (/** @type {Patient} */ patient) => filedNumber(patient.mrn) },
      { label: "Name", name: "name", cell: (patient) => el("span", { class: "clip", title: personName(patient) }, personName(patient)) },
      { label: "Born", name: "date", cell: (patient) => birthDate(patient.birth_date) },
      { label: "Sex", name: "short", cell: (patient) => patient.sex ?? "–" },
      { label: "", name: "tag", cell: (patient) => (patient.active ? null : tag("inactive")) },
    ],
    keyOf: (patient) => patient.mrn,
    inactive: (patient) => !patient.active,
    add: may("records") ? add : null,
    advice: "Import them with `outguide import patients FILE.csv`, or add the first one here.",
    detail: (patient, change) => ({ title: personName(patient), content: detail(context, patient, change) }),
  });
}

/** @param {Partial<Patient>} patient @returns {Field[]} */
function fields(patient) {
  return [
    { name: "mrn", label: "MRN", value: patient.mrn ?? null, required: true, hint: patient.mrn ? "A new MRN needs new labels on the folders." : "As the hospital’s numbering has it." },
    { name: "last_name", label: "Family name", value: patient.last_name ?? null, required: true },
    { name: "first_name", label: "Given names", value: patient.first_name || null, hint: "Empty for a newborn or a person of one name." },
    { name: "birth_date", label: "Birth date", type: "date", value: patient.birth_date ?? null },
    { name: "sex", label: "Sex", type: "select", value: patient.sex ?? "", options: SEXES },
  ];
}

function add() {
  return addRow({ title: "Add a patient", fields: fields({}), path: LIST, said: "Added. Find the patient to give them a chart." });
}

/**
 * @param {Context} context
 * @param {Patient} patient
 * @param {Change} change
 */
function detail(context, patient, change) {
  const path = `${LIST}/${encodeURIComponent(patient.mrn)}`;
  const charts = el("ul", { class: "small-list" });
  const look = async () => {
    try {
      const { chart_rows: own } = /** @type {{chart_rows: ChartRow[]}} */ (await get(path, {}, context.signal));
      fill(charts, ...(own.length === 0 ? [el("li", { class: "hint" }, "No chart yet. Add the first one below.")] : own.map(chartLine)));
    } catch (fault) {
      if (!context.signal.aborted) fill(charts, el("li", {}, faultBlock(fault, () => void look())));
    }
  };
  void look();
  const correct = () => correctRow({ title: "Correct this patient", fields: fields(patient), path, before: patient, said: "Corrected. Labels already printed still show what was." });
  const turn = () =>
    turnRow({
      title: patient.active ? "Deactivate this patient" : "Activate this patient",
      intro: patient.active ? "The patient is offered for nothing new. Charts and history stay, and kiosks go on taking the charts." : "New charts can be made for the patient again.",
      path,
      on: patient.active,
    });
  return el(
    "div",
    { class: "detail" },
    el("p", {}, el("strong", {}, patient.mrn), ` · born ${birthDate(patient.birth_date)}`, patient.sex ? ` · ${patient.sex}` : "", patient.active ? null : tag("inactive")),
    may("records") ? el("div", { class: "actions" }, button("Correct", () => change(correct)), button(patient.active ? "Deactivate" : "Activate", () => change(turn))) : null,
    el("h3", {}, "Charts"),
    charts,
    may("records") && patient.active ? el("div", { class: "actions" }, button("Add a chart or volume", () => addChart(patient), { icon: "add" })) : null,
  );
}

/** @param {ChartRow} chart */
function chartLine(chart) {
  return el("li", {}, el("a", { href: address(["charts", chart.number]) }, el("strong", {}, volumeText(chart))), " ", ...whereCell(chart));
}

/** @param {Patient} patient */
async function addChart(patient) {
  try {
    const [places, types] = await Promise.all([activePlaces(), get("/api/v1/record-types")]);
    const made = await ask({
      title: "Add a chart or volume",
      fields: [
        { name: "record_type", label: "Record type", type: "select", value: "MR", options: types.rows.filter((/** @type {RecordType} */ type) => type.active).map((/** @type {RecordType} */ type) => [type.code, `${type.name} (${type.code})`]), required: true },
        { name: "volume", label: "Volume", type: "number", min: 1, max: 999, hint: "Empty: the next one." },
        placeField(places, { name: "home", label: "Filed at", value: places.find((place) => place.kind === "file_room")?.code ?? null, required: true }),
      ],
      action: "Add",
      submit: async ({ record_type, volume, home }) => {
        const chart = /** @type {ChartRow} */ (await post(`/api/v1/patients/${encodeURIComponent(patient.mrn)}/charts`, volume ? { record_type, volume, home } : { record_type, home }));
        toast("Added. Print its label, then put the folder in its place.");
        return chart;
      },
    });
    if (made) go(address(["charts", made.number]));
  } catch (fault) {
    toast(fault instanceof Error ? fault.message : String(fault), "refused");
  }
}
