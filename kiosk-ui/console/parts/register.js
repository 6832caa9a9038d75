/** The pages of Records and Set-up are alike: a searched list, an Add button, and the row opened beside to correct. */

/** @import { Context } from "../pages.js" */
/** @import { Column } from "./list.js" */

import { get } from "../../shared/api.js";
import { el } from "../../shared/dom.js";
import { changeFault, emptyBlock } from "./faults.js";
import { button } from "./icon.js";
import { list } from "./list.js";
import { beside } from "./page.js";
import { toast } from "./toast.js";

const TYPING_PAUSE_MS = 150;
const ROWS_A_PAGE = 100;

/**
 * Runs a form that is about the row; unless it resolves to null the list and the row are read again.
 *
 * @typedef {(form: () => Promise<unknown>) => void} Change
 */

/**
 * @template Row
 * @param {Context} context
 * @param {object} options
 * @param {string} options.path the list's address on the server
 * @param {string} options.noun one of them: "patient"
 * @param {string} options.plural
 * @param {Column<Row>[]} options.columns
 * @param {(row: Row) => string} options.keyOf
 * @param {boolean} [options.searched] can the server search them?
 * @param {string} [options.hint] what the search field takes
 * @param {(() => Promise<unknown>) | null} options.add null: this role may not
 * @param {(row: Row, change: Change) => {title: string, content: Node}} options.detail
 * @param {(row: Row) => boolean} [options.inactive]
 * @param {string} [options.advice] what to do when there are none
 * @param {string} [options.addLabel] what the Add button says
 * @param {() => Node[]} [options.tools] what else stands above the list
 * @param {string | null} [options.opened] the row to begin with, where it is on the first page
 */
export function register(context, options) {
  let text = "";
  const addLabel = options.addLabel ?? `Add a ${options.noun}`;
  /** @type {string | null} */
  let opened = null;
  const close = () => {
    const was = opened;
    opened = null;
    rows.mark(null);
    panel.close();
    if (was) /** @type {HTMLElement | null} */ (rows.element.querySelector(`tr[data-key="${CSS.escape(was)}"] .opener`))?.focus();
  };
  const panel = beside(options.noun, close);
  /** @param {Row} row */
  const showRow = (row) => {
    const { title, content } = options.detail(row, (form) => void attempt(form, reread));
    panel.open(title, content);
    opened = options.keyOf(row);
    rows.mark(opened);
  };
  const reread = async () => {
    const inside = panel.element.contains(document.activeElement);
    await rows.reload();
    const row = rows.rows().find((one) => options.keyOf(one) === opened);
    if (row) showRow(row);
    else if (opened) close();
    if (row && inside) panel.focus();
  };
  const add = () => (options.add ? attempt(options.add, rows.restart) : undefined);
  const rows = list(context, {
    label: options.plural,
    columns: options.columns,
    keyOf: options.keyOf,
    onOpen: (/** @type {Row} */ row) => {
      showRow(row);
      panel.focus();
    },
    toneOf: (row) => (options.inactive?.(row) ? "inactive" : null),
    load: (cursor, signal) => get(options.path, { q: text, cursor, limit: ROWS_A_PAGE }, signal),
    empty: () =>
      text
        ? emptyBlock(`No ${options.noun} fits`, "Try fewer letters.")
        : emptyBlock(`There are no ${options.plural} yet`, options.advice ?? "Add the first one.", options.add ? button(addLabel, () => void add(), { icon: "add" }) : null),
    onLeaveUp: () => field.focus(),
  });
  const field = el("input", { type: "search", class: "filter", "aria-label": `Find a ${options.noun}`, placeholder: options.hint ?? `Find a ${options.noun}`, autocomplete: "off", data: { focus: true } });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      text = field.value.trim();
      void rows.restart();
    }, TYPING_PAUSE_MS);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      rows.focusFirst();
    }
  });
  void rows.restart().then(() => {
    const first = options.opened ? rows.rows().find((row) => options.keyOf(row) === options.opened) : undefined;
    if (first) showRow(first);
  });
  const bar = el("div", { class: "panel-head" }, options.searched === false ? null : field, el("span", { class: "spring" }), ...(options.tools?.() ?? []), options.add ? button(addLabel, () => void add(), { icon: "add", kind: "primary" }) : null);
  return el("div", { class: "split-body" }, el("section", { class: "panel grow", "aria-label": options.plural }, bar, rows.element), panel.element);
}

/**
 * A form may need to ask the server something before it opens; that can fail, and must be said.
 *
 * @param {() => Promise<unknown>} form
 * @param {() => Promise<unknown>} then what follows unless it was left
 */
async function attempt(form, then) {
  try {
    if ((await form()) !== null) await then();
  } catch (fault) {
    const { text, lost } = changeFault(fault);
    toast(`${text} ${lost}`, "refused");
  }
}
