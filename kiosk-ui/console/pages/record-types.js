/** Record types: the medical record proper and what is filed apart from it. */

/** @import { Context } from "../pages.js" */
/** @import { RecordType } from "../types.js" */
/** @import { Field } from "../parts/form.js" */
/** @import { Change } from "../parts/register.js" */

import { el } from "../../shared/dom.js";
import { button, tag } from "../parts/icon.js";
import { facts } from "../parts/page.js";
import { register } from "../parts/register.js";
import { addRow, correctRow } from "../parts/row-forms.js";
import { may } from "../session.js";

const LIST = "/api/v1/record-types";

/** @param {Context} context */
export function open(context) {
  return register(context, {
    path: LIST,
    noun: "record type",
    plural: "record types",
    searched: false,
    columns: [
      { label: "Name", name: "name", cell: (/** @type {RecordType} */ type) => el("span", { class: "clip", title: type.name }, type.name) },
      { label: "Code", name: "short", cell: (type) => type.code },
      { label: "", name: "tag", cell: (type) => [type.restricted ? tag("restricted", "saved") : null, type.active ? null : tag("inactive")] },
    ],
    keyOf: (type) => type.code,
    inactive: (type) => !type.active,
    add: may("supervisor") ? add : null,
    detail: (type, change) => ({ title: type.name, content: detail(type, change) }),
  });
}

/** @param {Partial<RecordType>} type @returns {Field[]} */
function fields(type) {
  return [
    { name: "name", label: "Name", value: type.name ?? null, required: true },
    { name: "restricted", label: "Restricted: where such a chart is, is confidential", type: "checkbox", value: type.restricted ?? false },
  ];
}

function add() {
  const code = { name: "code", label: "Code", required: true, pattern: "[A-Z0-9]{1,12}", title: "1 to 12 of A-Z and 0-9.", hint: "Short, as on labels; it cannot change later." };
  return addRow({ title: "Add a record type", fields: [code, ...fields({})], path: LIST });
}

/**
 * @param {RecordType} type
 * @param {Change} change
 */
function detail(type, change) {
  const all = [...fields(type), /** @type {Field} */ ({ name: "active", label: "In use for new charts", type: "checkbox", value: type.active })];
  const correct = () => correctRow({ title: `Correct ${type.name}`, fields: all, path: `${LIST}/${encodeURIComponent(type.code)}`, before: type });
  return el(
    "div",
    { class: "detail" },
    el("dl", { class: "facts" }, ...facts([["Code", type.code], ["Restricted", type.restricted ? "yes" : "no"], ["In use", type.active ? "yes" : "no"]])),
    may("supervisor") ? el("div", { class: "actions" }, button("Correct", () => change(correct))) : el("p", { class: "hint" }, "A supervisor corrects record types."),
  );
}
