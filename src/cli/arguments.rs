//! What can be typed: every command, argument and flag, with the help a person sees.

mod issues;
mod partners;
mod readers;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use issues::{IssueCommand, SendCommand};
pub(super) use partners::{
    AnswerWord, CharterCommand, ConsentCommand, FeatureCommand, LogoCommand, PartnerCommand, PledgeCommand, RecordCommand,
};
pub(super) use readers::SubscriberCommand;

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
