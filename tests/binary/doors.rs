//! Every command behaves the same whether a daemon holds the newsroom or not: two newsrooms that are alike to the byte, one with `serve`
//! running, are asked the same things in the same order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::daemon::Daemon;
use crate::newsroom::{APPROVER, EDITOR, Newsroom, Ran, SHORT_FILE, command_in, nobody_listens, short_issue};
use crate::sink::Sink;

/// Commands without a row, and why.
const APART: &[(&str, &str)] = &[
    ("init", "makes a newsroom"),
    ("demo", "has a newsroom of its own"),
    ("serve", "is the daemon"),
    ("explain", "asks no newsroom"),
    ("config show", "reads the config alone"),
    ("dkim keygen", "asks no newsroom"),
    ("dkim record", "reads the config alone"),
    ("completions", "asks no newsroom"),
    ("man", "asks no newsroom"),
    ("restore", "makes a store where there is none; backup.rs looks at what it says to a daemon"),
    ("doctor", "tells whether a daemon runs; it asks for the store through the same door, which doctor.rs looks at"),
];

/// What is asked, in which form, and the exit code it must have. `PROOF` stands for the first digits of the present proof of the issue
/// that the row names.
struct Row {
    form: Form,
    code: i32,
    arguments: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// In words, then as JSON: it changes nothing, or fails.
    Both,
    /// As it stands: a second time it would do something else.
    Once,
}

macro_rules! rows {
    ($($form:ident $code:literal [$($argument:expr),* $(,)?])*) => {
        &[$(Row { form: Form::$form, code: $code, arguments: &[$($argument),*] }),*]
    };
}

