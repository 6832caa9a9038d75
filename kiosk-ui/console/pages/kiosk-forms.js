/** Forms that add, correct, deactivate and activate a kiosk. Each resolves to null when it was left. */

/** @import { KioskRow, Place, Printer } from "../types.js" */
/** @import { Field } from "../parts/form.js" */

import { get, patch, post } from "../../shared/api.js";
import { ask, changed } from "../parts/form.js";
import { changeFault } from "../parts/faults.js";
import { toast } from "../parts/toast.js";

const ID_PATTERN = "[a-z0-9][a-z0-9\\-]{0,31}";
const IDLE_DEFAULT_SECONDS = 120;
const IDLE_MIN_SECONDS = 10;
const IDLE_MAX_SECONDS = 3_600;
const LIST_MAX = 500;
/** @type {[string, string][]} */
const MODES = [["receive", "Received: a department"], ["return", "Returned: the records room"]];

/** @param {KioskRow} kiosk */
const address = (kiosk) => `/api/v1/kiosks/${encodeURIComponent(kiosk.id)}`;

/** @param {KioskRow} kiosk */
const printerOf = (kiosk) => (typeof kiosk.printer === "string" ? kiosk.printer : (kiosk.printer?.id ?? null));

/** @returns {Promise<{places: Place[], printers: Printer[]} | null>} null: they could not be had, which was said */
async function choices() {
  try {
    const [places, printers] = await Promise.all([get("/api/v1/places", { limit: LIST_MAX }), get("/api/v1/printers")]);
    return { places: places.rows, printers: printers.rows };
  } catch (fault) {
    const { text, lost } = changeFault(fault);
    toast(`${text} ${lost}`, "refused");
    return null;
  }
}

/**
 * @param {{places: Place[], printers: Printer[]}} from
 * @param {Partial<KioskRow>} kiosk
 * @returns {Field[]}
 */
function fields({ places, printers }, kiosk) {
  const offered = places.filter((place) => place.active || place.code === kiosk.place);
  return [
    { name: "name", label: "Name", value: kiosk.name ?? null, required: true, hint: "As staff call it." },
    { name: "place", label: "Where it stands", type: "select", value: kiosk.place ?? offered[0]?.code ?? null, options: offered.map((place) => [place.code, `${place.name} (${place.code})`]), required: true },
    { name: "mode", label: "A chart scanned here is", type: "select", value: kiosk.mode ?? "receive", options: MODES, required: true },
    { name: "idle_sign_off_seconds", label: "Signs off after (seconds)", type: "number", value: kiosk.idle_sign_off_seconds ?? IDLE_DEFAULT_SECONDS, min: IDLE_MIN_SECONDS, max: IDLE_MAX_SECONDS, required: true, hint: "Without a scan or a touch." },
    { name: "printer", label: "Labels print on", type: "select", value: printerOf(/** @type {KioskRow} */ (kiosk)), options: [["", "No printer"], ...printers.map((printer) => /** @type {[string, string]} */ ([printer.id, printer.id]))] },
  ];
}

export async function addKiosk() {
  const from = await choices();
  if (!from) return null;
  return ask({
    title: "Add a kiosk",
    intro: ["Any browser becomes its screen with a one-time code. Scanners that type work there at once."],
    fields: [{ name: "id", label: "Id", required: true, pattern: ID_PATTERN, title: "1 to 32 of a-z, 0-9 and the dash.", hint: "Part of its address, as in er-2; it cannot change later." }, ...fields(from, {})],
    action: "Add",
    submit: async (values) => {
      await post("/api/v1/kiosks", values);
      toast("Added.");
      return true;
    },
  });
}

/** @param {KioskRow} kiosk */
export async function correctKiosk(kiosk) {
  const from = await choices();
  if (!from) return null;
  return ask({
    title: `Correct ${kiosk.name}`,
    fields: fields(from, kiosk),
    action: "Save",
    submit: async (values) => {
      const difference = changed(values, { ...kiosk, printer: printerOf(kiosk) });
      if (Object.keys(difference).length > 0) await patch(address(kiosk), difference);
      toast("Corrected.");
      return true;
    },
  });
}

/** @param {KioskRow} kiosk */
export function turnKiosk(kiosk) {
  const active = kiosk.active !== false;
  return ask({
    title: active ? `Deactivate ${kiosk.name}` : `Activate ${kiosk.name}`,
    intro: [
      active
        ? "Nothing can be scanned there any more. Its enrolled browsers and tokens are dead at once, and stay dead when it is activated again."
        : "Scans are taken there again. Enrol its browsers and make its tokens anew: the former ones stay dead.",
    ],
    fields: [],
    action: active ? "Deactivate" : "Activate",
    danger: active,
    submit: async () => {
      await patch(address(kiosk), { active: !active });
      toast(active ? "Deactivated." : "Active again.");
      return true;
    },
  });
}
