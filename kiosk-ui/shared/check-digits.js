/** The check of what Outguide prints into barcodes: ISO 7064 MOD 97-10. */

/**
 * The two check digits of a text of A-Z and 0-9: letters count A = 10 to Z = 35, as in an IBAN.
 *
 * @param {string} text
 */
export function checkDigits(text) {
  let remainder = 0;
  for (const digit of [...text].map((letter) => Number.parseInt(letter, 36)).join("") + "00") {
    remainder = (remainder * 10 + Number(digit)) % 97;
  }
  return String(98 - remainder).padStart(2, "0");
}
