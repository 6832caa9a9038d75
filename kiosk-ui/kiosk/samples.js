/** Sample cards of a demo: each feeds the kiosk's simulated scanner, as bytes, the way a real one would. */

import { get, post } from "../shared/api.js";
import { byId, el, fill, setText } from "../shared/dom.js";

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
    } catch (thrown) {
      setText(fault, thrown instanceof Error ? thrown.message : "The simulated scanner does not answer.");
    }
  };
  const toggle = () => {
    drawer.hidden = !drawer.hidden;
    byId("recent").hidden = !drawer.hidden;
  };
  fill(
    drawer,
    el("h2", { class: "side-title" }, "Simulated scanner", el("button", { type: "button", class: "samples-close", on: { click: toggle } }, "Close")),
    el("p", { class: "samples-text" }, "Press a card to scan it."),
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
