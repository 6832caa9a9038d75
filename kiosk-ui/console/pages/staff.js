/** Staff: people with badges. A lost badge is dead at once. */

/** @import { Context } from "../pages.js" */
/** @import { Place, Staff } from "../types.js" */
/** @import { Field } from "../parts/form.js" */

import { patch, post } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { ask, changed as changedFields } from "../parts/form.js";
import { button, tag } from "../parts/icon.js";
import { register } from "../parts/register.js";
import { toast } from "../parts/toast.js";
import { may } from "../session.js";
import { activePlaces, placeField } from "./chart-actions.js";
import { facts } from "./places.js";

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
    path: "/api/v1/staff",
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
    detail: (person, changed) => ({ title: person.name, content: detail(person, changed) }),
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
  const places = await activePlaces();
  return ask({
    title: "Add a person",
    fields: [{ name: "badge", label: "Badge number", required: true, pattern: "[A-Z0-9]{1,12}", title: "1 to 12 of A-Z and 0-9.", hint: "As printed in the badge’s barcode." }, ...fields({}, places)],
    action: "Add",
    submit: async (values) => {
      await post("/api/v1/staff", values);
      toast("Added. The badge works at every kiosk now.");
      return true;
    },
  });
}

/**
 * @param {Staff} person
 * @param {() => void} changed
 */
function detail(person, changed) {
  const path = `/api/v1/staff/${encodeURIComponent(person.badge)}`;
  const correct = async () => {
    const places = await activePlaces();
    const done = await ask({
      title: `Correct ${person.name}`,
      fields: fields(person, places),
      action: "Save",
      submit: async (values) => {
        const difference = changedFields(values, { ...person });
        if (Object.keys(difference).length > 0) await patch(path, difference);
        toast("Corrected.");
        return true;
      },
    });
    if (done) changed();
  };
  const turn = async () => {
    const done = await ask({
      title: person.active ? "Badge lost or withdrawn" : "Badge works again",
      intro: [person.active ? `Badge ${person.badge} is dead at once: every kiosk refuses it from the next scan on. What ${person.name} has out stays listed.` : `Badge ${person.badge} signs in again.`],
      fields: [],
      action: person.active ? "Kill the badge" : "Activate the badge",
      danger: person.active,
      submit: async () => {
        await patch(path, { active: !person.active });
        toast(person.active ? "The badge is dead." : "The badge works again.");
        return true;
      },
    });
    if (done) changed();
  };
  return el(
    "div",
    { class: "detail" },
    el("dl", { class: "facts" }, ...facts([["Badge", person.badge], ["Role", person.role], ["Works at", person.place_name ?? person.place ?? "not known"], ["E-mail", person.email ?? "none"], ["Badge", person.active ? "works" : "dead"]])),
    may("supervisor") ? el("div", { class: "actions" }, button("Correct", () => void correct()), button(person.active ? "Badge lost" : "Activate the badge", () => void turn(), { kind: person.active ? "danger" : "primary" })) : el("p", { class: "hint" }, "A supervisor corrects staff. If this badge is lost, tell one now."),
  );
}
