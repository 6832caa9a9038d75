/** Users: accounts of the console. */

/** @import { Context } from "../pages.js" */

import { patch, post } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { ask } from "../parts/form.js";
import { button, tag } from "../parts/icon.js";
import { register } from "../parts/register.js";
import { toast } from "../parts/toast.js";
import { me } from "../session.js";
import { facts } from "./places.js";

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
    path: "/api/v1/users",
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
    detail: (user, changed) => ({ title: user.name, content: detail(user, changed) }),
  });
}

function add() {
  return ask({
    title: "Add a user",
    fields: [
      { name: "name", label: "User name", required: true },
      { name: "role", label: "Role", type: "select", value: "records", options: ROLES, required: true },
      { name: "password", label: "Password", type: "password", required: true, autocomplete: "new-password", hint: "At least 8 characters. Tell it to the person by another way than e-mail." },
    ],
    action: "Add",
    submit: async (values) => {
      await post("/api/v1/users", values);
      toast("Added.");
      return true;
    },
  });
}

/**
 * @param {User} user
 * @param {() => void} changed
 */
function detail(user, changed) {
  const path = `/api/v1/users/${encodeURIComponent(user.name)}`;
  /** @param {Promise<unknown>} done */
  const after = (done) => void done.then((made) => (made === null ? undefined : changed()));
  const role = () => after(ask({ title: `Role of ${user.name}`, fields: [{ name: "role", label: "Role", type: "select", value: user.role, options: ROLES, required: true }], action: "Save", submit: (values) => patch(path, values).then(() => true) }));
  const password = () => after(ask({ title: `New password for ${user.name}`, intro: ["Open sessions of this account end."], fields: [{ name: "password", label: "New password", type: "password", required: true, autocomplete: "new-password" }], action: "Set", submit: (values) => patch(path, values).then(() => true) }));
  const turn = () => after(ask({ title: user.active ? `Deactivate ${user.name}` : `Activate ${user.name}`, intro: [user.active ? "Sign-in is refused and open sessions end at once." : "Sign-in works again."], fields: [], action: user.active ? "Deactivate" : "Activate", danger: user.active, submit: () => patch(path, { active: !user.active }).then(() => true) }));
  return el(
    "div",
    { class: "detail" },
    el("dl", { class: "facts" }, ...facts([["Role", user.role], ["Account", user.active ? "active" : "inactive"]])),
    el("div", { class: "actions" }, button("Change role", role), button("New password", password), user.name === me().user ? null : button(user.active ? "Deactivate" : "Activate", turn)),
  );
}
