/** What stands around the verdict: place, person, destination, devices, clock, commands, and what to do next. */

/** @import { KioskView, ReceiptSession } from "../shared/types.js" */

import { byId, el, fill, picture, setText } from "../shared/dom.js";
import { COMMANDS, roleMay } from "./codes.js";
import { say, sayWord } from "./language.js";
import { PICTURES } from "./verdict.js";

/**
 * @param {KioskView | null} view
 * @param {ReceiptSession | null} session
 * @param {boolean} several each lane names its own person and destination, the header none
 */
export function paintHeader(view, session, several) {
  const place = view ? view.name : "";
  if (view) fill(byId("place"), el("span", { class: "fits", title: view.place_name ?? view.place }, place));
  byId("header").dataset.several = String(several);
  if (several) {
    fill(byId("person"));
    fill(byId("destination"));
    return;
  }
  const person = session?.staff
    ? [el("strong", { class: "fits" }, session.staff_name ?? session.staff), session.staff_role ? el("span", { class: "header-role" }, sayWord("role", session.staff_role)) : null]
    : [el("span", { class: "header-nobody" }, view ? say("frame.nobody") : "")];
  fill(byId("person"), ...person);
  const to = session ? destinationText(session) : "";
  fill(byId("destination"), ...(to ? [picture(PICTURES, "arrow", { class: "header-arrow" }), el("span", { class: "fits" }, to)] : []));
}

/** @param {ReceiptSession} session */
export function destinationText(session) {
  const place = session.destination_name ?? session.destination;
  const holder = session.holder_name ?? session.holder;
  if (place && holder) return say("frame.person_at_place", { person: holder, place });
  return place ?? holder ?? "";
}

const CANNOT_BE_ASKED = "unasked";

/**
 * One dot with a word for each thing the kiosk depends on, and how many scans wait. Colour never alone: what is wrong is
 * named.
 *
 * @param {KioskView | null} view
 * @param {{reached: boolean, streaming: boolean}} link
 * @param {number} waiting scans that are not recorded yet
 */
export function paintDevices(view, link, waiting) {
  const scanners = view?.devices ?? [];
  const down = scanners.filter((device) => !isUp(device.state));
  /** @type {{name: string, label: string, state: string, up: boolean, simulated: boolean}[]} */
  const shown = [];
  if (scanners.length > 0) {
    const label = scanners.length === 1 ? say("device.scanner") : say("device.scanners", { count: scanners.length });
    const state = down.length === 0 ? sayWord("state", "ready") : scanners.length === 1 ? stateWord(down[0]?.state ?? "") : say("device.down", { count: down.length });
    shown.push({ name: "scanner", label, state, up: down.length === 0, simulated: scanners.some((device) => device.simulated) });
  }
  // Of a printer that cannot be asked nothing is known to be wrong: no red mark that is there all day.
  if (view?.printer && view.printer.state !== CANNOT_BE_ASKED) {
    const { state, simulated } = view.printer;
    shown.push({ name: "printer", label: say("device.printer"), state: stateWord(state), up: isUp(state), simulated: simulated ?? false });
  }
  const online = link.reached && link.streaming;
  if (view) shown.push({ name: "server", label: say("device.server"), state: sayWord("state", online ? "ready" : "no_answer"), up: online, simulated: false });
  fill(byId("devices"), shown.map(deviceMark), view && queueMark(waiting));
}

/** @param {{name: string, label: string, state: string, up: boolean, simulated: boolean}} device */
function deviceMark({ name, label, state, up, simulated }) {
  return el(
    "span",
    { class: "device", data: { name, up, simulated }, title: say(simulated ? "device.title_simulated" : "device.title", { device: label, state }) },
    el("span", { class: "device-dot", "aria-hidden": "true" }),
    label,
    up ? el("span", { class: "only-read-aloud" }, ` ${state}`) : el("span", { class: "device-state" }, ` ${state}`),
    simulated && el("span", { class: "device-simulated" }, say("device.sim")),
  );
}

/** @param {number} waiting */
function queueMark(waiting) {
  return el(
    "span",
    { class: "device device-queue", data: { name: "queue", waiting: waiting > 0 }, title: say("device.queue.title", { count: waiting }) },
    picture(PICTURES, "saved", { class: "device-arrow" }),
    say("device.queue"),
    el("span", { class: "device-count" }, ` ${waiting}`),
  );
}

/** @param {string} state */
export function isUp(state) {
  return ["ready", "open", "up", "ok", "online", "connected", "idle", "printing", "simulated", "running", CANNOT_BE_ASKED].includes(state);
}

/** @param {string} state */
export const stateWord = (state) => sayWord("state", state || "unknown");

