/** Talks to the server: JSON in and out, problem documents as errors, event streams that resume. */

/** @import { Problem } from "./types.js" */

/** How long a request may take before it counts as unanswered, in milliseconds. */
const REQUEST_TIMEOUT_MS = 15_000;
/** An event stream without a byte (the server sends comments in between) for this long is dead, in milliseconds. */
const STREAM_SILENCE_MAX_MS = 45_000;
/** Wait before the first and at most before any new attempt to open a stream, in milliseconds. */
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 10_000;
/** Longest single event taken from a stream, in characters. */
const EVENT_LENGTH_MAX = 1_000_000;

/**
 * What went wrong with a request. `status` is 0 when there was no answer at all: then nothing is known about whether
 * the server did it.
 */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {Problem} problem
   * @param {unknown} [body] what the answer held when it was JSON but no problem (a receipt with 503, for example)
   */
  constructor(status, problem, body) {
    super(problem.detail || problem.title || (status === 0 ? "The server does not answer." : `The server answered ${status}.`));
    this.name = "ApiError";
    this.status = status;
    this.problem = problem;
    this.field = problem.field ?? null;
    this.rule = problem.rule ?? null;
    this.body = body ?? null;
  }

  /** No answer: the network, the server or the time ran out. */
  get unanswered() {
    return this.status === 0;
  }
}

/**
 * @typedef {object} CallOptions
 * @property {unknown} [body] sent as JSON
 * @property {Blob} [file] sent as it is, in place of `body`; its type says what it is
 * @property {Record<string, string | number | boolean | null | undefined>} [query] null, undefined and "" are left out
 * @property {AbortSignal} [signal]
 * @property {number} [timeout_ms]
 */

/**
 * One request. Resolves to the parsed answer (null when empty); rejects with `ApiError`, or with the signal's reason
 * when the caller aborted it.
 *
 * @param {string} method
 * @param {string} path
 * @param {CallOptions} [options]
 * @returns {Promise<any>}
 */
export async function call(method, path, options = {}) {
  const limit = AbortSignal.timeout(options.timeout_ms ?? REQUEST_TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json, application/problem+json", "X-Outguide": "1" };
  /** @type {RequestInit} */
  const init = { method, headers, signal, credentials: "same-origin", cache: "no-store" };
  if (options.body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(options.body);
  } else if (options.file) {
    headers["Content-Type"] = options.file.type;
    init.body = options.file;
  }
  let response;
  let text;
  const sent_at = Date.now();
  try {
    response = await fetch(withQuery(path, options.query), init);
    text = await response.text();
  } catch (fault) {
    if (options.signal?.aborted) throw options.signal.reason;
    throw new ApiError(0, { title: "No answer", detail: "The server does not answer." }, fault);
  }
  learnClock(response.headers.get("Date"), sent_at, Date.now());
  const body = parsed(text);
  if (response.ok) return body;
  throw refused(response, body);
}

let clockError_ms = 0;

/** Now by the server's clock, within a second, as far as its answers told it: a kiosk's own clock may be wrong. */
export const serverNow = () => Date.now() + clockError_ms;

/**
 * @param {string | null} date the answer's Date header, in whole seconds
 * @param {number} sent_at
 * @param {number} heard_at
 */
function learnClock(date, sent_at, heard_at) {
  const at = date ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(at) || heard_at - sent_at > 2000) return;
  const seen = at + 500 - (sent_at + heard_at) / 2;
  // Within the header's own grain nothing is learnt; following it would make the clock jump.
  if (Math.abs(seen - clockError_ms) > 1000) clockError_ms = seen;
}

/**
 * @param {string} path
 * @param {CallOptions["query"]} [query]
 * @param {AbortSignal} [signal]
 */
export const get = (path, query, signal) => call("GET", path, { query, ...(signal ? { signal } : {}) });

/**
 * @param {string} path
 * @param {unknown} [body]
 */
export const post = (path, body = {}) => call("POST", path, { body });

/**
 * @param {string} path
 * @param {unknown} body
 */