const ROWS: &[Row] = rows! {
    Once 65 ["check", "--offline", "--json"]
    Both 0 ["check", SHORT_FILE, "--offline"]
    Both 65 ["check", "issues/bad.md", "--offline"]
    Both 2 ["check", "issues/no-such-file.md"]
    Both 0 ["build", SHORT_FILE, "--out", "built"]
    Both 65 ["build", "issues/bad.md", "--out", "none"]
    Both 2 ["build", SHORT_FILE, "--out", "none", "--at", "tomorrow"]

    Both 0 ["partner", "list"]
    Both 0 ["partner", "import", "subscribers/partners.csv", "--dry-run"]
    Once 0 ["partner", "import", "subscribers/partners.csv", "--json"]
    Once 65 ["partner", "import", "bad.csv"]
    Both 0 ["partner", "list"]
    Both 0 ["partner", "show", "example-city-united"]
    Both 1 ["partner", "show", "no-such-partner"]
    Once 0 ["partner", "add", "partner.json", "--json"]
    Both 1 ["partner", "add", "partner.json"]
    Both 2 ["partner", "add", "bad.csv"]
    Once 0 ["partner", "rest", "example-guest", "--reason", "a merger"]
    Both 0 ["partner", "activate", "example-guest"]
    Both 2 ["partner", "leave", "example-guest", "--reason", "-"]
    Once 0 ["partner", "leave", "example-guest", "--reason", "closed", "--json"]
    Both 1 ["partner", "rest", "example-guest", "--reason", "closed"]
    Both 0 ["partner", "links"]
    Once 0 ["partner", "logo", "example-city-united", "issues/features/middle.png", "--description", "Coins in a circle", "--given-by", "Ada",
            "--how", "by letter", "--json"]
    Both 2 ["partner", "logo", "example-city-united", "bad.csv", "--description", "Coins", "--given-by", "Ada", "--how", "by letter"]
    Once 0 ["partner", "logo", "example-city-united", "--remove"]
    Both 0 ["partner", "export"]

    Once 0 ["feature", "submit", "issues/features/road-clinic.md", "issues/features/public-gym.md", "--json"]
    Once 0 ["feature", "submit", "issues/features/parents-chair.md"]
    Once 0 ["feature", "submit", "issues/features/parents-chair.md"]
    Both 65 ["feature", "submit", "issues/bad.md"]
    Both 2 ["feature", "submit"]
    Both 0 ["feature", "list"]
    Both 0 ["feature", "show", "example-health-in-schools/road-clinic"]
    Both 1 ["feature", "show", "example-health-in-schools/no-such-feature"]
    Once 0 ["feature", "review", "example-health-in-schools/road-clinic"]
    Once 0 ["feature", "review", "example-health-in-schools/road-clinic", "--edit", "edits/road-clinic.md", "--json"]
    Both 77 ["feature", "approve", "example-health-in-schools/road-clinic"]
    Once 0 ["feature", "approve", "example-health-in-schools/road-clinic", "--agreed-by", "Ada", "--how", "by letter"]
    Once 0 ["feature", "approve", "example-planners-commons/public-gym", "--json"]
    Once 0 ["feature", "decline", "example-family-table/parents-chair", "--reason", "told before"]
    Both 1 ["feature", "decline", "example-family-table/parents-chair", "--reason", "told before"]
    Once 0 ["feature", "withdraw", "example-planners-commons/public-gym"]
    Both 0 ["feature", "next", "--explain"]
    Both 0 ["feature", "fairness"]
    Once 0 ["feature", "invite", "example-planners-commons", "example-city-united", "--json"]
    Both 0 ["feature", "invite", "example-planners-commons"]
    Both 1 ["feature", "invite", "no-such-partner"]
    Once 0 ["feature", "later", "example-health-in-schools/road-clinic"]
    Both 1 ["feature", "later", "example-planners-commons/public-gym"]
    Both 2 ["feature", "next", "--count", "13"]

    Both 0 ["subscriber", "import", "short.csv", "--newsletter", "partners", "--consent", "a fair", "--dry-run"]
    Once 0 ["subscriber", "import", "short.csv", "--newsletter", "partners", "--consent", "a fair"]
    Once 0 ["subscriber", "import", "short.csv", "--newsletter", "coordinators", "--json"]
    Once 65 ["subscriber", "import", "bad.csv", "--newsletter", "partners"]
    Both 1 ["subscriber", "import", "short.csv", "--newsletter", "no-such-newsletter"]
    Both 2 ["subscriber", "import", "no-such-file.csv", "--newsletter", "partners"]
    Both 0 ["subscriber", "list"]
    Both 0 ["subscriber", "list", "--newsletter", "coordinators", "--state", "pending"]
    Both 2 ["subscriber", "list", "--state", "left"]
    Both 0 ["subscriber", "audience", "--newsletter", "partners"]
    Both 0 ["subscriber", "audience", "not state = \"NM\" and joined since 2020-01-01", "--newsletter", "partners"]
    Both 65 ["subscriber", "audience", "state = NM", "--newsletter", "partners"]
    Both 1 ["subscriber", "audience", "--newsletter", "no-such-newsletter"]
    Both 0 ["subscriber", "show", "ada@readers.example.org"]
    Both 1 ["subscriber", "show", "nobody@example.org"]
    Both 2 ["subscriber", "show", "no address @"]
    Once 0 ["subscriber", "remove", "ben@readers.example.org", "--newsletter", "partners"]
    Both 0 ["subscriber", "remove", "ben@readers.example.org", "--newsletter", "partners"]
    Once 0 ["subscriber", "suppress", "eve@readers.example.org", "--json"]
    Once 0 ["subscriber", "suppress", "eve@readers.example.org"]
    Both 2 ["subscriber", "erase", "fay@readers.example.org"]
    Once 0 ["subscriber", "erase", "fay@readers.example.org", "--yes", "--json"]
    Both 1 ["subscriber", "erase", "fay@readers.example.org", "--yes"]
    Both 0 ["subscriber", "export"]
    Both 2 ["subscriber", "import", "--undo", "1"]
    Once 0 ["subscriber", "import", "--undo", "1", "--yes", "--json"]
    Both 1 ["subscriber", "import", "--undo", "1", "--yes"]
    Once 0 ["subscriber", "import", "short.csv", "--newsletter", "partners", "--consent", "a fair"]

    Both 0 ["charter", "list"]
    Both 2 ["charter", "drive", "1999-01", "--yes"]
    Both 0 ["pledge", "list"]
    Both 1 ["pledge", "remove", "7", "--yes"]

    Both 0 ["issue", "list"]
    Both 0 ["issue", "send", SHORT_FILE, "--dry-run", "mails"]
    Once 0 ["issue", "queue", SHORT_FILE, "--as", EDITOR, "--json"]
    Both 0 ["issue", "queue", SHORT_FILE, "--as", EDITOR]
    Both 65 ["issue", "queue", "issues/bad.md"]
    Both 2 ["issue", "queue", "issues/no-such-file.md"]
    Both 0 ["issue", "list"]
    Both 0 ["issue", "show", "short"]
    Both 1 ["issue", "show", "no-such-issue"]
    Both 77 ["issue", "approve", "short", "--proof", "00000000", "--as", APPROVER]
    Both 0 ["issue", "proof", "short", "--offline", "--as", EDITOR]
    Both 2 ["issue", "approve", "short", "--proof", "xyz", "--as", APPROVER]
    Both 77 ["issue", "approve", "short", "--proof", "PROOF", "--as", EDITOR]
    Once 0 ["issue", "approve", "short", "--proof", "PROOF", "--as", APPROVER]
    Both 0 ["issue", "show", "short"]
    Both 0 ["issue", "report", "short"]
    Once 0 ["issue", "pause", "short"]
    Both 1 ["issue", "pause", "short"]
    Once 0 ["issue", "resume", "short", "--json"]
    Both 1 ["issue", "settle", "short", "--accept"]
    Both 1 ["login-link", "nobody@example.org"]
    Both 1 ["login-link", EDITOR, "--partner", "example-city-united"]
    Both 2 ["login-link", "no address @"]
    Both 0 ["schedule"]
    Both 0 ["schedule", "--newsletter", "partners", "--count", "2"]
    Both 1 ["schedule", "--newsletter", "no-such-newsletter"]

    Once 0 ["issue", "queue", "issues/2027-03-steering.md", "--as", EDITOR]
    Both 0 ["issue", "proof", "2027-03-steering", "--offline", "--as", EDITOR]
    Both 77 ["issue", "approve", "2027-03-steering", "--proof", "PROOF", "--as", APPROVER]
    Both 77 ["issue", "send", "issues/2027-03-steering.md", "--yes", "--offline", "--as", EDITOR]
    Both 0 ["consent", "list", "2027-03-steering"]
    Once 0 ["consent", "ask", "2027-03-steering", "--as", EDITOR]
    Once 0 ["consent", "ask", "2027-03-steering", "--partner", "example-city-united", "--json"]
    Both 2 ["consent", "ask", "2027-03-steering", "--partner", "example-mentor-bridge"]
    Both 1 ["consent", "ask", "no-such-issue"]
    Both 1 ["consent", "rule", "2027-03-steering", "--partner", "example-educators-guild", "--why", "another guild"]
    Both 2 ["consent", "rule", "2027-03-steering", "--partner", "example-mentor-bridge", "--why", "another"]
    Once 0 ["consent", "record", "2027-03-steering", "--partner", "example-city-united", "--given-by", "Ada", "--how", "by letter"]
    Once 0 ["consent", "record", "issues/2027-03-steering.md", "--partner", "example-family-table", "--given-by", "Ben",
        "--how", "a call", "--answer", "no", "--json"]
    Both 1 ["consent", "record", "2027-03-steering", "--partner", "no-such-partner", "--given-by", "Ada", "--how", "by letter"]
    Both 0 ["consent", "list", "issues/2027-03-steering.md"]
    Both 1 ["consent", "list", "no-such-issue"]
    Both 2 ["issue", "cancel", "2027-03-steering"]
    Once 0 ["issue", "cancel", "2027-03-steering", "--yes", "--json"]
    Both 1 ["issue", "resume", "2027-03-steering"]

    Both 2 ["issue", "send", SHORT_FILE]
    Both 2 ["issue", "send", SHORT_FILE, "--yes", "--wait", "soon"]
    Once 0 ["issue", "send", SHORT_FILE, "--yes", "--offline", "--as", EDITOR]
    Both 1 ["issue", "send", SHORT_FILE, "--yes", "--offline", "--as", EDITOR]
    Both 0 ["issue", "report", "short"]
    Both 0 ["issue", "report", "short", "--copies"]
    Both 0 ["issue", "report", "short", "--uncertain"]
    Both 1 ["issue", "report", "no-such-issue"]
    Both 1 ["issue", "resume", "short", "--wait"]
    Both 2 ["issue", "correct", "short", "--note", " "]
    Both 1 ["issue", "correct", "2027-03-steering", "--note", "The date was wrong."]
    Once 0 ["issue", "correct", "short", "--note", "The date was wrong.", "--json"]
    Both 0 ["issue", "list"]
    Once 0 ["backup", "one.backup"]
    Once 0 ["backup", "two.backup", "--without-key", "--json"]
    Both 2 ["backup", "one.backup"]
};

