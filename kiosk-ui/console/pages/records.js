/** Records: patients, places, staff and record types, each a tab of its own. */

/** @import { Context } from "../pages.js" */

import { el } from "../../shared/dom.js";
import { emptyBlock } from "../parts/faults.js";
import { tabs } from "../parts/page.js";
import { address } from "../router.js";
import * as patients from "./patients.js";
import * as places from "./places.js";
import * as recordTypes from "./record-types.js";
import * as staff from "./staff.js";

/** @type {{name: string, label: string, open: (context: Context) => HTMLElement}[]} */
const TABS = [
  { name: "patients", label: "Patients", open: patients.open },
  { name: "places", label: "Places", open: places.open },
  { name: "staff", label: "Staff", open: staff.open },
  { name: "record-types", label: "Record types", open: recordTypes.open },
];

/** @param {Context} context */
export function open(context) {
  const name = context.route.path[1] ?? "patients";
  const tab = TABS.find((one) => one.name === name);
  context.title(tab?.label ?? "Records");
  return el(
    "div",
    { class: "page split" },
    el("header", { class: "page-head" }, el("h1", {}, "Records"), tabs("Records", TABS.map((one) => ({ href: address(["records", one.name]), text: one.label, current: one.name === name })))),
    tab ? tab.open(context) : emptyBlock("There is nothing at this address", "Choose a tab above."),
  );
}
