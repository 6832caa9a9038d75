// A bad network between a kiosk's page and the server: it drops, cuts, delays, doubles and reorders, by a seed.
"use strict";

const http = require("node:http");

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** How often each thing happens in twenty scans. */
const DECK = Object.entries({ lost: 4, overtaken: 3, unanswered: 3, cut: 2, doubled: 3, delayed: 3, spared: 2 })
  .flatMap(([way, times]) => Array(times).fill(way));

/** @template T @param {T[]} cards @param {() => number} chance @returns {T[]} */
function shuffled(cards, chance) {
  const deck = [...cards];
  for (let at = deck.length - 1; at > 0; at -= 1) {
    const other = Math.floor(chance() * (at + 1));
    [deck[at], deck[other]] = [deck[other], deck[at]];
  }
  return deck;
}

const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));

class BadNetwork {
  /**
   * @param {() => string} target the server's address now
   * @param {number} seed
   */
  constructor(target, seed) {
    this.target = target;
    this.random = random(seed);
    this.bad = false;
    this.deck = [];
    /** How often each thing was done to a scan. */
    this.done = { lost: 0, unanswered: 0, cut: 0, delayed: 0, doubled: 0, overtaken: 0 };
    this.late = new Set();
    this.streams = new Set();
  }

  async open() {
    this.server = http.createServer((request, response) => void this.#pass(request, response));
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  /** From now on all goes through, and what was held back has arrived. */
  async mend() {
    this.bad = false;
    await Promise.all([...this.late]);
  }

  /** How many scans came to harm. */
  get harm() {
    return Object.values(this.done).reduce((sum, times) => sum + times);
  }

  /** Cuts every open event stream. */
  cutStreams() {
    for (const response of this.streams) response.destroy();
  }

  async close() {
    await this.mend();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #pass(request, response) {
    response.on("error", () => {});
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    if (this.bad && request.method === "POST" && request.url.endsWith("/scans")) return this.#spoil(request, response, body);
    await this.#forward(request, body, response).catch(() => response.destroy());
  }

  /** What happens to the next scan: dealt, not drawn, so that no run is spared any of the ways. */
  #dealt() {
    if (this.deck.length === 0) this.deck = shuffled(DECK, this.random);
    return this.deck.pop();
  }

  /** One of the six ways in which a scan or its answer can come to harm, or none. */
  async #spoil(request, response, body) {
    const way = this.#dealt();
    if (way !== "spared") this.done[way] += 1;
    await pause(this.random() * 60);
    switch (way) {
      case "lost":
        return response.destroy();
      case "overtaken": // the page hears nothing and goes on; this copy arrives when others have
        this.#later(request, body, 1500 + this.random() * 2500);
        return response.destroy();
      case "unanswered":
        await this.#forward(request, body, null).catch(() => {});
        return response.destroy();
      case "cut":
        return this.#cut(request, response, body);
      case "doubled":
        this.#later(request, body, this.random() * 1500);
        break;
      case "delayed":
        await pause(200 + this.random() * 2500);
        break;
    }
    return this.#forward(request, body, response).catch(() => response.destroy());
  }

  /** The first half of the answer. */
  async #cut(request, response, body) {
    const answer = await this.#forward(request, body, null).catch(() => null);
    if (!answer) return response.destroy();
    response.writeHead(answer.status, { "content-type": "application/json", "content-length": answer.body.length });
    return response.write(answer.body.subarray(0, answer.body.length / 2), () => response.destroy());
  }

  /** A copy that arrives later, and whose answer nobody hears. */
  #later(request, body, after_ms) {
    const sent = pause(after_ms).then(() => this.#forward(request, body, null)).then(() => {}, () => {});
    this.late.add(sent);
    void sent.then(() => this.late.delete(sent));
  }

  /** To the server; its answer into `response`, or returned whole where that is null. */
  #forward({ method, url, headers }, body, response) {
    return new Promise((resolve, reject) => {
      const passed = http.request(new URL(url, this.target()), { method, headers: { ...headers, connection: "close" }, agent: false }, (answer) => {
        answer.on("error", reject);
        if (response) {
          const { connection: _connection, ...rest } = answer.headers;
          response.writeHead(answer.statusCode, rest);
          this.streams.add(response);
          response.on("close", () => (this.streams.delete(response), answer.destroy(), resolve(null)));
          return answer.pipe(response);
        }
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("end", () => resolve({ status: answer.statusCode, body: Buffer.concat(parts) }));
      });
      passed.on("error", reject);
      passed.end(body);
    });
  }
}

module.exports = { BadNetwork, random };
