//! Why a command ends without success: what is shown, and the exit code of product.md section 7.

use std::error::Error;

use crate::desk::bundle::FileReport;
use crate::desk::{DeskError, Fault};

/// What a command comes back with.
pub(super) type Done = Result<(), Failure>;

/// A failed command.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) code: u8,
    pub(super) message: String,
    /// How to go on; may be empty.
    pub(super) help: String,
    /// Files with problems, shown before the message.
    pub(super) files: Vec<FileReport>,
}

impl Failure {
    pub(super) fn new(code: u8, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: help.into(), files: Vec::new() }
    }

    pub(super) fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(2, message, help)
    }

    /// Something of this machine failed.
    pub(super) fn failed(message: &str, cause: &dyn Error) -> Self {
        Self::new(1, with_causes(message.to_owned(), Some(cause)), "")
    }
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        error.fault().into()
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let message = std::iter::once(fault.message).chain(fault.causes).collect::<Vec<_>>().join(": ");
        Self { code: fault.exit_code, message, help: fault.help, files: fault.files }
    }
}

// The chain is bounded: a cause that names itself would print for ever.
fn with_causes(mut message: String, mut cause: Option<&dyn Error>) -> String {
    for _ in 0..8 {
        let Some(error) = cause else { break };
        message.push_str(": ");
        message.push_str(&error.to_string());
        cause = error.source();
    }
    message
}
