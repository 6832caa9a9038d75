/** Who is signed in, what that role may do, and times in the hospital's zone. */

/** @import { Me } from "./types.js" */
/** @import { Role } from "../shared/types.js" */

import { get, post } from "../shared/api.js";
import { timesIn } from "../shared/format.js";

/** @type {Role[]} */
const LADDER = ["viewer", "clerk", "records", "supervisor", "admin"];

/** @type {Me | null} */
let signedIn = null;
let spoken = timesIn(undefined);

/** The account that is signed in; asking before sign-in is a fault of the page. */
export function me() {
  if (!signedIn) throw new Error("nobody is signed in");
  return signedIn;
}

/** Times in the hospital's zone. */
export function times() {
  return spoken;
}

/** Asks the server who this browser is. Rejects with 401 when it is nobody. */
export async function recall() {
  signedIn = /** @type {Me} */ (await get("/api/v1/me"));
  spoken = timesIn(signedIn.hospital.time_zone);
  return signedIn;
}

/**
 * @param {string} user
 * @param {string} password
 */
export async function signIn(user, password) {
  await post("/api/v1/sign-in", { user, password });
  remember(true);
  return recall();
}

export async function signOut() {
  await post("/api/v1/sign-out");
  forget();
}

/** The server no longer knows this browser. */
export function forget() {
  signedIn = null;
  remember(false);
}

const REMEMBERED = "outguide-signed-in";

/**
 * Did somebody sign in here and not sign out? Its cookie is hidden from the page; without this note the page would have
 * to ask and be refused each time before it shows the sign-in form.
 */
export function mayBeSignedIn() {
  return localStorage.getItem(REMEMBERED) !== null;
}

/** @param {boolean} yes */
function remember(yes) {
  if (yes) localStorage.setItem(REMEMBERED, "1");
  else localStorage.removeItem(REMEMBERED);
}

/**
 * Does the account's role include one of these? The same ladder as the server's, which alone decides: this only keeps
 * what would be refused off the screen.
 *
 * @param {...Role} required
 */
export function may(...required) {
  return required.some((role) => includes(me().role, role));
}

/**
 * @param {Role} held
 * @param {Role} required
 */
function includes(held, required) {
  if (held === required || held === "admin") return true;
  if (held === "auditor") return required === "viewer";
  if (held === "technician" || required === "auditor" || required === "technician") return false;
  return LADDER.indexOf(held) >= LADDER.indexOf(required);
}
