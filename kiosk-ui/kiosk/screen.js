/** A kiosk's screen: what comes in (wedge, buttons, live events), what goes out (scans), and who paints what. */

/** @import { AgentView, KioskView, Receipt, ReceiptSession, ScanSource } from "../shared/types.js" */
/** @import { Kept } from "./queue.js" */
/** @import { Counts, QueuedScan } from "./store.js" */
/** @import { Shown } from "./shown.js" */
/** @import { WedgeCode } from "../shared/wedge.js" */

import { ApiError, follow, get, post, serverNow } from "../shared/api.js";
import { byId, el, setText } from "../shared/dom.js";
import { timesIn } from "../shared/format.js";
import { Speaker } from "../shared/sound.js";
import { Camera } from "./camera/camera.js";
import { commandCode } from "./codes.js";
import { Enrolment } from "./enrol.js";
import { makeCommands, paintCommands, paintDevices, paintHeader } from "./frame.js";
import { IdleSignOff } from "./idle.js";
import { Lanes, laneName } from "./lanes.js";
import { language, manner, say } from "./language.js";
import { Memory } from "./memory.js";
import { Menu } from "./menu.js";
import { ScanQueue, countsWith } from "./queue.js";
import { RecentList } from "./recent.js";
import { paintRibbons } from "./ribbons.js";
import { offerSamples } from "./samples.js";
import { Sessions } from "./sessions.js";
import { shownFragment, shownLost, shownNotRecorded, shownParked, shownReceipt, shownSaved } from "./shown.js";

/** A receipt that tells of something older is listed, without sound, in milliseconds. */
const NEWS_MAX_AGE_MS = 10_000;
/** Receipts that may come before the page knows that their scans were handed over. */
const EARLY_MAX = 20;
/** The kiosk's state is asked for anew this often, in milliseconds: a safety net under the live events. */
const REFRESH_EVERY_MS = 60_000;
/** How a problem's type ends that says the kiosk was switched off in the console. */
const SWITCHED_OFF = "kiosk-deactivated";
/** A page this young is not loaded anew for its language, in milliseconds. */
const NEW_LANGUAGE_AFTER_MS = 20_000;

export class KioskScreen {
  /** @type {KioskView | null} */
  view = null;
  times = timesIn(undefined, serverNow, manner());
  link = { reached: true, streaming: false };
  /** @type {Counts} what waits in this page's own queue */
  own = { waiting: 0, oldest_at: null, parked: [] };
  /** @type {Counts} the same, and what waits at the kiosk's own computer */
  counts = this.own;
  /** @type {AgentView | null} how the kiosk's own computer is, where it serves this page */
  agent = null;
  /** What serves this page answers. */
  answered = true;
  /** Scans that had waited were recorded: who is signed in by now, and where charts go, the server says. */
  behind = false;
  /** @type {Map<string, Receipt>} */
  early = new Map();
  /** @type {(() => void) | null} */
  toggleSamples = null;
  speaker = new Speaker();

