/** Starts the console: who is this, then the sign-in page or the shell. */

import { ApiError } from "../shared/api.js";
import { byId, el, fill } from "../shared/dom.js";
import { button, loadIcons } from "./parts/icon.js";
import { applyTheme } from "./theme.js";
import { forget, mayBeSignedIn, recall } from "./session.js";
import { openShell } from "./shell.js";
import { signInPage } from "./sign-in.js";

const RETRY_MS = 3_000;

applyTheme();
void loadIcons();
void begin();

async function begin() {
  if (!mayBeSignedIn()) return showSignIn(null);
  try {
    await recall();
    enter();
  } catch (fault) {
    if (fault instanceof ApiError && (fault.unanswered || fault.status >= 500)) waitForServer();
    else showSignIn(null);
  }
}

function enter() {
  openShell({ signedOut: (why) => showSignIn(why) });
}

/** @param {string | null} why the last session ended, if it did not end by hand */
function showSignIn(why) {
  forget();
  document.title = "Sign in · Outguide";
  for (const dialog of document.querySelectorAll("dialog")) dialog.remove();
  fill(byId("root"), signInPage({ why, signedIn: enter }));
}

function waitForServer() {
  document.title = "Outguide";
  const timer = setTimeout(() => void begin(), RETRY_MS);
  const now = () => {
    clearTimeout(timer);
    void begin();
  };
  fill(
    byId("root"),
    el(
      "main",
      { class: "gate" },
      el(
        "div",
        { class: "gate-card", role: "status" },
        el("h1", {}, "The server does not answer"),
        el("p", {}, "This page tries again by itself. Kiosks keep their scans meanwhile; use the printed downtime list to see what is out."),
        button("Try now", now),
      ),
    ),
  );
}
