//! What people write, turned into domain values: templates, issue and feature files, and CSV. Pure: text in, values and problems out.

pub mod look;
