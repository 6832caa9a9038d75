/** The camera beside the verdict: a code held before it is a scan, read on this device, also without the server. */

import { byId, el, fill, setText } from "../../shared/dom.js";
import { describeCode } from "../codes.js";
import { say } from "../language.js";
import { Held } from "./held.js";

/** @import { Key } from "../language.js" */
/** @import { SeenCode } from "./held.js" */

/** Pictures are looked at no more often than this, in milliseconds. */
const FRAME_EVERY_MS = 80;
/** Without an answer from the decoder for this long it is started anew, in milliseconds. */
const DECODER_SILENCE_MAX_MS = 5000;
/** Nothing held before it for so long: the camera is turned off, in milliseconds. */
const REST_AFTER_MS = 180_000;
/** The longest side of a picture that is looked at, in pixels. */
const FRAME_SIDE_MAX = 1280;
const DEVICE = "camera";

/** @type {Record<string, Key>} */
const FAULTS = {
  NotAllowedError: "camera.not_allowed",
  NotFoundError: "camera.not_found",
  NotReadableError: "camera.in_use",
};

export class Camera {
  /** @type {MediaStream | null} */
  #stream = null;
  /** @type {Worker | null} */
  #decoder = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  #frame = 0;
  #sent_ms = 0;
  #seen_ms = 0;
  #held = new Held();

  /** @param {(code: SeenCode & {device: string}) => void} onCode */
  constructor(onCode) {
    this.onCode = onCode;
    this.panel = byId("camera");
    this.video = el("video", { class: "camera-video", muted: true, playsinline: true, "aria-label": say("camera.sees") });
    this.canvas = document.createElement("canvas");
    this.state = el("p", { class: "camera-state", role: "status" });
    this.opener = byId("camera-open");
    this.opener.addEventListener("click", () => (this.panel.hidden ? void this.open() : this.close()));
    fill(
      this.panel,
      el("h2", { class: "side-title" }, say("camera.title"), el("button", { type: "button", class: "menu-button", on: { click: () => this.close() } }, say("menu.close"))),
      el("div", { class: "camera-view" }, this.video, el("span", { class: "camera-aim", "aria-hidden": "true" })),
      this.state,
    );
  }

  async open() {
    this.panel.hidden = false;
    this.opener.setAttribute("aria-pressed", "true");
    this.#say("starting", say("camera.starting"));
    if (!navigator.mediaDevices) return this.#say("fault", say("camera.needs_tls"));
    try {
      const wanted = { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 } };
      const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
      if (this.panel.hidden) return stop(stream); // closed meanwhile
      this.#stop();
      this.#stream = stream;
      stream.getVideoTracks()[0]?.addEventListener("ended", () => (this.#stop(), this.#say("fault", say("camera.gone"))));
      this.video.srcObject = stream;
      await this.video.play();
      this.#seen_ms = Date.now();
      this.#held = new Held();
      this.#startDecoder();
      this.#say("ready", say("camera.ready"));
      this.#next();
    } catch (fault) {
      this.#stop();
      const name = fault instanceof Error ? fault.name : "";
      const known = FAULTS[name];
      this.#say("fault", known ? say(known) : say("camera.fault", { why: name || String(fault) }));
    }
  }

  close() {
    this.#stop();
    this.panel.hidden = true;
    this.opener.setAttribute("aria-pressed", "false");
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#decoder?.terminate();
    this.#decoder = null;
    if (this.#stream) stop(this.#stream);
    this.#stream = null;
    this.video.srcObject = null;
  }

  /**
   * @param {"starting" | "ready" | "several" | "read" | "fault"} state
   * @param {string} text
   */
  #say(state, text) {
    this.panel.dataset.state = state;
    setText(this.state, text);
  }

  // ---- live

  #startDecoder() {
    this.#decoder?.terminate();
    const decoder = new Worker("/assets/kiosk/camera/worker.js");
    decoder.addEventListener("message", ({ data }) => data.id === this.#frame && this.#decoded(data));
    decoder.addEventListener("error", () => this.#decoderFailed());
    this.#decoder = decoder;
  }

  #decoderFailed() {
    this.#stop();
    this.#say("fault", say("camera.unreadable"));
  }

  #next(wait_ms = FRAME_EVERY_MS) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), wait_ms);
  }

  #look() {
    if (!this.#stream || !this.#decoder) return;
    if (Date.now() - this.#seen_ms > REST_AFTER_MS) {
      this.#stop();
      return this.#say("fault", say("camera.resting"));
    }
    const image = document.visibilityState === "visible" ? this.#grab(FRAME_SIDE_MAX) : null;
    if (!image) return this.#next();
    this.#frame += 1;
    this.#sent_ms = Date.now();
    this.#decoder.postMessage({ id: this.#frame, picture: image }, [image.data.buffer]);
    this.#timer = setTimeout(() => (this.#startDecoder(), this.#next()), DECODER_SILENCE_MAX_MS);
  }

  /** @param {{codes?: SeenCode[], fault?: string}} answer */
  #decoded({ codes, fault }) {
    if (fault || !codes) return this.#decoderFailed();
    const now = Date.now();
    const { take, several } = this.#held.see(codes, now);
    if (codes.length > 0) this.#seen_ms = now;
    if (take) {
      this.#say("read", describeCode(take.data));
      this.onCode({ data: take.data, symbology: take.symbology, device: DEVICE });
    } else if (several) {
      this.#say("several", say("camera.several"));
    } else if (codes.length === 0 && this.panel.dataset.state !== "read") {
      this.#say("ready", say("camera.ready"));
    }
    this.#next(Math.max(0, FRAME_EVERY_MS - (now - this.#sent_ms)));
  }

  /**
   * What the camera shows now, at most so long a side, in pixels.
   *
   * @param {number} side
   */
  #grab(side) {
    const { videoWidth: width, videoHeight: height } = this.video;
    return width > 0 && height > 0 ? drawn(this.canvas, this.video, width, height, Math.min(1, side / width, side / height)) : null;
  }
}

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasImageSource} source
 * @param {number} width
 * @param {number} height
 * @param {number} scale
 */
function drawn(canvas, source, width, height, scale) {
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return null;
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
