//! Opening a newsroom: its config, its look, its key, its store, and the desk over all of them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::arguments::Arguments;
use super::failure::{Done, Failure};
use crate::config::{self, Config, ConfigFaults, StorePlace};
use crate::content::look::Look;
use crate::daemon::files::user_name;
use crate::desk::bundle::FileReport;
use crate::desk::{Desk, DeskError, DeskParts};
use crate::domain::key::{KeyPurpose, NewsroomKey};
use crate::domain::people::Actor;
use crate::domain::time::World;
use crate::fetch::{LinkChecker, LinkCheckerOptions};
use crate::store::sled::{SledOptions, SledStore};
use crate::store::{SharedStore, StoreError};

/// sled's cache; its real memory is three to four times this (dependencies.md section 3).
pub(super) const CACHE_BYTES: u64 = 64 * 1024 * 1024;
const READABLE: &str = "save it as UTF-8 text that Pressroom may read";
const KEY_FILE: &str = "subscribers/newsroom.key";

/// Reads `pressroom.toml`; every fault at once.
pub(super) fn load_config(folder: &Path) -> Result<Config, Failure> {
    let path = folder.join(config::FILE_NAME);
    let text = fs::read_to_string(&path).map_err(|error| {
        let help = if error.kind() == ErrorKind::NotFound {
            "go to a newsroom, name one with --newsroom, or make one with `pressroom init DIR`"
        } else {
            READABLE
        };
        unreadable(&path, &error, help)
    })?;
    let env = |name: &str| std::env::var(name).ok();
    let read_file = |file: &Path| fs::read_to_string(folder.join(file));
    config::load(&text, &env, &read_file).map_err(|faults| faulty(&path, &faults))
}

fn faulty(path: &Path, faults: &ConfigFaults) -> Failure {
    let shown = |faults: &[&config::ConfigFault]| faults.iter().map(|fault| fault.shown()).collect::<Vec<_>>();
    let (outside, inside): (Vec<_>, Vec<_>) =
        faults.faults().iter().partition(|fault| matches!(fault.place, config::Place::Environment(_)));
    let mut failure = Failure::new(78, format!("{} has faults", path.display()), "mend them all, then try again");
    failure.files = vec![
        FileReport::new(config::FILE_NAME, faults.shown_text(), &shown(&inside)),
        FileReport::new("the environment", "", &shown(&outside)),
    ];
    failure
}

/// Makes sure that this process knows the relays' passwords and the keys to sign with: only who delivers needs them.
pub(super) fn require_secrets(config: &Config, folder: &Path) -> Done {
    config.require_secrets().map_err(|faults| faulty(&folder.join(config::FILE_NAME), &faults))
}

fn unreadable(path: &Path, error: &io::Error, help: &str) -> Failure {
    Failure { code: 78, help: help.to_owned(), ..Failure::failed(&format!("cannot read {}", path.display()), error) }
}

/// Opens the newsroom that the arguments name.
pub(super) fn open(arguments: &Arguments) -> Result<Desk, Failure> {
    open_in(&arguments.newsroom, World::real())
}

/// Opens a newsroom in a folder.
pub(super) fn open_in(folder: &Path, world: World) -> Result<Desk, Failure> {
    let config = load_config(folder)?;
    let place = store_of(&config, folder);
    open_with(folder, config, (&place, &key_of(folder)), world)
}

/// Opens a newsroom to deliver from it by itself: what that needs and is not there is said at once.
pub(super) fn open_to_serve(folder: &Path, world: World) -> Result<Desk, Failure> {
    let config = load_config(folder)?;
    require_secrets(&config, folder)?;
    let place = store_of(&config, folder);
    open_with(folder, config, (&place, &key_of(folder)), world)
}

/// Opens a newsroom for a command that stores nothing. One that has no store yet lends its files alone: an empty store elsewhere stands
/// in, so that looking leaves neither store nor key behind. The store lies in the folder that comes with the desk, and must end before it.
pub(super) fn visit(arguments: &Arguments) -> Result<(Desk, Option<TempDir>), Failure> {
    let folder = &arguments.newsroom;
    let config = load_config(folder)?;
    let (place, key) = (store_of(&config, folder), key_of(folder));
    if place.exists() {
        return Ok((open_with(folder, config, (&place, &key), World::real())?, None));
    }
    let scratch = tempfile::Builder::new().prefix("pressroom-").tempdir();
    let scratch = scratch.map_err(|error| Failure::failed("cannot make a scratch folder", &error))?;
    let key = if key.exists() { key } else { scratch.path().join("newsroom.key") };
    let desk = open_with(folder, config, (&scratch.path().join("store"), &key), World::real())?;
    Ok((desk, Some(scratch)))
}

