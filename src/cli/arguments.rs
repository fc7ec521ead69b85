//! What can be typed: every command, argument and flag, with the help a person sees.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Publishes the regular newsletter of an alliance: many organisations, one voice.
#[derive(Debug, Parser)]
#[command(name = "pressroom", version, max_term_width = 100)]
pub(super) struct Arguments {
    /// The newsroom's folder
    #[arg(long, global = true, value_name = "DIR", default_value = ".", env = "PRESSROOM_NEWSROOM")]
    pub(super) newsroom: PathBuf,
    /// Print one JSON document, or JSON lines for lists
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// In whose name to act (default: the operating system's user)
    #[arg(long = "as", global = true, value_name = "EMAIL")]
    pub(super) actor: Option<String>,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a new newsroom with sample content
    Init(InitCommand),
    /// The sample newsroom, end to end: mail caught locally and shown in the browser
    Demo(DemoCommand),
    /// The daemon: schedule, sending, web, control socket
    Serve(ServeCommand),
    /// Look through config, issue and feature files; report every problem at once
    Check(CheckCommand),
    /// Render an issue to files without sending it
    Build(BuildCommand),
    /// Queue, proof, approve and send issues
    #[command(subcommand)]
    Issue(IssueCommand),
    /// Take in, review and choose partners' features
    #[command(subcommand)]
    Feature(FeatureCommand),
    /// The organisations of the alliance
    #[command(subcommand)]
    Partner(PartnerCommand),
    /// The readers
    #[command(subcommand)]
    Subscriber(SubscriberCommand),
    /// Partners' explicit yes to stand under a policy position
    #[command(subcommand)]
    Consent(ConsentCommand),
    /// What the alliance stands for, in its versions
    #[command(subcommand)]
    Charter(CharterCommand),
    /// Who pledged themselves to the charter
    #[command(subcommand)]
    Pledge(PledgeCommand),
    /// A link into the rooms of staff or of a partner, for whoever cannot be mailed one
    LoginLink(LoginLinkCommand),
    /// The coming slots, what is in them, and what is missing
    Schedule(ScheduleCommand),
    /// Say more about a rule of `check`
    Explain(ExplainCommand),
    /// The newsroom's settings
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Keys with which Pressroom itself signs mail, and the DNS records that go with them
    #[command(subcommand)]
    Dkim(DkimCommand),
    /// DNS, TLS, relay, clock, disk, store, public address: what is not fit, and how to mend it
    Doctor(DoctorCommand),
    /// Write everything the newsroom has stored to one file, also while it sends
    Backup(BackupCommand),
    /// Read a backup back into a newsroom without a store; whatever was on its way is held
    Restore(RestoreCommand),
    /// What a shell needs to complete commands and flags
    Completions(CompletionsCommand),
    /// The manual pages
    Man(ManCommand),
}

