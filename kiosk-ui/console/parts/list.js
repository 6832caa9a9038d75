/**
 * A table of rows by pages, with skeleton, empty and error states, a keyboard way through it, and live changes that
 * never move a row from under a finger.
 */

/** @import { Context } from "../pages.js" */

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} label
 * @property {string} [name] for its width and alignment in the style sheet
 * @property {(row: Row) => (Node | string | number | null | (Node | string | null)[])} cell
 */

/**
 * @template Row
 * @typedef {object} ListOptions
 * @property {string} label what the rows are, for a screen reader
 * @property {Column<Row>[]} columns the first opens the row
 * @property {(row: Row) => string | number} keyOf
 * @property {(row: Row) => string} [hrefOf] where a row leads
 * @property {(row: Row) => void} [onOpen] or what it does
 * @property {(row: Row) => string | null} [toneOf]
 * @property {(cursor: string | null, signal: AbortSignal) => Promise<{rows: Row[], next_cursor?: string | null}>} load
 * @property {() => Node} empty
 * @property {(rows: Row[]) => void} [onRows]
 * @property {() => void} [onLeaveUp] arrow up from the first row
 */

import { el, fill, setText } from "../../shared/dom.js";
import { faultBlock } from "./faults.js";
import { button } from "./icon.js";

const SKELETON_ROWS = 8;

/**
 * @template Row
 * @param {Context} context
 * @param {ListOptions<Row>} options
 */
