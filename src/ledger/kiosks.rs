//! The kiosks there are: those of the configuration file and those made in the console.
//!
//! A configured kiosk is as the file says, whatever the table holds; only whether it is in use is the console's to say.
//! A row that says so for a kiosk which has left the file stands for no kiosk.

use std::sync::Arc;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::StoreError;
use super::rows;
use crate::custody::Kiosk;

/// A kiosk, where it comes from, and whether it is in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KnownKiosk {
    /// The kiosk.
    #[serde(flatten)]
    pub kiosk: Kiosk,
    /// It stands in the configuration file, which alone says how it is.
    pub configured: bool,
    /// At an inactive kiosk nothing can be scanned, by whatever means.
    pub active: bool,
}

/// The kiosks as they were at one moment.
#[derive(Debug, Clone, Default)]
pub struct Kiosks(Arc<Vec<KnownKiosk>>);

impl Kiosks {
    /// The configuration's first, in its order, then the console's by id.
    pub fn iter(&self) -> std::slice::Iter<'_, KnownKiosk> {
        self.0.iter()
    }

    /// The kiosk of this id, in use or not.
    pub fn get(&self, id: &str) -> Option<&KnownKiosk> {
        self.0.iter().find(|known| known.kiosk.id == id)
    }

    /// Are these the same moment's?
    pub(super) fn same(&self, other: &Kiosks) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Those of the configuration, merged with the table.
    pub(super) fn load(conn: &Connection, configured: &[Kiosk]) -> Result<Kiosks, StoreError> {
        let mut rows = rows::kiosks(conn)?;
        // Rows from before kiosks had a language keep their form, on which their hash depends; here each has one.
        rows.iter_mut().for_each(|row| row.kiosk.language = Some(row.kiosk.language()));
        let in_use = |id: &str| rows.iter().find(|row| row.kiosk.id == id).is_none_or(|row| row.active);
        let mut known: Vec<KnownKiosk> = configured
            .iter()
            .map(|kiosk| KnownKiosk { kiosk: kiosk.clone(), configured: true, active: in_use(&kiosk.id) })
            .collect();
        let made = rows.into_iter().filter(|row| !row.configured);
        known.extend(made.filter(|row| !configured.iter().any(|kiosk| kiosk.id == row.kiosk.id)));
        Ok(Kiosks(Arc::new(known)))
    }
}

impl<'a> IntoIterator for &'a Kiosks {
    type Item = &'a KnownKiosk;
    type IntoIter = std::slice::Iter<'a, KnownKiosk>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
