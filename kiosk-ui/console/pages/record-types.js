/** Record types: the medical record proper and what is filed apart from it. */

/** @import { Context } from "../pages.js" */
/** @import { RecordType } from "../types.js" */
/** @import { Field } from "../parts/form.js" */

import { patch, post } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { ask, changed as changedFields } from "../parts/form.js";
import { button, tag } from "../parts/icon.js";
import { register } from "../parts/register.js";
import { toast } from "../parts/toast.js";
import { may } from "../session.js";
import { facts } from "./places.js";

/** @param {Context} context */
export function open(context) {
  return register(context, {
    path: "/api/v1/record-types",
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
    detail: (type, changed) => ({ title: type.name, content: detail(type, changed) }),
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
  return ask({
    title: "Add a record type",
    fields: [{ name: "code", label: "Code", required: true, pattern: "[A-Z0-9]{1,12}", title: "1 to 12 of A-Z and 0-9.", hint: "Short, as on labels; it cannot change later." }, ...fields({})],
    action: "Add",
    submit: async (values) => {
      await post("/api/v1/record-types", values);
      toast("Added.");
      return true;
    },
  });
}

/**
 * @param {RecordType} type
 * @param {() => void} changed
 */
function detail(type, changed) {
  const path = `/api/v1/record-types/${encodeURIComponent(type.code)}`;
  const correct = async () => {
    const done = await ask({
      title: `Correct ${type.name}`,
      fields: [...fields(type), { name: "active", label: "In use for new charts", type: "checkbox", value: type.active }],
      action: "Save",
      submit: async (values) => {
        const difference = changedFields(values, { ...type });
        if (Object.keys(difference).length > 0) await patch(path, difference);
        toast("Corrected.");
        return true;
      },
    });
    if (done) changed();
  };
  return el(
    "div",
    { class: "detail" },
    el("dl", { class: "facts" }, ...facts([["Code", type.code], ["Restricted", type.restricted ? "yes" : "no"], ["In use", type.active ? "yes" : "no"]])),
    may("supervisor") ? el("div", { class: "actions" }, button("Correct", () => void correct())) : el("p", { class: "hint" }, "A supervisor corrects record types."),
  );
}
