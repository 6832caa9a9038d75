/** Ids made in the browser. */

/**
 * A UUID of version 7 (RFC 9562, section 5.7): sorts by time. Made from getRandomValues because crypto.randomUUID is
 * absent on insecure origins, and makes version 4.
 *
 * @param {number} [at_ms]
 */
export function uuidv7(at_ms = Date.now()) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(at_ms / 2 ** 32));
  view.setUint32(2, at_ms % 2 ** 32);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
