/** The frame of every page: rail, banners, keys, scans; opens pages as the address changes. */

/** @import { Page } from "./pages.js" */

import { byId, el, fill, setText } from "../shared/dom.js";
import { hearWedge } from "../shared/wedge.js";
import * as live from "./live.js";
import { show } from "./parts/form.js";
import { icon, iconButton } from "./parts/icon.js";
import { emptyBlock } from "./parts/faults.js";
import { notAChart, scanTaker } from "./parts/scans.js";
import { toast } from "./parts/toast.js";
import { pages } from "./pages.js";
import { takeScan } from "./pages/find.js";
import { alertCount } from "./parts/alert-count.js";
import { address, go, here } from "./router.js";
import { may, me, signOut, times } from "./session.js";
import { switchTheme } from "./theme.js";

/** How often "6 min ago" is said anew, in milliseconds. */
const TIMES_EVERY_MS = 20_000;

/**
 * @param {object} options
 * @param {(why: string | null) => void} options.signedOut
 */
export function openShell({ signedOut }) {
  const ended = new AbortController();
  const { signal } = ended;
  const main = el("main", { id: "main", class: "main", tabindex: "-1" });
  const offline = el("div", { class: "banner offline", role: "alert", hidden: true });
  const allowed = pages.filter((page) => may(...page.roles));
  const rail = railOf(allowed, { leave: () => void leave(null), signal });
  /** @param {string | null} why */
  const end = (why) => {
    if (signal.aborted) return;
    ended.abort();
    live.end();
    signedOut(why);
  };
  const leave = async (/** @type {string | null} */ why) => {
    try {
      await signOut();
    } catch {
      // The cookie is gone or the server is: either way this browser shows nothing more.
    }
    end(why);
  };
  fill(
    byId("root"),
    el("a", { class: "skip", href: "#main", on: { click: (/** @type {Event} */ event) => (event.preventDefault(), main.focus()) } }, "Skip to the page"),
    me().simulated ? demoBanner() : null,
    offline,
    el("div", { class: "frame" }, rail.element, main),
  );
  live.start({ connection: (lost) => showOffline(offline, lost), signedOut: () => end("Your session ended. Sign in again; nothing you had saved is lost.") });
  followAddress(main, allowed, rail.mark, signal);
  hearKeys(signal);
  const stopWedge = hearWedge(window, { onCode: ({ data }) => scanned(data) });
  signal.addEventListener("abort", stopWedge);
  const timer = setInterval(sayTimesAnew, TIMES_EVERY_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
}

/**
 * @param {Page[]} allowed
 * @param {{leave: () => void, signal: AbortSignal}} options
 */
function railOf(allowed, { leave, signal }) {
  /** @type {Map<string, HTMLAnchorElement>} */
  const links = new Map();
  const items = allowed
    .filter((page) => page.inRail !== false)
    .map((page) => {
      const count = page.name === "alerts" ? alertCount(signal) : null;
      const link = el("a", { class: "rail-link", href: address([page.name]) }, icon(page.name), el("span", { class: "rail-label" }, page.label), count);
      links.set(page.name, link);
      return el("li", {}, link);
    });
  const { user, role, hospital } = me();
  const element = el(
    "nav",
    { class: "rail", "aria-label": "Console" },
    el("div", { class: "brand" }, el("strong", {}, "Outguide"), el("span", { class: "soft", title: hospital.name }, hospital.name)),
    el("ul", {}, ...items),
    el(
      "div",
      { class: "rail-foot" },
      el("div", { class: "who" }, el("strong", { title: user }, user), el("span", { class: "soft" }, role)),
      el("div", { class: "rail-tools" }, iconButton("theme", "Light or dark", switchTheme), iconButton("keys", "Keyboard", showKeys), iconButton("sign-out", "Sign out", leave)),
    ),
  );
  return {
    element,
    /** @param {Page | undefined} page */
    mark: (page) => {
      for (const [name, link] of links) {
        if (page && (page.under ?? page.name) === name) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
    },
  };
}

/**
 * @param {HTMLElement} main
 * @param {Page[]} allowed
 * @param {(page: Page | undefined) => void} mark
 * @param {AbortSignal} signal
 */
function followAddress(main, allowed, mark, signal) {
  let opened = "";
  let leaving = new AbortController();
  /** @type {((route: import("./router.js").Route) => void) | null} */
  let tell = null;
  const turn = () => {
    const route = here();
    const first = allowed.find((page) => page.inRail !== false);
    const page = route.path.length === 0 ? first : allowed.find(({ name }) => name === route.path[0]);
    if (page && route.path.length === 0) route.path = [page.name];
    const key = page ? route.path.slice(0, page.depth ?? 1).join("/") : location.hash;
    if (key === opened && tell) return tell(route);
    leaving.abort();
    leaving = new AbortController();
    opened = key;
    /** @type {((route: import("./router.js").Route) => void)[]} */
    const listeners = [];
    tell = (next) => listeners.forEach((act) => act(next));
    mark(page);
    const title = (/** @type {string} */ text) => (document.title = `${text} · Outguide`);
    title(page?.label ?? "Not here");
    const content = page
      ? page.open({ route, signal: leaving.signal, onRoute: (act) => listeners.push(act), title })
      : el("div", { class: "page" }, el("h1", { class: "only-read-aloud" }, "Not here"), emptyBlock("There is nothing at this address", "Or your role does not show it. Choose from the rail."));
    fill(main, content);
    main.scrollTo(0, 0);
    const target = /** @type {HTMLElement | null} */ (content.querySelector("[data-focus]"));
    (target ?? main).focus({ preventScroll: true });
  };
  window.addEventListener("hashchange", turn, { signal });
  signal.addEventListener("abort", () => leaving.abort());
  turn();
}

/** @param {AbortSignal} signal */
function hearKeys(signal) {
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
      const target = /** @type {Element} */ (event.target);
      const typing = target instanceof Element && target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
      if (event.key === "Escape" && !typing) escape();
      if (typing) return;
      if (event.key === "/" && may("viewer")) {
        event.preventDefault();
        if (here().path[0] !== "find") go(address(["find"]));
        const field = /** @type {HTMLInputElement | null} */ (document.querySelector("#find-text"));
        field?.focus();
        field?.select();
      } else if (event.key === "?") showKeys();
    },
    { signal },
  );
}