#[derive(Debug, Args)]
pub(super) struct InitCommand {
    /// A new or empty folder
    pub(super) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct DemoCommand {
    /// End after the tally instead of serving the inbox
    #[arg(long)]
    pub(super) exit: bool,
}

#[derive(Debug, Args)]
pub(super) struct ServeCommand {
    /// How the log on stderr is written
    #[arg(long, value_enum, default_value = "pretty", value_name = "FORM")]
    pub(super) log: LogForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogForm {
    /// Lines for people
    Pretty,
    /// One JSON object a line
    Json,
}

#[derive(Debug, Args)]
pub(super) struct CheckCommand {
    /// Issue or feature files (default: all of the newsroom)
    pub(super) files: Vec<PathBuf>,
    /// Do not follow links
    #[arg(long)]
    pub(super) offline: bool,
}

#[derive(Debug, Args)]
pub(super) struct BuildCommand {
    pub(super) file: PathBuf,
    /// Where issue.html, issue.txt, issue.eml and proof.json go
    #[arg(long, value_name = "DIR")]
    pub(super) out: PathBuf,
    /// The moment the mail's Date bears, as 2027-02-02T15:00:00Z (default: its slot)
    #[arg(long, value_name = "TIME")]
    pub(super) at: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct BackupCommand {
    /// A new file; it is readable for its owner alone
    pub(super) file: PathBuf,
    /// Leave the newsroom's key out; a restore then asks for it
    #[arg(long)]
    pub(super) without_key: bool,
}

#[derive(Debug, Args)]
pub(super) struct RestoreCommand {
    pub(super) file: PathBuf,
    /// The newsroom's key, for a backup that was taken without it
    #[arg(long, value_name = "FILE")]
    pub(super) key_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum IssueCommand {
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
pub(super) struct SendCommand {
    pub(super) file: PathBuf,
    /// Do not ask
    #[arg(long)]
    pub(super) yes: bool,
    /// Write the mails to this folder, with a report, and send nothing
    #[arg(long, value_name = "DIR")]
    pub(super) dry_run: Option<PathBuf>,
    /// How long to deliver before leaving the rest to `issue resume`
    #[arg(long, value_name = "TIME", default_value = "10m")]
    pub(super) wait: String,
    /// Do not follow links
    #[arg(long)]
    pub(super) offline: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum FeatureCommand {
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
pub(super) enum PartnerCommand {
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
pub(super) struct LogoCommand {
    pub(super) partner: String,
    #[arg(required_unless_present = "remove", requires = "description")]
    pub(super) file: Option<PathBuf>,
    /// It is the variant for dark pages
    #[arg(long)]
    pub(super) dark: bool,
    /// What there is to see, for those who do not see it
    #[arg(long, value_name = "TEXT", requires_all = ["given_by", "how"])]
    pub(super) description: Option<String>,
    /// What it may be used for
    #[arg(long = "for", value_name = "USES", value_delimiter = ',', default_value = "directory")]
    pub(super) scopes: Vec<String>,
    /// The first day (default: today)
    #[arg(long, value_name = "DAY")]
    pub(super) from: Option<String>,
    /// The last day (default: until it is taken back)
    #[arg(long, value_name = "DAY")]
    pub(super) until: Option<String>,
    /// Who at the partner granted it
    #[arg(long, value_name = "NAME")]
    pub(super) given_by: Option<String>,
    /// How the grant reached us
    #[arg(long, value_name = "TEXT")]
    pub(super) how: Option<String>,
    /// Show it no longer
    #[arg(long, conflicts_with_all = ["file", "dark", "description"])]
    pub(super) remove: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum SubscriberCommand {
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
pub(super) enum ListedState {
    Confirmed,
    Pending,
    Left,
}

impl ListedState {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Pending => "pending",
            Self::Left => "left",
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum ConsentCommand {
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
pub(super) struct RecordCommand {
    /// An issue's id or file
    pub(super) issue: PathBuf,
    #[arg(long, value_name = "ID")]
    pub(super) partner: String,
    /// The person at the partner who decided
    #[arg(long, value_name = "NAME")]
    pub(super) given_by: String,
    /// How it reached us
    #[arg(long, value_name = "TEXT")]
    pub(super) how: String,
    /// The day they decided (default: today)
    #[arg(long, value_name = "DATE")]
    pub(super) on: Option<String>,
    /// The position's title, or the first digits of its hash, where an issue has several
    #[arg(long, value_name = "TITLE")]
    pub(super) policy: Option<String>,
    #[arg(long, value_enum, default_value = "yes")]
    pub(super) answer: AnswerWord,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AnswerWord {
    Yes,
    No,
}

#[derive(Debug, Args)]
pub(super) struct LoginLinkCommand {
    /// The address of a member of staff, or of a partner's contact
    pub(super) email: String,
    /// As this partner's contact
    #[arg(long, value_name = "ID")]
    pub(super) partner: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct ScheduleCommand {
    /// One newsletter only
    #[arg(long, value_name = "ID")]
    pub(super) newsletter: Option<String>,
    /// How many slots of each
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=100))]
    pub(super) count: u8,
}

#[derive(Debug, Args)]
pub(super) struct ExplainCommand {
    /// A rule's code, for example LINK001; all rules when left out
    pub(super) rule: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Each setting and where it came from
    Show,
}

#[derive(Debug, Subcommand)]
pub(super) enum DkimCommand {
    /// Make a key, and print the record to publish
    Keygen(KeygenCommand),
    /// Print the records of the keys that pressroom.toml names
    Record,
}

#[derive(Debug, Args)]
pub(super) struct KeygenCommand {
    /// The domain of the newsletters' From addresses
    #[arg(long, value_name = "DOMAIN")]
    pub(super) domain: String,
    /// A name that this domain has not used for a key, for example the year and a letter
    #[arg(long, value_name = "NAME")]
    pub(super) selector: String,
    /// Make an Ed25519 key, which signs beside an RSA key and never alone
    #[arg(long)]
    pub(super) ed25519: bool,
    /// Where the private key goes: a new file that its owner alone may read
    #[arg(long, value_name = "FILE")]
    pub(super) out: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct DoctorCommand {
    /// Ask this DNS server, for example 192.0.2.53:53, instead of this machine's
    #[arg(long, value_name = "ADDRESS")]
    pub(super) resolver: Option<SocketAddr>,
}

#[derive(Debug, Args)]
pub(super) struct CompletionsCommand {
    /// Its script goes to stdout, for example to /etc/bash_completion.d/pressroom
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManCommand {
    /// Write the pages of all commands to this folder (default: the first page, to stdout)
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum CharterCommand {
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
pub(super) enum PledgeCommand {
    List,
    /// Forget a pledge, because who gave it asks for that
    Remove {
        number: u64,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}
