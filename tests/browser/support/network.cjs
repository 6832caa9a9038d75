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

  /** One of the six ways in which a scan or its answer can come to harm. */
  async #spoil(request, response, body) {
    const way = this.random();
    await pause(this.random() * 60);
    if (way < 0.2) {
      this.done.lost += 1;
      return response.destroy();
    }
    if (way < 0.35) {
      this.done.overtaken += 1; // the page hears nothing and goes on; this copy arrives when others have
      this.#later(request, body, 1500 + this.random() * 2500);
      return response.destroy();
    }
    if (way < 0.5) {
      this.done.unanswered += 1;
      await this.#forward(request, body, null).catch(() => {});
      return response.destroy();
    }
    if (way < 0.6) {
      this.done.cut += 1;
      const answer = await this.#forward(request, body, null).catch(() => null);
      if (!answer) return response.destroy();
      response.writeHead(answer.status, { "content-type": "application/json", "content-length": answer.body.length });
      return response.write(answer.body.subarray(0, answer.body.length / 2), () => response.destroy());
    }
    if (way < 0.75) {
      this.done.doubled += 1;
      this.#later(request, body, this.random() * 1500);
    } else if (way < 0.9) {
      this.done.delayed += 1;
      await pause(200 + this.random() * 2500);
    }
    return this.#forward(request, body, response).catch(() => response.destroy());
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
