/** Staff: people with badges. A lost badge is dead at once. */

/** @import { Context } from "../pages.js" */
/** @import { Place, Staff } from "../types.js" */
/** @import { Field } from "../parts/form.js" */
/** @import { Change } from "../parts/register.js" */

import { el } from "../../shared/dom.js";
import { button, tag } from "../parts/icon.js";
import { facts } from "../parts/page.js";
import { activePlaces, placeField } from "../parts/place-field.js";
import { register } from "../parts/register.js";
import { addRow, correctRow, turnRow } from "../parts/row-forms.js";
import { may } from "../session.js";

const LIST = "/api/v1/staff";

/** @type {[string, string][]} */
const ROLES = [
  ["viewer", "viewer · signs in, changes nothing"],
  ["clerk", "clerk · checks out, receives, returns"],
  ["records", "records · missing and found too"],
  ["supervisor", "supervisor"],
];

/** @param {Context} context */
export function open(context) {
  return register(context, {
    path: LIST,
    noun: "person",
    plural: "people",
    hint: "Name or badge",
    columns: [
      { label: "Name", name: "name", cell: (/** @type {Staff} */ person) => el("span", { class: "clip", title: person.name }, person.name) },
      { label: "Badge", name: "short", cell: (person) => person.badge },
      { label: "Role", name: "short", cell: (person) => person.role },
      { label: "Place", name: "where", cell: (person) => person.place_name ?? person.place ?? "–" },
      { label: "", name: "tag", cell: (person) => (person.active ? null : tag("badge dead", "refused")) },
    ],
    keyOf: (person) => person.badge,
    inactive: (person) => !person.active,
    add: may("supervisor") ? add : null,
    advice: "Import them with `outguide import staff FILE.csv`, or add the first one here.",
    detail: (person, change) => ({ title: person.name, content: detail(person, change) }),
  });
}

/** @param {Partial<Staff>} person @param {Place[]} places @returns {Field[]} */
function fields(person, places) {
  return [
    { name: "name", label: "Name", value: person.name ?? null, required: true },
    { name: "role", label: "Role at kiosks", type: "select", value: person.role ?? "clerk", options: person.role && !ROLES.some(([role]) => role === person.role) ? [...ROLES, [person.role, person.role]] : ROLES, required: true },
    placeField(places, { label: "Works at", value: person.place ?? "" }),
    { name: "email", label: "E-mail", type: "email", value: person.email ?? null, hint: "For notices." },
  ];
}

async function add() {
  const badge = { name: "badge", label: "Badge number", required: true, pattern: "[A-Z0-9]{1,12}", title: "1 to 12 of A-Z and 0-9.", hint: "As printed in the badge’s barcode." };
  return addRow({ title: "Add a person", fields: [badge, ...fields({}, await activePlaces())], path: LIST, said: "Added. The badge works at every kiosk now." });
}

/**
 * @param {Staff} person
 * @param {Change} change
 */
function detail(person, change) {
  const path = `${LIST}/${encodeURIComponent(person.badge)}`;
  const correct = async () => correctRow({ title: `Correct ${person.name}`, fields: fields(person, await activePlaces(person.place)), path, before: person });
  const turn = () =>
    turnRow({
      title: person.active ? "Badge lost or withdrawn" : "Badge works again",
      intro: person.active ? `Badge ${person.badge} is dead at once: every kiosk refuses it from the next scan on. What ${person.name} has out stays listed.` : `Badge ${person.badge} signs in again.`,
      path,
      on: person.active,
      action: person.active ? "Kill the badge" : "Activate the badge",
      said: person.active ? "The badge is dead." : "The badge works again.",
    });
  return el(
    "div",
    { class: "detail" },
    el("dl", { class: "facts" }, ...facts([["Badge no.", person.badge], ["Role", person.role], ["Works at", person.place_name ?? person.place ?? "not known"], ["E-mail", person.email ?? "none"], ["Badge", person.active ? "works" : "dead"]])),
    may("supervisor") ? el("div", { class: "actions" }, button("Correct", () => change(correct)), button(person.active ? "Badge lost" : "Activate the badge", () => change(turn), { kind: person.active ? "danger" : "primary" })) : el("p", { class: "hint" }, "A supervisor corrects staff. If this badge is lost, tell one now."),
  );
}
