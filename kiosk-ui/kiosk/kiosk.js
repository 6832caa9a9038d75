/** A kiosk's page: what starts it, and what keeps it for a start without the server. */

import { hearWedge } from "../shared/wedge.js";
import { language, learnLanguage } from "./language.js";
import { KioskScreen } from "./screen.js";
import { openStore } from "./store.js";

/** What the camera's worker loads, kept before it is first opened. */
const CAMERA_FILES = ["worker.js", "zxing-reader.js", "zxing_reader.wasm"].map((name) => `/assets/kiosk/camera/${name}`);

async function main() {
  const kiosk = decodeURIComponent(/\/kiosk\/([^/]+)/.exec(location.pathname)?.[1] ?? "");
  const lane = new URLSearchParams(location.search).get("lane") ?? "";
  const started = Promise.all([openStore(kiosk), learnLanguage()]).then(([store]) => {
    const screen = new KioskScreen(kiosk, lane, store);
    screen.start();
    keepAwake();
    return screen;
  });
  // Heard from the first moment, and taken in order once the store is open: who scans right after a reload sees a page
  // that looks ready.
  hearWedge(window, {
    guard: "always",
    slow: true,
    onCode: (code) => void started.then((screen) => screen.heard(code)),
    onFragment: (length, why) => void started.then((screen) => screen.heardFragment(length, why)),
  });
  await started;
  await keepPage().catch(() => {});
}

/** The page itself, kept for a start without the server. Needs a secure origin; elsewhere a reload needs the server. */
async function keepPage() {
  if (!navigator.serviceWorker || !window.caches) return;
  await navigator.serviceWorker.register("/assets/kiosk/worker.js", { scope: "/kiosk/" });
  // The camera's worker has an address outside the page's folder, and must start without the server too.
  await navigator.serviceWorker.register("/assets/kiosk/worker.js", { scope: "/assets/kiosk/camera/" });
  // What was loaded before the worker stood is put beside what it will see.
  const loaded = performance.getEntriesByType("resource").map((entry) => entry.name.replace(/#.*$/, ""));
  const ours = loaded.filter((name) => name.startsWith(`${location.origin}/assets/`));
  await (await caches.open("outguide-kiosk")).addAll([...new Set([location.href, ...ours, `/assets/languages/${language()}.json`, ...CAMERA_FILES])]);
}

/** Keeps the screen lit where the browser can (secure origins). */
function keepAwake() {
  const ask = () => void navigator.wakeLock?.request("screen").catch(() => {});
  ask();
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && ask());
}

void main();