  /**
   * @param {string} kiosk
   * @param {string} lane the lane of this page's own scanner and buttons
   * @param {import("./store.js").ScanStore} store
   */
  constructor(kiosk, lane, store) {
    this.kiosk = kiosk;
    this.sessions = new Sessions(lane);
    this.path = `/api/v1/kiosks/${encodeURIComponent(kiosk)}`;
    this.memory = new Memory(kiosk);
    // What this page knew the last time, so that it is itself even when it starts without the server.
    this.view = this.memory.view();
    if (this.view) this.times = timesIn(this.view.hospital.time_zone, serverNow, manner());
    const times = () => this.times;
    this.lanes = new Lanes({
      times,
      view: () => this.view,
      session: (of) => this.sessions.of(of),
      onChoose: (code, of) => this.take(code, "touched", of),
      onLane: (of) => {
        this.sessions.chosen = of;
        this.paint();
      },
    });
    this.recent = new RecentList(byId("recent-list"), times, (shown) => this.lanes.showAgain(shown), () => this.lanes.several, this.memory);
    this.queue = new ScanQueue(store, (scan) => this.send(scan), {
      onReceipt: (scan, receipt, live) => this.ownReceipt(scan, receipt, live),
      onSaved: (scan, waiting) => this.announce(shownSaved(scan, Math.max(waiting, this.counts.waiting))),
      onHandedOver: (id) => this.handedOver(id),
      onNotRecorded: (scan) => this.announce(shownNotRecorded(scan)),
      onParked: (scan, status) => this.announce(shownParked(scan, status)),
      onLost: (data) => this.announce(shownLost(data, this.sessions.chosen, Date.now())),
      onBarred: (fault) => this.barred(fault),
      onCounts: (counts) => this.counted(counts),
      onReach: (reached) => this.reach(reached),
    });
    this.queue.askEpoch = async () => /** @type {KioskView} */ (await get(this.path)).epoch;
    this.menu = new Menu({
      speaker: this.speaker,
      view: () => this.view,
      counts: () => this.counts,
      times,
      durable: () => store.durable,
      onTyped: (data) => this.take(asFiled(data), "typed"),
      onSendAgain: (scan) => void (scan.there ? this.decide(scan, "send-again") : this.queue.sendParked(scan.queue_seq)),
      onSetAside: (scan) => void (scan.there ? this.decide(scan, "set-aside") : this.queue.setAside(scan.queue_seq)),
      onEnrol: () => this.enrolment.show(false),
    });
    this.enrolment = new Enrolment(kiosk, (enrolled) => this.enrolled(enrolled), () => this.speaker.play("not_recorded"));
    this.idle = new IdleSignOff(
      (lane) => this.touch(lane),
      (lane) => this.signedOff(lane),
    );
    this.camera = new Camera((code) => this.seen(code));
    this.store = store;
  }

  start() {
    makeCommands((word) => this.turnedAway(commandCode(word)) || this.take(commandCode(word), "touched"));
    document.addEventListener("contextmenu", (event) => event.preventDefault());
    window.addEventListener("online", () => this.queue.wake());
    void this.refresh();
    this.follow();
    void this.queue.count().then(() => this.queue.wake());
    setInterval(() => this.tick(), 1000);
    setInterval(() => void this.refresh(), REFRESH_EVERY_MS);
    this.paint();
  }

  // ---- in: codes

  /** @param {WedgeCode} code */
  heard({ data, source, started_at }) {
    if (this.turnedAway(data)) return;
    this.menu.close();
    // The buttons act for who stands at this page's own scanner.
    this.sessions.chosen = this.sessions.own;
    this.take(data, source, this.sessions.own, started_at);
  }

  /**
   * A code that nothing becomes of, because this page is no kiosk yet, or none any more.
   *
   * @param {string} data
   */
  turnedAway(data) {
    if (this.enrolment.shown) this.enrolment.scanned(data);
    else if (document.body.dataset.state === "off") {
      // The screen says what to do and goes on saying it.
      this.recent.add(shownLost(data, this.sessions.own, Date.now(), say("page.switched_off.next")));
      this.speaker.play("not_recorded");
    } else return false;
    return true;
  }

  /**
   * Keys that came to nothing.
   *
   * @param {number} length
   * @param {"no_end" | "too_long"} why
   */
  heardFragment(length, why) {
    this.announce(shownFragment(length, why, Date.now()));
  }

  /** @param {{data: string, symbology: string, device: string}} code what the camera was shown */
  seen(code) {
    if (this.turnedAway(code.data)) return;
    this.menu.close();
    this.sessions.chosen = this.sessions.own;
    void this.queue.add({ ...code, source: "scanned", lane: this.sessions.own });
  }

  /**
   * @param {string} data
   * @param {ScanSource} source
   * @param {string} [lane]
   * @param {number} [at_ms]
   */
  take(data, source, lane = this.sessions.chosen, at_ms = Date.now()) {
    if (data === "") return;
    void this.queue.add({ data, source, lane, at_ms });
  }

  // ---- out: scans

  /**
   * @param {QueuedScan} scan
   * @returns {Promise<Receipt | Kept>}
   */
  send({ id, data, source, lane, observed_at, queue_seq, device, symbology }) {
    return post(`${this.path}/scans`, {
      id,
      data,
      source,
      device,
      symbology,
      ...(lane ? { lane } : {}),
      observed_at,
      queue_seq,
      sent_at: new Date().toISOString(),
    });
  }

