/** Places: anything that can hold a chart. */

/** @import { Context } from "../pages.js" */
/** @import { Place } from "../types.js" */
/** @import { Field } from "../parts/form.js" */

import { patch, post } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { ask, changed as changedFields } from "../parts/form.js";
import { button, tag, words } from "../parts/icon.js";
import { register } from "../parts/register.js";
import { toast } from "../parts/toast.js";
import { address } from "../router.js";
import { may } from "../session.js";

const LOAN_HOURS_MAX = 24 * 366;
/** @type {[string, string][]} */
const KINDS = [["file_room", "File room"], ["department", "Department"], ["clinic", "Clinic"], ["office", "Office"], ["cart", "Cart"], ["offsite", "Offsite store"]];

/** @param {Context} context */
export function open(context) {
  return register(context, {
    path: "/api/v1/places",
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
    detail: (place, changed) => ({ title: place.name, content: detail(place, changed) }),
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
  return ask({
    title: "Add a place",
    fields: [{ name: "code", label: "Code", required: true, pattern: "[A-Z0-9]{1,12}", title: "1 to 12 of A-Z and 0-9.", hint: "On its location card; it cannot change later." }, ...fields({})],
    action: "Add",
    submit: async (values) => {
      await post("/api/v1/places", values);
      toast("Added.");
      return true;
    },
  });
}

/**
 * @param {Place} place
 * @param {() => void} changed
 */
function detail(place, changed) {
  const path = `/api/v1/places/${encodeURIComponent(place.code)}`;
  const correct = async () => {
    const done = await ask({
      title: `Correct ${place.name}`,
      intro: ["A new loan time counts from the next checkout on."],
      fields: fields(place),
      action: "Save",
      submit: async (values) => {
        const difference = changedFields(values, { ...place });
        if (Object.keys(difference).length > 0) await patch(path, difference);
        toast("Corrected.");
        return true;
      },
    });
    if (done) changed();
  };
  const turn = async () => {
    const done = await ask({
      title: place.active ? `Deactivate ${place.name}` : `Activate ${place.name}`,
      intro: [place.active ? "Kiosks refuse it as a destination. Charts that are there now stay listed until they are scanned elsewhere." : "It can be a destination again."],
      fields: [],
      action: place.active ? "Deactivate" : "Activate",
      danger: place.active,
      submit: async () => {
        await patch(path, { active: !place.active });
        toast(place.active ? "Deactivated." : "Active again.");
        return true;
      },
    });
    if (done) changed();
  };
  return el(
    "div",
    { class: "detail" },
    el("dl", { class: "facts" }, ...facts([["Code", place.code], ["Kind", words(place.kind)], ["Loan", loan(place.loan_hours)], ["Restricted", place.restricted ? "yes: shown only to some roles, or after a reason" : "no"], ["In use", place.active ? "yes" : "no"]])),
    may("supervisor") ? el("div", { class: "actions" }, button("Correct", () => void correct()), button(place.active ? "Deactivate" : "Activate", () => void turn())) : el("p", { class: "hint" }, "A supervisor corrects places."),
    el("a", { class: "link", href: address(["out", place.code]) }, "Charts that are out here"),
  );
}

/** @param {[string, string][]} pairs */
export function facts(pairs) {
  return pairs.flatMap(([label, text]) => [el("dt", {}, label), el("dd", {}, text)]);
}
