/** Devices: all at a glance; kiosks, and how a browser becomes a kiosk's screen; the register of equipment. */

/** @import { Context } from "../pages.js" */
/** @import { AgentRow, KioskRow, Printer } from "../types.js" */
/** @import { DeviceView } from "../../shared/types.js" */

import { get, post } from "../../shared/api.js";
import { el, fill, setText } from "../../shared/dom.js";
import { span } from "../../shared/format.js";
import { hearCalmly } from "../live.js";
import { changeFault, emptyBlock, faultBlock } from "../parts/faults.js";
import { show } from "../parts/form.js";
import { button, simulatedTag, tag, words } from "../parts/icon.js";
import { head, tabs } from "../parts/page.js";
import { printerCard } from "../parts/printer-card.js";
import { toast } from "../parts/toast.js";
import { address } from "../router.js";
import { may, times } from "../session.js";
import * as health from "./device-health.js";
import * as equipment from "./equipment.js";
import { addKiosk, correctKiosk, turnKiosk } from "./kiosk-forms.js";

/** Devices change state without a ledger entry, so they are asked for too: a plug that was pulled shows within 3 s. */
const LOOK_EVERY_MS = 2_500;
const GOOD = ["ready"];

/** @param {Context} context */
export function open(context) {
  const name = context.route.path[1] ?? "health";
  const nav = tabs("Devices", [
    { href: address(["devices"]), text: "At a glance", current: name === "health" },
    { href: address(["devices", "kiosks"]), text: "Kiosks", current: name === "kiosks" },
    { href: address(["devices", "equipment"]), text: "Equipment", current: name === "equipment" },
  ]);
  if (name === "kiosks") {
    context.title("Kiosks");
    return now(context, nav);
  }
  if (name === "health") return el("div", { class: "page devices" }, head("Devices", nav), health.open(context));
  context.title(name === "equipment" ? "Equipment" : "Devices");
  return el("div", { class: "page split" }, el("header", { class: "page-head" }, el("h1", {}, name === "equipment" ? "Equipment" : "Devices"), nav), name === "equipment" ? equipment.open(context) : emptyBlock("There is nothing at this address", "Choose a tab above."));
}

/**
 * Kiosks and printers as they are now.
 *
 * @param {Context} context
 * @param {HTMLElement} nav
 */
function now(context, nav) {
  const kiosks = el("div", { class: "cards wide" }, ...Array.from({ length: 3 }, () => el("div", { class: "card" }, el("span", { class: "bone line" }), el("span", { class: "bone line" }))));
  const printers = el("div", { class: "cards" });
  let drawn = "";
  const look = async (anyway = false) => {
    try {
      const [kioskList, printerList] = await Promise.all([get("/api/v1/kiosks", {}, context.signal), get("/api/v1/printers", {}, context.signal)]);
      const text = JSON.stringify([kioskList.rows, printerList.rows]);
      if (text === drawn || (!anyway && drawn !== "" && kiosks.contains(document.activeElement))) return;
      drawn = text;
      fill(kiosks, ...(kioskList.rows.length > 0 ? kioskList.rows.map((/** @type {KioskRow} */ kiosk) => kioskCard(kiosk, change)) : [emptyBlock("There is no kiosk yet", "An administrator adds them here, or as a [[kiosk]] in outguide.toml.")]));
      fill(printers, ...(printerList.rows.length > 0 ? printerList.rows.map((/** @type {Printer} */ printer) => printerCard(printer, () => void look(true))) : [emptyBlock("No printer is configured", "Add a [[printer]] to outguide.toml and start the server again.")]));
    } catch (fault) {
      if (!context.signal.aborted && drawn === "") fill(kiosks, faultBlock(fault, () => void look()));
    }
  };
  /** @param {() => Promise<unknown>} form */
  const change = async (form) => {
    if ((await form()) !== null) await look(true);
  };
  void look();
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  context.signal.addEventListener("abort", () => clearInterval(timer));
  hearCalmly(context.signal, (event) => event.alert?.kind === "device" || event.alert?.kind === "printer" || event.kind.startsWith("printer_stock_") || event.kind.startsWith("kiosk_"), () => void look(), 300);
  return el("div", { class: "page devices" }, head("Kiosks", nav, may("admin") ? button("Add a kiosk", () => change(addKiosk), { icon: "add", kind: "primary" }) : null), kiosks, el("h2", { class: "section-title" }, "Printers"), printers);
}

/**
 * @param {KioskRow} kiosk
 * @param {(form: () => Promise<unknown>) => void} change
 */
