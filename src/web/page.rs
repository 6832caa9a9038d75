//! Lists: `{"rows": […], "next_cursor": …}`, bounded.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::limits::{PAGE_ROWS, PAGE_ROWS_MAX};
use super::problem::{Answer, Problem};

/// One page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Ask again with this to go on; `null` at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A list that is short enough to be whole.
    pub fn whole(rows: Vec<T>) -> Self {
        Self { rows, next_cursor: None }
    }
}

/// Which part of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Part {
    /// How many rows at most, 1 to 500; 50 where it is not given.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl Part {
    /// The limit, checked.
    pub fn rows(&self) -> Answer<u32> {
        match self.limit {
            None => Ok(PAGE_ROWS),
            Some(limit) if (1..=PAGE_ROWS_MAX).contains(&limit) => Ok(limit),
            Some(limit) => Err(Problem::invalid("limit", format!("{limit} is not between 1 and {PAGE_ROWS_MAX}."))),
        }
    }
}
