/** Scan-back: scan a label on its folder to prove that it was printed and that it is on the right one. */

/** @import { ChartRow } from "../types.js" */

import { get, post } from "../../shared/api.js";
import { el, fill } from "../../shared/dom.js";
import { Speaker } from "../../shared/sound.js";
import { changeFault } from "./faults.js";
import { show } from "./form.js";
import { chartLabel, takeScans } from "./scans.js";
import { number } from "./where.js";

/** Results kept in sight. */
const SHOWN_MAX = 6;

const speaker = new Speaker();

/**
 * @param {object} [options]
 * @param {ChartRow | null} [options.chart] the chart on which the label should be
 * @param {() => void} [options.changed]
 */
export function openScanBack({ chart = null, changed = () => {} } = {}) {
  /** The folder that was scanned first, where both are. @type {ChartRow | null} */
  let folder = null;
  const verdict = el("div", { class: "scan-verdict", role: "alert", data: { tone: "plain" } });
  const past = el("ol", { class: "scan-past", "aria-label": "Scanned before" });
  const pairs = el("input", { type: "checkbox", id: "scan-pairs" });
  const choice = chart ? null : el("label", { class: "choice", for: "scan-pairs" }, pairs, "Check against the folder: scan its old label first, then the new one");

  const prompt = () => {
    verdict.dataset["tone"] = "plain";
    if (chart) return fill(verdict, el("p", { class: "scan-headline" }, "Stick the label on, then scan it"), el("p", {}, "It should be the label of ", number(chart), ` vol ${chart.volume}.`));
    if (pairs.checked && !folder) return fill(verdict, el("p", { class: "scan-headline" }, "Scan what is on the folder"), el("p", {}, "Its old label, or the slip in it."));
    if (folder) return fill(verdict, el("p", { class: "scan-headline" }, "Now scan its new label"), el("p", {}, "It should be the label of ", number(folder), ` vol ${folder.volume}.`));
    return fill(verdict, el("p", { class: "scan-headline" }, "Stick the label on, then scan it"), el("p", {}, "Each scan confirms one label. Scan on for the next."));
  };
  /**
   * @param {"ok" | "attention" | "refused"} tone
   * @param {string} headline
   * @param {string} text
   * @param {...(Node | string)} more
   */
  const say = (tone, headline, text, ...more) => {
    verdict.dataset["tone"] = tone;
    fill(verdict, el("p", { class: "scan-headline" }, headline), el("p", {}, text), more.length > 0 ? el("p", {}, ...more) : null);
    speaker.play(tone);
    past.prepend(el("li", { data: { tone } }, `${headline} · ${text}`));
    while (past.childElementCount > SHOWN_MAX) past.lastElementChild?.remove();
  };
  /** @param {string} data */
  const scanned = async (data) => {
    try {
      if (!chart && pairs.checked && !folder) {
        const found = await get("/api/v1/charts", { q: data, limit: 2 });
        if (found.rows.length !== 1) return say("refused", "Not one chart", "This code does not say which folder it is. Scan its label, or untick the check.");
        folder = found.rows[0];
        return prompt();
      }
      const expected = chart ?? folder;
      folder = null;
      const came = await post("/api/v1/print-jobs/scan-back", expected ? { data, chart: expected.number } : { data });
      if (came.outcome === "confirmed") say("ok", "Right label", `Chart ${came.chart}, label ${came.issue}: confirmed.`);
      else if (came.outcome === "wrong_chart") say("refused", "Stop: wrong chart", `This label belongs to another folder (chart ${came.chart}). Take it off.`, ...(expected ? ["Here belongs the label of ", number(expected), ` vol ${expected.volume}.`] : []));
      else say("attention", came.outcome === "superseded" ? "Superseded label" : "Not a label of ours", came.text);
      changed();
    } catch (fault) {
      const { text, lost } = changeFault(fault);
      say("refused", chartLabel(data) ? "Not confirmed" : "Not a folder label", `${text} ${lost}`);
    }
  };
  pairs.addEventListener("change", () => {
    folder = null;
    prompt();
  });
  prompt();
  const dialog = show("Confirm labels by scanning", verdict, ...(choice ? [choice] : []), past);
  dialog.classList.add("scan-back");
  const stop = takeScans((data) => void scanned(data));
  dialog.addEventListener("close", stop);
  return dialog;
}