/// Where the store is of the newsroom that the arguments name.
pub(super) fn place_of_store(arguments: &Arguments) -> Result<PathBuf, Failure> {
    Ok(store_of(&load_config(&arguments.newsroom)?, &arguments.newsroom))
}

/// Where a newsroom's key lies.
pub(super) fn key_of(folder: &Path) -> PathBuf {
    folder.join(KEY_FILE)
}

/// Where a newsroom's store lies.
pub(super) fn store_of(config: &Config, folder: &Path) -> PathBuf {
    let StorePlace::Sled(place) = &config.store;
    folder.join(place)
}

/// What a desk works by and a reload can change.
pub(super) struct Settings {
    pub(super) config: Config,
    pub(super) look: Look,
    pub(super) links: Option<LinkChecker>,
}

/// Reads config and templates.
pub(super) fn load_settings(folder: &Path, world: &World) -> Result<Settings, Failure> {
    settings_of(load_config(folder)?, folder, world)
}

fn settings_of(config: Config, folder: &Path, world: &World) -> Result<Settings, Failure> {
    let look = load_look(folder)?;
    let links = config.links.check.then(|| {
        LinkChecker::new(LinkCheckerOptions {
            allow_private: config.links.allow_private,
            about_url: config.web.url.as_str().to_owned(),
            ..LinkCheckerOptions::new(Arc::clone(&world.clock))
        })
    });
    let links = links.transpose().map_err(|error| Failure::failed("cannot prepare the link checker", &error))?;
    Ok(Settings { config, look, links })
}

fn open_with(folder: &Path, config: Config, (place, key): (&Path, &Path), world: World) -> Result<Desk, Failure> {
    let Settings { config, look, links } = settings_of(config, folder, &world)?;
    let key = load_key(key, place, &world)?;
    let options = SledOptions { cache_bytes: CACHE_BYTES, address_key: key.subkey(KeyPurpose::Addresses) };
    let store = SledStore::open(place, options, world.clone()).map_err(|error| not_opened(place, error))?;
    let store: SharedStore = Arc::new(store);
    Ok(Desk::new(DeskParts { store, config, look, key, world, links }))
}

/// What a person can mend about a place is said with the place.
fn not_opened(place: &Path, error: StoreError) -> Failure {
    let hindrance = match &error {
        StoreError::Backend { source, .. } => source.downcast_ref::<io::Error>().map(io::Error::kind),
        StoreError::InUse { .. }
        | StoreError::Corrupt { .. }
        | StoreError::UnknownVersion { .. }
        | StoreError::OtherKey
        | StoreError::TooLarge { .. }
        | StoreError::BackingUp
        | StoreError::Full
        | StoreError::Stopped => None,
    };
    if matches!(hindrance, Some(ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)) {
        let help =
            "Pressroom writes there: run it as the folder's owner, give it the folder, or mount the disk for writing".to_owned();
        return Failure { help, ..Failure::failed(&format!("cannot write in the store {}", place.display()), &error) };
    }
    DeskError::from(error).into()
}

fn load_look(folder: &Path) -> Result<Look, Failure> {
    let mut files = BTreeMap::new();
    collect_templates(&folder.join("templates"), "", &mut files, 0)?;
    if files.is_empty() {
        return Ok(Look::builtin());
    }
    let read = Look::parse(&files);
    if !read.problems.iter().any(|found| found.problem.is_error()) {
        return Ok(read.look);
    }
    let mut failure = Failure::new(78, "the templates have faults", "mend them all, then try again");
    for (path, text) in &files {
        let own: Vec<_> = read.problems.iter().filter(|found| found.path == *path).map(|found| found.problem.clone()).collect();
        if !own.is_empty() {
            failure.files.push(FileReport::new(&format!("templates/{path}"), text, &own));
        }
    }
    Err(failure)
}

// templates/words/LANG/*.md is three folders deep.
fn collect_templates(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>, depth: u8) -> Result<(), Failure> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::failed(&format!("cannot read {}", folder.display()), &error)),
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let name = format!("{prefix}{}", path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default());
        if path.is_dir() && depth < 3 {
            collect_templates(&path, &format!("{name}/"), files, depth + 1)?;
        } else if path.extension().is_some_and(|end| end == "toml" || end == "md" || end == "ftl") {
            let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error, READABLE))?;
            files.insert(name, text);
        }
    }
    Ok(())
}

