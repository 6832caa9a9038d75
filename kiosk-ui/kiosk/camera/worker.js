/**
 * Reads codes in pictures, away from the page: the WebAssembly module runs here, under a policy of this file's own, so
 * that the page need not be allowed to run any.
 *
 * In: `{id, picture: ImageData}`. Out: `{id, codes: [{data, symbology, x, y}], ms}`, or `{id, fault}`.
 */

const HERE = "/assets/kiosk/camera";
/** The symbologies on folders, cards and wristbands; the server looks for these and PDF417. */
const FORMATS = ["Code128", "Code39", "QRCode", "DataMatrix"];
const CODES_MAX = 8;

importScripts(`${HERE}/zxing-reader.js`);
ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => `${HERE}/zxing_reader.wasm` } });

self.onmessage = async ({ data: { id, picture } }) => {
  const began = performance.now();
  try {
    const found = await ZXingWASM.readBarcodes(picture, {
      formats: FORMATS,
      maxNumberOfSymbols: CODES_MAX,
      tryHarder: true,
      tryRotate: true,
      tryInvert: false,
    });
    const codes = found.filter((code) => code.isValid).map(({ text, symbologyIdentifier, position }) => ({ data: text, symbology: symbologyIdentifier, ...middle(position) }));
    self.postMessage({ id, codes, ms: performance.now() - began });
  } catch (fault) {
    self.postMessage({ id, fault: String(fault) });
  }
};

function middle({ topLeft, topRight, bottomLeft, bottomRight }) {
  const corners = [topLeft, topRight, bottomLeft, bottomRight];
  const mean = (along) => corners.reduce((sum, corner) => sum + corner[along], 0) / corners.length;
  return { x: mean("x"), y: mean("y") };
}
