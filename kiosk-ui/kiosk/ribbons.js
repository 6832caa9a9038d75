/** Lines that stay while something is the case: waiting scans, scans not taken, simulated devices, no sound. */

/** @import { AgentView, KioskView } from "../shared/types.js" */
/** @import { Times } from "../shared/format.js" */
/** @import { Speaker } from "../shared/sound.js" */
/** @import { Counts } from "./store.js" */

import { byId, el, fill } from "../shared/dom.js";
import { say } from "./language.js";

/** Scans that wait although the server answers are only told of once the oldest is this old, in milliseconds. */
const WAITS_LONG_MS = 10_000;

/**
 * @typedef {object} Facts
 * @property {KioskView | null} view
 * @property {AgentView | null} agent
 * @property {Counts} counts
 * @property {boolean} reached
 * @property {boolean} durable
 * @property {Speaker} speaker
 * @property {Times} times
 * @property {(() => void) | null} onSamples
 * @property {() => void} onLook opens the menu, where scans that were not taken stand
 * @property {() => void} onSound
 *
 * @typedef {{kind: string, text: string, action?: string, onAction?: () => void}} Ribbon
 */

/** @param {Facts} facts */
export function paintRibbons(facts) {
  const ribbons = [...ofAgent(facts), ...ofScans(facts), ...ofDevices(facts)];
  const key = JSON.stringify(ribbons.map(({ text, action }) => [text, action]));
  const box = byId("ribbons");
  if (box.dataset.key === key) return; // not under a finger that is about to press
  box.dataset.key = key;
  fill(box, ribbons.map(ribbonElement));
}

/** @param {Facts} facts @returns {Ribbon[]} */
function ofAgent({ agent }) {
  /** @type {Ribbon[]} */
  const ribbons = [];
  if (agent?.full) ribbons.push({ kind: "refused", text: say("ribbon.full") });
  if (agent?.link === "barred") ribbons.push({ kind: "refused", text: say("ribbon.barred") });
  if (agent?.link === "strangers") ribbons.push({ kind: "refused", text: say("ribbon.strangers") });
  return ribbons;
}

/** @param {Facts} facts @returns {Ribbon[]} */
function ofScans({ counts: { waiting, oldest_at, parked }, reached, durable, times, onLook }) {
  /** @type {Ribbon[]} */
  const ribbons = [];
  if (waiting > 0 && (!reached || Date.now() - Date.parse(oldest_at ?? "") > WAITS_LONG_MS)) {
    ribbons.push({ kind: "saved", text: say("ribbon.saved", { count: waiting, age: times.ago(oldest_at) }) });
  } else if (!reached) {
    ribbons.push({ kind: "saved", text: say("ribbon.offline") });
  }
  if (parked.length > 0) {
    const unrecorded = parked.every((scan) => scan.status === 503);
    ribbons.push({ kind: "refused", text: say(unrecorded ? "ribbon.unrecorded" : "ribbon.parked", { count: parked.length }), action: say("ribbon.look"), onAction: onLook });
  }
  if (!durable) ribbons.push({ kind: "refused", text: say("ribbon.not_durable") });
  return ribbons;
}

/** @param {Facts} facts @returns {Ribbon[]} */
function ofDevices({ view, speaker, onSamples, onSound }) {
  /** @type {Ribbon[]} */
  const ribbons = [];
  if (view && (view.simulated || view.devices?.some((device) => device.simulated))) {
    const more = onSamples ? { action: say("ribbon.samples"), onAction: onSamples } : {};
    ribbons.push({ kind: "simulated", text: say("ribbon.simulated"), ...more });
  }
  if (speaker.blocked && !speaker.silent) {
    ribbons.push({ kind: "sound", text: say("ribbon.silent"), action: say("ribbon.sound_on"), onAction: onSound });
  }
  return ribbons;
}

/** @param {Ribbon} ribbon */
function ribbonElement({ kind, text, action, onAction }) {
  return el(
    "div",
    { class: "ribbon", data: { kind }, role: kind === "simulated" ? "note" : "status" },
    el("span", {}, text),
    action && onAction ? el("button", { type: "button", class: "ribbon-button", on: { click: onAction } }, action) : null,
  );
}
