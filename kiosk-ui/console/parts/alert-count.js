/** The number beside Alerts in the rail: what waits for someone. */

import { get } from "../../shared/api.js";
import { el, setText } from "../../shared/dom.js";
import { hearCalmly } from "../live.js";

const COUNTED_MAX = 99;

/** @param {AbortSignal} signal */
export function alertCount(signal) {
  const node = el("span", { class: "count", hidden: true });
  const look = async () => {
    try {
      const { rows, next_cursor } = await get("/api/v1/alerts", { state: "open", limit: COUNTED_MAX + 1 }, signal);
      const many = next_cursor || rows.length > COUNTED_MAX;
      node.hidden = rows.length === 0;
      setText(node, many ? `${COUNTED_MAX}+` : String(rows.length));
      node.setAttribute("aria-label", `${many ? "more than " + COUNTED_MAX : rows.length} open`);
      node.setAttribute("role", "img");
    } catch {
      // The page itself says what is wrong; an old number is better than none.
    }
  };
  void look();
  hearCalmly(signal, (event) => event.alert !== null && event.alert !== undefined, () => void look());
  return node;
}
