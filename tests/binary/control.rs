//! The control socket under ill treatment: clients that are killed, that are of another version, that are somebody else's, that ask for
//! too much; and daemons that die.

use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::daemon::Daemon;
use crate::doors::quiet;
use crate::newsroom::{Newsroom, Ran, SHORT_FILE, Tally, nobody_listens, short_issue};
use crate::sink::Sink;

const PATIENCE: Duration = Duration::from_secs(60);

/// A newsroom with that many rows to import.
fn with_rows(relay: std::net::SocketAddr, rows: usize) -> Newsroom {
    let newsroom = quiet(relay);
    newsroom.write_readers("many.csv", rows);
    newsroom.write(SHORT_FILE, &short_issue("The road is long, and every mail counts."));
    newsroom
}

const IMPORT: [&str; 7] = ["subscriber", "import", "many.csv", "--newsletter", "partners", "--consent", "made for a test"];

fn socket(newsroom: &Newsroom) -> UnixStream {
    let stream = UnixStream::connect(newsroom.path("subscribers/control.sock")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends a request as it stands and reads all that comes back.
fn ask(newsroom: &Newsroom, request: &str) -> String {
    let mut stream = socket(newsroom);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn request(version: &str, length: &str, body: &str) -> String {
    format!(
        "POST /act/ListIssues HTTP/1.1\r\nhost: pressroom\r\npressroom-version: {version}\r\n{length}connection: close\r\n\r\n{body}"
    )
}

fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// Asks again and again until it is so. Each question takes a while of its own.
fn until(what: &str, so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !so() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain until {what}");
    }
}

#[test]
fn an_import_whose_client_is_killed_is_carried_to_its_end() {
    let rows = 20_000;
    let newsroom = with_rows(nobody_listens(), rows);
    let daemon = Daemon::start(&newsroom);
    let mut client = newsroom.command(&IMPORT).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let is_in = |number: usize| newsroom.run(&["subscriber", "show", &format!("reader-{number:06}@readers.example.org")]).code == 0;
    until("the first rows are in", || is_in(0));
    client.kill().unwrap();
    client.wait().unwrap();
    until("the last rows are in", || is_in(rows - 1));
    until("the daemon has said so", || daemon.log().contains("ImportReaders"));
    assert_eq!(newsroom.run(&["subscriber", "list", "--json"]).code(0).stdout.lines().count(), rows);
    let again = newsroom.run(&[&IMPORT[..], &["--json"]].concat()).code(0).json();
    assert_eq!((&again["unchanged"], &again["created"]), (&rows.into(), &0.into()));
    assert_eq!(daemon.end(), 0);
}

#[test]
fn a_send_whose_client_is_killed_goes_on_and_nobody_gets_two() {
    let readers = 1_000;
    let scratch = tempfile::tempdir().unwrap();
    let sink = Sink::start(scratch.path().join("log"));
    let newsroom = with_rows(sink.address, readers);
    newsroom.run(&IMPORT).code(0);
    let daemon = Daemon::start(&newsroom);
    let send = ["issue", "send", SHORT_FILE, "--yes", "--offline"];
    let mut client = newsroom.command(&send).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    assert!(sink.wait_for(100, PATIENCE));
    client.kill().unwrap();
    client.wait().unwrap();
    assert!(sink.wait_for(readers as u64, PATIENCE), "the daemon went on: {}", sink.count());
    let sent = Tally { state: "sent".to_owned(), accepted: readers as u64, ..Tally::default() };
    until("the tally says so", || newsroom.report() == sent);
    assert!(sink.copies().values().all(|copies| *copies == 1));
    assert_eq!(daemon.end(), 0);
}

#[test]
fn who_follows_a_send_is_told_when_the_daemon_is_killed_and_nothing_is_lost() {
    // It takes connections and never greets: the delivery is under way for as long as we like.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let newsroom = with_rows(silent.local_addr().unwrap(), 3);
    newsroom.run(&IMPORT).code(0);
    let daemon = Daemon::start(&newsroom);
    let sending = newsroom.command(&["issue", "send", SHORT_FILE, "--yes", "--offline", "--wait", "10m"]);
    let client = { sending }.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    silent.accept().unwrap();
    daemon.kill();
    let ran: Ran = client.wait_with_output().unwrap().into();
    ran.code(75).says(&["the daemon ended before it answered", "help:"]);
    assert_eq!(newsroom.report(), Tally { state: "sending".to_owned(), pending: 3, ..Tally::default() });
}

#[test]
fn a_client_of_another_version_is_told() {
    let newsroom = quiet(nobody_listens());
    let daemon = Daemon::start(&newsroom);
    let answer = ask(&newsroom, &request("0.0.9", "content-length: 0\r\n", ""));
    assert!(answer.starts_with("HTTP/1.1 409"), "{answer}");
    assert!(answer.contains("0.0.9") && answer.contains(version()), "{answer}");
    assert_eq!(daemon.end(), 0);
}

#[test]
fn a_client_says_when_the_daemon_is_of_another_version() {
    let newsroom = quiet(nobody_listens());
    newsroom.run(&["issue", "list"]).code(0);
    let listener = UnixListener::bind(newsroom.path("subscribers/control.sock")).unwrap();
    let old = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = [0; 4096];
        assert!(stream.read(&mut asked).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\npressroom-version: 0.0.9\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    newsroom.run(&["issue", "list"]).code(1).says(&["0.0.9", version(), "start the daemon again"]);
    old.join().unwrap();
}

#[test]
fn what_is_too_large_or_makes_no_sense_is_refused_with_words() {
    let newsroom = quiet(nobody_listens());
    let daemon = Daemon::start(&newsroom);
    let cases = [
        (request(version(), "content-length: 300000000\r\n", ""), "413", "300000000 bytes"),
        (request(version(), "transfer-encoding: chunked\r\n", "0\r\n\r\n"), "411", "length"),
        (request(version(), "content-length: 2\r\n", "{}"), "400", "cannot read"),
        (request(version(), "content-length: 2\r\n", "{}").replace("ListIssues", "NoSuchAct"), "404", "does not know"),
        (request(version(), "content-length: 0\r\n", "").replace("POST", "GET"), "405", ""),
    ];
    for (request, status, words) in cases {
        let answer = ask(&newsroom, &request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) && answer.contains(words), "{request}\n{answer}");
    }
    newsroom.run(&["issue", "list"]).code(0);
    assert_eq!(daemon.end(), 0);
}

#[test]
fn a_request_that_breaks_off_has_asked_for_nothing() {
    let newsroom = quiet(nobody_listens());
    let daemon = Daemon::start(&newsroom);
    let body = r#"{"actor":"nobody","request":{"address":"ada@readers.example.org","note":"by ha"#;
    let whole = request(version(), "content-length: 200\r\n", body).replace("ListIssues", "SuppressAddress");
    drop(socket(&newsroom).write_all(whole.as_bytes()));
    until("the daemon has seen it", || daemon.log().contains("refused at the control socket"));
    assert_eq!(newsroom.run(&["subscriber", "suppress", "ada@readers.example.org", "--json"]).code(0).json()["new"], true);
    assert_eq!(daemon.end(), 0);
}

#[test]
fn another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        // Only root can act as somebody else.
        return;
    }
    let newsroom = quiet(nobody_listens());
    let daemon = Daemon::start(&newsroom);
    let open_to_all = |path: &str, mode: u32| {
        std::fs::set_permissions(newsroom.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open_to_all("", 0o755);
    std::fs::copy(env!("CARGO_BIN_EXE_pressroom"), newsroom.path("pressroom")).unwrap();
    let as_nobody = || -> Ran {
        let mut command = std::process::Command::new(newsroom.path("pressroom"));
        command.args(["issue", "list"]).current_dir(newsroom.folder()).uid(65534).gid(65534);
        command.output().unwrap().into()
    };
    as_nobody().code(1).says(&["another user's", "root"]);
    // Even where the file's rights are lost, the daemon looks at who it is.
    open_to_all("subscribers/control.sock", 0o666);
    let ran = as_nobody().code(75);
    assert_eq!(ran.stdout, "");
    until("the daemon has said so", || daemon.log().contains("uid=65534"));
    newsroom.run(&["issue", "list"]).code(0);
    assert_eq!(daemon.end(), 0);
}

#[test]
fn what_root_makes_in_anothers_newsroom_is_its_owners() {
    if !rustix::process::geteuid().is_root() {
        // Only root can give a folder away.
        return;
    }
    let newsroom = Newsroom::sample(nobody_listens());
    let give = |path: &Path| std::os::unix::fs::chown(path, Some(65534), Some(65534)).unwrap();
    give(newsroom.folder());
    give(&newsroom.path("subscribers"));
    newsroom.import("subscribers/steering.csv", "steering");
    let mut find = std::process::Command::new("find");
    find.args([newsroom.path("subscribers/newsroom.key"), newsroom.path("subscribers/store")]).args(["-uid", "0"]);
    assert_eq!(String::from_utf8(find.output().unwrap().stdout).unwrap(), "", "nothing of it is left to root");
    for made in ["newsroom.key", "store", "store/tree", "store/lock"] {
        assert_eq!(std::fs::metadata(newsroom.path("subscribers").join(made)).unwrap().uid(), 65534, "{made}");
    }
}

#[test]
fn one_daemon_is_enough_and_a_killed_one_leaves_nothing_in_the_way() {
    let newsroom = quiet(nobody_listens());
    let daemon = Daemon::start(&newsroom);
    newsroom.run(&["serve"]).code(75).says(&["running already"]);
    newsroom.run(&["issue", "list"]).code(0);
    daemon.kill();
    assert!(newsroom.path("subscribers/control.sock").exists(), "nobody took it away");
    newsroom.run(&["issue", "list"]).code(0);
    let next = Daemon::start(&newsroom);
    newsroom.run(&["issue", "list"]).code(0);
    assert_eq!(next.end(), 0);
    assert!(!newsroom.path("subscribers/control.sock").exists());
}

#[test]
fn a_path_longer_than_a_sockets_address_is_no_trouble() {
    let newsroom = quiet(nobody_listens());
    let deep = format!("{}/{}", "n".repeat(80), "o".repeat(80));
    newsroom.edit("pressroom.toml", |text| format!("{text}\n[store]\npath = \"{deep}/store\"\n"));
    let daemon = Daemon::start(&newsroom);
    newsroom.run(&["issue", "list"]).code(0);
    assert!(daemon.log().contains("ListIssues"));
    assert_eq!(daemon.end(), 0);
}
