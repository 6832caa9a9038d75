/**
 * Where in the console we are, kept in the address after `#` so that a view can be sent to a colleague. Chart numbers,
 * place codes and filters go there; MRNs, names and what was searched for never do.
 */

/**
 * @typedef {object} Route
 * @property {string[]} path
 * @property {URLSearchParams} params
 */

/** @returns {Route} */
export function here() {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  return { path: path.split("/").filter(Boolean).map(decoded), params: new URLSearchParams(query) };
}

/**
 * @param {(string | number)[]} path
 * @param {Record<string, string | number | null | undefined>} [params] null, undefined and "" are left out
 */
export function address(path, params = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  }
  const query = search.toString();
  return `#/${path.map((part) => encodeURIComponent(part)).join("/")}${query ? `?${query}` : ""}`;
}

/** @param {string} to an address made by `address` */
export function go(to) {
  if (location.hash === to) window.dispatchEvent(new HashChangeEvent("hashchange"));
  else location.hash = to;
}

/**
 * Changes the address without a new step to go back to, and tells the page.
 *
 * @param {string} to
 */
export function replace(to) {
  if (location.hash === to) return;
  history.replaceState(null, "", to);
  window.dispatchEvent(new HashChangeEvent("hashchange"));
}

/** One step back if there is one inside the console, else to `otherwise`. */
/** @param {string} otherwise */
export function back(otherwise) {
  if (history.length > 1) history.back();
  else go(otherwise);
}

/** @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
