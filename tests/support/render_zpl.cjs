// Renders ZPL with a renderer that others wrote. Reads a JSON list of {zpl, png, width_mm, height_mm, dots_per_mm} from
// standard input; writes the PNG files.
const fs = require("node:fs");
const { ready } = require("zpl-renderer-js");

(async () => {
  const { api } = await ready;
  for (const job of JSON.parse(fs.readFileSync(0, "utf8"))) {
    const zpl = fs.readFileSync(job.zpl, "utf8");
    const png = await api.zplToBase64Async(zpl, job.width_mm, job.height_mm, job.dots_per_mm);
    fs.writeFileSync(job.png, Buffer.from(png, "base64"));
  }
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