const READERS: [&str; 5] = [
    "ada@readers.example.org",
    "ben@readers.example.org",
    "eve@readers.example.org",
    "fay@readers.example.org",
    "Gus@Other.example.net",
];

/// A newsroom whose daemon does nothing by itself and listens where there is room.
pub(crate) fn quiet(relay: std::net::SocketAddr) -> Newsroom {
    let newsroom = Newsroom::sample(relay);
    newsroom.edit("pressroom.toml", |text| text.replace("listen = \"127.0.0.1:8080\"", "listen = \"127.0.0.1:0\""));
    for entry in std::fs::read_dir(newsroom.path("issues")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replace("ready      = true", "ready      = false")).unwrap();
        }
    }
    newsroom
}

/// What the rows need.
fn seeded(relay: std::net::SocketAddr) -> Newsroom {
    let newsroom = quiet(relay);
    newsroom.write(SHORT_FILE, &short_issue("The road is long, and every mail counts."));
    newsroom.write("issues/bad.md", &short_issue("See <b>this</b> and {{ shoe_size }}."));
    newsroom.write("short.csv", &format!("email,first_name\n{}\n", READERS.map(|reader| format!("{reader},Name")).join("\n")));
    newsroom.write("bad.csv", "email,name\nno address,Nobody\nhal@readers.example.org,Hal\n");
    newsroom.write("partner.json", r#"{"id": "example-guest", "name": "Example Guest", "level": "local", "since": "2024-09-01"}"#);
    let text = std::fs::read_to_string(newsroom.path("issues/features/road-clinic.md")).unwrap();
    std::fs::create_dir(newsroom.path("edits")).unwrap();
    std::fs::copy(newsroom.path("issues/features/road-clinic.png"), newsroom.path("edits/road-clinic.png")).unwrap();
    newsroom.write("edits/road-clinic.md", &text.replace("Two districts share one clinic", "Two districts now share one clinic"));
    // The key and the store are made before the newsroom is copied.
    newsroom.run(&["issue", "list"]).code(0);
    newsroom
}

/// The output without what is chance or the present moment: reader ids, and moments in UTC. Slots bear their zone's offset and stay.
fn settled(text: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.');
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(from.find(|c| !is_word(c)).unwrap_or(from.len()));
        out.push_str(before);
        out.push_str(if is_id(word) {
            "(id)"
        } else if is_moment(word) {
            "(moment)"
        } else {
            word
        });
        rest = after;
    }
    out + rest
}

