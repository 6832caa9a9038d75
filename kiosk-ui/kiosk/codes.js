/** Command codes as their cards carry them: KIND BODY CHECK, the check by ISO 7064 MOD 97-10. */

/** @import { Role } from "../shared/types.js" */

import { checkDigits } from "../shared/check-digits.js";

/**
 * The commands of the screen's buttons, left to right.
 *
 * @type {{word: string, label: string, modes: string[], needs: "clerk" | "records"}[]}
 */
export const COMMANDS = [
  { word: "OUT", label: "Out", modes: ["out"], needs: "clerk" },
  { word: "RETURN", label: "Return", modes: ["return"], needs: "clerk" },
  { word: "RECEIVE", label: "Receive", modes: ["receive"], needs: "clerk" },
  { word: "WHERE", label: "Where", modes: ["where"], needs: "clerk" },
  { word: "MISSING", label: "Missing", modes: ["missing"], needs: "records" },
  { word: "FOUND", label: "Found", modes: ["found"], needs: "records" },
  { word: "LABEL", label: "Label", modes: ["label"], needs: "clerk" },
  { word: "UNDO", label: "Undo", modes: [], needs: "clerk" },
  { word: "DONE", label: "Done", modes: [], needs: "clerk" },
];

/**
 * The code of a command's card.
 *
 * @param {string} word
 */
export function commandCode(word) {
  const text = `K${word}`;
  return text + checkDigits(text);
}

/**
 * May a badge of this role use a command? Unknown counts as yes: the server has the last word.
 *
 * @param {Role | null | undefined} role
 * @param {"clerk" | "records"} needs
 */
export function roleMay(role, needs) {
  if (!role) return true;
  const ladder = ["viewer", "clerk", "records", "supervisor", "admin"];
  return ladder.indexOf(role) >= ladder.indexOf(needs);
}

/**
 * What a code is, as far as the kiosk alone can tell: said of scans that wait. Unknown text is not shown, since people
 * type passwords into the wrong window.
 *
 * @param {string} data
 */
export function describeCode(data) {
  const known = /^([CRLSK])([A-Z0-9]+)(\d\d)$/.exec(data);
  if (!known || checkDigits(data.slice(0, -2)) !== known[3]) return `A code of ${data.length} characters`;
  const body = known[2] ?? "";
  switch (known[1]) {
    case "C":
    case "R":
      return `Chart no. ${Number(body.slice(0, 9))}`;
    case "L":
      return `Place ${body}`;
    case "S":
      return `Badge ${body}`;
    default:
      return COMMANDS.find((command) => command.word === body)?.label ?? body;
  }
}
