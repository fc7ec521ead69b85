//! The socket itself: where it is, who may be at its ends, and how a daemon takes the place of one that has died.
//!
//! A unix socket's address holds 107 bytes; a longer path is reached through `/proc/self/fd`.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::process::geteuid;
use tokio::net::{UnixListener, UnixStream};

/// The socket's name, beside the store.
const FILE_NAME: &str = "control.sock";
// sockaddr_un.sun_path has 108 bytes with its final zero (unix(7)).
const ADDRESS_BYTES_MAX: usize = 107;

/// Where the control socket of a newsroom is, from where its store is.
#[must_use]
pub fn beside(store: &Path) -> PathBuf {
    store.with_file_name(FILE_NAME)
}

/// Why a daemon cannot have the socket.
#[derive(Debug, thiserror::Error)]
pub enum BindRefused {
    /// A daemon answers there.
    #[error("a daemon of this newsroom is running already")]
    Answered,
    /// Other users could put a socket of theirs in its place.
    #[error("every user may write to the folder {0} of the control socket; take that away with `chmod o-w`")]
    OpenFolder(String),
    /// Something that is not a socket has its name.
    #[error("{0} is in the way of the control socket; move it elsewhere")]
    InTheWay(String),
    #[error("the control socket cannot be made in {folder}")]
    Failed {
        folder: String,
        #[source]
        source: io::Error,
    },
}

/// A socket that is listened at. Its file goes when it is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
    inode: (u64, u64),
}

/// Listens at `path`, for this process's user only. The socket of a daemon that has died is replaced, in one step.
///
/// # Errors
/// See [`BindRefused`].
pub async fn bind(path: &Path) -> Result<ControlSocket, BindRefused> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |source| BindRefused::Failed { folder: folder.display().to_string(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    if fs::metadata(folder).map_err(failed)?.permissions().mode() & 0o002 != 0 {
        return Err(BindRefused::OpenFolder(folder.display().to_string()));
    }
    match fs::symlink_metadata(path) {
        Ok(there) if !there.file_type().is_socket() => return Err(BindRefused::InTheWay(path.display().to_string())),
        Ok(_) => match connect(path).await {
            Ok(_) => return Err(BindRefused::Answered),
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
            Err(error) => return Err(failed(error)),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    // Made in a folder that only we may enter and then moved, so that it is never there with wider rights or half made.
    let nursery = tempfile::Builder::new().prefix(".control-").tempdir_in(folder).map_err(failed)?;
    let made = nursery.path().join("s");
    let listener = Address::of(&made).and_then(|address| UnixListener::bind(address.path())).map_err(failed)?;
    fs::set_permissions(&made, Permissions::from_mode(0o600)).map_err(failed)?;
    let inode = inode_of(&made).map_err(failed)?;
    fs::rename(&made, path).map_err(failed)?;
    Ok(ControlSocket { listener, path: path.to_owned(), inode })
}

/// Reaches whoever listens at `path`.
///
/// # Errors
/// `ConnectionRefused` when the socket's daemon has died, `NotFound` when there is none.
pub async fn connect(path: &Path) -> io::Result<UnixStream> {
    let address = Address::of(path)?;
    UnixStream::connect(address.path()).await
}

/// Whether the process at the other end is one to talk to: our own user's, root's, or, for root, the owner's of `path`.
///
/// # Errors
/// When the operating system does not say who it is.
pub fn is_trusted(stream: &UnixStream, path: &Path) -> io::Result<bool> {
    let theirs = stream.peer_cred()?.uid();
    let ours = geteuid();
    let owned = ours.is_root() && fs::metadata(path.parent().unwrap_or(path))?.uid() == theirs;
    Ok(theirs == 0 || theirs == ours.as_raw() || owned)
}

impl ControlSocket {
    /// The next command that may ask. Whoever may not is sent away without an answer.
    pub(super) async fn accept(&self) -> io::Result<UnixStream> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            let peer = stream.peer_cred()?;
            if peer.uid() == 0 || peer.uid() == geteuid().as_raw() {
                return Ok(stream);
            }
            tracing::warn!(uid = peer.uid(), "a process of another user was refused at the control socket");
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // Another daemon's socket may have its place by now; and there is nobody to tell when the file cannot be removed.
        if inode_of(&self.path).is_ok_and(|inode| inode == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn inode_of(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|meta| (meta.dev(), meta.ino()))
}

/// A path that fits into a socket's address, and the folder that must stay open for as long as it is used.
struct Address {
    path: PathBuf,
    _folder: Option<OwnedFd>,
}

impl Address {
    fn of(path: &Path) -> io::Result<Self> {
        if path.as_os_str().as_bytes().len() <= ADDRESS_BYTES_MAX {
            return Ok(Self { path: path.to_owned(), _folder: None });
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(ErrorKind::InvalidFilename.into());
        };
        let folder = rustix::fs::open(folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let short = Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name);
        Ok(Self { path: short, _folder: Some(folder) })
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_second_daemon_is_told_and_a_dead_ones_socket_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = beside(&folder.path().join("store"));
        assert_eq!(connect(&path).await.unwrap_err().kind(), ErrorKind::NotFound);
        let first = bind(&path).await.unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(is_trusted(&connect(&path).await.unwrap(), &path).unwrap());
        assert!(matches!(bind(&path).await.unwrap_err(), BindRefused::Answered));
        // What a killed daemon leaves: the file, and nobody behind it.
        let moved = folder.path().join("moved");
        fs::rename(&path, &moved).unwrap();
        drop(first);
        fs::rename(&moved, &path).unwrap();
        assert_eq!(connect(&path).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        let second = bind(&path).await.unwrap();
        connect(&path).await.unwrap();
        drop(second);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left lying about");
    }

    #[tokio::test]
    async fn a_path_longer_than_an_address_is_reached_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n".repeat(90)).join("o".repeat(90)).join(FILE_NAME);
        let _socket = bind(&path).await.unwrap();
        connect(&path).await.unwrap();
        assert!(matches!(bind(&path).await.unwrap_err(), BindRefused::Answered));
    }

    #[tokio::test]
    async fn a_folder_open_to_all_and_a_file_in_the_way_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        fs::write(&path, "").unwrap();
        assert!(matches!(bind(&path).await.unwrap_err(), BindRefused::InTheWay(_)));
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(bind(&path).await.unwrap_err(), BindRefused::OpenFolder(_)));
    }
}
