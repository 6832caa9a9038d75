// A film for Chromium's fake camera: labels as Outguide draws them, laid before the camera as people do.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const WIDTH = 1280;
const HEIGHT = 720;
/** Chromium plays a file of JPEG pictures at this pace, in pictures a second. */
const PICTURES_PER_SECOND = 30;

/** The label of a chart as an SVG picture, from the server. */
async function labelSvg(site, chart) {
  await site.call("anna", "GET", "/api/v1/me");
  const answer = await fetch(`${site.url}/api/v1/charts/${chart}/label.svg?template=folder-4x2`, { headers: { cookie: site.cookies.get("anna") } });
  if (!answer.ok) throw new Error(`label: ${answer.status} ${await answer.text()}`);
  return answer.text();
}

/**
 * One picture of labels on a table. Each: `{svg, x, y, width, turn (degrees), torn (share of its height), dim (0 to 1)}`;
 * `noise` in grey values. Answers with the file's bytes.
 */
async function photographed(page, labels, { width = WIDTH, height = HEIGHT, noise = 12, type = "image/jpeg" } = {}) {
  const base64 = await page.evaluate(
    async ([labels, width, height, noise, type]) => {
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      const context = canvas.getContext("2d");
      context.fillStyle = "#77706a";
      context.fillRect(0, 0, width, height);
      for (const { svg, x, y, width: wide, turn = 0, torn = 0, dim = 0 } of labels) {
        const image = new Image();
        image.src = `data:image/svg+xml;base64,${btoa(unescape(encodeURIComponent(svg)))}`;
        await image.decode();
        const high = (wide * image.naturalHeight) / image.naturalWidth;
        context.save();
        context.translate(x, y);
        context.rotate((turn * Math.PI) / 180);
        context.fillStyle = "#ffffff";
        context.fillRect(-wide / 2, -high / 2, wide, high);
        context.drawImage(image, -wide / 2, -high / 2, wide, high);
        context.fillStyle = `rgba(0, 0, 0, ${dim})`;
        context.fillRect(-wide / 2, -high / 2, wide, high);
        // A torn edge: the paper below the tear is gone.
        context.fillStyle = "#77706a";
        context.beginPath();
        context.moveTo(-wide / 2 - 2, high / 2 + 2);
        for (let at = 0; at <= 20; at++) context.lineTo((at / 20 - 0.5) * (wide + 4), high / 2 - high * torn + (at % 2) * high * 0.04);
        context.lineTo(wide / 2 + 2, high / 2 + 2);
        if (torn > 0) context.fill();
        context.restore();
      }
      const pixels = context.getImageData(0, 0, width, height);
      let seed = 7;
      for (let at = 0; at < pixels.data.length; at += 4) {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        const shift = (seed / 2147483648 - 0.5) * 2 * noise;
        for (let colour = 0; colour < 3; colour++) pixels.data[at + colour] += shift;
      }
      context.putImageData(pixels, 0, 0);
      return canvas.toDataURL(type, 0.9).split(",")[1];
    },
    [labels, width, height, noise, type],
  );
  return Buffer.from(base64, "base64");
}

/** Writes the film: `scenes` of `{picture, seconds}`, one after the other; it begins anew when it is over. */
function film(folder, scenes) {
  const file = path.join(folder, "camera.mjpeg");
  const out = fs.openSync(file, "w");
  for (const { picture, seconds } of scenes) {
    for (let shown = 0; shown < seconds * PICTURES_PER_SECOND; shown++) fs.writeSync(out, picture);
  }
  fs.closeSync(out);
  return file;
}

module.exports = { labelSvg, photographed, film, WIDTH, HEIGHT };
