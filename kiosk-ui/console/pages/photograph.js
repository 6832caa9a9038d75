/**
 * Shelf photograph: a picture of a shelf is sent to the server, which reads every code it can. Nothing of the picture is
 * kept; sightings are recorded only when someone says at which place it was taken, and confirms.
 */

/** @import { Context } from "../pages.js" */
/** @import { Photograph, Place } from "../types.js" */

import { ApiError, call, post } from "../../shared/api.js";
import { el, fill } from "../../shared/dom.js";
import { uuidv7 } from "../../shared/ids.js";
import { emptyBlock, readFault } from "../parts/faults.js";
import { ask } from "../parts/form.js";
import { button, icon } from "../parts/icon.js";
import { head } from "../parts/page.js";
import { PictureFault, draw, prepared } from "../parts/picture-file.js";
import { activePlaces } from "../parts/place-field.js";
import { chartsSeen, counted, grouped, list, overlay, summary } from "../parts/seen-codes.js";
import { toast } from "../parts/toast.js";
import { times } from "../session.js";

/** Sending a large picture over a slow radio, waiting for others, and being read. */
const ANSWER_WITHIN_MS = 150_000;
/** The picture is shown no larger, in pixels. */
const SHOWN_MAX_PIXELS = 2_400;

/** @param {Context} context */
export function open(context) {
  context.title("Shelf photograph");
  /** @type {Photograph | null} */
  let photograph = null;
  /** @type {Place[]} */
  let places = [];
  /** One for each record: asking again after a lost answer writes nothing twice. */
  let recordId = uuidv7();
  /** @type {string | null} */
  let recorded = null;
  let request = new AbortController();
  context.signal.addEventListener("abort", () => request.abort());

  const canvas = el("canvas", { class: "photograph-picture", role: "img", "aria-label": "The photograph" });
  const frame = el("div", { class: "photograph-frame" });
  const side = el("div", { class: "photograph-side" });
  const place = el("select", { id: "photograph-place", disabled: true }, el("option", { value: "" }, "Choose the place"));
  const record = button("Record sightings", () => confirmRecord(), { kind: "primary", icon: "check", disabled: true });

  const chosen = () => places.find(({ code }) => code === place.value) ?? null;
  const showRecord = () => {
    const count = photograph ? chartsSeen(photograph).length : 0;
    record.disabled = count === 0 || !chosen() || recorded !== null;
    fill(record, icon("check"), recorded ?? (count > 0 ? `Record ${counted(count, "sighting")}` : "Record sightings"));
  };
  const showRead = () => {
    showRecord();
    if (!photograph) return;
    const groups = grouped(photograph, chosen()?.code ?? null);
    const drawn = overlay(photograph, groups);
    fill(frame, el("div", { class: "photograph-stack" }, canvas, drawn.element));
    const none = emptyBlock("No code could be read", "Come nearer, hold the camera straight and let in more light: the narrowest bar of a label must be two pixels wide.");
    const advice = chosen() || chartsSeen(photograph).length === 0 ? null : el("p", { class: "hint" }, "Choose the place where it was taken to see which charts do not belong there.");
    fill(side, ...(photograph.codes.length === 0 ? [none] : [summary(photograph), advice, ...list(groups, drawn.point)]));
  };

  /** @param {File} file */
  const take = async (file) => {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    [photograph, recorded, recordId] = [null, null, uuidv7()];
    showRecord();
    waiting("Opening the picture…");
    try {
      const { bitmap, sent } = await prepared(file);
      if (signal.aborted) return bitmap.close();
      draw(canvas, bitmap, Math.min(1, SHOWN_MAX_PIXELS / Math.max(bitmap.width, bitmap.height)));
      bitmap.close();
      fill(frame, el("div", { class: "photograph-stack" }, canvas));
      waiting("Reading the codes. This takes up to half a minute; scans come first.");
      const answer = await call("POST", "/api/v1/photographs", { file: sent, signal, timeout_ms: ANSWER_WITHIN_MS });
      if (signal.aborted) return;
      photograph = answer;
      showRead();
    } catch (fault) {
      if (!signal.aborted) failed(fault, file);
    }
  };

  /** @param {string} text */
  const waiting = (text) => {
    const stop = button("Stop", () => {
      request.abort();
      start();
    });
    fill(side, el("div", { class: "state-block", role: "status" }, el("progress", { "aria-label": "Reading" }), el("p", {}, text), stop));
  };
  /**
   * @param {unknown} fault
   * @param {File} file
   */
  const failed = (fault, file) => {
    const said = fault instanceof PictureFault || fault instanceof ApiError ? fault.message : readFault(fault);
    // What is wrong with the picture itself is wrong with it the next time too.
    const again = fault instanceof ApiError && (fault.unanswered || fault.status >= 500);
    fill(side, el("div", { class: "state-block", role: "alert" }, icon("alerts"), el("p", {}, said), el("p", { class: "hint" }, "Nothing was recorded, and the picture was not kept."), again ? button("Try again", () => take(file)) : null));
  };
  const start = () => {
    fill(frame, emptyBlock("Photograph a shelf", "Take a picture of a row of folders so that their labels are sharp. Outguide reads every label it can and says which charts should not be there.", ...choosers(true)));
    fill(side, el("p", { class: "hint" }, "The picture is read by the server and not kept. Nothing is recorded until you say where it was taken and confirm."));
  };

  const confirmRecord = async () => {
    const at = chosen();
    if (!photograph || !at) return;
    const seen = chartsSeen(photograph);
    const missing = seen.filter(({ chart }) => chart?.missing_since).length;
    const made = await ask({
      title: `Record ${counted(seen.length, "chart")} as seen at ${at.name}?`,
      intro: [
        "Each chart’s history says that you said so, by a photograph. Nothing is moved: loans run on, and charts that do not belong there stay where the ledger has them until they are scanned.",
        missing > 0 ? `${counted(missing, "missing case")} will be closed.` : null,
      ],
      fields: [],
      action: "Record",
      submit: () => post("/api/v1/sightings", { id: recordId, place: at.code, labels: seen.map(({ text }) => text) }),
    });
    if (!made) return;
    recorded = `Recorded at ${times().clock(Date.now())}`;
    showRecord();
    toast(`${counted(made.charts.length, "chart")} recorded as seen at ${at.name}.`);
  };

  place.addEventListener("change", () => {
    [recorded, recordId] = [null, uuidv7()];
    showRead();
  });
  const loadPlaces = async () => {
    try {
      places = (await activePlaces()).sort((a, b) => a.name.localeCompare(b.name));
      place.append(...places.map(({ code, name }) => el("option", { value: code }, `${name} (${code})`)));
      place.disabled = false;
    } catch (fault) {
      if (!context.signal.aborted) toast(`The places could not be read. ${readFault(fault)}`, "refused");
    }
  };
  /** @param {boolean} large */
  const choosers = (large) => [chooser("Take a picture", true, large, take), chooser("Choose a picture", false, false, take)];
  void loadPlaces();
  start();
  return el(
    "div",
    { class: "page split photograph" },
    head("Shelf photograph", ...choosers(false), el("span", { class: "photograph-at" }, el("label", { for: "photograph-place" }, "Taken at"), place), record),
    el("div", { class: "split-body" }, el("section", { class: "panel grow", "aria-label": "Picture" }, frame), el("section", { class: "panel photograph-read scroll", "aria-label": "What was read", tabindex: "0" }, side)),
  );
}

/**
 * A button that opens the camera, where the device has one, or the files.
 *
 * @param {string} label
 * @param {boolean} camera
 * @param {boolean} primary
 * @param {(file: File) => unknown} take
 */
function chooser(label, camera, primary, take) {
  const input = el("input", { type: "file", class: "only-read-aloud", accept: "image/*", capture: camera ? "environment" : null, "aria-label": label });
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    // The same file may be chosen again.
    if (file) void Promise.resolve(take(file)).finally(() => (input.value = ""));
  });
  return el("label", { class: `button chooser ${primary ? "primary" : ""}` }, camera ? icon("photograph") : null, el("span", { "aria-hidden": "true" }, label), input);
}
