/** What stands around the verdict: place, person, destination, devices, clock, commands, and what to do next. */

/** @import { KioskView, ReceiptSession } from "../shared/types.js" */

import { byId, el, fill, picture, setText } from "../shared/dom.js";
import { COMMANDS, roleMay } from "./codes.js";
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
    ? [el("strong", { class: "fits" }, session.staff_name ?? session.staff), session.staff_role ? el("span", { class: "header-role" }, session.staff_role) : null]
    : [el("span", { class: "header-nobody" }, view ? "Nobody signed in" : "")];
  fill(byId("person"), ...person);
  const to = session ? destinationText(session) : "";
  fill(byId("destination"), ...(to ? [picture(PICTURES, "arrow", { class: "header-arrow" }), el("span", { class: "fits" }, to)] : []));
}

/** @param {ReceiptSession} session */
export function destinationText(session) {
  const place = session.destination_name ?? session.destination;
  const holder = session.holder_name ?? session.holder;
  if (place && holder) return `${holder}, ${place}`;
  return place ?? holder ?? "";
}

const CANNOT_BE_ASKED = "unasked";

/**
 * One dot with a word for each kind of thing the kiosk depends on. Colour never alone: what is wrong is named.
 *
 * @param {KioskView | null} view
 * @param {{reached: boolean, streaming: boolean}} link
 */
export function paintDevices(view, link) {
  const online = link.reached && link.streaming;
  const scanners = view?.devices ?? [];
  const down = scanners.filter((device) => !isUp(device.state));
  /** @type {{label: string, state: string, up: boolean, simulated: boolean}[]} */
  const shown = [];
  if (scanners.length > 0) {
    const label = scanners.length === 1 ? "scanner" : `${scanners.length} scanners`;
    const state = down.length === 0 ? "ready" : scanners.length === 1 ? stateWord(down[0]?.state ?? "") : `${down.length} down`;
    shown.push({ label, state, up: down.length === 0, simulated: scanners.some((device) => device.simulated) });
  }
  // Of a printer that cannot be asked nothing is known to be wrong: no red mark that is there all day.
  if (view?.printer && view.printer.state !== CANNOT_BE_ASKED) {
    const { state, simulated } = view.printer;
    shown.push({ label: "printer", state: stateWord(state), up: isUp(state), simulated: simulated ?? false });
  }
  // The server is not a device: it is named only when it does not answer.
  if (view && !online) shown.push({ label: "server", state: "no answer", up: false, simulated: false });
  fill(
    byId("devices"),
    shown.map(({ label, state, up, simulated }) =>
      el(
        "span",
        { class: "device", data: { up, simulated }, title: simulated ? `${label}: ${state}, simulated` : `${label}: ${state}` },
        el("span", { class: "device-dot", "aria-hidden": "true" }),
        label,
        up ? el("span", { class: "only-read-aloud" }, " ready") : el("span", { class: "device-state" }, ` ${state}`),
        simulated && el("span", { class: "device-simulated" }, "sim"),
      ),
    ),
  );
}

/** @param {string} state */
export function isUp(state) {
  return ["ready", "open", "up", "ok", "online", "connected", "idle", "printing", "simulated", "running", CANNOT_BE_ASKED].includes(state);
}

/** @param {string} state */
export function stateWord(state) {
  if (state === CANNOT_BE_ASKED) return "cannot be asked";
  return state.replaceAll("_", " ") || "unknown";
}

/**
 * The commands as buttons: each submits its card's code. One that the badge's role may not use is marked with a lock but
 * still answers: the server's refusal says why and is written down, a dead button would say nothing.
 *
 * @param {(word: string) => void} onCommand
 */
export function makeCommands(onCommand) {
  fill(
    byId("commands"),
    COMMANDS.map(({ word, label }) =>
      el(
        "button",
        { type: "button", class: "command", data: { word }, on: { click: () => onCommand(word) } },
        picture(PICTURES, "lock", { class: "command-lock" }),
        el("span", {}, label),
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
    if (note) setText(note, locked ? `, needs the ${needs} role` : "");
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
  if (!reached) return "No answer from the server. Keep scanning: each code is saved here and recorded later, in order.";
  if (!view) return "";
  const here = view.place_name ?? view.place;
  if (!session?.staff) return "Scan your badge.";
  const holder = session.holder_name ?? session.holder;
  const place = session.destination_name ?? session.destination;
  switch (session.mode) {
    case "out":
      if (holder) return `Scan the charts that ${holder} takes.`;
      return place ? `Scan charts: each goes to ${place}.` : "Scan the badge of the person who takes the charts, or a place card.";
    case "where":
      return "Scan a chart to be told where it should be. It is not moved.";
    case "missing":
      return "Scan anything that names the missing chart: its slip, its outguide, a line of a list.";
    case "found":
      return "Scan each chart that was found.";
    case "label":
      return "Scan each chart that needs a new label.";
    default:
  }
  if (place) return `Scan charts: each goes to ${place}${holder ? `, to ${holder}` : ""}.`;
  if (session.mode === "return") return `Scan charts: each is returned to ${here}. Or a place card, to send them on.`;
  return `Scan charts: each is received at ${here}. Or a place card, to send them on.`;
}

/**
 * The resting screen: badge, place card, folder, and which of them comes now.
 *
 * @param {KioskView | null} view
 * @param {ReceiptSession | null} session
 */
export function restingScreen(view, session) {
  const here = view ? (view.place_name ?? view.place) : "this place";
  const at = !session?.staff ? 0 : session.destination || session.holder ? 2 : 1;
  const without = view?.mode === "return" ? `none: returned to ${here}` : `none: received at ${here}`;
  const steps = [
    { name: "badge", title: "Your badge", text: session?.staff ? (session.staff_name ?? session.staff) : "says who you are" },
    { name: "place-card", title: "Place card", text: session && destinationText(session) ? destinationText(session) : without },
    { name: "folder", title: "Charts", text: "one after the other" },
  ];
  return el(
    "div",
    { class: "rest" },
    el("p", { class: "rest-title" }, ["Scan your badge", "Scan a place card, or charts", "Scan charts"][at]),
    el(
      "ol",
      { class: "rest-steps" },
      steps.map(({ name, title, text }, step) =>
        el(
          "li",
          { class: "rest-step", data: { now: step === at || (at === 1 && step === 2), done: step < at }, "aria-current": step === at ? "step" : null },
          picture(PICTURES, name),
          el("span", { class: "rest-step-title" }, title),
          el("span", { class: "rest-step-text" }, text),
        ),
      ),
    ),
  );
}
