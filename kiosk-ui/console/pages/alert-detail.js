/** One alert, opened beside the list: what it is about, what can be done, what was noted. */

/** @import { AlertRow } from "../types.js" */

import { get, post } from "../../shared/api.js";
import { el, fill } from "../../shared/dom.js";
import { alertSentence, chartOf } from "../parts/alert-words.js";
import { changeFault } from "../parts/faults.js";
import { ask } from "../parts/form.js";
import { button, words } from "../parts/icon.js";
import { toast } from "../parts/toast.js";
import { birthDate, number, personName, whereSentence } from "../parts/where.js";
import { dayAt, instantOf } from "../parts/zoned.js";
import { address } from "../router.js";
import { found, tell } from "./chart-actions.js";
import { may, me, times } from "../session.js";

const HOUR_MS = 3_600_000;

/**
 * @param {AlertRow} alert
 * @param {() => void} changed
 */
export function alertDetail(alert, changed) {
  const chart = chartOf(alert);
  const patient = chart?.patient;
  return el(
    "div",
    { class: "alert-detail" },
    chart ? el("a", { class: "alert-chart", href: address(["charts", chart.number]) }, number(chart), el("span", {}, el("span", { class: "clip" }, personName(patient)), el("span", { class: "soft" }, `${birthDate(patient?.birth_date)} · vol ${chart.volume}`))) : null,
    alert.kind === "service" && alert.about ? el("a", { class: "link", href: address(["devices", "equipment"], { id: alert.about }) }, "Open it in the register of equipment") : null,
    ["device", "printer"].includes(alert.kind) ? el("a", { class: "link", href: address(["devices"]) }, "See how the devices are") : null,
    el("p", { class: "alert-what" }, ...alertSentence(alert), "."),
    chart ? el("p", {}, ...whereSentence(chart).filter((part) => part !== null)) : null,
    el("p", { class: "soft" }, stateText(alert)),
    may("records") && alert.state !== "resolved" ? actions(alert, changed) : null,
    notes(alert, changed),
  );
}

/** @param {AlertRow} alert */
function stateText(alert) {
  const say = times();
  if (alert.state === "resolved") {
    const by = alert.resolved_by_name ? ` by ${alert.resolved_by_name}` : "";
    const where = alert.resolved_place_name ? ` at ${alert.resolved_place_name}` : "";
    return `Resolved ${say.when(alert.resolved_at)}: ${words(alert.resolution) || "no reason kept"}${where}${by}.`;
  }
  const owner = alert.owner ? (alert.owner === me().user ? "You look after it." : `${alert.owner} looks after it.`) : "Nobody looks after it yet.";
  return alert.state === "snoozed" ? `Snoozed until ${say.when(alert.snoozed_until)}. ${owner}` : `${owner} Opened ${say.when(alert.opened_at)}.`;
}

/**
 * @param {AlertRow} alert
 * @param {() => void} changed
 */
function actions(alert, changed) {
  const path = `/api/v1/alerts/${alert.id}`;
  /** @param {Promise<unknown>} done */
  const after = (done) => done.then((made) => (made === null ? undefined : changed())).catch((fault) => toast(`${changeFault(fault).text} ${changeFault(fault).lost}`, "refused"));
  const take = () => after(post(`${path}/assign`, { user: me().user }).then(() => toast("It is yours now.")));
  return el(
    "div",
    { class: "actions" },
    alert.owner === me().user ? null : button("Take it", take, { kind: "primary" }),
    button("Hand to…", () => after(handOn(path))),
    button("Snooze", () => after(snooze(path))),
    // A missing chart's alert ends with its case: without it the case would be open on nobody's list.
    alert.kind === "missing" ? foundButton(alert, changed) : button("Resolve", () => after(resolve(alert, path))),
  );
}

/**
 * @param {AlertRow} alert
 * @param {() => void} changed
 */
function foundButton(alert, changed) {
  const chart = chartOf(alert);
  return chart ? button("It is found", () => found(chart).then((done) => (done === null ? undefined : changed())).catch(tell), { icon: "check" }) : null;
}