/** Closes what is open beside, else goes back from a chart. */
function escape() {
  const close = /** @type {HTMLElement | null} */ (document.querySelector("[data-escape]"));
  close?.click();
}

/** @param {string} data */
function scanned(data) {
  const taker = scanTaker();
  if (taker) return taker(data);
  if (document.querySelector("dialog[open]")) return toast("A scan came in while this is open. Close it, then scan again.", "attention");
  if (!may("viewer")) return toast("Your role may not look up charts.", "attention");
  const written = [...document.querySelectorAll("main textarea")].some((area) => /** @type {HTMLTextAreaElement} */ (area).value.trim() !== "");
  if (written) return toast("A scan came in while a note is unsaved. Save or clear it, then scan again.", "attention");
  const foreign = notAChart(data);
  if (foreign) return toast(foreign, "attention");
  takeScan(data);
}

/**
 * @param {HTMLElement} banner
 * @param {boolean} lost
 */
function showOffline(banner, lost) {
  if (banner.hidden === !lost) return;
  banner.hidden = !lost;
  fill(
    banner,
    icon("offline"),
    `No connection to the server since ${times().clock(Date.now())}. What is shown may be old, and changes cannot be saved. Scans at kiosks are kept there. Trying again by itself.`,
  );
  if (!lost) toast("Connected again. What is shown is up to date.");
}

function demoBanner() {
  return el("aside", { class: "banner demo", "aria-label": "Sample hospital" }, "Sample hospital: patients are made up; scanners and the label printer are simulated.");
}

function showKeys() {
  /** @type {[string, string][]} */
  const keys = [
    ["/", "Find a chart"],
    ["a scan", "opens the chart, wherever you are"],
    ["↑ ↓", "through a list; Home and End to its ends"],
    ["Enter", "opens the row; in Find it searches"],
    ["Esc", "closes what is open beside, goes back"],
    ["?", "this list"],
  ];
  show("Keyboard", el("dl", { class: "keys" }, ...keys.flatMap(([key, text]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, text)])));
}

function sayTimesAnew() {
  const say = times();
  const ways = { when: say.when, ago: say.ago, due: say.due, date: say.date, clock: say.clock };
  for (const node of document.querySelectorAll("time[data-way]")) {
    const way = /** @type {keyof typeof ways} */ (/** @type {HTMLElement} */ (node).dataset["way"]);
    if (ways[way]) setText(node, ways[way](node.getAttribute("datetime")));
  }
}
