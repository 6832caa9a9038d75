/** The forms of Records and Set-up are alike: add a row, correct it, switch it off and on. */

/** @import { Field } from "./form.js" */

import { ApiError, patch, post } from "../../shared/api.js";
import { ask, changed } from "./form.js";
import { toast } from "./toast.js";

/**
 * @param {object} asked
 * @param {string} asked.title
 * @param {(Node | string)[]} [asked.intro]
 * @param {Field[]} asked.fields
 * @param {string} asked.path the list's address on the server
 * @param {string} [asked.said] what the toast says
 */
export function addRow({ title, intro = [], fields, path, said = "Added." }) {
  return ask({
    title,
    intro,
    fields,
    action: "Add",
    submit: async (values) => {
      await post(path, values);
      toast(said);
      return true;
    },
  });
}

/**
 * Sends only what differs, with what it was when the form opened: where somebody else changed the same field meanwhile,
 * the server refuses, and nobody's word is overwritten unseen. Resolves to null when it was left and the row is still as
 * it was shown.
 *
 * @param {object} asked
 * @param {string} asked.title
 * @param {(Node | string)[]} [asked.intro]
 * @param {Field[]} asked.fields
 * @param {string} asked.path the row's address on the server
 * @param {Record<string, any>} asked.before
 * @param {string} [asked.said]
 */
export async function correctRow({ title, intro = [], fields, path, before, said = "Corrected." }) {
  let stale = false;
  const done = await ask({
    title,
    intro,
    fields,
    action: "Save",
    submit: async (values) => {
      const difference = changed(values, before);
      const was = Object.fromEntries(Object.keys(difference).map((name) => [name, before[name] ?? null]));
      try {
        if (Object.keys(difference).length > 0) await patch(path, { ...difference, was });
      } catch (fault) {
        stale ||= fault instanceof ApiError && [404, 409].includes(fault.status);
        throw fault;
      }
      toast(said);
      return true;
    },
  });
  return done ?? (stale ? false : null);
}

/**
 * Switches a row off or on; `on` is what it is now.
 *
 * @param {object} asked
 * @param {string} asked.title
 * @param {string} asked.intro what it will mean
 * @param {string} asked.path
 * @param {boolean} asked.on
 * @param {string} [asked.action] the verb on the button
 * @param {string} [asked.said]
 * @param {"active" | "retired"} [asked.field] what says so
 */
export function turnRow({ title, intro, path, on, action = on ? "Deactivate" : "Activate", said = on ? "Deactivated." : "Active again.", field = "active" }) {
  return ask({
    title,
    intro: [intro],
    fields: [],
    action,
    danger: on,
    submit: async () => {
      await patch(path, { [field]: field === "retired" ? on : !on });
      toast(said);
      return true;
    },
  });
}
