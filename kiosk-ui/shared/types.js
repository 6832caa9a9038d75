/**
 * The shapes that go over HTTP, as JSDoc types for the checker; nothing here runs.
 *
 * @typedef {"ok" | "attention" | "refused" | "not_recorded"} Tone
 * @typedef {"scanned" | "touched" | "typed"} ScanSource
 * @typedef {"viewer" | "clerk" | "records" | "supervisor" | "admin" | "auditor" | "technician"} Role
 *
 * @typedef {object} ChartView
 * @property {number} number
 * @property {string} mrn
 * @property {string} filing
 * @property {string} record_type
 * @property {number} volume
 * @property {string} home
 * @property {string | null} [home_name]
 * @property {string | null} place
 * @property {string | null} [place_name]
 * @property {string | null} holder
 * @property {string | null} [holder_name]
 * @property {"scanned" | "asserted" | "inferred"} known_by
 * @property {string | null} seen_at
 * @property {string | null} [seen_place]
 * @property {string | null} due_at
 * @property {string | null} out_since
 * @property {string | null} [missing_since]
 * @property {boolean} [retired]
 * @property {boolean} [restricted]
 * @property {boolean} [withheld]
 *
 * @typedef {object} ReceiptNote
 * @property {string} kind
 * @property {string} text
 * @property {ChartChoice[]} [choices] with `choose_one`: the charts that the code fits
 *
 * @typedef {object} ChartChoice
 * @property {string} code submitted with source `touched` it means this chart
 * @property {string} mrn
 * @property {string} filing
 * @property {string} record_type
 * @property {number} volume
 *
 * @typedef {object} ReceiptVerdict
 * @property {string} kind
 * @property {Tone} tone
 * @property {string} headline
 * @property {string} detail
 * @property {string | null} [rule]
 * @property {ChartView | null} [chart]
 * @property {ReceiptNote[]} notes
 *
 * @typedef {object} ReceiptSession
 * @property {string | null} staff
 * @property {string | null} [staff_name]
 * @property {Role | null} [staff_role]
 * @property {string | null} destination
 * @property {string | null} [destination_name]
 * @property {string | null} [holder]
 * @property {string | null} [holder_name]
 * @property {string} mode
 * @property {string} [lane]
 * @property {string | null} [signs_off_at]
 *
 * @typedef {object} Receipt
 * @property {number} seq
 * @property {string} epoch
 * @property {string} id
 * @property {boolean} duplicate
 * @property {ReceiptVerdict} verdict
 * @property {ReceiptSession} session
 * @property {string} [at]
 * @property {string | null} [device]
 * @property {string} [lane]
 *
 * @typedef {object} DeviceView
 * @property {string} id
 * @property {string} [transport]
 * @property {string} state
 * @property {boolean} [simulated]
 * @property {string | null} [lane]
 * @property {string | null} [last_scan_at]
 *
 * How the kiosk's own computer is, where it serves this page.
 *
 * @typedef {object} AgentView
 * @property {"trying" | "reached" | "unreachable" | "barred" | "strangers"} link the server, from there
 * @property {string | null} why
 * @property {number} waiting
 * @property {string | null} oldest_at
 * @property {ParkedThere[]} parked
 * @property {string | null} full why it can keep no more scans
 *
 * @typedef {object} ParkedThere
 * @property {number} queue_seq
 * @property {string} id
 * @property {string} data
 * @property {string} lane
 * @property {string} observed_at
 * @property {number} status
 * @property {string} why
 *
 * @typedef {object} KioskView
 * @property {string} kiosk
 * @property {string} name
 * @property {string} place
 * @property {string | null} [place_name]
 * @property {"receive" | "return"} mode
 * @property {number} idle_sign_off_seconds
 * @property {string} language
 * @property {{name: string, time_zone: string}} hospital
 * @property {boolean} simulated
 * @property {ReceiptSession} session
 * @property {ReceiptSession[]} [sessions]
 * @property {DeviceView[]} devices
 * @property {{id: string, state: string, simulated?: boolean} | null} [printer]
 * @property {Receipt[]} recent
 * @property {string} epoch
 * @property {AgentView} [agent]
 *
 * @typedef {object} Problem
 * @property {string} [type]
 * @property {string} [title]
 * @property {number} [status]
 * @property {string} [detail]
 * @property {string} [instance]
 * @property {string} [field]
 * @property {string} [rule]
 */

export {};
