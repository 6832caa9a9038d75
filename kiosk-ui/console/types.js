/**
 * The shapes that only the console uses, as JSDoc types for the checker; nothing here runs.
 *
 * @import { ChartView, Role, DeviceView, ReceiptSession } from "../shared/types.js"
 *
 * @typedef {object} Me
 * @property {string} user
 * @property {Role} role
 * @property {{name: string, time_zone: string}} hospital
 * @property {boolean} simulated
 * @property {string} filing
 * @property {string} epoch
 * @property {string} [version]
 *
 * @typedef {object} Patient
 * @property {string} mrn
 * @property {string} last_name
 * @property {string} first_name
 * @property {string | null} birth_date
 * @property {string | null} sex
 * @property {boolean} active
 *
 * @typedef {ChartView & {patient?: Patient | null, since?: string | null, home_name?: string | null, seen_place_name?: string | null}} ChartRow
 *
 * @typedef {ChartRow & {alerts?: AlertRow[], volumes?: ChartRow[], label_issue?: number | null, barcode?: string | null,
 *   reference?: string | null, record_type_name?: string | null}} ChartPage
 *
 * @typedef {object} HistoryRow
 * @property {number} seq
 * @property {string} kind
 * @property {string} at
 * @property {string} recorded_at
 * @property {string | null} actor
 * @property {string | null} [actor_name]
 * @property {string | null} [kiosk]
 * @property {string | null} [kiosk_name]
 * @property {string | null} [device]
 * @property {string | null} [place]
 * @property {string | null} [place_name]
 * @property {string | null} [tone]
 * @property {string | null} [rule]
 * @property {string | null} [text]
 * @property {boolean} [late]
 * @property {boolean} [withheld]
 *
 * @typedef {object} AlertNote
 * @property {string} author
 * @property {string} at
 * @property {string} text
 *
 * @typedef {"overdue" | "missing" | "discrepancy" | "device" | "printer" | "system"} AlertKind
 *
 * @typedef {object} AlertRow
 * @property {number} id
 * @property {AlertKind} kind
 * @property {"open" | "acknowledged" | "snoozed" | "resolved"} state
 * @property {number | null} [chart]
 * @property {ChartRow | null} [chart_row]
 * @property {string | null} [place]
 * @property {string | null} [place_name]
 * @property {string | null} [subject]
 * @property {string} opened_at
 * @property {string | null} [due_at]
 * @property {string | null} [owner]
 * @property {string | null} [snoozed_until]
 * @property {string | null} [resolved_at]
 * @property {string | null} [resolution]
 * @property {string | null} [resolved_by_name]
 * @property {string | null} [resolved_place_name]
 * @property {AlertNote[]} [notes]
 *
 * @typedef {object} PrintJob
 * @property {number} id
 * @property {string} printer
 * @property {string} template
 * @property {number} chart
 * @property {ChartRow | null} [chart_row]
 * @property {number} issue
 * @property {number} copies
 * @property {string} reason
 * @property {"queued" | "sending" | "sent" | "printed" | "failed" | "unknown" | "cancelled"} state
 * @property {string} requested_by
 * @property {string} requested_at
 * @property {string} changed_at
 * @property {number} attempts
 * @property {string | null} [fault]
 *
 * @typedef {object} Printer
 * @property {string} id
 * @property {string | null} [place]
 * @property {string} [transport]
 * @property {string} [language]
 * @property {string | null} [stock]
 * @property {string} state
 * @property {string | null} [detail]
 * @property {boolean} [simulated]
 *
 * @typedef {object} Place
 * @property {string} code
 * @property {string} name
 * @property {string} kind
 * @property {number | null} loan_hours
 * @property {boolean} restricted
 * @property {boolean} active
 *
 * @typedef {object} Staff
 * @property {string} badge
 * @property {string} name
 * @property {Role} role
 * @property {string | null} place
 * @property {string | null} [place_name]
 * @property {string | null} email
 * @property {boolean} active
 *
 * @typedef {object} RecordType
 * @property {string} code
 * @property {string} name
 * @property {boolean} restricted
 * @property {boolean} active
 *
 * @typedef {object} KioskRow
 * @property {string} id
 * @property {string} name
 * @property {string} place
 * @property {string | null} [place_name]
 * @property {"receive" | "return"} mode
 * @property {number} [idle_sign_off_seconds]
 * @property {boolean} [configured] set in outguide.toml, which alone says how it is
 * @property {boolean} [active]
 * @property {(DeviceView & {detail?: string | null})[]} devices
 * @property {{id: string, state: string, simulated?: boolean} | string | null} [printer]
 * @property {ReceiptSession | null} [session]
 * @property {number} [enrolled_browsers]
 *
 * @typedef {object} OutSummary
 * @property {string} place
 * @property {string | null} place_name
 * @property {number} out
 * @property {number} overdue
 * @property {string | null} oldest
 *
 * @typedef {object} LedgerEvent
 * @property {number} seq
 * @property {string} kind
 * @property {string} at
 * @property {number | null} [chart]
 * @property {string[]} [places]
 * @property {AlertRow | null} [alert]
 * @property {PrintJob | null} [print_job]
 */

export {};
