//! Commands about readers.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(in super::super) enum SubscriberCommand {
    /// Add readers to a newsletter from a CSV file: a table, or an export of Mailchimp, Constant Contact, listmonk or Pressroom
    Import {
        #[arg(required_unless_present = "undo")]
        file: Option<PathBuf>,
        /// An export of Pressroom says it itself
        #[arg(long, value_name = "ID")]
        newsletter: Option<String>,
        /// Where and how these people agreed; without it they are pending
        #[arg(long, value_name = "TEXT")]
        consent: Option<String>,
        /// Say what would happen, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// Take an import back, by the number that it told
        #[arg(long, value_name = "NUMBER", conflicts_with_all = ["file", "newsletter", "consent", "dry_run"])]
        undo: Option<u32>,
        /// Do not ask before an import is taken back
        #[arg(long, requires = "undo")]
        yes: bool,
    },
    List {
        #[arg(long, value_name = "ID")]
        newsletter: Option<String>,
        #[arg(long, value_enum, requires = "newsletter")]
        state: Option<ListedState>,
    },
    /// Who an audience expression chooses: how many, some of them, and the difference to the last issue
    Audience {
        /// Such as 'state in ["NM", "TX"] and topic = "school-health"'; all confirmed readers when left out
        expression: Option<String>,
        #[arg(long, value_name = "ID")]
        newsletter: String,
    },
    Show {
        address: String,
    },
    /// Take a reader off one newsletter, or off all
    Remove {
        address: String,
        #[arg(long, value_name = "ID")]
        newsletter: Option<String>,
    },
    /// Readers as CSV, whatever --json says
    Export {
        #[arg(long, value_name = "ID")]
        newsletter: Option<String>,
    },
    /// Never mail an address again
    Suppress {
        address: String,
        #[arg(long, value_name = "TEXT", default_value = "by hand")]
        note: String,
    },
    /// Remove all that is known of a reader; only a hash stays, so that nobody mails them again
    Erase {
        address: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(in super::super) enum ListedState {
    Confirmed,
    Pending,
    Left,
}

impl ListedState {
    pub(in super::super) fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Pending => "pending",
            Self::Left => "left",
        }
    }
}
