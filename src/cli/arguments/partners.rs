//! Commands about partners, their features and consents, and the charter.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(in super::super) enum FeatureCommand {
    /// Take in a feature file; a second time updates it
    Submit {
        files: Vec<PathBuf>,
    },
    List,
    Show {
        feature: String,
    },
    /// Take a feature into review; with an edited file, send it back to its partner
    Review {
        feature: String,
        #[arg(long, value_name = "FILE")]
        edit: Option<PathBuf>,
    },
    /// Approve a partner's own text, or record the partner's agreement to an edited one
    Approve {
        feature: String,
        /// Who at the partner agreed to the edited text
        #[arg(long, value_name = "NAME", requires = "how")]
        agreed_by: Option<String>,
        /// How their agreement reached us
        #[arg(long, value_name = "TEXT", requires = "agreed_by")]
        how: Option<String>,
    },
    Decline {
        feature: String,
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Take a feature back at its partner's wish
    Withdraw {
        feature: String,
    },
    /// Put a piece off: not in its issue, or the next one, but in a later one
    Later {
        feature: String,
    },
    /// How evenly partners were featured, and whose turn it is
    Fairness,
    /// Ask partners for a piece, by mail, each once for the next slot
    Invite {
        #[arg(required = true, value_name = "PARTNER")]
        partners: Vec<String>,
    },
    /// What the rotation would choose
    Next {
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=12))]
        count: u8,
        #[arg(long, value_name = "TOPIC")]
        topic: Vec<String>,
        /// Say why each was chosen or passed over
        #[arg(long)]
        explain: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(in super::super) enum PartnerCommand {
    /// Add one partner from a JSON file
    Add {
        file: PathBuf,
    },
    /// Add or update partners from a CSV file, or from JSON when its name ends in .json
    Import {
        file: PathBuf,
        /// Say what would happen, and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    List,
    Show {
        partner: String,
    },
    /// Take in a partner's logo (PNG, JPEG, GIF, WebP, or SVG with its words as outlines), with what it may be used for; or show it no longer
    Logo(LogoCommand),
    /// Addresses of partners that met nothing at two looks a week apart; the directory keeps them
    Links,
    /// All partners with their contacts as CSV, or as JSON with --json; import reads both
    Export,
    /// Keep a partner, and for now neither list nor feature it
    Rest {
        partner: String,
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Make a partner one of the alliance, from whatever it is
    Activate {
        partner: String,
    },
    /// Let a partner go; its published features stay, its contacts do not
    Leave {
        partner: String,
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

#[derive(Debug, Args)]
pub(in super::super) struct LogoCommand {
    pub(in super::super) partner: String,
    /// Left out, the logo that is there stays, and what is said of it changes
    #[arg(required_unless_present_any = ["remove", "description"], requires = "description")]
    pub(in super::super) file: Option<PathBuf>,
    /// It is the variant for dark pages
    #[arg(long, requires = "file")]
    pub(in super::super) dark: bool,
    /// What there is to see, for those who do not see it
    #[arg(long, value_name = "TEXT", requires_all = ["given_by", "how"])]
    pub(in super::super) description: Option<String>,
    /// What it may be used for
    #[arg(
        long = "for",
        value_name = "use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};",
        value_delimiter = ',',
        default_value = "directory"
    )]
    pub(in super::super) scopes: Vec<String>,
    /// The first day (default: today)
    #[arg(long, value_name = "DAY")]
    pub(in super::super) from: Option<String>,
    /// The last day (default: until it is taken back)
    #[arg(long, value_name = "DAY")]
    pub(in super::super) until: Option<String>,
    /// Who at the partner granted it
    #[arg(long, value_name = "NAME")]
    pub(in super::super) given_by: Option<String>,
    /// How the grant reached us
    #[arg(long, value_name = "TEXT")]
    pub(in super::super) how: Option<String>,
    /// Show it no longer
    #[arg(long, conflicts_with_all = ["file", "dark", "description"])]
    pub(in super::super) remove: bool,
}

#[derive(Debug, Subcommand)]
pub(in super::super) enum ConsentCommand {
    /// Record a partner's answer to one exact text
    Record(RecordCommand),
    /// Ask partners by mail for their yes to the positions of a queued issue
    Ask {
        issue: String,
        /// This one alone, also where its name was only found in the words (default: each signatory without a yes)
        #[arg(long, value_name = "ID")]
        partner: Option<String>,
    },
    /// Say that a name found in a position means somebody else than a partner
    Rule {
        issue: String,
        #[arg(long, value_name = "ID")]
        partner: String,
        /// What it means instead
        #[arg(long, value_name = "TEXT")]
        why: String,
        /// The position's title, or the first digits of its hash, where an issue has several
        #[arg(long, value_name = "TITLE")]
        policy: Option<String>,
    },
    /// Whose yes is recorded for the positions of an issue
    List {
        /// An issue's id or file
        issue: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(in super::super) struct RecordCommand {
    /// An issue's id or file
    pub(in super::super) issue: PathBuf,
    #[arg(long, value_name = "ID")]
    pub(in super::super) partner: String,
    /// The person at the partner who decided
    #[arg(long, value_name = "NAME")]
    pub(in super::super) given_by: String,
    /// How it reached us
    #[arg(long, value_name = "TEXT")]
    pub(in super::super) how: String,
    /// The day they decided (default: today)
    #[arg(long, value_name = "DATE")]
    pub(in super::super) on: Option<String>,
    /// The position's title, or the first digits of its hash, where an issue has several
    #[arg(long, value_name = "TITLE")]
    pub(in super::super) policy: Option<String>,
    #[arg(long, value_enum, default_value = "yes")]
    pub(in super::super) answer: AnswerWord,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in super::super) enum AnswerWord {
    Yes,
    No,
}

#[derive(Debug, Subcommand)]
pub(in super::super) enum CharterCommand {
    /// Every version, and how many people affirm it
    List,
    /// Ask everybody who affirmed an older version to affirm this one: one mail each, however often it is asked
    Drive {
        /// The version in force
        charter: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(in super::super) enum PledgeCommand {
    List,
    /// Forget a pledge, because who gave it asks for that
    Remove {
        number: u64,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}
