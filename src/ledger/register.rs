//! The rows that a change refers to: looked up by the writer, which remembers them, or for a dry run by a reader.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;

use super::error::StoreError;
use super::reader::Reader;
use super::rows;
use super::work::Work;
use crate::barcode::{BadgeNumber, PlaceCode};
use crate::custody::{Place, Staff};
use crate::records::RecordType;

/// Both ways of looking them up, so that what a dry run says is what the import does.
pub(in crate::ledger) trait Register {
    /// For rows that nobody remembers. Use `prepare_cached`.
    fn conn(&self) -> &Connection;
    /// When this is asked.
    fn now(&self) -> Timestamp;
    /// A place.
    fn place(&mut self, code: &PlaceCode) -> Result<Option<Arc<Place>>, StoreError>;
    /// A person.
    fn staff(&mut self, badge: &BadgeNumber) -> Result<Option<Arc<Staff>>, StoreError>;
    /// A record type.
    fn record_type(&mut self, code: &str) -> Result<Option<Arc<RecordType>>, StoreError>;
}

impl Register for Work<'_> {
    fn conn(&self) -> &Connection {
        Work::conn(self)
    }

    fn now(&self) -> Timestamp {
        Work::now(self)
    }

    fn place(&mut self, code: &PlaceCode) -> Result<Option<Arc<Place>>, StoreError> {
        self.store.place(code)
    }

    fn staff(&mut self, badge: &BadgeNumber) -> Result<Option<Arc<Staff>>, StoreError> {
        self.store.staff(badge)
    }

    fn record_type(&mut self, code: &str) -> Result<Option<Arc<RecordType>>, StoreError> {
        self.store.record_type(code)
    }
}

impl Register for &Reader {
    fn conn(&self) -> &Connection {
        Reader::conn(self)
    }

    fn now(&self) -> Timestamp {
        Reader::now(self)
    }

    fn place(&mut self, code: &PlaceCode) -> Result<Option<Arc<Place>>, StoreError> {
        Ok(rows::place(Reader::conn(self), code)?.map(|(place, _)| Arc::new(place)))
    }

    fn staff(&mut self, badge: &BadgeNumber) -> Result<Option<Arc<Staff>>, StoreError> {
        Ok(rows::staff(Reader::conn(self), badge)?.map(|(staff, _)| Arc::new(staff)))
    }

    fn record_type(&mut self, code: &str) -> Result<Option<Arc<RecordType>>, StoreError> {
        Ok(rows::record_type(Reader::conn(self), code)?.map(|(kind, _)| Arc::new(kind)))
    }
}
