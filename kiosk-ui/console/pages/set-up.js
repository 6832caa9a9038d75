/** Set-up: accounts, tokens, and what this server is. */

/** @import { Context } from "../pages.js" */

import { get } from "../../shared/api.js";
import { el, fill } from "../../shared/dom.js";
import { faultBlock, emptyBlock } from "../parts/faults.js";
import { button } from "../parts/icon.js";
import { facts, tabs } from "../parts/page.js";
import { toast } from "../parts/toast.js";
import { address } from "../router.js";
import { may, me } from "../session.js";
import * as tokens from "./tokens.js";
import * as users from "./users.js";

/** @param {Context} context */
export function open(context) {
  /** @type {{name: string, label: string, shown: boolean, open: (context: Context) => HTMLElement}[]} */
  const all = [
    { name: "about", label: "About", shown: true, open: about },
    { name: "users", label: "Users", shown: may("admin"), open: users.open },
    { name: "tokens", label: "Tokens", shown: may("admin"), open: tokens.open },
  ];
  const shown = all.filter((tab) => tab.shown);
  const name = context.route.path[1] ?? "about";
  const tab = shown.find((one) => one.name === name);
  context.title(tab?.label ?? "Set-up");
  return el(
    "div",
    { class: "page split" },
    el("header", { class: "page-head" }, el("h1", {}, "Set-up"), tabs("Set-up", shown.map((one) => ({ href: address(["set-up", one.name]), text: one.label, current: one.name === name })))),
    tab ? tab.open(context) : emptyBlock("There is nothing at this address", "Choose a tab above."),
  );
}

/** @param {Context} context */
function about(context) {
  const chain = el("div", { class: "chain" }, el("span", { class: "bone line" }));
  const look = async () => {
    try {
      const { seq, hash, epoch } = await get("/api/v1/head", {}, context.signal);
      const text = `${seq}:${hash}`;
      const copy = button("Copy", async () => {
        try {
          await navigator.clipboard.writeText(text);
          toast("Copied.");
        } catch {
          toast("This browser does not let a page copy here. Select the text instead.", "attention");
        }
      });
      fill(chain, el("p", { class: "chain-head code" }, text), el("div", { class: "actions" }, copy), el("p", { class: "hint" }, "Write it down outside this machine. Later, ", el("code", {}, "outguide verify --expect-head SEQ:HASH"), " proves that nothing up to here was changed or cut off."), el("dl", { class: "facts" }, ...facts([["Epoch", epoch]])));
    } catch (fault) {
      if (!context.signal.aborted) fill(chain, faultBlock(fault, () => void look()));
    }
  };
  void look();
  const { user, role, hospital, filing, simulated, version } = me();
  return el(
    "div",
    { class: "about" },
    el("section", { class: "panel", "aria-label": "Hospital" }, el("h2", { class: "list-title" }, "This hospital"), el("dl", { class: "facts" }, ...facts([["Name", hospital.name], ["Time zone", hospital.time_zone], ["Filing", filing.replaceAll("-", " ")], ["Devices", simulated ? "simulated" : "real"], ["Signed in", `${user}, ${role}`], ["Outguide", version ?? "version not told"]])), el("a", { class: "link", href: "/api/v1/openapi.json", target: "_blank", rel: "noopener" }, "The interface for programs (OpenAPI)")),
    el("section", { class: "panel", "aria-label": "Chain head" }, el("h2", { class: "list-title" }, "The ledger’s chain head"), chain),
  );
}
