/** Print jobs in words. */

/** @import { PrintJob, Printer, Stock, Template } from "../types.js" */
/** @import { Field } from "./form.js" */

/** @type {Record<PrintJob["state"], {text: string, tone: "ok" | "attention" | "refused" | "saved" | "plain", means: string}>} */
export const STATES = {
  queued: { text: "waiting", tone: "plain", means: "Waits for the printer." },
  sending: { text: "sending", tone: "saved", means: "On its way to the printer." },
  sent: { text: "sent", tone: "saved", means: "The printer took it. Whether it printed, nobody has said yet." },
  printed: { text: "printed", tone: "ok", means: "Known to be printed." },
  failed: { text: "failed", tone: "refused", means: "It did not print." },
  unknown: { text: "look at the printer", tone: "attention", means: "The line broke while it was sent: it may have printed." },
  cancelled: { text: "cancelled", tone: "plain", means: "It will not be printed." },
};

/** @type {Record<NonNullable<PrintJob["proof"]>, string>} */
export const PROOFS = { counted: "counted by the printer", scanned: "scanned on its chart", seen: "someone saw it" };

/** The reasons that the ledger keeps as they are; other words are kept beside it. */
export const REASONS = ["first label", "damaged", "unreadable", "lost", "new folder", "corrected details", "superseded label", "printer jam"];

/**
 * What a job is about that is not one chart.
 *
 * @param {PrintJob} job
 */
export function aboutText(job) {
  if (job.about === "sheet") return `Sheet with ${job.labels?.length ?? 0} labels`;
  if (job.about === "transfer") return `Transfer sheet, ${job.charts?.length ?? 0} charts`;
  if (job.about === "place") return `Place card ${job.place ?? ""}`;
  if (job.about === "staff") return `Badge ${job.badge ?? ""}`;
  if (job.about === "commands") return "Command cards";
  return `Chart ${job.chart ?? "?"}`;
}

/**
 * How a printer is, in a word or a few.
 *
 * @param {Printer} printer
 */
export function printerState(printer) {
  if (printer.state === "unasked") return "cannot be asked";
  return (printer.faults?.[0] ?? printer.state).replaceAll("_", " ");
}

/** @param {Printer} printer */
export function printerOption(printer) {
  const parts = [printer.id, printer.place, printer.simulated ? "simulated" : "", printer.state === "unasked" ? "" : printerState(printer)];
  return /** @type {[string, string]} */ ([printer.id, parts.filter(Boolean).join(" · ")]);
}

/** @param {Template} template */
export function templateOption(template) {
  return /** @type {[string, string]} */ ([template.name, `${template.title} (${template.stock.title})`]);
}

/**
 * The field for where on the first sheet the labels begin. It is asked for where what is loaded in the chosen printer, or
 * else the template's own stock, are sheets with several labels; which positions those have, the server says.
 *
 * @param {string} label
 * @param {{printers: Printer[], templates: Template[], stocks: Stock[]}} known
 * @returns {Field}
 */
export function startField(label, { printers, templates, stocks }) {
  const most = Math.max(1, ...stocks.map((stock) => stock.per_sheet));
  return {
    name: "start_at",
    label,
    type: "number",
    min: 1,
    max: most,
    value: 1,
    required: true,
    hint: "Along the rows, then down.",
    when: (of) => {
      const template = templates.find(({ name }) => name === of("template"));
      const printer = printers.find(({ id }) => id === of("printer"));
      const loaded = stocks.find(({ name }) => name === (printer?.loaded?.stock ?? printer?.stock));
      const fits = template && loaded && sameSize(loaded, template.stock);
      return ((fits ? loaded : template?.stock)?.per_sheet ?? 1) > 1;
    },
  };
}

/**
 * @param {Stock} one
 * @param {Stock} other
 */
const sameSize = (one, other) => Math.abs(one.width_mm - other.width_mm) < 0.05 && Math.abs(one.height_mm - other.height_mm) < 0.05;
