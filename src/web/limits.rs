//! Every bound of the web room, with its unit in its name.

use std::time::Duration;

/// The longest request body taken. The largest sensible one asks for [`LABELS_PER_REQUEST`] labels.
pub const BODY_MAX_BYTES: usize = 64 * 1024;
/// How long a client may take to send its body.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take to send a request's header; also the longest idle time of a kept-alive connection.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a TLS handshake may take.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The largest request header section taken.
pub const HEADERS_MAX_BYTES: usize = 16 * 1024;
/// Open connections at once; more are closed unheard.
pub const CONNECTIONS_MAX: usize = 2_048;
/// How long a client may take nothing of what is written to it. An event stream is written to each [`STREAM_KEEP_ALIVE`].
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// The log says this often at most that connections are refused.
pub const REFUSALS_TOLD_EVERY: Duration = Duration::from_secs(60);
/// How long running requests may take to end once the server stops.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Rows of a list at most.
pub const PAGE_ROWS_MAX: usize = crate::ledger::queries::PAGE_ROWS_MAX;
/// The longest search text taken.
pub const SEARCH_MAX_CHARS: usize = 200;
/// Charts whose labels one request may ask for.
pub const LABELS_PER_REQUEST: usize = 500;
/// The longest note, reason or other free text taken.
pub const TEXT_MAX_CHARS: usize = 2_000;
/// The longest name (of a person, place, token) taken.
pub const NAME_MAX_CHARS: usize = crate::records::NAME_MAX_CHARS;
/// The longest password taken.
pub const PASSWORD_MAX_BYTES: usize = 1_024;

/// How long a client may take to send a photograph: one of sixteen megabytes over a slow radio.
pub const PHOTO_BODY_TIMEOUT: Duration = Duration::from_secs(60);
/// Photographs read at once: each keeps a processor busy for seconds, and scans come first.
pub const PHOTOS_AT_ONCE: usize = 1;
/// Photographs held in memory at once, those being sent and those that wait included; more are told to try again.
pub const PHOTOS_HELD_MAX: usize = 4;
/// How long one photograph is looked at; what was found by then is the answer.
pub const PHOTO_READING_TIME: Duration = Duration::from_secs(20);

/// Open event streams at once, of all clients.
pub const STREAMS_MAX: usize = 1_024;
/// Open event streams at once of one caller (a console user's tabs, a kiosk's browser windows).
pub const STREAMS_PER_CALLER: usize = 16;
/// Events that a resumed stream is given again; who missed more is told to resync.
pub const RESUME_EVENTS_MAX: u32 = 1_000;
/// A comment is sent on an idle stream this often, so that both sides notice a dead connection.
pub const STREAM_KEEP_ALIVE: Duration = Duration::from_secs(15);
/// An event stream ends after so long; who may still listen opens it again and misses nothing.
pub const STREAM_LIFE: Duration = Duration::from_secs(15 * 60);
/// How long a browser waits before it reconnects, sent as `retry`.
pub const STREAM_RETRY: Duration = Duration::from_secs(2);

/// Failed sign-ins that one address may make at once for one user; one more is given back each
/// [`SIGN_IN_REFILL`].
pub const SIGN_IN_BURST: u32 = 5;
/// Failed sign-ins that one address may make at once for all users together: a hospital may be behind one.
pub const SIGN_IN_ADDRESS_BURST: u32 = 100;
/// How long until one more failed sign-in is allowed.
pub const SIGN_IN_REFILL: Duration = Duration::from_secs(20);
/// The same for an address, which many may share.
pub const SIGN_IN_ADDRESS_REFILL: Duration = Duration::from_secs(2);
/// Password hashes computed at once: each takes a processor for about 25 ms and 19 MiB.
pub const SIGN_IN_HASHES: usize = 2;
/// Sign-ins that may wait for a hash; more are told to try again.
pub const SIGN_IN_WAITING_MAX: usize = 64;
/// Rate limiter entries kept; the ones that recover soonest go first.
pub const SIGN_IN_BUCKETS_MAX: usize = 20_000;
/// The access log says this often at most that sign-ins of one kind are refused unheard.
pub const SIGN_IN_TOLD_EVERY: Duration = Duration::from_secs(5 * 60);

/// How long a chart counts as open: reading it anew and its label are no new looks.
pub const OPEN_FOR: Duration = Duration::from_secs(60 * 60);
/// How long a list that a page shows counts as open: reading it anew is no new look.
pub const LIST_OPEN_FOR: Duration = Duration::from_secs(15 * 60);
/// How long a reason that was given and logged shows a restricted chart to the one who gave it.
pub const GRANTED_FOR: Duration = Duration::from_secs(15 * 60);
/// Fewer characters of a search are no beginning of one.
pub const TYPING_MIN_CHARS: usize = 2;
/// Rows that a search shows while it is being typed, which is logged once for [`LIST_OPEN_FOR`].
pub const TYPING_ROWS_MAX: usize = 50;
/// Open charts and lists remembered.
pub const LOOKS_REMEMBERED: usize = 20_000;

/// Authenticated callers remembered, so that not every request asks the database.
pub const CALLERS_REMEMBERED: usize = 4_096;
/// How long a caller is remembered at most; a revoked token or closed account is forgotten at once.
pub const CALLER_REMEMBERED_FOR: Duration = Duration::from_secs(5);
