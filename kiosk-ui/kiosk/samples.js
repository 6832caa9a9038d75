/** Sample cards of a demo: each feeds the kiosk's simulated scanner, as bytes, the way a real one would. */

import { get, post } from "../shared/api.js";
import { byId, el, fill, setText } from "../shared/dom.js";
import { say } from "./language.js";

/**
 * Puts the drawer in place when the server offers samples, else nothing.
 *
 * @param {string} kiosk
 * @returns {Promise<(() => void) | null>} opens and shuts it
 */
export async function offerSamples(kiosk) {
  /** @type {{label: string, data: string}[]} */
  let rows;
  try {
    rows = (await get(`/api/v1/kiosks/${encodeURIComponent(kiosk)}/samples`))?.rows ?? [];
  } catch {
    return null; // no demo, or no answer: then there is nothing to offer
  }
  if (rows.length === 0) return null;
  const drawer = byId("samples");
  const fault = el("p", { class: "samples-fault", role: "alert" });
  /** @param {string} data */
  const scan = async (data) => {
    try {
      await post(`/api/v1/kiosks/${encodeURIComponent(kiosk)}/simulated-scan`, { data });
      setText(fault, "");
    } catch {
      setText(fault, say("samples.fault"));
    }
  };
  const toggle = () => {
    drawer.hidden = !drawer.hidden;
    byId("recent").hidden = !drawer.hidden;
  };
  fill(
    drawer,
    el("h2", { class: "side-title" }, say("samples.title"), el("button", { type: "button", class: "samples-close", on: { click: toggle } }, say("menu.close"))),
    el("p", { class: "samples-text" }, say("samples.text")),
    fault,
    el(
      "ul",
      { class: "samples-list" },
      rows.map(({ label, data }) =>
        el(
          "li",
          {},
          el(
            "button",
            { type: "button", class: "sample", on: { click: () => void scan(data) } },
            el("span", { class: "sample-label" }, label),
            el("span", { class: "sample-data" }, data),
          ),
        ),
      ),
    ),
  );
  return toggle;
}