fn is_id(word: &str) -> bool {
    word.len() == 36
        && word.char_indices().all(|(at, c)| if [8, 13, 18, 23].contains(&at) { c == '-' } else { c.is_ascii_hexdigit() })
}

fn is_moment(word: &str) -> bool {
    word.len() >= 20 && word.ends_with('Z') && word.as_bytes()[10] == b'T' && word[..4].chars().all(|c| c.is_ascii_digit())
}

fn run(newsroom: &Newsroom, row: &Row, json: bool) -> Ran {
    let issue = row.arguments.get(2).copied().unwrap_or_default();
    let proof = if row.arguments.contains(&"PROOF") {
        newsroom.run(&["issue", "show", issue, "--json"]).code(0).json()["proof"].as_str().unwrap()[..8].to_owned()
    } else {
        String::new()
    };
    let mut arguments: Vec<&str> = row.arguments.iter().map(|word| if *word == "PROOF" { proof.as_str() } else { word }).collect();
    if json {
        arguments.push("--json");
    }
    for folder in ["built", "mails", "none"] {
        // Each time anew: a dry run wants an empty folder. It is not there the first time.
        let _ = std::fs::remove_dir_all(newsroom.path(folder));
    }
    let ran = newsroom.run(&arguments);
    // A backup's size depends on how well chance can be packed.
    let is_sized = arguments[0] == "backup";
    let plain = |text: &str| if is_sized { settled(text).replace(|c: char| c.is_ascii_digit(), "") } else { settled(text) };
    Ran { code: ran.code, stdout: plain(&ran.stdout), stderr: plain(&ran.stderr) }
}