function kioskCard(kiosk, change) {
  const { session } = kiosk;
  const active = kiosk.active !== false;
  return el(
    "article",
    { class: "card" },
    el("div", { class: "card-head" }, el("h2", {}, kiosk.name), el("span", { class: "soft" }, kiosk.id), active ? null : tag("inactive", "refused")),
    el("p", { class: "soft" }, `${kiosk.place_name ?? kiosk.place} · a chart scanned here is ${kiosk.mode === "return" ? "returned" : "received"}`),
    el("ul", { class: "devices-list" }, ...(kiosk.devices.length > 0 ? kiosk.devices.map(deviceLine) : [el("li", { class: "hint" }, "No scanner of its own: a keyboard-wedge scanner at its browser, or touch.")])),
    kiosk.agent ? agentLine(kiosk.agent) : null,
    el("p", {}, session?.staff ? `${session.staff_name ?? `badge ${session.staff}`} is signed in` : el("span", { class: "soft" }, "Nobody is signed in")),
    el(
      "div",
      { class: "actions" },
      may("clerk") && active ? el("a", { class: "button", href: `/kiosk/${encodeURIComponent(kiosk.id)}`, target: "_blank", rel: "noopener" }, "Open its screen") : null,
      may("admin") && active ? button("Enrol a browser", () => enrol(kiosk)) : null,
      may("admin") && !kiosk.configured ? button("Correct", () => change(() => correctKiosk(kiosk))) : null,
      may("admin") ? button(active ? "Deactivate" : "Activate", () => change(() => turnKiosk(kiosk))) : null,
      el("span", { class: "soft" }, kiosk.enrolled_browsers === undefined ? "" : `${kiosk.enrolled_browsers} enrolled`),
    ),
  );
}

/**
 * The kiosk's own computer: whether it is heard, and what waits there.
 *
 * @param {AgentRow} agent
 */
function agentLine({ connected, heard_at, version, waiting, oldest_at, parked, full }) {
  const scans = waiting === 1 ? "1 scan waits" : `${waiting} scans wait`;
  const waits = waiting === 0 ? "nothing waits there" : `${scans} there, the oldest ${times().ago(oldest_at)}`;
  return el(
    "ul",
    { class: "devices-list" },
    el(
      "li",
      {},
      el("span", { class: "device-name" }, "Own computer"),
      tag(connected ? "connected" : "does not answer", connected ? "ok" : "refused"),
      full ? tag("can keep no more scans", "refused") : null,
      parked > 0 ? tag(parked === 1 ? "1 scan not taken" : `${parked} scans not taken`, "refused") : null,
      el("span", { class: "soft" }, connected ? `${waits} · version ${version || "not told"}` : `last heard ${times().ago(heard_at)}; it keeps what is scanned there`),
    ),
  );
}

/** @param {DeviceView & {detail?: string | null}} device */
function deviceLine(device) {
  const good = GOOD.includes(device.state);
  return el(
    "li",
    {},
    el("span", { class: "device-name" }, device.id),
    tag(words(device.state), good ? "ok" : device.state === "connecting" ? "attention" : "refused"),
    device.simulated ? simulatedTag() : null,
    el("span", { class: "soft" }, device.last_scan_at ? ["last scan ", times().ago(device.last_scan_at)].join("") : "no scan yet"),
    device.detail ? el("p", { class: "hint" }, device.detail) : null,
  );
}

/** @param {KioskRow} kiosk */
async function enrol(kiosk) {
  try {
    const { code, expires_at } = await post(`/api/v1/kiosks/${encodeURIComponent(kiosk.id)}/enrol-code`);
    const left = el("p", { class: "soft", role: "timer" });
    const shown = el("p", { class: "enrol-code", "aria-label": [...code].join(" ") }, `${code.slice(0, 4)} ${code.slice(4)}`);
    const dialog = show(
      `Enrol a browser for ${kiosk.name}`,
      el("ol", { class: "steps" }, el("li", {}, "At the kiosk, open ", el("strong", {}, `${location.origin}/kiosk/${kiosk.id}`)), el("li", {}, "Type this code there. It works once.")),
      el("p", { class: "hint" }, "Has the kiosk a computer of its own that runs Outguide? There, run ", el("code", {}, `outguide agent enrol ${code}`), " instead."),
      shown,
      left,
    );
    const tick = () => {
      const rest = Date.parse(expires_at) - times().now();
      setText(left, rest > 0 ? `Works for ${span(rest)} more.` : "This code has expired. Close this and make a new one.");
      shown.classList.toggle("expired", rest <= 0);
    };
    tick();
    const timer = setInterval(tick, 1_000);
    dialog.addEventListener("close", () => clearInterval(timer));
  } catch (fault) {
    const { text, lost } = changeFault(fault);
    toast(`${text} ${lost}`, "refused");
  }
}
