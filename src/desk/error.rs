//! Why the desk said no: one variant for each thing a caller can do about it, and the exit code it maps to.

use std::error::Error;

use serde::{Deserialize, Serialize};

use super::bundle::FileReport;
use crate::domain::issue::IssueRefusal;
use crate::domain::partner::StandingRefusal;
use crate::store::StoreError;

/// How many causes of an error are told.
const CAUSES_MAX: usize = 8;

/// The desk's answer when it does not do what was asked. The text says what, [`DeskError::help`] says how to go on.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The request itself is not well formed: a bad id, a missing word.
    #[error("{message}")]
    Usage { message: String, help: String },
    /// There is no such thing.
    #[error("there is no {what} `{id}`")]
    NotFound { what: &'static str, id: String, help: String },
    /// It is not for whoever asks to do.
    #[error("this is not yours to do")]
    Forbidden,
    /// The author's files have problems; all of them are in the reports.
    #[error("{} has problems", file_names(.files))]
    AuthorFiles { files: Vec<FileReport> },
    /// An approval is missing, or is for another proof, or is not this person's to give.
    #[error("{message}")]
    NotApproved { message: String, help: String },
    /// Partners are named under a policy position without a yes recorded.
    #[error("no yes is recorded for {} under \u{201c}{title}\u{201d}", .partners.join(", "))]
    ConsentMissing {
        title: String,
        partners: Vec<String>,
        /// Some of them are no signatories: their names were found in the words.
        some_found: bool,
        /// Some of them stand in the proof, and are named no longer.
        some_gone: bool,
    },
    /// What was asked has no meaning in the present state.
    #[error("{message}")]
    Refused { message: String, help: String },
    /// Someone else changed the same thing, or the work goes on by itself: the same call can succeed later.
    #[error("{message}")]
    Temporary { message: String, help: String },
    /// No relay can be reached.
    #[error("{message}")]
    Relay { message: String, help: String },
    /// The config does not allow it.
    #[error("{message}")]
    Config { message: String, help: String },
    /// The store or another part of Pressroom failed.
    #[error("{message}")]
    Failed {
        message: String,
        help: String,
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

pub type Result<T> = std::result::Result<T, DeskError>;

/// An error as it can be sent to another process or printed as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub message: String,
    /// What lay behind it, the nearest first.
    pub causes: Vec<String>,
    pub help: String,
    pub exit_code: u8,
    pub files: Vec<FileReport>,
}

fn file_names(files: &[FileReport]) -> String {
    files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>().join(", ")
}

impl DeskError {
    /// The exit code of product.md section 7.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => 2,
            Self::NotFound { .. } | Self::Forbidden | Self::Refused { .. } | Self::Failed { .. } => 1,
            Self::AuthorFiles { .. } => 65,
            Self::Relay { .. } => 69,
            Self::Temporary { .. } => 75,
            Self::NotApproved { .. } | Self::ConsentMissing { .. } => 77,
            Self::Config { .. } => 78,
        }
    }

    /// How to go on.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Usage { help, .. }
            | Self::NotFound { help, .. }
            | Self::NotApproved { help, .. }
            | Self::Refused { help, .. }
            | Self::Temporary { help, .. }
            | Self::Relay { help, .. }
            | Self::Config { help, .. }
            | Self::Failed { help, .. } => help.clone(),
            Self::Forbidden => "ask somebody of the staff whose role it is".to_owned(),
            Self::AuthorFiles { .. } => "mend the problems listed above; `pressroom explain RULE` says more about each".to_owned(),
            Self::ConsentMissing { some_found, some_gone, .. } => {
                let mut help =
                    "ask for their yes with `pressroom consent ask`, record it with `pressroom consent record`, or take \
                                their names out of the block"
                        .to_owned();
                if *some_found {
                    help.push_str(
                        "; where a name that was found in the words means somebody else, say so with `pressroom consent rule`",
                    );
                }
                if *some_gone {
                    help.push_str("; where a partner is named no longer, make a new proof with `pressroom issue proof`");
                }
                help
            }
        }
    }

    /// Whether the store acknowledges nothing more until it is opened anew, so that the process has to end.
    #[must_use]
    pub fn store_has_stopped(&self) -> bool {
        let mut cause = std::error::Error::source(self);
        // The chain is bounded: a cause that names itself would go on for ever.
        for _ in 0..8 {
            let Some(error) = cause else { return false };
            if matches!(error.downcast_ref(), Some(StoreError::Stopped | StoreError::Full)) {
                return true;
            }
            cause = error.source();
        }
        false
    }

    /// The error in a form that can be sent.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let files = match self {
            Self::AuthorFiles { files } => files.clone(),
            Self::Usage { .. }
            | Self::NotFound { .. }
            | Self::Forbidden
            | Self::NotApproved { .. }
            | Self::ConsentMissing { .. }
            | Self::Refused { .. }
            | Self::Temporary { .. }
            | Self::Relay { .. }
            | Self::Config { .. }
            | Self::Failed { .. } => Vec::new(),
        };
        Fault { message: self.to_string(), causes: causes_of(self), help: self.help(), exit_code: self.exit_code(), files }
    }

    #[must_use]
    pub fn usage(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), help: help.into() }
    }

    #[must_use]
    pub fn refused(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), help: help.into() }
    }

    #[must_use]
    pub fn not_approved(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::NotApproved { message: message.into(), help: help.into() }
    }

    #[must_use]
    pub fn changed_meanwhile(what: &str) -> Self {
        Self::Temporary {
            message: format!("{what} was changed by someone else meanwhile"),
            help: "look at it again and repeat".to_owned(),
        }
    }

    #[must_use]
    pub fn failed(message: impl Into<String>, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Failed {
            message: message.into(),
            help: "nothing more was done; what came before stands, and the same command can be given again".to_owned(),
            source: Some(Box::new(source)),
        }
    }
}