/// The files of a folder by name: the bytes of what `build` wrote, the size of a dry run's mails, which bear their readers' ids and the
/// present moment.
fn files(newsroom: &Newsroom) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = ["built", "mails"].into_iter().filter_map(|folder| std::fs::read_dir(newsroom.path(folder)).ok()).flatten();
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).unwrap();
        let kept = if path.starts_with(newsroom.path("built")) { bytes } else { bytes.len().to_string().into_bytes() };
        (path.strip_prefix(newsroom.folder()).unwrap().to_owned(), kept)
    };
    entries.map(|entry| read(entry.unwrap().path())).collect()
}

#[test]
fn every_command_behaves_the_same_with_a_daemon_and_without() {
    let scratch = tempfile::tempdir().unwrap();
    let sink = Sink::start(scratch.path().join("log"));
    let alone = seeded(sink.address);
    let served = alone.twin();
    let daemon = Daemon::start(&served);
    let mut faults = Vec::new();
    for row in ROWS {
        let forms: &[bool] = if row.form == Form::Both { &[false, true] } else { &[false] };
        for json in forms {
            let (without, with) = (run(&alone, row, *json), run(&served, row, *json));
            let told = |ran: &Ran| format!("exit code {}\nstdout:\n{}\nstderr:\n{}", ran.code, ran.stdout, ran.stderr);
            if without.code != row.code || told(&without) != told(&with) {
                let wanted = row.code;
                faults.push(format!("{:?} wants {wanted}\nWITHOUT {}\nWITH {}", row.arguments, told(&without), told(&with)));
            }
            if files(&alone) != files(&served) {
                faults.push(format!("{:?}: the files differ", row.arguments));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n\n"));
    let log = daemon.log();
    assert!(!log.contains("readers.example.org") && !log.contains("@"), "no address is logged:\n{log}");
    assert_eq!(daemon.end(), 0);
    assert_eq!(std::fs::read_dir(served.path("subscribers")).unwrap().filter(is_socket).count(), 0);
}

fn is_socket(entry: &std::io::Result<std::fs::DirEntry>) -> bool {
    use std::os::unix::fs::FileTypeExt;
    entry.as_ref().unwrap().file_type().unwrap().is_socket()
}

#[test]
fn a_relay_that_fails_has_the_same_exit_code_through_the_daemon() {
    let scratch = tempfile::tempdir().unwrap();
    let sink = Sink::start_answering(scratch.path().join("log"), Box::new(|_| Some("450 4.2.1 later")));
    for (relay, wait, code) in [(nobody_listens(), "1m", 69), (sink.address, "3s", 75)] {
        let alone = seeded(relay);
        alone.import("short.csv", "partners");
        let served = alone.twin();
        let _daemon = Daemon::start(&served);
        let send = |newsroom: &Newsroom| {
            let ran = newsroom.run(&["issue", "send", SHORT_FILE, "--yes", "--offline", "--wait", wait, "--json"]).code(code);
            settled(&ran.stdout)
        };
        assert_eq!(send(&alone), send(&served));
        let resume = |newsroom: &Newsroom| newsroom.run(&["issue", "resume", "short", "--wait", wait, "--json"]).code(code);
        assert_eq!(settled(&resume(&alone).stdout), settled(&resume(&served).stdout));
    }
}

/// The commands under a command, as the program itself lists them.
fn commands_under(path: &str) -> Vec<String> {
    let arguments: Vec<&str> = path.split_whitespace().chain(["--help"]).collect();
    let ran: Ran = command_in(Path::new("."), &arguments).output().unwrap().into();
    let help = ran.code(0).stdout;
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return vec![path.to_owned()] };
    let names = list.lines().take_while(|line| !line.is_empty()).filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.flat_map(|name| commands_under(format!("{path} {name}").trim())).collect()
}

#[test]
fn every_command_has_a_row_or_a_reason() {
    let all: BTreeSet<String> = commands_under("").into_iter().collect();
    let mut known: BTreeSet<String> = APART.iter().map(|(command, _)| (*command).to_owned()).collect();
    for row in ROWS {
        let command =
            all.iter().find(|command| command.split(' ').eq(row.arguments.iter().copied().take(command.split(' ').count())));
        known.insert(command.unwrap_or_else(|| panic!("there is no command {:?}", row.arguments)).clone());
    }
    assert_eq!(known, all, "add a row to ROWS for each command");
}
