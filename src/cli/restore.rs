//! `restore`: a backup becomes the store of a newsroom that has none. What was on its way when the backup was taken waits for a person.
//!
//! It needs no daemon and no desk, and works only where neither can be at work: it writes over no store and over no other key.

use std::fs::File;
use std::path::Path;

use serde::Serialize;

use super::arguments::{Arguments, RestoreCommand};
use super::door::Door;
use super::failure::{Done, Failure};
use super::newsroom::{self, KeyWritten};
use super::output::Output;
use crate::config::Config;
use crate::domain::issue::Issue;
use crate::domain::key::NewsroomKey;
use crate::domain::time::World;
use crate::store::StoreError;
use crate::store::sled::restore::{BackupFile, RestoreError, RestoreOptions, RestoreSummary, restore};

#[derive(Serialize)]
struct Back<'a> {
    file: &'a Path,
    /// The moment whose state it is.
    taken_at: String,
    restored_at: String,
    rows: u64,
    blobs: u64,
    /// Copies of which nobody knows whether they went out.
    uncertain: u64,
    /// Mails that waited and are not sent.
    expired_mails: u64,
    paused: Vec<String>,
    held: Vec<String>,
}

impl<'a> Back<'a> {
    fn of(file: &'a Path, summary: &RestoreSummary) -> Self {
        Self {
            file,
            taken_at: summary.taken_at.to_string(),
            restored_at: summary.restored_at.to_string(),
            rows: summary.rows,
            blobs: summary.blobs,
            uncertain: summary.uncertain,
            expired_mails: summary.expired_mails,
            paused: summary.paused.iter().map(ToString::to_string).collect(),
            held: summary.held.iter().map(ToString::to_string).collect(),
        }
    }
}

pub(super) async fn run(command: &RestoreCommand, arguments: &Arguments, output: &Output) -> Done {
    let config = newsroom::load_config(&arguments.newsroom)?;
    let place = newsroom::store_of(&config, &arguments.newsroom);
    if Door::is_served(arguments).await? {
        return Err(Failure::new(1, "a daemon of this newsroom is running", "stop `pressroom serve` first"));
    }
    let file = &command.file;
    let source = File::open(file).map_err(|error| Failure::failed(&format!("cannot read {}", file.display()), &error))?;
    let backup = BackupFile::open(source)?;
    let key_path = newsroom::key_of(&arguments.newsroom);
    let present = newsroom::find_key(&key_path)?;
    let given = match &command.key_file {
        Some(path) => Some(
            newsroom::find_key(path)?
                .ok_or_else(|| Failure::usage(format!("there is no file {}", path.display()), "--key-file names a newsroom.key"))?,
        ),
        None => None,
    };
    // A newsroom that kept its key needs no other for a backup without one.
    let key = given.or_else(|| backup.key().cloned()).or_else(|| present.clone());
    refuse_other_key(present.as_ref(), key.as_ref(), &key_path)?;
    let options = RestoreOptions {
        key,
        cache_bytes: newsroom::CACHE_BYTES,
        world: World::real(),
        actor: newsroom::actor(arguments)?,
        needs_nobody: needs_nobody(config),
    };
    let restored = restore(&place, backup, options).await?;
    // The key first: a store without its key could not be opened.
    if present.is_none() && newsroom::write_key(&key_path, restored.key())? == KeyWritten::WasThere {
        let message = format!("another command has made {} meanwhile; nothing was put in place", key_path.display());
        return Err(Failure::new(75, message, "move the new key and its store away, then restore again"));
    }
    let summary = restored.put_in_place()?;
    output.answer(&Back::of(file, &summary), words)
}

fn refuse_other_key(present: Option<&NewsroomKey>, key: Option<&NewsroomKey>, path: &Path) -> Done {
    if let (Some(present), Some(key)) = (present, key)
        && present.as_bytes() != key.as_bytes()
    {
        let help =
            "links in mail that was sent with it would be void; restore into a newsroom without a key, or move the file away";
        return Err(Failure::new(78, format!("{} is another key than the backup's", path.display()), help));
    }
    Ok(())
}

/// Whether an issue's newsletter asks for no approval; of one that nobody knows any more nothing better is known.
fn needs_nobody(config: Config) -> Box<dyn Fn(&Issue) -> bool + Send + Sync> {
    Box::new(move |issue| config.find_newsletter(&issue.newsletter).is_none_or(|newsletter| newsletter.approvals == 0))
}

fn words(back: &Back<'_>) -> String {
    let mut lines = vec![format!("the state of {} is back: {} rows", back.taken_at, back.rows)];
    let named = |ids: &[String], what: &str| format!("{what}: {}", ids.join(", "));
    if !back.paused.is_empty() {
        lines.push(named(&back.paused, "paused, for they were being sent"));
    }
    if back.uncertain > 0 {
        let copies = if back.uncertain == 1 { "1 copy".to_owned() } else { format!("{} copies", back.uncertain) };
        lines.push(format!(
            "{copies} may have gone out since: see `pressroom issue report ISSUE`, then decide with `pressroom issue settle`"
        ));
    }
    if !back.held.is_empty() {
        lines.push(named(&back.held, "held, for they may have gone out since"));
    }
    if back.expired_mails > 0 {
        lines.push(format!("mails that waited and may have gone out since, so are not sent: {}", back.expired_mails));
    }
    lines.push("what is paused or held stays so until a person lets it go on".to_owned());
    lines.join("\n")
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        let (code, help) = match &error {
            RestoreError::NoBackup => (2, "name a file that `pressroom backup` wrote"),
            RestoreError::Damaged { .. } => (1, "nothing was put in place; take another backup or another copy of it"),
            RestoreError::UnknownForm { .. } => (1, "use the version of Pressroom that wrote it, or a newer one"),
            RestoreError::NoKey => (2, "add --key-file FILE with the newsroom.key that belongs to it"),
            RestoreError::OtherKey => (78, "the key must be the newsroom.key of the newsroom that was backed up"),
            RestoreError::Occupied { .. } => (1, "a restore writes over no store; move it away, or restore into another newsroom"),
            RestoreError::Disk { .. } => (1, "nothing was put in place"),
            RestoreError::Store(StoreError::InUse { .. }) => (75, "another restore is at work there; wait for it"),
            RestoreError::Store(_) => (1, "nothing was put in place"),
        };
        Self { code, help: help.to_owned(), ..Self::failed("the backup was not restored", &error) }
    }
}