// The chain is bounded: a cause that names itself would go on for ever.
fn causes_of(error: &DeskError) -> Vec<String> {
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause.filter(|_| causes.len() < CAUSES_MAX) {
        causes.push(error.to_string());
        cause = error.source();
    }
    causes
}

impl From<DeskError> for Fault {
    fn from(error: DeskError) -> Self {
        error.fault()
    }
}

impl From<StoreError> for DeskError {
    fn from(error: StoreError) -> Self {
        if error.is_transient() {
            return Self::Temporary { message: error.to_string(), help: "try again when the other process has ended".to_owned() };
        }
        if matches!(error, StoreError::OtherKey) {
            let help = "put subscribers/newsroom.key back from the backup that belongs to this store".to_owned();
            return Self::Config { message: error.to_string(), help };
        }
        let message = "the store could not do what was asked";
        if matches!(error, StoreError::Corrupt { .. }) {
            let help = "restore the newest backup into a new newsroom with `pressroom restore`".to_owned();
            return Self::Failed { message: message.to_owned(), help, source: Some(Box::new(error)) };
        }
        if matches!(error, StoreError::Full) {
            let help = "make room on the disk of the store and start again; what was acknowledged is there".to_owned();
            return Self::Failed { message: message.to_owned(), help, source: Some(Box::new(error)) };
        }
        Self::failed(message, error)
    }
}

impl From<StandingRefusal> for DeskError {
    fn from(refusal: StandingRefusal) -> Self {
        Self::refused(refusal.to_string(), "`pressroom partner show ID` says how it stands now")
    }
}

impl From<IssueRefusal> for DeskError {
    fn from(refusal: IssueRefusal) -> Self {
        Self::refused(refusal.to_string(), "`pressroom issue show` says where it stands")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_has_stopped_is_told_from_one_that_is_in_use() {
        assert!(DeskError::from(StoreError::Stopped).store_has_stopped());
        assert!(DeskError::from(StoreError::Full).store_has_stopped());
        assert!(!DeskError::from(StoreError::InUse { path: String::new() }).store_has_stopped());
        assert!(!DeskError::usage("", "").store_has_stopped());
    }

    #[test]
    fn every_kind_of_no_has_the_exit_code_that_scripts_rely_on() {
        let text = String::new;
        let table = [
            (DeskError::usage("", ""), 2),
            (DeskError::AuthorFiles { files: vec![] }, 65),
            (DeskError::Relay { message: text(), help: text() }, 69),
            (DeskError::Forbidden, 1),
            (DeskError::changed_meanwhile("it"), 75),
            (DeskError::not_approved("", ""), 77),
            (DeskError::ConsentMissing { title: text(), partners: vec![], some_found: false, some_gone: false }, 77),
            (DeskError::Config { message: text(), help: text() }, 78),
            (DeskError::from(StoreError::Full), 1),
            (DeskError::from(StoreError::OtherKey), 78),
            (DeskError::from(StoreError::InUse { path: text() }), 75),
        ];
        for (error, code) in table {
            assert_eq!(error.exit_code(), code, "{error:?}");
        }
    }
}
