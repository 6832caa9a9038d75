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
 * @typedef {ChartRow & {alerts?: AlertRow[], volumes?: ChartRow[], label_issue?: number | null, label_issued?: number | null, barcode?: string | null,
 *   reference?: string | null, record_type_name?: string | null}} ChartPage
 *
 * @typedef {"chart" | "reference" | "several" | "unknown_chart" | "place" | "badge" | "command" | "damaged" | "other"} SeenKind
 *
 * @typedef {object} SeenCode
 * @property {SeenKind} kind
 * @property {string | null} text
 * @property {string} symbology
 * @property {[number, number][][]} outlines
 * @property {ChartRow | null} chart
 * @property {number | null} newer_label
 * @property {string | null} place
 * @property {string | null} name
 *
 * @typedef {object} Photograph
 * @property {number} width
 * @property {number} height
 * @property {boolean} whole
 * @property {SeenCode[]} codes
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
 * @property {number | null} [print_job]
 *
 * @typedef {object} ImportRun
 * @property {number} id
 * @property {string} [file]
 * @property {number} added
 * @property {number} changed
 * @property {string} began_at
 *
 * @typedef {object} AlertNote
 * @property {string} author
 * @property {string} at
 * @property {string} text
 *
 * @typedef {"overdue" | "missing" | "discrepancy" | "device" | "printer" | "service" | "system"} AlertKind
 *
 * @typedef {object} AlertRow
 * @property {number} id
 * @property {AlertKind} kind
 * @property {"open" | "acknowledged" | "snoozed" | "resolved"} state
 * @property {number | null} [chart]
 * @property {ChartRow | null} [chart_row]
 * @property {string | null} [place]
 * @property {string | null} [place_name]
 * @property {number | null} [about] of a service alert: the piece of equipment
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
 * @property {boolean} [withheld]
 *
 * @typedef {object} PrintJob
 * @property {number} id
 * @property {string} printer
 * @property {string} template
 * @property {"label" | "sheet" | "reference" | "transfer" | "place" | "staff" | "commands"} [about]
 * @property {number | null} [chart]
 * @property {ChartRow | null} [chart_row]
 * @property {number | null} [issue]
 * @property {{chart: number, issue: number}[]} [labels]
 * @property {number[]} [charts]
 * @property {string | null} [place]
 * @property {string | null} [badge]
 * @property {number} copies
 * @property {number} [start_at]
 * @property {number | null} [batch]
 * @property {number | null} [position]
 * @property {string} reason
 * @property {"queued" | "sending" | "sent" | "printed" | "failed" | "unknown" | "cancelled"} state
 * @property {"counted" | "scanned" | "seen" | null} [proof]
 * @property {string} requested_by
 * @property {string} requested_at
 * @property {string} changed_at
 * @property {number} attempts
 * @property {string | null} [fault]
 *
 * @typedef {object} LabelIssue
 * @property {number} issue
 * @property {"on_chart" | "superseded" | "awaited"} standing
 * @property {number} job
 * @property {string} printer
 * @property {string} reason
 * @property {string} requested_by
 * @property {string} requested_at
 * @property {PrintJob["state"]} state
 * @property {PrintJob["proof"]} [proof]
 *
 * @typedef {object} Batch
 * @property {number} id
 * @property {string} name
 * @property {string} printer
 * @property {string} template
 * @property {number} per_sheet
 * @property {"gathering" | "running" | "paused" | "done" | "cancelled"} state
 * @property {number} total
 * @property {number} next
 * @property {string | null} [note]
 * @property {string} requested_by
 * @property {string} requested_at
 * @property {number} waiting
 * @property {number} sent
 * @property {number} printed
 * @property {number} failed
 * @property {number} unknown
 *
 * @typedef {object} Stock
 * @property {string} name
 * @property {string} title
 * @property {number} width_mm
 * @property {number} height_mm
 * @property {number} per_sheet
 * @property {number} columns
 *
 * @typedef {object} Template
 * @property {string} name
 * @property {string} title
 * @property {"chart" | "place" | "staff" | "commands" | "request" | "transfer"} about
 * @property {Stock} stock
 * @property {string} file
 * @property {boolean} own
 * @property {boolean} tells_patient
 *
 * @typedef {object} TemplateFault
 * @property {string} file
 * @property {number} line
 * @property {string} fault
 * @property {string} fix
 *
 * @typedef {object} Printer
 * @property {string} id
 * @property {string | null} [place]
 * @property {string} [transport]
 * @property {string} [language]
 * @property {string | null} [stock]
 * @property {string} state
 * @property {string[]} [faults]
 * @property {string[]} [warnings]
 * @property {string | null} [detail]
 * @property {boolean} [simulated]
 * @property {string | null} [not_heard_since] the kiosk's computer that drives it is not heard
 * @property {number} [low_stock]
 * @property {{stock: string | null, loaded: number, left: number, loaded_by: string, loaded_at: string} | null} [loaded]
 *
 * @typedef {object} Place
 * @property {string} code
 * @property {string} name
 * @property {string} kind
 * @property {number | null} loan_hours
 * @property {boolean} restricted
 * @property {boolean} active
 *
 * @typedef {object} Equipment
 * @property {number} id
 * @property {string} kind
 * @property {string} name
 * @property {string | null} make
 * @property {string | null} model
 * @property {string | null} serial
 * @property {string | null} place
 * @property {string | null} [place_name]
 * @property {string | null} device
 * @property {string | null} purchased_on
 * @property {string | null} warranty_until
 * @property {number | null} service_every
 * @property {"days" | "weeks" | "months" | null} service_unit
 * @property {string | null} service_work
 * @property {string} registered_on
 * @property {string | null} last_service_on
 * @property {string | null} next_service
 * @property {boolean} retired
 *
 * @typedef {object} Service
 * @property {number} id
 * @property {string} done_on
 * @property {string} done_by
 * @property {string} work
 * @property {number | null} cost_cents
 * @property {boolean} struck
 * @property {string} logged_by
 * @property {string} logged_at
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
 * @property {"en" | "es" | "fr"} [language]
 * @property {boolean} [configured] set in outguide.toml, which alone says how it is
 * @property {boolean} [active]
 * @property {(DeviceView & {detail?: string | null})[]} devices
 * @property {{id: string, state: string, simulated?: boolean} | string | null} [printer]
 * @property {ReceiptSession | null} [session]
 * @property {number} [enrolled_browsers]
 * @property {AgentRow | null} [agent] its own computer, where one was heard
 *
 * @typedef {object} AgentRow
 * @property {string} kiosk
 * @property {boolean} connected
 * @property {string} heard_at
 * @property {string} version
 * @property {number} waiting
 * @property {string | null} oldest_at
 * @property {number} parked
 * @property {string | null} full
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
 * @property {string[] | null} [places] null where they are withheld
 * @property {AlertRow | null} [alert]
 * @property {PrintJob | null} [print_job]
 */

export {};
