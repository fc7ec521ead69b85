//! When a newsletter is due: cron expressions on the wall clock of its zone.

/// A schedule (see the functions for its rules).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule;
