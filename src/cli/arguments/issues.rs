//! Commands about issues.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(in super::super) enum IssueCommand {
    /// Put an issue file on the shelf, or a changed one in place of the old
    Queue {
        file: PathBuf,
        /// Let the rotation choose the features anew
        #[arg(long)]
        rechoose: bool,
    },
    /// Freeze and render an issue for approval
    Proof {
        issue: String,
        /// Do not follow links
        #[arg(long)]
        offline: bool,
    },
    /// Say yes to one proof
    Approve {
        issue: String,
        /// The proof's hash, or its first eight digits
        #[arg(long, value_name = "HASH")]
        proof: String,
    },
    /// Send an issue now: queue, proof, override of the approval count, delivery
    Send(SendCommand),
    /// Stop an issue before its slot, in its hold, or while it goes out; mails on the wire still end
    Pause { issue: String },
    /// Go on after a pause, a stop or a crash, or let a held issue go
    Resume {
        issue: String,
        /// Deliver here until done, or for this long
        #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "10m")]
        wait: Option<String>,
    },
    /// Send no more copies
    Cancel {
        issue: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Say above a public issue's page what was wrong in it
    Correct {
        issue: String,
        /// What is right instead, in a sentence or two
        #[arg(long, value_name = "TEXT")]
        note: String,
    },
    /// Decide the copies whose fate is unknown
    Settle {
        issue: String,
        /// Send them again, with the same Message-ID
        #[arg(long, conflicts_with = "accept", required_unless_present = "accept")]
        resend: bool,
        /// Count them as delivered
        #[arg(long)]
        accept: bool,
    },
    /// All issues and where they stand
    List,
    /// One issue in full
    Show { issue: String },
    /// What became of every copy
    Report {
        issue: String,
        /// List the uncertain copies by address
        #[arg(long, conflicts_with = "copies")]
        uncertain: bool,
        /// List every copy by address, with the reason of a refusal or a skip
        #[arg(long)]
        copies: bool,
    },
}

#[derive(Debug, Args)]
pub(in super::super) struct SendCommand {
    pub(in super::super) file: PathBuf,
    /// Do not ask
    #[arg(long)]
    pub(in super::super) yes: bool,
    /// Write the mails to this folder, with a report, and send nothing
    #[arg(long, value_name = "DIR")]
    pub(in super::super) dry_run: Option<PathBuf>,
    /// How long to deliver before leaving the rest to `issue resume`
    #[arg(long, value_name = "TIME", default_value = "10m")]
    pub(in super::super) wait: String,
    /// Do not follow links
    #[arg(long)]
    pub(in super::super) offline: bool,
}
