/** Places: anything that can hold a chart. */

/** @import { Context } from "../pages.js" */
/** @import { Place } from "../types.js" */
/** @import { Field } from "../parts/form.js" */
/** @import { Change } from "../parts/register.js" */

import { el } from "../../shared/dom.js";
import { button, tag, words } from "../parts/icon.js";
import { facts } from "../parts/page.js";
import { register } from "../parts/register.js";
import { addRow, correctRow, turnRow } from "../parts/row-forms.js";
import { address } from "../router.js";
import { may } from "../session.js";

const LIST = "/api/v1/places";
/** Ten years, as the server has it. */
const LOAN_HOURS_MAX = 87_600;
/** @type {[string, string][]} */
const KINDS = [["file_room", "File room"], ["department", "Department"], ["clinic", "Clinic"], ["office", "Office"], ["cart", "Cart"], ["offsite", "Offsite store"]];

/** @param {Context} context */
export function open(context) {
  return register(context, {
    path: LIST,
    noun: "place",
    plural: "places",
    columns: [
      { label: "Name", name: "name", cell: (/** @type {Place} */ place) => el("span", { class: "clip", title: place.name }, place.name) },
      { label: "Code", name: "short", cell: (place) => place.code },
      { label: "Kind", name: "short", cell: (place) => words(place.kind) },
      { label: "Loan", name: "short", cell: (place) => loan(place.loan_hours) },
      { label: "", name: "tag", cell: (place) => [place.restricted ? tag("restricted", "saved") : null, place.active ? null : tag("inactive")] },
    ],
    keyOf: (place) => place.code,
    inactive: (place) => !place.active,
    add: may("supervisor") ? add : null,
    advice: "Import them with `outguide import places FILE.csv`, or add the first one here.",
    detail: (place, change) => ({ title: place.name, content: detail(place, change) }),
  });
}

/** @param {number | null} hours */
function loan(hours) {
  if (hours === null) return "no due time";
  return hours % 24 === 0 && hours > 24 ? `${hours / 24} days` : `${hours} h`;
}

/** @param {Partial<Place>} place @returns {Field[]} */
function fields(place) {
  return [
    { name: "name", label: "Name as people say it", value: place.name ?? null, required: true },
    { name: "kind", label: "Kind", type: "select", value: place.kind ?? "department", options: KINDS, required: true },
    { name: "loan_hours", label: "Loan hours", type: "number", value: place.loan_hours ?? null, min: 1, max: LOAN_HOURS_MAX, hint: "How long a chart may stay. Empty: no due time." },
    { name: "restricted", label: "Restricted: that a chart is here is confidential", type: "checkbox", value: place.restricted ?? false },
  ];
}

function add() {
  const code = { name: "code", label: "Code", required: true, pattern: "[A-Z0-9]{1,12}", title: "1 to 12 of A-Z and 0-9.", hint: "On its location card; it cannot change later." };
  return addRow({ title: "Add a place", fields: [code, ...fields({})], path: LIST });
}

/**
 * @param {Place} place
 * @param {Change} change
 */
function detail(place, change) {
  const path = `${LIST}/${encodeURIComponent(place.code)}`;
  const correct = () => correctRow({ title: `Correct ${place.name}`, intro: ["A new loan time counts from the next checkout on."], fields: fields(place), path, before: place });
  const means = place.active ? "Kiosks refuse it as a destination. Charts that are there now stay listed until they are scanned elsewhere." : "It can be a destination again.";
  const turn = () => turnRow({ title: place.active ? `Deactivate ${place.name}` : `Activate ${place.name}`, intro: means, path, on: place.active });
  return el(
    "div",
    { class: "detail" },
    el("dl", { class: "facts" }, ...facts([["Code", place.code], ["Kind", words(place.kind)], ["Loan", loan(place.loan_hours)], ["Restricted", place.restricted ? "yes: shown only to some roles, or after a reason" : "no"], ["In use", place.active ? "yes" : "no"]])),
    may("supervisor") ? el("div", { class: "actions" }, button("Correct", () => change(correct)), button(place.active ? "Deactivate" : "Activate", () => change(turn))) : el("p", { class: "hint" }, "A supervisor corrects places."),
    el("a", { class: "link", href: address(["out", place.code]) }, "Charts that are out here"),
  );
}
