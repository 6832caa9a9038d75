/** Print: what wants someone, printers, batches; everything that was printed; templates. */

/** @import { Context } from "../pages.js" */

import { el } from "../../shared/dom.js";
import { emptyBlock } from "../parts/faults.js";
import { button } from "../parts/icon.js";
import { tabs } from "../parts/page.js";
import { openScanBack } from "../parts/scan-back.js";
import { address } from "../router.js";
import { may } from "../session.js";
import * as now from "./print-now.js";
import { makeBatch } from "./print-batch-forms.js";
import * as history from "./print-history.js";
import * as templates from "./print-templates.js";

/** @param {Context} context */
export function open(context) {
  const all = [
    { name: "now", label: "Now", open: now.open },
    { name: "history", label: "History", open: history.open },
    { name: "templates", label: "Templates", open: templates.open },
  ];
  const name = context.route.path[1] ?? "now";
  const tab = all.find((one) => one.name === name);
  context.title(tab && name !== "now" ? `Print: ${tab.label}` : "Print");
  return el(
    "div",
    { class: `page print print-${name}` },
    el(
      "header",
      { class: "page-head" },
      el("h1", {}, "Print"),
      tabs("Print", all.map((one) => ({ href: address(["print", one.name]), text: one.label, current: one.name === name }))),
      el(
        "div",
        { class: "page-actions end" },
        may("clerk") ? button("Confirm by scanning", () => openScanBack(), { icon: "scanned" }) : null,
        may("records") ? button("Print a batch", () => makeBatch(), { icon: "add", kind: "primary" }) : null,
      ),
    ),
    tab ? tab.open(context) : emptyBlock("There is nothing at this address", "Choose a tab above."),
  );
}