export function list(context, options) {
  const body = el("tbody");
  const state = el("div", { class: "list-state", "aria-live": "polite" });
  const fresh = el("button", { type: "button", class: "fresh", hidden: true, on: { click: () => void load(false) } });
  const pager = el("nav", { class: "pager", "aria-label": "Pages", hidden: true });
  const table = el(
    "table",
    { class: "rows", "aria-label": options.label },
    el("thead", {}, el("tr", {}, ...options.columns.map((column) => column.label ? el("th", { scope: "col", data: { column: column.name } }, column.label) : el("td", { data: { column: column.name } })))),
    body,
  );
  const element = el("div", { class: "list" }, fresh, el("div", { class: "list-scroll" }, table), state, pager);
  /** @type {(string | null)[]} */
  let cursors = [null];
  /** @type {Map<string, {row: Row, text: string, node: HTMLTableRowElement}>} */
  let shown = new Map();
  /** @type {string | number | null} */
  let current = null;
  let request = new AbortController();
  context.signal.addEventListener("abort", () => request.abort(), { once: true });

  /** @param {Row} row */
  const rowNode = (row) => {
    const opener = options.hrefOf
      ? el("a", { class: "opener", href: options.hrefOf(row), tabindex: "-1" })
      : el("button", { type: "button", class: "opener", tabindex: "-1", on: { click: () => options.onOpen?.(row) } });
    const cells = options.columns.map((column, at) => {
      const made = column.cell(row);
      const parts = Array.isArray(made) ? made : [made];
      if (at > 0) return el("td", { data: { column: column.name } }, ...parts);
      opener.append(...parts.filter((part) => part !== null).map((part) => (part instanceof Node ? part : String(part))));
      return el("td", { data: { column: column.name } }, opener);
    });
    const key = String(options.keyOf(row));
    return el("tr", { data: { key, tone: options.toneOf?.(row) }, "aria-current": current !== null && String(current) === key ? "true" : null }, ...cells);
  };

  /** @param {Row[]} rows */
  const draw = (rows) => {
    const focused = body.contains(document.activeElement) ? document.activeElement?.closest("tr")?.dataset["key"] : undefined;
    const before = shown;
    shown = new Map();
    for (const row of rows) {
      const key = String(options.keyOf(row));
      const text = textOf(row);
      const old = before.get(key);
      shown.set(key, old && old.text === text && !old.node.dataset["gone"] ? old : { row, text, node: rowNode(row) });
    }
    body.replaceChildren(...[...shown.values()].map(({ node }) => node));
    fresh.hidden = true;
    table.hidden = rows.length === 0;
    const openers = /** @type {NodeListOf<HTMLElement>} */ (body.querySelectorAll(".opener"));
    openers.forEach((node, at) => (node.tabIndex = at === 0 ? 0 : -1));
    if (focused !== undefined) openerOf(focused)?.focus({ preventScroll: true });
    options.onRows?.(rows);
  };

  /** @param {string} key */
  const openerOf = (key) => /** @type {HTMLElement | null} */ (body.querySelector(`tr[data-key="${CSS.escape(key)}"] .opener`));

  /** Changes what is there in place, greys what has gone, counts what is new. */
  /** @param {Row[]} rows */
  const merge = (rows) => {
    const keys = new Set(rows.map((row) => String(options.keyOf(row))));
    let added = 0;
    for (const row of rows) {
      const key = String(options.keyOf(row));
      const old = shown.get(key);
      if (!old) added += 1;
      else if (old.text !== textOf(row)) {
        const node = rowNode(row);
        const opener = /** @type {HTMLElement | null} */ (node.querySelector(".opener"));
        if (opener) opener.tabIndex = /** @type {HTMLElement} */ (old.node.querySelector(".opener"))?.tabIndex ?? -1;
        const focused = old.node.contains(document.activeElement);
        old.node.replaceWith(node);
        shown.set(key, { row, text: textOf(row), node });
        if (focused) opener?.focus({ preventScroll: true });
      }
    }
    let gone = 0;
    for (const [key, { node }] of shown) {
      if (keys.has(key)) continue;
      node.dataset["gone"] = "true";
      gone += 1;
    }
    fresh.hidden = added === 0 && gone === 0;
    setText(fresh, [added > 0 ? `${added} new` : "", gone > 0 ? `${gone} no longer here` : ""].filter(Boolean).join(" · ") + " · Show");
  };

  /** @param {boolean} quietly keep what is shown until the answer is there */
  const load = async (quietly) => {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    if (!quietly) {
      fill(pager);
      pager.hidden = true;
      fill(state);
    }
    const waiting = quietly ? undefined : setTimeout(() => skeleton(), 120);
    try {
      const answer = await options.load(cursors.at(-1) ?? null, signal);
      clearTimeout(waiting);
      if (signal.aborted) return;
      const touched = element.matches(":hover") || element.contains(document.activeElement);
      if (quietly && touched && shown.size > 0) merge(answer.rows);
      else draw(answer.rows);
      fill(state, answer.rows.length === 0 && cursors.length === 1 && !answer.next_cursor ? options.empty() : null);
      paginate(answer.next_cursor ?? null, answer.rows.length);
    } catch (fault) {
      clearTimeout(waiting);
      if (signal.aborted) return;
      if (quietly && shown.size > 0) return; // the banner tells of a lost connection; keep what is known
      shown = new Map();
      body.replaceChildren();
      table.hidden = true;
      fill(state, faultBlock(fault, () => void load(false)));
    }
  };

  const skeleton = () => {
    shown = new Map();
    table.hidden = false;
    const line = () => el("tr", { class: "skeleton", "aria-hidden": "true" }, ...options.columns.map(() => el("td", {}, el("span", { class: "bone" }))));
    body.replaceChildren(...Array.from({ length: SKELETON_ROWS }, line));
  };

  /**
   * @param {string | null} next
   * @param {number} count
   */
  const paginate = (next, count) => {
    pager.hidden = cursors.length === 1 && !next;
    /** @param {() => void} step */
    const turn = (step) => () => {
      step();
      element.querySelector(".list-scroll")?.scrollTo(0, 0);
      void load(false);
    };
    fill(
      pager,
      button("Previous", turn(() => cursors.pop()), { icon: "back", disabled: cursors.length === 1 }),
      el("span", {}, `Page ${cursors.length} · ${count} rows`),
      button("Next", turn(() => cursors.push(next)), { icon: "next", disabled: !next }),
    );
  };

  table.addEventListener("keydown", (event) => moveByKey(event, body, options.onLeaveUp));
  body.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("a, button, input, select, label") || String(getSelection())) return;
    /** @type {HTMLElement | null | undefined} */ (target.closest("tr")?.querySelector(".opener"))?.click();
  });

  return {
    element,
    /** Starts from the first page. */
    restart: () => {
      cursors = [null];
      return load(false);
    },
    refresh: () => load(true),
    /** The same page again, after a change of one's own: all of it is drawn anew. */
    reload: () => load(false),
    focusFirst: () => /** @type {HTMLElement | null} */ (body.querySelector(".opener"))?.focus(),
    rows: () => [...shown.values()].map(({ row }) => row),
    /** @param {string | number | null} key the row that is open beside */
    mark: (key) => {
      current = key;
      for (const [name, { node }] of shown) {
        if (key !== null && name === String(key)) node.setAttribute("aria-current", "true");
        else node.removeAttribute("aria-current");
      }
    },
    clear: () => {
      request.abort();
      draw([]);
      fill(state);
      pager.hidden = true;
    },
  };
}

/**
 * What tells whether a row changed. Ages grow by themselves.
 *
 * @param {unknown} row
 */
function textOf(row) {
  return JSON.stringify(row, (name, value) => (name === "age_seconds" ? undefined : value));
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLElement} body
 * @param {(() => void) | undefined} onLeaveUp
 */
export function moveByKey(event, body, onLeaveUp) {
  const openers = /** @type {HTMLElement[]} */ ([...body.querySelectorAll(".opener")]);
  const at = openers.findIndex((node) => node === document.activeElement);
  if (at < 0) return;
  /** @type {Record<string, number>} */
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: openers.length - 1, PageDown: at + 12, PageUp: at - 12 };
  const wanted = steps[event.key];
  if (wanted === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  if (wanted < 0 && at === 0 && onLeaveUp) return onLeaveUp();
  const next = openers[Math.max(0, Math.min(openers.length - 1, wanted))];
  for (const node of openers) node.tabIndex = -1;
  if (!next) return;
  next.tabIndex = 0;
  next.focus();
}
