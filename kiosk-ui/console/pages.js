/** The pages there are: their noun in the rail, their address, and the roles that see them. */

/** @import { Role } from "../shared/types.js" */
/** @import { Route } from "./router.js" */

import * as alerts from "./pages/alerts.js";
import * as audit from "./pages/audit.js";
import * as chart from "./pages/chart.js";
import * as devices from "./pages/devices.js";
import * as find from "./pages/find.js";
import * as out from "./pages/out.js";
import * as photograph from "./pages/photograph.js";
import * as print from "./pages/print.js";
import * as records from "./pages/records.js";
import * as setUp from "./pages/set-up.js";

/**
 * What a page is opened with.
 *
 * @typedef {object} Context
 * @property {Route} route where we were when it opened
 * @property {AbortSignal} signal aborted when the page is left
 * @property {(act: (route: Route) => void) => void} onRoute told when the address changes within the page
 * @property {(title: string) => void} title names the browser's tab; no patient data
 */

/**
 * @typedef {object} Page
 * @property {string} name first part of the address, and the icon
 * @property {string} label
 * @property {Role[]} roles any of these (with those above them)
 * @property {boolean} [inRail] false: reached from other pages
 * @property {number} [depth] how many parts of the address make another page, not another view of it
 * @property {string} [under] the noun in the rail that it belongs to
 * @property {(context: Context) => HTMLElement} open
 */

/** @type {Page[]} */
export const pages = [
  { name: "find", label: "Find", roles: ["viewer"], open: find.open },
  { name: "out", label: "Out now", roles: ["viewer"], open: out.open },
  { name: "alerts", label: "Alerts", roles: ["viewer"], open: alerts.open },
  { name: "photograph", label: "Photograph", roles: ["records"], open: photograph.open },
  { name: "print", label: "Print", roles: ["viewer"], depth: 2, open: print.open },
  { name: "records", label: "Records", roles: ["records"], depth: 2, open: records.open },
  { name: "devices", label: "Devices", roles: ["viewer", "technician"], depth: 2, open: devices.open },
  { name: "audit", label: "Audit", roles: ["auditor"], depth: 2, open: audit.open },
  { name: "set-up", label: "Set-up", roles: ["viewer", "technician"], depth: 2, open: setUp.open },
  { name: "charts", label: "Chart", roles: ["viewer"], inRail: false, depth: 2, under: "find", open: chart.open },
];
