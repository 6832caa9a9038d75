/** Command codes as their cards carry them: KIND BODY CHECK, the check by ISO 7064 MOD 97-10. */

/** @import { Role } from "../shared/types.js" */
/** @import { Key } from "./language.js" */

import { checkDigits } from "../shared/check-digits.js";
import { say } from "./language.js";

/**
 * The commands of the screen's buttons, left to right.
 *
 * @type {{word: string, key: Key, modes: string[], needs: "clerk" | "records"}[]}
 */
export const COMMANDS = [
  { word: "OUT", key: "command.OUT", modes: ["out"], needs: "clerk" },
  { word: "RETURN", key: "command.RETURN", modes: ["return"], needs: "clerk" },
  { word: "RECEIVE", key: "command.RECEIVE", modes: ["receive"], needs: "clerk" },
  { word: "WHERE", key: "command.WHERE", modes: ["where"], needs: "clerk" },
  { word: "MISSING", key: "command.MISSING", modes: ["missing"], needs: "records" },
  { word: "FOUND", key: "command.FOUND", modes: ["found"], needs: "records" },
  { word: "LABEL", key: "command.LABEL", modes: ["label"], needs: "clerk" },
  { word: "UNDO", key: "command.UNDO", modes: [], needs: "clerk" },
  { word: "DONE", key: "command.DONE", modes: [], needs: "clerk" },
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
 * What a command is called; one that has no button is called by its code.
 *
 * @param {string} word
 */
function commandWord(word) {
  const command = COMMANDS.find((each) => each.word === word);
  return command ? say(command.key) : word;
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
  if (!known || checkDigits(data.slice(0, -2)) !== known[3]) return say("code.other", { count: data.length });
  const body = known[2] ?? "";
  switch (known[1]) {
    case "C":
    case "R":
      return say("code.chart", { number: Number(body.slice(0, 9)) });
    case "L":
      return say("code.place", { code: body });
    case "S":
      return say("code.badge", { code: body });
    default:
      return commandWord(body);
  }
}
