/** Forms in dialogs: fields, their faults, and one way to submit. */

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} [sentAs] what the server calls it, where that differs: its faults stand here, as long as this is asked
 * @property {string} label
 * @property {"text" | "number" | "date" | "datetime-local" | "email" | "password" | "select" | "checkbox" | "textarea" | "radio"} [type]
 * @property {string | number | boolean | null} [value]
 * @property {string} [hint]
 * @property {[string, string][]} [options] value and label
 * @property {boolean} [required]
 * @property {string} [pattern]
 * @property {string} [title] what the pattern asks for
 * @property {number} [min]
 * @property {number} [max]
 * @property {boolean} [readonly]
 * @property {string} [autocomplete]
 * @property {string} [list] id of a datalist
 * @property {{name: string, is: string | string[]} | ((of: (name: string) => string) => boolean)} [when] shown, and asked for, only
 *   while another field has this value, or others have values that fit
 */

/** @typedef {Record<string, string | number | boolean | null>} Values */

import { ApiError } from "../../shared/api.js";
import { el, fill } from "../../shared/dom.js";
import { changeFault, FieldFault } from "./faults.js";
import { button, iconButton } from "./icon.js";

let dialogsMade = 0;

/**
 * Opens a dialog with a form. Resolves to what `submit` gave, or null when it was left.
 *
 * @template T
 * @param {object} asked
 * @param {string} asked.title
 * @param {(Node | string | null)[]} [asked.intro]
 * @param {Field[]} asked.fields
 * @param {string} asked.action the verb on the button
 * @param {boolean} [asked.danger]
 * @param {(values: Values) => Promise<T>} asked.submit
 * @returns {Promise<T | null>}
 */
export function ask({ title, intro = [], fields, action, danger = false, submit }) {
  dialogsMade += 1;
  const id = `dialog-${dialogsMade}`;
  const message = el("div", { class: "form-fault", role: "alert" });
  const send = el("button", { type: "submit", class: `button ${danger ? "danger" : "primary"}` }, action);
  const inputs = fields.map((field) => fieldElement(field, id));
  return new Promise((resolve) => {
    /** @type {T | null} */
    let outcome = null;
    const leave = () => void dialog.close();
    const form = el(
      "form",
      { method: "dialog", class: "form", novalidate: true },
      el("header", { class: "dialog-head" }, el("h2", { id: `${id}-title` }, title), iconButton("close", "Close", leave)),
      el("div", { class: "dialog-body" }, ...intro.map((part) => (typeof part === "string" ? el("p", {}, part) : part)), ...inputs, message),
      el("footer", { class: "dialog-foot" }, button("Cancel", leave), send),
    );
    const follow = () => followChoices(form, fields, inputs);
    form.addEventListener("input", follow);
    follow();
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      clearFaults(form);
      fill(message);
      if (!checked(form)) return;
      send.disabled = true;
      send.setAttribute("aria-busy", "true");
      try {
        outcome = await submit(valuesOf(form, fields));
        dialog.close();
      } catch (fault) {
        showFault(form, fields, message, fault);
      } finally {
        send.disabled = false;
        send.removeAttribute("aria-busy");
      }
    });
    const dialog = el("dialog", { class: "dialog", "aria-labelledby": `${id}-title` }, form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(outcome);
    });
    document.body.append(dialog);
    dialog.showModal();
    /** @type {HTMLElement | null} */ (form.querySelector(".field input:not([readonly]), .field select, .field textarea"))?.focus();
  });
}

/**
 * Fields that another one's value rules out are hidden, and not asked for; those that hang on a hidden one are hidden too.
 *
 * @param {HTMLFormElement} form
 * @param {Field[]} fields
 * @param {HTMLElement[]} elements
 */
function followChoices(form, fields, elements) {
  fields.forEach(({ when }, at) => {
    const element = elements[at];
    if (!when || !element) return;
    // Read anew for each: what was hidden just now has no value any more.
    const data = new FormData(form);
    const of = (/** @type {string} */ name) => String(data.get(name) ?? "");
    const shown = typeof when === "function" ? when(of) : [when.is].flat().includes(of(when.name));
    element.hidden = !shown;
    for (const input of element.querySelectorAll("input, select, textarea")) /** @type {HTMLInputElement} */ (input).disabled = !shown;
  });
}

/**
 * A dialog that only shows something.
 *
 * @param {string} title
 * @param {...Node} body
 * @returns {HTMLDialogElement}
 */