  /**
   * @param {QueuedScan} scan
   * @param {Receipt} receipt
   * @param {boolean} live
   */
  ownReceipt(scan, receipt, live) {
    this.early.delete(scan.id);
    const shown = shownReceipt({ ...receipt, lane: scan.lane }, Date.parse(scan.observed_at), !live);
    for (const parked of this.counts.parked) {
      // Scanned again after "not recorded", and now it is: nothing is left to decide.
      if (!parked.there && parked.status === 503 && parked.data === scan.data) void this.queue.setAside(parked.queue_seq);
    }
    if (live) {
      this.meetSession(scan.lane, receipt.session);
      this.announce(shown);
    } else {
      this.behind = true;
      this.recent.add(shown);
      this.lanes.settle(shown);
      if (shown.tone !== "ok") this.speaker.play(shown.tone);
    }
  }

  /**
   * The kiosk's own computer has it now. Its receipt comes as an event, and may have come already.
   *
   * @param {string} id
   */
  handedOver(id) {
    const receipt = this.early.get(id);
    this.early.delete(id);
    if (receipt) this.newsOf(receipt);
  }

  /**
   * What staff decided about a scan that the kiosk's own computer parked.
   *
   * @param {QueuedScan} scan
   * @param {"send-again" | "set-aside"} what
   */
  async decide(scan, what) {
    // Where it does not answer the row stays: it can be touched again.
    await post(`${this.path}/parked/${scan.queue_seq}/${what}`).catch(() => null);
  }

  /** @param {string} lane */
  async touch(lane) {
    try {
      const answer = await post(`${this.path}/touch`, { lane });
      const session = answer?.session ?? answer;
      if (session && "staff" in session) this.meetSession(lane, session);
      else this.idle.set(lane, (this.view?.idle_sign_off_seconds ?? 120) * 1000);
    } catch {
      // Without the server nobody signs off; the ring goes on as it would.
    }
  }

  // ---- in: the server's news

  async refresh() {
    try {
      /** @type {KioskView} */
      const view = await get(this.path);
      this.meetView(view);
      this.reach(true);
      this.memory.keepView(view);
      if (this.own.waiting > 0) this.queue.wake();
    } catch (fault) {
      if (fault instanceof ApiError && [401, 403, 404].includes(fault.status)) this.barred(fault);
      else this.reach(false);
    }
  }

  /** @param {KioskView} view */
  meetView(view) {
    const first = this.view === null || document.body.dataset.state !== "ready";
    const sameZone = this.view?.hospital.time_zone === view.hospital.time_zone;
    this.view = view;
    this.times = timesIn(view.hospital.time_zone, serverNow, manner());
    if (!sameZone) this.recent.paint();
    document.title = say("page.title_of", { kiosk: view.name });
    if (this.enrolment.shown && first) this.enrolment.hide();
    if (document.body.dataset.state === "off") for (const lane of this.sessions.order) this.lanes.rest(lane);
    document.body.dataset.state = "ready";
    this.sessions.meet((view.devices ?? []).map((device) => device.lane ?? ""));
    for (const session of view.sessions ?? (view.session ? [view.session] : [])) this.meetSession(session.lane ?? "", session);
    for (const receipt of [...(view.recent ?? [])].sort((a, b) => a.seq - b.seq)) {
      if (!this.recent.has(receipt.id)) this.recent.add(shownReceipt(receipt, receipt.at ? Date.parse(receipt.at) : serverNow(), false));
    }
    if (view.agent) this.meetAgent(view.agent);
    this.meetLanguage(view.language);
    void this.queue.meetEpoch(view.epoch);
    if (first && view.simulated) void offerSamples(this.kiosk).then((toggle) => ((this.toggleSamples = toggle), this.paintRibbons()));
    this.paint();
  }

