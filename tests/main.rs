//! tests
mod labels;
