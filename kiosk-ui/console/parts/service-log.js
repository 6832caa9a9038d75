/** What was done to a piece of equipment: who, when, what, and what it cost. */

/** @import { Equipment, Service } from "../types.js" */
/** @import { Change } from "./register.js" */

import { get, post } from "../../shared/api.js";
import { el, fill } from "../../shared/dom.js";
import { me } from "../session.js";
import { faultBlock } from "./faults.js";
import { ask } from "./form.js";
import { button, tag } from "./icon.js";
import { toast } from "./toast.js";
import { birthDate as dayText } from "./where.js";

/**
 * @param {Equipment} piece
 * @param {boolean} writes may this role log?
 * @param {string} today the hospital's day
 * @param {Change} change
 */
export function serviceLog(piece, writes, today, change) {
  const path = `/api/v1/equipment/${piece.id}/services`;
  const body = el("div", { "aria-live": "polite" }, el("span", { class: "bone line" }));
  const look = async () => {
    try {
      const { services } = /** @type {{services: Service[]}} */ (await get(`/api/v1/equipment/${piece.id}`));
      const strike = (/** @type {Service} */ service) => change(() => struck(path, service));
      fill(body, services.length === 0 ? el("p", { class: "hint" }, "No service is logged yet.") : el("ol", { class: "service-log" }, ...services.map((service) => line(service, writes ? strike : null))));
    } catch (fault) {
      fill(body, faultBlock(fault, () => void look()));
    }
  };
  void look();
  return el("section", { class: "services", "aria-label": "Service log" }, el("div", { class: "services-head" }, el("h3", {}, "Service log"), writes && !piece.retired ? button("Log a service", () => change(() => asked(piece, path, today)), { icon: "add" }) : null), body);
}

/**
 * @param {Service} service
 * @param {((service: Service) => void) | null} strike
 */
function line(service, strike) {
  const cost = service.cost_cents === null ? "" : ` · cost ${(service.cost_cents / 100).toFixed(2)}`;
  return el(
    "li",
    { class: service.struck ? "struck" : "" },
    el("p", { class: "service-head" }, el("strong", {}, dayText(service.done_on)), ` ${service.done_by}${cost}`, service.struck ? tag("struck out") : null),
    el("p", { class: "service-work" }, service.work),
    el("p", { class: "soft" }, `logged by ${service.logged_by.replace(/^user:/, "")}`, strike && !service.struck ? button("Strike out", () => strike(service), { kind: "quiet", title: "Logged by mistake" }) : null),
  );
}

/**
 * @param {Equipment} piece
 * @param {string} path
 * @param {string} today
 */
function asked(piece, path, today) {
  return ask({
    title: `Log a service of ${piece.name}`,
    fields: [
      { name: "done_on", label: "Done on", type: "date", value: today, required: true },
      { name: "done_by", label: "Done by", value: me().user, required: true, hint: "A person or a company." },
      { name: "work", label: "What was done", type: "textarea", value: piece.service_work, required: true },
      { name: "cost", label: "Cost", pattern: "\\d{1,7}(\\.\\d{1,2})?", title: "An amount like 125 or 125.50." },
    ],
    action: "Log it",
    submit: async (values) => {
      await post(path, values);
      toast("Logged.");
      return true;
    },
  });
}

/**
 * @param {string} path
 * @param {Service} service
 */
function struck(path, service) {
  return ask({
    title: `Strike out the service of ${dayText(service.done_on)}`,
    intro: ["It stays in the log, struck out, and no longer counts for the next service."],
    fields: [],
    action: "Strike out",
    danger: true,
    submit: async () => {
      await post(`${path}/${service.id}/strike`);
      toast("Struck out.");
      return true;
    },
  });
}