  /**
   * The page is in the language that its kiosk spoke when it was loaded. Another one is a new page, once nobody is at work
   * here; not at once, lest a page that is kept from before is loaded over and over.
   *
   * @param {string} spoken
   */
  meetLanguage(spoken) {
    if (spoken && spoken !== language() && !this.sessions.atWork && performance.now() > NEW_LANGUAGE_AFTER_MS) location.reload();
  }

  follow() {
    follow(`${this.path}/events`, {
      onState: (state, fault) => {
        const was = this.link.streaming;
        this.link.streaming = state === "open";
        if (state === "open") {
          void this.refresh();
          this.queue.wake();
        } else if (fault && [401, 403, 404].includes(fault.status)) this.barred(fault);
        if (was !== this.link.streaming) this.paint();
      },
      onEvent: ({ type, data }) => {
        if (type === "receipt") this.newsOf(data);
        else if (type === "device" || type === "printer") this.newsOfDevice(data);
        else if (type === "agent") this.meetAgent(data);
        else if (type === "saved") this.newsOfSaved(data);
        else if (type === "parked") this.announce(shownParked(data, data.status));
        else if (type === "session" && data && "staff" in data) this.meetSession(data.lane ?? "", data);
        else if (type === "resync") void this.refresh();
      },
    });
  }

  /**
   * A receipt of this kiosk that did not come as an answer to this page: a scanner wired to the server, another page.
   *
   * @param {Receipt} receipt
   */
  newsOf(receipt) {
    if (!receipt?.verdict || this.recent.has(receipt.id)) return;
    if (this.queue.isOwn(receipt.id)) {
      if (this.early.size >= EARLY_MAX) this.early.clear();
      this.early.set(receipt.id, receipt);
      return;
    }
    const at_ms = receipt.at ? Date.parse(receipt.at) : serverNow();
    const lane = receipt.lane ?? receipt.session?.lane ?? "";
    const shown = shownReceipt(receipt, at_ms, false);
    if (serverNow() - at_ms > NEWS_MAX_AGE_MS) return this.recent.add(shown);
    this.meetSession(lane, receipt.session);
    this.menu.close();
    this.announce(shown);
  }

  /**
   * A scanner of the kiosk's own computer read something, and the server does not answer for it yet.
   *
   * @param {QueuedScan & {device: string | null}} scan
   */
  newsOfSaved(scan) {
    // Scans of this page are told by its own queue.
    if (!scan?.device || this.recent.has(scan.id)) return;
    this.menu.close();
    this.announce(shownSaved(scan, this.counts.waiting));
  }

  /** @param {AgentView} agent */
  meetAgent(agent) {
    if (!agent?.link) return;
    this.agent = agent;
    this.recount();
    this.relink();
  }

  /** @param {any} news */
  newsOfDevice(news) {
    if (!this.view || !news?.id) return;
    if (this.view.printer?.id === news.id) this.view.printer = { ...this.view.printer, ...news };
    else if (this.view.devices.some((device) => device.id === news.id)) this.view.devices = this.view.devices.map((device) => (device.id === news.id ? { ...device, ...news } : device));
    // One at the kiosk's own computer, of which the server did not know yet when this page was opened.
    else if (news.kiosk === this.view.kiosk && news.state) this.view.devices = [...this.view.devices, news];
    this.paint();
  }

  /**
   * @param {string} lane
   * @param {ReceiptSession | null | undefined} session
   */
  meetSession(lane, session) {
    if (!session) return;
    this.sessions.set(lane, session);
    const whole_ms = (this.view?.idle_sign_off_seconds ?? 120) * 1000;
    const left_ms = session.signs_off_at ? Date.parse(session.signs_off_at) - serverNow() : whole_ms;
    this.idle.set(lane, session.staff ? Math.min(whole_ms, Math.max(0, left_ms)) : null);
    this.paint();
  }

  /** @param {string} lane */
  signedOff(lane) {
    if (document.body.dataset.state !== "ready") return;
    this.sessions.signOff(lane, this.view?.mode ?? "receive");
    this.lanes.rest(lane);
    this.paint();
    void this.refresh();
  }

  // ---- states

