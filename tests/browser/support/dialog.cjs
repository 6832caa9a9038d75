// The console's dialogs, filled in and sent as people do it.
"use strict";

/** @param {import("playwright-core").Page} page */
function dialogOf(page) {
  const dialog = () => page.locator("dialog[open]");
  const send = () => dialog().locator("button[type=submit]").click();

  /** Types into the open dialog's fields, by their names. */
  async function fill(values) {
    for (const [name, value] of Object.entries(values)) {
      const field = dialog().locator(`[name="${name}"]`).first();
      const kind = await field.evaluate((node) => (node.tagName === "SELECT" ? "select" : node.type));
      if (kind === "select") await field.selectOption(value);
      else if (kind === "checkbox") await field.setChecked(value);
      else if (kind === "radio") await dialog().locator(`[name="${name}"][value="${value}"]`).check();
      else await field.fill(String(value));
    }
  }

  /** Sends the open dialog with these values; it closes. */
  async function submit(values = {}) {
    await fill(values);
    await send();
    await dialog().waitFor({ state: "detached" });
  }

  /** Sends the open dialog with values that will not do: it stays, and says so at the field. */
  async function refused(values, name, words) {
    await fill(values);
    await send();
    const field = dialog().locator(".field:visible", { has: page.locator(`[name="${name}"][aria-invalid=true]`) });
    await field.locator(".field-fault", { hasText: words }).waitFor();
  }

  const cancel = () => dialog().getByRole("button", { name: "Cancel" }).click();
  return { dialog, fill, send, submit, refused, cancel };
}

module.exports = { dialogOf };
