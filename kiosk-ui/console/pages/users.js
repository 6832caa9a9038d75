/** Users: accounts of the console. */

/** @import { Context } from "../pages.js" */
/** @import { Field } from "../parts/form.js" */
/** @import { Change } from "../parts/register.js" */

import { patch } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { ask } from "../parts/form.js";
import { button, tag } from "../parts/icon.js";
import { facts } from "../parts/page.js";
import { register } from "../parts/register.js";
import { addRow, correctRow, turnRow } from "../parts/row-forms.js";
import { toast } from "../parts/toast.js";
import { me } from "../session.js";

const LIST = "/api/v1/users";

/** @typedef {{name: string, role: string, active: boolean}} User */

/** @type {[string, string][]} */
export const ROLES = [
  ["viewer", "viewer · looks charts up"],
  ["clerk", "clerk · looks up, prints"],
  ["records", "records · patients, labels, missing cases, alerts"],
  ["supervisor", "supervisor · restricted charts, places, staff"],
  ["admin", "admin · everything, accounts and kiosks included"],
  ["auditor", "auditor · reads everything logged, changes nothing"],
  ["technician", "technician · devices, no patient data"],
];

/** @param {Context} context */
export function open(context) {
  return register(context, {
    path: LIST,
    noun: "user",
    plural: "users",
    searched: false,
    columns: [
      { label: "Name", name: "name", cell: (/** @type {User} */ user) => user.name },
      { label: "Role", name: "short", cell: (user) => user.role },
      { label: "", name: "tag", cell: (user) => (user.active ? null : tag("inactive")) },
    ],
    keyOf: (user) => user.name,
    inactive: (user) => !user.active,
    add,
    detail: (user, change) => ({ title: user.name, content: detail(user, change) }),
  });
}

/** @param {string} label @returns {Field} */
const passwordField = (label) => ({ name: "password", label, type: "password", required: true, autocomplete: "new-password", hint: "At least 8 characters. Tell it to the person by another way than e-mail." });

/** @param {string} value @returns {Field} */
const roleField = (value) => ({ name: "role", label: "Role", type: "select", value, options: ROLES, required: true });

function add() {
  return addRow({ title: "Add a user", fields: [{ name: "name", label: "User name", required: true }, roleField("records"), passwordField("Password")], path: LIST });
}

/**
 * @param {User} user
 * @param {Change} change
 */
function detail(user, change) {
  const path = `${LIST}/${encodeURIComponent(user.name)}`;
  const role = () => correctRow({ title: `Role of ${user.name}`, fields: [roleField(user.role)], path, before: user });
  const password = () => setPassword(user, path);
  const turn = () => turnRow({ title: user.active ? `Deactivate ${user.name}` : `Activate ${user.name}`, intro: user.active ? "Sign-in is refused and open sessions end at once." : "Sign-in works again.", path, on: user.active });
  return el(
    "div",
    { class: "detail" },
    el("dl", { class: "facts" }, ...facts([["Role", user.role], ["Account", user.active ? "active" : "inactive"]])),
    el("div", { class: "actions" }, button("Change role", () => change(role)), button("New password", () => change(password)), user.name === me().user ? null : button(user.active ? "Deactivate" : "Activate", () => change(turn))),
  );
}

/**
 * @param {User} user
 * @param {string} path
 */
function setPassword(user, path) {
  return ask({
    title: `New password for ${user.name}`,
    intro: ["Open sessions of this account end."],
    fields: [passwordField("New password")],
    action: "Set",
    submit: async (values) => {
      await patch(path, values);
      toast("Set.");
      return true;
    },
  });
}
