//! A batch in one transaction.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::Connection;

use super::error::StoreError;
use super::jobs::{Job, Ran};
use super::store::Store;

/// One transaction for the whole batch; [`commit`] ends it.
///
/// Each job has a savepoint; one that is alone needs none. A savepoint would cost an import's chunk much: beyond 64 KB
/// SQLite keeps the pages that it may have to restore in a temporary file, and making one waits while the file system is
/// busy with a checkpoint.
pub(super) fn transact(store: &mut Store, batch: &mut [Box<dyn Job>]) -> Result<(), StoreError> {
    store.published.clear();
    store.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let alone = batch.len() == 1;
    for job in batch {
        if !alone {
            store.conn.prepare_cached("SAVEPOINT job")?.execute([])?;
        }
        let (next, announced) = (store.next, store.published.len());
        // A scan that makes the judgement panic must not end the records room's day: it alone is not recorded.
        let ran = catch_unwind(AssertUnwindSafe(|| job.run(store))).unwrap_or(Ran::Discard);
        if let Ran::Discard = ran {
            // Some failures (disk full, read error) have rolled the whole transaction back by themselves.
            if store.conn.is_autocommit() {
                return Err(StoreError::Unreadable("the disk is full or failing".into()));
            }
            undo(&store.conn, alone)?;
            store.next = next;
            store.published.truncate(announced);
            store.forget_rows();
        }
        if !alone {
            store.conn.prepare_cached("RELEASE job")?.execute([])?;
        }
    }
    store.write_sessions()
}

/// Takes back what a job wrote; the transaction goes on.
fn undo(conn: &Connection, alone: bool) -> Result<(), StoreError> {
    if alone {
        conn.prepare_cached("ROLLBACK")?.execute([])?;
        conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    } else {
        conn.prepare_cached("ROLLBACK TO job")?.execute([])?;
    }
    Ok(())
}

/// Ends a transaction.
pub(super) fn commit(conn: &Connection) -> Result<(), StoreError> {
    conn.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}
