/** The register of equipment: what is due for service first, one piece with its service log beside the list. */

/** @import { Context } from "../pages.js" */
/** @import { Equipment, Place, Printer, KioskRow } from "../types.js" */
/** @import { Field } from "../parts/form.js" */
/** @import { Change } from "../parts/register.js" */

import { get, post } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { ask } from "../parts/form.js";
import { button, capital, tag, words } from "../parts/icon.js";
import { facts } from "../parts/page.js";
import { activePlaces, placeField } from "../parts/place-field.js";
import { register } from "../parts/register.js";
import { correctRow, turnRow } from "../parts/row-forms.js";
import { serviceLog } from "../parts/service-log.js";
import { toast } from "../parts/toast.js";
import { birthDate as dayText } from "../parts/where.js";
import { localOf } from "../parts/zoned.js";
import { may, me } from "../session.js";

const DAY_MS = 86_400_000;
/** A service due within so many days is said to be due soon. */
const SOON_DAYS = 30;
const EVERY_MAX = 1_000;
/** @type {[string, string][]} */
const KINDS = [["scanner", "Scanner"], ["printer", "Printer"], ["kiosk_computer", "Kiosk’s computer"], ["copier", "Copier or document scanner"], ["shelving", "Shelving"], ["other", "Other"]];
/** @type {[string, string][]} */
const UNITS = [["", "No schedule known"], ["days", "days"], ["weeks", "weeks"], ["months", "months"]];
/** The kinds that have an id in Outguide. */
const DEVICES = ["scanner", "printer", "kiosk_computer"];

const writes = () => may("supervisor", "technician");

/** @param {Context} context */
export function open(context) {
  return register(context, {
    path: "/api/v1/equipment",
    noun: "piece of equipment",
    plural: "pieces of equipment",
    hint: "Name, maker, serial number, place",
    columns: [
      { label: "Name", name: "name", cell: (/** @type {Equipment} */ piece) => el("span", { class: "clip", title: piece.name }, piece.name) },
      { label: "Next service", name: "service", cell: dueCell },
      { label: "Kind", name: "why", cell: (piece) => capital(words(piece.kind)) },
      { label: "Make and model", name: "make", cell: (piece) => el("span", { class: "clip" }, makeText(piece)) },
      { label: "Serial number", name: "device", cell: (piece) => el("span", { class: "clip", title: piece.serial ?? "" }, piece.serial ?? "–") },
      { label: "Place", name: "where", cell: (piece) => el("span", { class: "clip" }, piece.place_name ?? piece.place ?? "–") },
    ],
    keyOf: (piece) => String(piece.id),
    inactive: (piece) => piece.retired,
    add: writes() ? add : null,
    addLabel: "Register equipment",
    tools: () => [el("a", { class: "button", href: "/api/v1/equipment.csv", download: "equipment.csv" }, "Export (CSV)"), button("Print", () => window.print(), { icon: "print" })],
    advice: "Register scanners, printers, kiosk computers and shelving with the service that their makers ask for. Outguide says when it is due.",
    opened: context.route.params.get("id"),
    detail: (piece, change) => ({ title: piece.name, content: detail(piece, change) }),
  });
}

/** The hospital's day. */
function today() {
  return localOf(Date.now(), me().hospital.time_zone).slice(0, 10);
}

/** @param {Equipment} piece */
function dueCell(piece) {
  if (piece.retired) return tag("retired");
  if (!piece.next_service) return el("span", { class: "soft" }, "no schedule");
  const days = Math.round((Date.parse(piece.next_service) - Date.parse(today())) / DAY_MS);
  if (days <= 0) return [el("span", { class: "late" }, dayText(piece.next_service)), tag("due", "refused")];
  return days <= SOON_DAYS ? [dayText(piece.next_service), tag("soon", "attention")] : dayText(piece.next_service);
}

/** @param {Equipment} piece */
function makeText(piece) {
  return [piece.make, piece.model].filter(Boolean).join(" ") || "–";
}

/**
 * @param {Partial<Equipment>} piece
 * @param {Place[]} places
 * @param {string[]} devices
 * @returns {Field[]}
 */