/** @param {string} path */
async function handOn(path) {
  const { rows } = /** @type {{rows: {name: string, role: string, active: boolean}[]}} */ (await get("/api/v1/users", { limit: 500 }));
  const others = rows.filter(({ name, role, active }) => active && name !== me().user && ["records", "supervisor", "admin"].includes(role));
  if (others.length === 0) {
    toast("There is no other account that looks after alerts.", "attention");
    return null;
  }
  return ask({
    title: "Hand to a colleague",
    fields: [{ name: "user", label: "Colleague", type: "select", options: others.map(({ name, role }) => [name, `${name} · ${role}`]), required: true }],
    action: "Hand over",
    submit: async ({ user }) => {
      await post(`${path}/assign`, { user });
      toast(`${user} looks after it now.`);
      return true;
    },
  });
}

/** @param {string} path */
function snooze(path) {
  const zone = me().hospital.time_zone;
  /** @type {Record<string, () => string>} */
  const choices = {
    hour: () => new Date(times().now() + HOUR_MS).toISOString(),
    four: () => new Date(times().now() + 4 * HOUR_MS).toISOString(),
    tomorrow: () => dayAt(1, 8, zone),
    week: () => dayAt(7, 8, zone),
  };
  return ask({
    title: "Snooze",
    intro: ["It comes back by itself, and closes at once if the chart is returned or found before."],
    fields: [
      { name: "choice", label: "Until", type: "radio", value: "tomorrow", options: [["hour", "in an hour"], ["four", "in four hours"], ["tomorrow", "tomorrow 08:00"], ["week", "in a week, 08:00"], ["own", "another time"]] },
      { name: "until", label: "Until when", type: "datetime-local", required: true, when: { name: "choice", is: "own" } },
    ],
    action: "Snooze",
    submit: async ({ choice, until: own }) => {
      const until = choices[String(choice)]?.() ?? instantOf(String(own), zone);
      await post(`${path}/snooze`, { until });
      toast(`Snoozed until ${times().when(until)}.`);
      return true;
    },
  });
}

/**
 * @param {AlertRow} alert
 * @param {string} path
 */
function resolve(alert, path) {
  const better = alert.kind === "overdue" ? "If the chart is back, scan it instead: that closes the alert by itself." : "";
  return ask({
    title: "Resolve",
    intro: better ? [better] : [],
    fields: [{ name: "reason", label: "How it was settled", type: "textarea", required: true }],
    action: "Resolve",
    submit: async ({ reason }) => {
      await post(`${path}/resolve`, { reason });
      toast("Resolved.");
      return true;
    },
  });
}

/**
 * @param {AlertRow} alert
 * @param {() => void} changed
 */
function notes(alert, changed) {
  const rows = alert.notes ?? [];
  const none = alert.withheld ? "Withheld: where this chart is, is confidential." : "None.";
  const written = el("ul", { class: "notes" }, ...rows.map((note) => el("li", {}, el("p", {}, note.text), el("p", { class: "soft" }, `${note.author.replace(/^user:/, "")} · `, times().element(note.at, "when")))));
  if (!may("records") || alert.state === "resolved") return el("section", {}, el("h3", {}, "Notes"), rows.length === 0 ? el("p", { class: "hint" }, none) : written);
  const field = el("textarea", { rows: 2, "aria-label": "New note", placeholder: "Called Cardiology, they look for it…" });
  const message = el("p", { class: "form-fault", role: "alert" });
  const send = button("Add note", async () => {
    const text = field.value.trim();
    if (text === "") return field.focus();
    send.disabled = true;
    try {
      await post(`/api/v1/alerts/${alert.id}/note`, { text });
      field.value = "";
      field.blur();
      changed();
    } catch (fault) {
      fill(message, `${changeFault(fault).text} Your text is still here.`);
    } finally {
      send.disabled = false;
    }
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) send.click();
  });
  const kept = alert.withheld ? el("p", { class: "hint" }, none) : written;
  return el("section", { class: "note-box" }, el("h3", {}, "Notes"), kept, field, message, send);
}