  /** @param {ApiError} fault why this page may not speak for the kiosk */
  barred({ status, problem }) {
    if (document.body.dataset.state === "loading") document.body.dataset.state = "barred";
    this.memory.forgetVerdicts();
    if (status === 404) return this.closed("unknown", say("page.unknown_kiosk", { kiosk: this.kiosk }), say("page.unknown_kiosk.title"), say("page.unknown_kiosk.next"));
    if (problem.type?.endsWith(SWITCHED_OFF)) return this.closed("off", say("page.switched_off"), say("page.switched_off.title"), say("page.switched_off.next"));
    this.enrolment.show(true);
  }

  /**
   * Nothing can be done here. Asked for anew now and then: a kiosk that is switched on again goes on by itself.
   *
   * @param {"unknown" | "off"} state
   * @param {string} place what stands in its place's stead
   * @param {string} title
   * @param {string} next
   */
  closed(state, place, title, next) {
    document.body.dataset.state = state;
    for (const lane of this.sessions.order) {
      this.sessions.signOff(lane, this.view?.mode ?? "receive");
      this.lanes.rest(lane);
    }
    paintHeader(this.view, this.sessions.current, this.lanes.several);
    setText(byId("place"), place);
    this.lanes.say(next, el("div", { class: "rest" }, el("p", { class: "rest-title" }, title)));
  }

  /** @param {string} kiosk */
  enrolled(kiosk) {
    if (kiosk !== this.kiosk) location.assign(`/kiosk/${encodeURIComponent(kiosk)}`);
    else location.reload(); // with the cookie everything starts anew; what waits is on disk
  }

  /** @param {boolean} reached */
  reach(reached) {
    if (reached && !this.answered) this.queue.wake();
    this.answered = reached;
    this.relink();
  }

  /** The server is reached when all on the way to it answer. */
  relink() {
    const reached = this.answered && (this.agent === null || this.agent.link === "reached");
    if (this.link.reached === reached) return;
    this.link.reached = reached;
    this.paint();
  }

  /** @param {Counts} counts */
  counted(counts) {
    this.own = counts;
    this.recount();
    if (!this.behind || counts.waiting > 0) return;
    this.behind = false;
    void this.refresh();
  }

  /** What waits here and at the kiosk's own computer is one number to who stands here. */
  recount() {
    this.counts = countsWith(this.agent, this.own, this.answered);
    this.paintRibbons();
    paintDevices(this.view, this.link, this.counts.waiting);
    if (this.menu.dialog.open) this.menu.refresh();
  }

  // ---- paint

  /** @param {Shown} shown */
  announce(shown) {
    this.sessions.hear(shown.lane);
    this.lanes.meet(this.sessions.order);
    this.lanes.show(shown);
    this.recent.add(shown);
    this.speaker.play(shown.tone);
    this.paint();
  }

  paint() {
    if (["unknown", "off"].includes(document.body.dataset.state ?? "")) return;
    this.lanes.meet(this.sessions.order);
    paintHeader(this.view, this.sessions.current, this.lanes.several);
    paintDevices(this.view, this.link, this.counts.waiting);
    paintCommands(this.view, this.sessions.current);
    byId("commands").setAttribute("aria-label", this.lanes.several ? say("page.commands_for", { lane: laneName(this.sessions.chosen) }) : say("page.commands"));
    this.lanes.paint(this.sessions.chosen, this.link.reached);
    this.paintRibbons();
    this.tick();
  }

  paintRibbons() {
    const { view, agent, counts, speaker, times } = this;
    paintRibbons({
      view,
      agent,
      counts,
      speaker,
      times,
      reached: this.link.reached,
      durable: this.store.durable,
      onSamples: this.toggleSamples,
      onLook: () => this.menu.open(),
      onSound: () => void speaker.wake().then(() => this.paintRibbons()),
    });
  }

  tick() {
    const clock = byId("clock");
    setText(clock, this.times.clock(serverNow()));
    clock.setAttribute("datetime", new Date(serverNow()).toISOString());
    this.paintRibbons();
  }
}

/**
 * A number as screens and folders write it, in pairs set apart, without what sets them apart.
 *
 * @param {string} data
 */
function asFiled(data) {
  return /^[\d\s-]+$/.test(data) ? data.replace(/[\s-]/g, "") : data;
}
