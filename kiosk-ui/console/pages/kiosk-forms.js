/** Forms that add, correct, deactivate and activate a kiosk. Each resolves to null when it was left. */

/** @import { KioskRow, Place, Printer } from "../types.js" */
/** @import { Field } from "../parts/form.js" */

import { get } from "../../shared/api.js";
import { changeFault } from "../parts/faults.js";
import { activePlaces } from "../parts/place-field.js";
import { addRow, correctRow, turnRow } from "../parts/row-forms.js";
import { toast } from "../parts/toast.js";

const ID_PATTERN = "[a-z0-9][a-z0-9\\-]{0,31}";
const IDLE_DEFAULT_SECONDS = 120;
const IDLE_MIN_SECONDS = 10;
const IDLE_MAX_SECONDS = 3_600;
/** @type {[string, string][]} */
const MODES = [["receive", "Received: a department"], ["return", "Returned: the records room"]];

/** Each by the name that its speakers give it, so that they find it. @type {[string, string][]} */
const LANGUAGES = [["en", "English"], ["es", "Español"], ["fr", "Français"]];

/** @param {KioskRow} kiosk */
const address = (kiosk) => `/api/v1/kiosks/${encodeURIComponent(kiosk.id)}`;

/** @param {KioskRow} kiosk */
const printerOf = (kiosk) => (typeof kiosk.printer === "string" ? kiosk.printer : (kiosk.printer?.id ?? null));

/**
 * @param {string} [kept] the place that the kiosk has now
 * @returns {Promise<{places: Place[], printers: Printer[]} | null>} null: they could not be had, which was said
 */
async function choices(kept) {
  try {
    const [places, printers] = await Promise.all([activePlaces(kept), get("/api/v1/printers")]);
    return { places, printers: printers.rows };
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
  return [
    { name: "name", label: "Name", value: kiosk.name ?? null, required: true, hint: "As staff call it." },
    { name: "place", label: "Where it stands", type: "select", value: kiosk.place ?? places[0]?.code ?? null, options: places.map((place) => [place.code, `${place.name} (${place.code})`]), required: true },
    { name: "mode", label: "A chart scanned here is", type: "select", value: kiosk.mode ?? "receive", options: MODES, required: true },
    { name: "idle_sign_off_seconds", label: "Signs off after (seconds)", type: "number", value: kiosk.idle_sign_off_seconds ?? IDLE_DEFAULT_SECONDS, min: IDLE_MIN_SECONDS, max: IDLE_MAX_SECONDS, required: true, hint: "Without a scan or a touch." },
    { name: "language", label: "Its screen speaks", type: "select", value: kiosk.language ?? "en", options: LANGUAGES, required: true },
    { name: "printer", label: "Labels print on", type: "select", value: printerOf(/** @type {KioskRow} */ (kiosk)), options: [["", "No printer"], ...printers.map((printer) => /** @type {[string, string]} */ ([printer.id, printer.id]))] },
  ];
}

export async function addKiosk() {
  const from = await choices();
  if (!from) return null;
  return addRow({
    title: "Add a kiosk",
    intro: ["Any browser becomes its screen with a one-time code. Scanners that type work there at once."],
    fields: [{ name: "id", label: "Id", required: true, pattern: ID_PATTERN, title: "1 to 32 of a-z, 0-9 and the dash.", hint: "Part of its address, as in er-2; it cannot change later." }, ...fields(from, {})],
    path: "/api/v1/kiosks",
  });
}

/** @param {KioskRow} kiosk */
export async function correctKiosk(kiosk) {
  const from = await choices(kiosk.place);
  if (!from) return null;
  return correctRow({ title: `Correct ${kiosk.name}`, fields: fields(from, kiosk), path: address(kiosk), before: { ...kiosk, printer: printerOf(kiosk) } });
}

/** @param {KioskRow} kiosk */
export function turnKiosk(kiosk) {
  const active = kiosk.active !== false;
  return turnRow({
    title: active ? `Deactivate ${kiosk.name}` : `Activate ${kiosk.name}`,
    intro: active
      ? "Nothing can be scanned there any more. Its enrolled browsers and tokens are dead at once, and stay dead when it is activated again."
      : "Scans are taken there again. Enrol its browsers and make its tokens anew: the former ones stay dead.",
    path: address(kiosk),
    on: active,
  });
}