function fields(piece, places, devices) {
  const own = piece.device && !devices.includes(piece.device) ? [piece.device] : [];
  /** @type {[string, string][]} */
  const ids = ["", ...devices, ...own].map((id) => [id, id || "None"]);
  return [
    { name: "kind", label: "Kind", type: "select", value: piece.kind ?? "scanner", options: KINDS, required: true },
    { name: "name", label: "Name as people say it", value: piece.name ?? null, required: true },
    { name: "make", label: "Make", value: piece.make ?? null },
    { name: "model", label: "Model", value: piece.model ?? null },
    { name: "serial", label: "Serial number", value: piece.serial ?? null },
    placeField(places, { label: "Stands at", value: piece.place ?? "" }),
    { name: "device", label: "Its id in Outguide", type: "select", value: piece.device ?? "", options: ids, hint: "Which scanner, printer or kiosk it is.", when: { name: "kind", is: DEVICES } },
    { name: "purchased_on", label: "Bought on", type: "date", value: piece.purchased_on ?? null },
    { name: "warranty_until", label: "Last day of warranty", type: "date", value: piece.warranty_until ?? null },
    { name: "service_unit", label: "Service interval is counted in", type: "select", value: piece.service_unit ?? "", options: UNITS, hint: "As the maker’s manual says." },
    { name: "service_every", label: "Service every so many", type: "number", value: piece.service_every ?? null, min: 1, max: EVERY_MAX, required: true, when: { name: "service_unit", is: ["days", "weeks", "months"] } },
    { name: "service_work", label: "What the maker wants done", type: "textarea", value: piece.service_work ?? null, when: { name: "service_unit", is: ["days", "weeks", "months"] } },
  ];
}

/**
 * What the form's choices come from.
 *
 * @param {string | null} [kept] the place that the piece names already
 */
async function choices(kept) {
  const [places, kiosks, printers] = await Promise.all([activePlaces(kept), get("/api/v1/kiosks"), get("/api/v1/printers")]);
  const scanners = kiosks.rows.flatMap((/** @type {KioskRow} */ kiosk) => kiosk.devices.map(({ id }) => id));
  const ids = [...scanners, ...printers.rows.map((/** @type {Printer} */ printer) => printer.id), ...kiosks.rows.map((/** @type {KioskRow} */ kiosk) => kiosk.id)];
  return { places, devices: [...new Set(/** @type {string[]} */ (ids))].sort() };
}

async function add() {
  const { places, devices } = await choices();
  return ask({
    title: "Register equipment",
    fields: fields({}, places, devices),
    action: "Register",
    submit: async (values) => {
      await post("/api/v1/equipment", values);
      toast("Registered.");
      return true;
    },
  });
}

/**
 * @param {Equipment} piece
 * @param {Change} change
 */
function detail(piece, change) {
  const path = `/api/v1/equipment/${piece.id}`;
  const correct = async () => {
    const { places, devices } = await choices(piece.place);
    return correctRow({ title: `Correct ${piece.name}`, fields: fields(piece, places, devices), path, before: { ...piece } });
  };
  const means = piece.retired ? "It is in use again, and its service falls due again." : "It stays in the register with its log. No service of it falls due any more.";
  const verb = piece.retired ? "Reinstate" : "Retire";
  const turn = () => turnRow({ title: `${verb} ${piece.name}`, intro: means, path, on: !piece.retired, action: verb, said: piece.retired ? "In use again." : "Retired.", field: "retired" });
  return el(
    "div",
    { class: "detail equipment-detail" },
    el("dl", { class: "facts" }, ...facts(factsOf(piece))),
    writes() ? el("div", { class: "actions" }, button("Correct", () => change(correct)), button(verb, () => change(turn))) : el("p", { class: "hint" }, "A technician or a supervisor keeps the register."),
    serviceLog(piece, writes(), today(), change),
  );
}

/** @param {Equipment} piece @returns {[string, string][]} */
function factsOf(piece) {
  const every = piece.service_every ? `every ${piece.service_every === 1 ? "" : `${piece.service_every} `}${piece.service_every === 1 ? (piece.service_unit ?? "").replace(/s$/, "") : piece.service_unit}` : "no schedule known";
  const counted = piece.last_service_on ? "" : piece.purchased_on ? ", counted from the purchase" : ", counted from its registration";
  return [
    ["Number", String(piece.id)],
    ["Kind", capital(words(piece.kind))],
    ["Make and model", makeText(piece)],
    ["Serial number", piece.serial ?? "not known"],
    ["Stands at", piece.place_name ?? piece.place ?? "not known"],
    ...(DEVICES.includes(piece.kind) ? [/** @type {[string, string]} */ (["Id in Outguide", piece.device ?? "none"])] : []),
    ["Bought on", piece.purchased_on ? dayText(piece.purchased_on) : "not known"],
    ["Warranty", warrantyText(piece)],
    ["Service", every],
    ...(piece.service_work ? [/** @type {[string, string]} */ (["To be done", piece.service_work])] : []),
    ["Last service", piece.last_service_on ? dayText(piece.last_service_on) : "none in the log"],
    ["Next service", piece.retired ? "none: it is retired" : piece.next_service ? `${dayText(piece.next_service)}${counted}` : "not known"],
  ];
}

/** @param {Equipment} piece */
function warrantyText(piece) {
  if (!piece.warranty_until) return "not known";
  return piece.warranty_until < today() ? `ended ${dayText(piece.warranty_until)}` : `until ${dayText(piece.warranty_until)}`;
}