export const patch = (path, body) => call("PATCH", path, { body });

/**
 * One event of a stream.
 *
 * @typedef {object} StreamEvent
 * @property {string} type the event's name, "message" when it has none
 * @property {string} id
 * @property {any} data parsed JSON, or the text when it is none
 */

/**
 * Follows an event stream until the returned function is called; opens it again after every break, from the last id it
 * has seen. Uses fetch rather than EventSource, which gives up for good on an error answer and hides its status.
 *
 * @param {string} path
 * @param {object} handlers
 * @param {(event: StreamEvent) => void} handlers.onEvent
 * @param {(state: "open" | "lost", fault: ApiError | null) => void} [handlers.onState]
 * @returns {() => void} ends it
 */
export function follow(path, { onEvent, onState }) {
  const ended = new AbortController();
  let lastId = "";
  let wait_ms = RETRY_FIRST_MS;

  const attempt = async () => {
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), STREAM_SILENCE_MAX_MS);
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), STREAM_SILENCE_MAX_MS);
    };
    try {
      /** @type {Record<string, string>} */
      const headers = { Accept: "text/event-stream", "X-Outguide": "1" };
      if (lastId) headers["Last-Event-ID"] = lastId;
      const response = await fetch(path, {
        headers,
        cache: "no-store",
        credentials: "same-origin",
        signal: AbortSignal.any([ended.signal, silence.signal]),
      });
      if (!response.ok || !response.body) throw refused(response, parsed(await response.text()));
      wait_ms = RETRY_FIRST_MS;
      onState?.("open", null);
      await readStream(response.body, heard, (event) => {
        if (event.id) lastId = event.id;
        onEvent(event);
      });
    } finally {
      clearTimeout(timer);
    }
  };

  const run = async () => {
    while (!ended.signal.aborted) {
      /** @type {ApiError | null} */
      let fault = null;
      try {
        await attempt();
      } catch (thrown) {
        if (ended.signal.aborted) return;
        fault = thrown instanceof ApiError ? thrown : new ApiError(0, { detail: "The server does not answer." }, thrown);
      }
      onState?.("lost", fault);
      await new Promise((resume) => setTimeout(resume, wait_ms * (0.75 + Math.random() / 2)));
      wait_ms = Math.min(wait_ms * 2, RETRY_MAX_MS);
    }
  };
  void run();
  return () => ended.abort();
}

/**
 * Reads `text/event-stream` (HTML standard, section 9.2.6) until it ends.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @param {() => void} heard
 * @param {(event: StreamEvent) => void} give
 */
async function readStream(body, heard, give) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    heard();
    pending += decoder.decode(value, { stream: true }).replaceAll("\r\n", "\n");
    if (pending.length > EVENT_LENGTH_MAX) throw new Error("an event is longer than is allowed");
    for (let end = pending.indexOf("\n\n"); end >= 0; end = pending.indexOf("\n\n")) {
      const event = parsedEvent(pending.slice(0, end));
      pending = pending.slice(end + 2);
      if (event) give(event);
    }
  }
}

/**
 * @param {string} block
 * @returns {StreamEvent | null} null for comments alone
 */
export function parsedEvent(block) {
  let type = "message";
  let id = "";
  /** @type {string[]} */
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith(":")) continue;
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") type = value;
    else if (field === "id") id = value;
    else if (field === "data") data.push(value);
  }
  if (data.length === 0 && type === "message") return null;
  const text = data.join("\n");
  return { type, id, data: parsed(text) ?? text };
}

/**
 * @param {string} path
 * @param {CallOptions["query"]} query
 */
function withQuery(path, query) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

/** @param {string} text */
function parsed(text) {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * @param {Response} response
 * @param {any} body
 */
function refused(response, body) {
  const isProblem = (response.headers.get("Content-Type") ?? "").startsWith("application/problem+json");
  const problem = isProblem && body && typeof body === "object" ? body : { title: response.statusText };
  return new ApiError(response.status, problem, body);
}
