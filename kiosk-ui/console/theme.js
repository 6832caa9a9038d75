/** Light, dark or as the device asks; remembered in this browser. */

const KEY = "outguide-theme";

/** @returns {string | null} */
function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function applyTheme() {
  const theme = remembered();
  if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme;
  else delete document.documentElement.dataset["theme"];
}

export function switchTheme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const now = remembered() ?? (dark ? "dark" : "light");
  try {
    localStorage.setItem(KEY, now === "dark" ? "light" : "dark");
  } catch {
    // A browser that remembers nothing keeps the device's choice.
  }
  applyTheme();
}
