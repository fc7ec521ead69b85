//! The parts of a mail, one file for each kind: every one takes a typed value and gives its HTML and its text together.

pub(super) mod contents;
pub(super) mod event;
pub(super) mod feature;
pub(super) mod footer;
pub(super) mod masthead;
pub(super) mod partner;
pub(super) mod picture;
pub(super) mod policy;
pub(super) mod small;