/// Reads the key; makes one for a newsroom that has no store yet.
fn load_key(path: &Path, store: &Path, world: &World) -> Result<NewsroomKey, Failure> {
    // Before the key is looked for: another first start may make both at this moment, the key first.
    let has_store = store.exists();
    if let Some(key) = find_key(path)? {
        let mode = fs::metadata(path).map(|meta| meta.permissions().mode()).unwrap_or_default();
        if mode & 0o077 != 0 {
            let help = format!("chmod 600 {}", path.display());
            return Err(Failure::new(78, format!("others may read {}", path.display()), help));
        }
        return Ok(key);
    }
    if has_store {
        return Err(Failure::new(
            78,
            format!("the store is there, but its key {} is not", path.display()),
            "put the file back from a backup: without it suppressions and links in sent mail cannot be honoured",
        ));
    }
    let key = NewsroomKey::from_bytes(world.random::<32>());
    match write_key(path, &key)? {
        KeyWritten::New => Ok(key),
        // Another process was first, and its key is the newsroom's.
        KeyWritten::WasThere => find_key(path)?.ok_or_else(|| Failure::new(75, "the newsroom's key has just gone", "try again")),
    }
}

/// The key in a file; `None` when there is no such file.
pub(super) fn find_key(path: &Path) -> Result<Option<NewsroomKey>, Failure> {
    match fs::read(path) {
        Ok(bytes) => match <[u8; 32]>::try_from(bytes.as_slice()) {
            Ok(bytes) => Ok(Some(NewsroomKey::from_bytes(bytes))),
            Err(_) => {
                let message = format!("{} is not a key of 32 bytes", path.display());
                Err(Failure::new(78, message, "put the file back from a backup"))
            }
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::failed(&format!("cannot read {}", path.display()), &error)),
    }
}

/// Whether a key was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyWritten {
    New,
    /// A file lies there already, and still does.
    WasThere,
}

/// Writes a key where there is none.
pub(super) fn write_key(path: &Path, key: &NewsroomKey) -> Result<KeyWritten, Failure> {
    let folder = folder_of(path);
    fs::create_dir_all(folder).map_err(|error| Failure::failed(&format!("cannot write {}", path.display()), &error))?;
    write_secret(path, key.as_bytes())
}

/// Writes a file that its owner alone may read, where there is none.
pub(super) fn write_secret(path: &Path, secret: &[u8]) -> Result<KeyWritten, Failure> {
    let failed = |error| Failure::failed(&format!("cannot write {}", path.display()), &error);
    let folder = folder_of(path);
    // Written whole under another name first: a key that is half there would be refused for ever.
    let owner_alone = fs::Permissions::from_mode(0o600);
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let beside = tempfile::Builder::new().prefix(&format!("{name}.")).permissions(owner_alone).tempfile_in(folder);
    let mut beside = beside.map_err(failed)?;
    beside.write_all(secret).and_then(|()| beside.as_file().sync_all()).map_err(failed)?;
    match beside.persist_noclobber(path) {
        Ok(_) => {}
        Err(taken) if taken.error.kind() == ErrorKind::AlreadyExists => return Ok(KeyWritten::WasThere),
        Err(other) => return Err(failed(other.error)),
    }
    fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    Ok(KeyWritten::New)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// In whose name this run acts.
pub(super) fn actor(arguments: &Arguments) -> Result<Actor, Failure> {
    let name = arguments.actor.clone().unwrap_or_else(system_user);
    Actor::parse(&name)
        .map_err(|error| Failure::usage(format!("--as: {error}"), "give your address, as in [[staff]] of pressroom.toml"))
}

fn system_user() -> String {
    user_name(rustix::process::geteuid().as_raw())
}

/// Asks before what cannot be undone; without a terminal it must have been said beforehand.
pub(super) fn ask(yes: bool, question: &str) -> Done {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::usage("this needs a yes, and there is no terminal to ask at", "add --yes"));
    }
    let mut answer = String::new();
    let mut err = io::stderr().lock();
    let asked = write!(err, "{question} [y/N] ").and_then(|()| err.flush()).and_then(|()| io::stdin().read_line(&mut answer));
    asked.map_err(|error| Failure::failed("cannot ask", &error))?;
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") { Ok(()) } else { Err(Failure::new(1, "nothing was done", "")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_once_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY_FILE);
        let keys = [1, 2].map(|byte| NewsroomKey::from_bytes([byte; 32]));
        assert_eq!(write_key(&path, &keys[0]).unwrap(), KeyWritten::New);
        assert_eq!(write_key(&path, &keys[1]).unwrap(), KeyWritten::WasThere);
        assert_eq!(find_key(&path).unwrap().unwrap().as_bytes(), keys[0].as_bytes());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let entries = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(entries, 1, "nothing is left beside it");
    }

    #[test]
    fn first_starts_at_once_agree_on_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let (key, store) = (folder.path().join(KEY_FILE), folder.path().join("store"));
        let start = || load_key(&key, &store, &World::real()).unwrap();
        let keys: Vec<NewsroomKey> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|one| one.as_bytes() == keys[0].as_bytes()));
        assert_eq!(find_key(&key).unwrap().unwrap().as_bytes(), keys[0].as_bytes());
    }
}