/** Commands' words of so many letters fit their buttons in the usual size; with a longer one all are smaller. */
const COMMAND_WORD_USUAL = 7;

/**
 * The commands as buttons: each submits its card's code. One that the badge's role may not use is marked with a lock but
 * still answers: the server's refusal says why and is written down, a dead button would say nothing.
 *
 * @param {(word: string) => void} onCommand
 */
export function makeCommands(onCommand) {
  byId("commands").dataset.long = String(COMMANDS.some(({ key }) => say(key).length > COMMAND_WORD_USUAL));
  fill(
    byId("commands"),
    COMMANDS.map(({ word, key }) =>
      el(
        "button",
        { type: "button", class: "command", data: { word }, on: { click: () => onCommand(word) } },
        picture(PICTURES, "lock", { class: "command-lock" }),
        el("span", {}, say(key)),
        el("span", { class: "command-note only-read-aloud" }, ""),
      ),
    ),
  );
}

/**
 * @param {KioskView | null} view
 * @param {ReceiptSession | null} session
 */
export function paintCommands(view, session) {
  for (const { word, modes, needs } of COMMANDS) {
    const button = byId("commands").querySelector(`[data-word="${word}"]`);
    if (!(button instanceof HTMLElement)) continue;
    const locked = !roleMay(session?.staff_role, needs);
    button.dataset.locked = String(locked);
    const note = button.querySelector(".command-note");
    if (note) setText(note, locked ? say(needs === "records" ? "command.needs_records" : "command.needs_clerk") : "");
    if (modes.length === 0) continue;
    const usual = session?.mode === view?.mode && Boolean(session?.destination);
    button.setAttribute("aria-pressed", String(Boolean(session?.staff) && modes.includes(session?.mode ?? "") && !usual));
  }
}

/**
 * What to do next, in one sentence.
 *
 * @param {KioskView | null} view
 * @param {ReceiptSession | null} session
 * @param {boolean} reached
 * @returns {string}
 */
export function nextStep(view, session, reached) {
  if (!reached) return say("next.offline");
  if (!view) return "";
  const here = view.place_name ?? view.place;
  if (!session?.staff) return say("next.badge");
  const person = session.holder_name ?? session.holder;
  const place = session.destination_name ?? session.destination;
  switch (session.mode) {
    case "out":
      if (person) return say("next.out.person", { person });
      return place ? say("next.to_place", { place }) : say("next.out.who");
    case "where":
      return say("next.where");
    case "missing":
      return say("next.missing");
    case "found":
      return say("next.found");
    case "label":
      return say("next.label");
    case "unclear":
      return say("next.unclear");
    default:
  }
  if (place) return person ? say("next.to_person_at_place", { place, person }) : say("next.to_place", { place });
  if (session.mode !== "return") return say("next.receive", { place: here });
  return view.mode === "return" ? say("next.return", { place: here }) : say("next.return.home");
}

/**
 * The resting screen: badge, place card, folder, and which of them comes now.
 *
 * @param {KioskView | null} view
 * @param {ReceiptSession | null} session
 */
export function restingScreen(view, session) {
  const here = view ? (view.place_name ?? view.place) : say("frame.this_place");
  const at = !session?.staff ? 0 : session.destination || session.holder ? 2 : 1;
  const unclear = Boolean(session?.staff) && session?.mode === "unclear";
  const without = unclear ? say("rest.step.place.needed") : say(view?.mode === "return" ? "rest.step.place.returned" : "rest.step.place.received", { place: here });
  const steps = [
    { name: "badge", title: say("rest.step.badge"), text: session?.staff ? (session.staff_name ?? session.staff) : say("rest.step.badge.text") },
    { name: "place-card", title: say("rest.step.place"), text: session && destinationText(session) ? destinationText(session) : without },
    { name: "folder", title: say("rest.step.charts"), text: say("rest.step.charts.text") },
  ];
  return el(
    "div",
    { class: "rest" },
    el("p", { class: "rest-title" }, unclear ? say("refused.unclear") : say(/** @type {const} */ (["rest.badge", "rest.place_or_charts", "rest.charts"])[at] ?? "rest.badge")),
    el(
      "ol",
      { class: "rest-steps" },
      steps.map(({ name, title, text }, step) =>
        el(
          "li",
          { class: "rest-step", data: { now: step === at || (at === 1 && step === 2 && !unclear), done: step < at }, "aria-current": step === at ? "step" : null },
          picture(PICTURES, name),
          el("span", { class: "rest-step-title" }, title),
          el("span", { class: "rest-step-text" }, text),
        ),
      ),
    ),
  );
}
