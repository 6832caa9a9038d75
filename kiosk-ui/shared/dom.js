/** Builds elements. Text goes in as text nodes only: no string is ever parsed as markup. */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * Properties of a new element: `class`, `on` (listeners), `data` (data-* attributes, false stands as "false") and any
 * attribute by its name: `true` sets it empty, `false`, null and undefined leave it out.
 *
 * @typedef {{
 *   class?: string,
 *   on?: Record<string, (event: any) => void>,
 *   data?: Record<string, string | number | boolean | null | undefined>,
 *   [attribute: string]: unknown,
 * }} Properties
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Properties} [properties]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  assign(node, properties);
  node.append(...nodes(children));
  return node;
}

/**
 * The same for SVG.
 *
 * @param {string} tag
 * @param {Properties} [properties]
 * @param {...(Child | Child[])} children
 * @returns {SVGElement}
 */
export function svg(tag, properties = {}, ...children) {
  const node = /** @type {SVGElement} */ (document.createElementNS(SVG, tag));
  assign(node, properties);
  node.append(...nodes(children));
  return node;
}

/**
 * A picture out of a file of symbols: `picture("/assets/kiosk/pictures.svg", "badge")`. Takes the text's colour.
 *
 * @param {string} file
 * @param {string} name
 * @param {Properties} [properties]
 */
export function picture(file, name, properties = {}) {
  return svg("svg", { "aria-hidden": "true", focusable: "false", ...properties }, svg("use", { href: `${file}#${name}` }));
}

/**
 * Puts `children` in place of what `node` holds.
 *
 * @param {Element} node
 * @param {...(Child | Child[])} children
 */
export function fill(node, ...children) {
  node.replaceChildren(...nodes(children));
}

/**
 * Sets text only when it differs, so that nothing is announced or repainted twice.
 *
 * @param {Element} node
 * @param {string} text
 */
export function setText(node, text) {
  const shown = plain(text);
  if (node.textContent !== shown) node.textContent = shown;
}

/**
 * Text without the characters that only set direction (Unicode TR9): a name that holds one must not turn the words
 * beside it. Letters that are written from right to left keep their own direction.
 *
 * @param {string} text
 */
export function plain(text) {
  return text.replace(/[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, "");
}

/**
 * The element with this id; a page without it is a fault of the page.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no element #${id}`);
  return node;
}

/**
 * @param {Element} node
 * @param {Properties} properties
 */
function assign(node, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.setAttribute("class", String(value));
    else if (name === "on") {
      for (const [event, listener] of Object.entries(properties.on ?? {})) node.addEventListener(event, listener);
    } else if (name === "data") {
      for (const [key, datum] of Object.entries(properties.data ?? {})) {
        if (datum !== null && datum !== undefined) {
          /** @type {HTMLElement} */ (node).dataset[key] = String(datum);
        }
      }
    } else node.setAttribute(name, value === true ? "" : String(value));
  }
}

/**
 * @param {(Child | Child[])[]} children
 * @returns {(Node | string)[]}
 */
function nodes(children) {
  /** @type {(Node | string)[]} */
  const kept = [];
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    kept.push(child instanceof Node ? child : plain(String(child)));
  }
  return kept;
}
