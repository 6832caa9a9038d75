/** Tokens: how other programs sign in. Shown once, kept only as a hash. */

/** @import { Context } from "../pages.js" */
/** @import { Change } from "../parts/register.js" */

import { patch, post } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { ask, show } from "../parts/form.js";
import { button, tag } from "../parts/icon.js";
import { facts } from "../parts/page.js";
import { register } from "../parts/register.js";
import { toast } from "../parts/toast.js";
import { times } from "../session.js";
import { ROLES } from "./users.js";

/** @typedef {{name: string, role?: string | null, kiosk?: string | null, created_at?: string | null, revoked_at?: string | null}} Token */

/** @param {Context} context */
export function open(context) {
  return register(context, {
    path: "/api/v1/tokens",
    noun: "token",
    plural: "tokens",
    searched: false,
    columns: [
      { label: "Name", name: "name", cell: (/** @type {Token} */ token) => token.name },
      { label: "May act as", name: "short", cell: (token) => token.role ?? (token.kiosk ? `kiosk ${token.kiosk}` : "–") },
      { label: "Made", name: "time", cell: (token) => times().element(token.created_at, "ago") },
      { label: "", name: "tag", cell: (token) => (token.revoked_at ? tag("revoked", "refused") : null) },
    ],
    keyOf: (token) => token.name,
    inactive: (token) => Boolean(token.revoked_at),
    add,
    advice: "A token lets another program read or scan. Make one when you connect the first.",
    detail: (token, change) => ({ title: token.name, content: detail(token, change) }),
  });
}

async function add() {
  const made = await ask({
    title: "Make a token",
    fields: [
      { name: "name", label: "Name", required: true, hint: "The program that will use it." },
      { name: "role", label: "May act as", type: "select", value: "viewer", options: ROLES, required: true },
    ],
    action: "Make",
    submit: async (values) => /** @type {{token: string}} */ (await post("/api/v1/tokens", values)),
  });
  if (made) {
    const secret = el("p", { class: "secret code", tabindex: "0" }, made.token);
    const copy = button("Copy", () => navigator.clipboard?.writeText(made.token).then(() => toast("Copied.")));
    show("The token, this once", el("p", {}, "Copy it now. It is not shown again; only its hash is kept. If it is lost, revoke it and make another."), secret, copy);
  }
  return made;
}

/**
 * @param {Token} token
 * @param {Change} change
 */
function detail(token, change) {
  const revoke = () =>
    ask({
      title: `Revoke ${token.name}`,
      intro: ["The program that uses it is refused at once. This cannot be undone."],
      fields: [],
      action: "Revoke",
      danger: true,
      submit: async () => {
        await patch(`/api/v1/tokens/${encodeURIComponent(token.name)}`, { revoked: true });
        toast("Revoked.");
        return true;
      },
    });
  return el(
    "div",
    { class: "detail" },
    el("dl", { class: "facts" }, ...facts([["May act as", token.role ?? (token.kiosk ? `kiosk ${token.kiosk}` : "–")], ["Made", times().when(token.created_at)]])),
    token.revoked_at ? el("p", {}, `Revoked ${times().when(token.revoked_at)}.`) : el("div", { class: "actions" }, button("Revoke", () => change(revoke), { kind: "danger" })),
  );
}