export function show(title, ...body) {
  dialogsMade += 1;
  const id = `dialog-${dialogsMade}-title`;
  const dialog = el(
    "dialog",
    { class: "dialog", "aria-labelledby": id },
    el("header", { class: "dialog-head" }, el("h2", { id }, title), iconButton("close", "Close", () => void dialog.close())),
    el("div", { class: "dialog-body" }, ...body),
    el("footer", { class: "dialog-foot" }, button("Close", () => void dialog.close(), { kind: "primary" })),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * @param {Field} field
 * @param {string} prefix
 */
export function fieldElement(field, prefix) {
  const id = `${prefix}-${field.name}`;
  const hintId = field.hint ? `${id}-hint` : null;
  const fault = el("p", { class: "field-fault", id: `${id}-fault` });
  const hint = hintId ? el("p", { class: "hint", id: hintId }, field.hint) : null;
  if (field.type === "radio") {
    const choices = (field.options ?? []).map(([value, label]) =>
      el("label", { class: "choice" }, el("input", { type: "radio", name: field.name, value, checked: value === field.value }), label),
    );
    return el("fieldset", { class: "field", "aria-describedby": described(hintId, id) }, el("legend", {}, field.label), ...choices, hint, fault);
  }
  if (field.type === "checkbox") {
    const box = el("input", { type: "checkbox", id, name: field.name, checked: field.value === true, "aria-describedby": hintId });
    return el("div", { class: "field" }, el("label", { class: "choice" }, box, field.label), hint, fault);
  }
  return el("div", { class: "field" }, el("label", { for: id }, field.label, field.required ? null : el("span", { class: "optional" }, "optional")), control(field, id, hintId), hint, fault);
}

/**
 * @param {string | null} hintId
 * @param {string} id
 */
const described = (hintId, id) => [hintId, `${id}-fault`].filter(Boolean).join(" ");

/**
 * @param {Field} field
 * @param {string} id
 * @param {string | null} hintId
 */
function control(field, id, hintId) {
  const common = {
    id,
    name: field.name,
    required: field.required ?? false,
    readonly: field.readonly ?? false,
    "aria-describedby": described(hintId, id),
    autocomplete: field.autocomplete ?? "off",
  };
  if (field.type === "select") {
    const options = (field.options ?? []).map(([value, label]) => el("option", { value, selected: value === String(field.value ?? "") }, label));
    return el("select", common, ...options);
  }
  if (field.type === "textarea") {
    const area = el("textarea", { ...common, rows: 3 });
    area.value = String(field.value ?? "");
    return area;
  }
  const { pattern, title, min, max, list } = field;
  const input = el("input", { ...common, type: field.type ?? "text", pattern, title, min, max, list, spellcheck: "false" });
  input.value = field.value === null || field.value === undefined ? "" : String(field.value);
  return input;
}

/** @param {HTMLFormElement} form */
function checked(form) {
  let good = true;
  for (const input of form.querySelectorAll("input, select, textarea")) {
    const node = /** @type {HTMLInputElement} */ (input);
    const blank = node.required && !node.disabled && node.type !== "password" && node.value.trim() === "";
    if (node.validity.valid && !blank) continue;
    fieldFault(node, faultOf(node, blank));
    if (good) node.focus();
    good = false;
  }
  return good;
}

/**
 * @param {HTMLInputElement} input
 * @param {boolean} blank
 */
function faultOf({ type, validity, min, max, title, validationMessage }, blank) {
  if (type === "number" && validity.badInput) return "This is no number.";
  if (blank || validity.valueMissing) return "This is needed.";
  if (validity.patternMismatch) return title;
  if (type !== "number") return validationMessage;
  if (validity.stepMismatch) return "Use a whole number.";
  if (min !== "" && max !== "") return `Use ${min} to ${max}.`;
  return min !== "" ? `Use ${min} or more.` : `Use ${max} or less.`;
}

/**
 * @param {HTMLElement} input
 * @param {string} text
 */
function fieldFault(input, text) {
  const place = input.closest(".field")?.querySelector(".field-fault");
  if (place) place.textContent = text;
  input.setAttribute("aria-invalid", "true");
}

/** @param {HTMLFormElement} form */
function clearFaults(form) {
  for (const node of form.querySelectorAll(".field-fault")) node.textContent = "";
  for (const node of form.querySelectorAll("[aria-invalid]")) node.removeAttribute("aria-invalid");
}

/**
 * @param {HTMLFormElement} form
 * @param {Field[]} fields
 * @param {HTMLElement} message
 * @param {unknown} fault
 */
function showFault(form, fields, message, fault) {
  const { text, lost } = changeFault(fault);
  const input = fault instanceof ApiError || fault instanceof FieldFault ? inputAtFault(form, fields, fault.field) : null;
  if (input) {
    fieldFault(input, text);
    input.focus();
    fill(message, el("p", {}, lost));
  } else {
    fill(message, el("p", {}, text), el("p", {}, lost));
    message.scrollIntoView({ block: "nearest" });
  }
}

/**
 * Where a fault of this name stands: at the last such field that is asked, since the later one says it more closely. A
 * fault at a field that is hidden would not be seen.
 *
 * @param {HTMLFormElement} form
 * @param {Field[]} fields
 * @param {string | null} fault
 * @returns {HTMLElement | null}
 */
function inputAtFault(form, fields, fault) {
  const called = fields.filter(({ name, sentAs }) => fault !== null && [name, sentAs].includes(fault));
  const inputs = called.map(({ name }) => {
    const asked = `[name="${CSS.escape(name)}"]:not(:disabled)`;
    return /** @type {HTMLElement | null} */ (form.querySelector(`${asked}:checked`) ?? form.querySelector(asked));
  });
  return inputs.findLast((input) => input !== null) ?? null;
}

/**
 * Empty text becomes null, numbers become numbers.
 *
 * @param {HTMLFormElement} form
 * @param {Field[]} fields
 */
export function valuesOf(form, fields) {
  const data = new FormData(form);
  /** @type {Values} */
  const values = {};
  for (const { name, type } of fields) {
    const given = String(data.get(name) ?? "");
    // Blanks around a password are part of it.
    const text = type === "password" ? given : given.trim();
    if (type === "checkbox") values[name] = data.has(name);
    else if (text === "") values[name] = null;
    else values[name] = type === "number" ? Number(text) : text;
  }
  return values;
}

/**
 * The values that differ from what was: a correction sends nothing else.
 *
 * @param {Values} values
 * @param {Record<string, unknown>} before
 */
export function changed(values, before) {
  const was = (/** @type {string} */ name) => (before[name] === "" ? null : (before[name] ?? null));
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => was(name) !== value));
}
