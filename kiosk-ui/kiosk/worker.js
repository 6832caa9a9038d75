/**
 * Keeps the kiosk's page for a start without the server: network first, so that a new version shows at once; what was
 * fetched last when there is no network. It never touches /api: scans and answers are not the worker's business.
 */

const CACHE = "outguide-kiosk";
/** Longer than this the kept page is better than the wait, in milliseconds. */
const NETWORK_WAIT_MS = 4000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  const isOurs = origin === self.location.origin && (pathname.startsWith("/assets/") || pathname.startsWith("/kiosk/"));
  if (event.request.method === "GET" && isOurs) event.respondWith(fromNetworkOrKept(event.request));
});

async function fromNetworkOrKept(request) {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(NETWORK_WAIT_MS) });
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (fault) {
    const kept = await cache.match(request, { ignoreSearch: request.mode === "navigate" });
    if (kept) return kept;
    throw fault;
  }
}
