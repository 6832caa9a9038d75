//! Connections and the schema's migrations (`PRAGMA user_version`; each migration is one transaction).

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, ToSql};

use super::error::{OpenError, StoreError};

/// Migrations in order: the first makes version 1 of an empty file.
const MIGRATIONS: [&str; 11] = [
    include_str!("schema_v1.sql"),
    include_str!("schema_v2.sql"),
    include_str!("schema_v3.sql"),
    include_str!("schema_v4.sql"),
    include_str!("schema_v5.sql"),
    include_str!("schema_v6.sql"),
    include_str!("schema_v7.sql"),
    include_str!("schema_v8.sql"),
    include_str!("schema_v9.sql"),
    include_str!("schema_v10.sql"),
    include_str!("schema_v11.sql"),
];

/// How long a connection waits for another one's lock before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How often the writer looks whether the checkpointer let go of its lock.
const BUSY_LOOK: Duration = Duration::from_micros(250);

/// Pages copied in one step.
const COPY_PAGES: i32 = 4_096;

/// Prepared statements kept by one connection.
const STATEMENTS_MAX: usize = 256;

/// The page cache of the writer, in KiB. SQLite walks through the whole of it at a commit that had an index's pages
/// change places, as most have.
const WRITER_CACHE_KIB: i64 = 8 * 1024;

/// The page cache of one reader, in KiB.
const READER_CACHE_KIB: i64 = 4 * 1024;

/// The database's name in the data directory.
pub const DB_FILE: &str = "outguide.db";

/// A connection that may write: WAL, every commit on disk before it returns, checkpoints left to the checkpointer.
/// The file must be there: in place of one that was taken away there must not stand an empty one.
pub(super) fn open_writer(dir: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let mut conn = Connection::open_with_flags(dir.join(DB_FILE), flags)?;
    ready(&conn)?;
    conn.busy_handler(Some(look_again))?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    Ok(conn)
}

/// SQLite's own timeout looks after 1, 3 and 8 ms, and so loses most of a wait that took a moment longer.
fn look_again(times: i32) -> bool {
    std::thread::sleep(BUSY_LOOK);
    u32::try_from(times).is_ok_and(|times| BUSY_LOOK.saturating_mul(times) < BUSY_TIMEOUT)
}

/// A connection that cannot write the ledger.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let conn = Connection::open_with_flags(path, flags)?;
    ready(&conn)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(conn)
}

/// What all connections have in common.
fn ready(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    // A plan never depends on the values bound to a statement. Without this SQLite prepares some cached statements
    // anew for each new value, which took a quarter of the writer's time.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Brings the schema up to date.
pub(super) fn migrate(conn: &mut Connection) -> Result<(), OpenError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let found = version(conn)?;
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    steps_from(conn, found)?;
    Ok(())
}

/// The schema's version.
fn version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn steps_from(conn: &mut Connection, found: i64) -> rusqlite::Result<()> {
    for (version, sql) in (1i64..).zip(MIGRATIONS).filter(|(version, _)| *version > found) {
        let step = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        step.execute_batch(sql)?;
        step.pragma_update(None, "user_version", version)?;
        step.commit()?;
    }
    Ok(())
}

/// The database itself where its schema is today's; else a copy of it, brought up to date, that is gone with the
/// connection.
pub(super) fn as_of_today(conn: Connection) -> rusqlite::Result<Connection> {
    let found = version(&conn)?;
    if found >= i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX) {
        return Ok(conn);
    }
    // A database without a name is a file of SQLite's own that nobody else can open.
    let mut copy = Connection::open("")?;
    Backup::new(&conn, &mut copy)?.run_to_completion(COPY_PAGES, Duration::ZERO, None)?;
    ready(&copy)?;
    steps_from(&mut copy, found)?;
    Ok(copy)
}

/// Makes an empty file's schema as it was at `version`.
#[cfg(test)]
pub(super) fn up_to(conn: &Connection, version: usize) -> rusqlite::Result<()> {
    MIGRATIONS.iter().take(version).try_for_each(|sql| conn.execute_batch(sql))?;
    conn.pragma_update(None, "user_version", i64::try_from(version).unwrap_or(i64::MAX))
}

/// A value of the table `meta`.
pub(super) fn meta(conn: &Connection, key: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    conn.prepare_cached("SELECT value FROM main.meta WHERE key = ?")?.query_row([key], |row| row.get(0)).optional()
}

/// Sets a value of the table `meta`.
pub(super) fn set_meta(conn: &Connection, key: &str, value: &[u8]) -> rusqlite::Result<()> {
    let sql =
        "INSERT INTO main.meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    conn.prepare_cached(sql)?.execute([&key as &dyn ToSql, &value])?;
    Ok(())
}

/// A 32-byte key of `meta`.
pub(super) fn meta_key(conn: &Connection, key: &str) -> Result<Option<[u8; 32]>, StoreError> {
    match meta(conn, key)? {
        None => Ok(None),
        Some(bytes) => {
            let key = bytes.try_into().map_err(|_| StoreError::Unreadable(format!("meta {key:?} is not 32 bytes")))?;
            Ok(Some(key))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_is_built_without_a_lock_that_all_threads_share() {
        let conn = Connection::open_in_memory().unwrap();
        let built_so = "SELECT sqlite_compileoption_used('DEFAULT_MEMSTATUS=0')";
        assert!(conn.query_row(built_so, [], |row| row.get::<_, bool>(0)).unwrap(), "see .cargo/config.toml");
    }
}
