/** A picture as the server takes it: JPEG or PNG, within its bounds. Telephones make other kinds, and larger ones. */

/** The server's own bounds, with something to spare. */
const FILE_MAX_BYTES = 15_000_000;
const PICTURE_MAX_PIXELS = 24_000_000;
const JPEG_QUALITY = 0.92;
/** Larger files are no photographs; a browser would run out of memory on them. */
const GIVEN_MAX_BYTES = 200_000_000;

/** Why a file that was chosen is no picture, in words for people. */
export class PictureFault extends Error {}

/**
 * @param {File} file
 * @returns {Promise<{bitmap: ImageBitmap, sent: Blob}>} what to show, upright, and what to send
 */
export async function prepared(file) {
  if (file.size > GIVEN_MAX_BYTES) throw new PictureFault("This file is too large for a photograph. Choose another one.");
  const bitmap = await opened(file);
  const pixels = bitmap.width * bitmap.height;
  const fits = file.size <= FILE_MAX_BYTES && pixels <= PICTURE_MAX_PIXELS && ["image/jpeg", "image/png"].includes(file.type);
  return { bitmap, sent: fits ? file : await redrawn(bitmap, Math.min(1, Math.sqrt(PICTURE_MAX_PIXELS / pixels))) };
}

/** @param {File} file */
async function opened(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    throw new PictureFault("This browser cannot open that file as a picture. Choose a photograph saved as JPEG or PNG.");
  }
}

/**
 * @param {ImageBitmap} bitmap
 * @param {number} scale
 */
async function redrawn(bitmap, scale) {
  const canvas = document.createElement("canvas");
  draw(canvas, bitmap, scale);
  /** @type {Blob | null} */
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY));
  if (!blob || blob.size > FILE_MAX_BYTES) throw new PictureFault("This picture cannot be made small enough to send. Photograph a smaller part of the shelf.");
  return blob;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ImageBitmap} bitmap
 * @param {number} scale
 */
export function draw(canvas, bitmap, scale) {
  canvas.width = Math.max(1, Math.floor(bitmap.width * scale));
  canvas.height = Math.max(1, Math.floor(bitmap.height * scale));
  const context = canvas.getContext("2d");
  if (context) {
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  }
}
