//! `demo`: the whole road on this machine, and the pages that a caught mail links to.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};

use tempfile::TempDir;

use crate::http::{Reply, ask, get};
use crate::newsroom::{Ran, Tally, command_in};

/// A demo that serves its inbox.
struct Demo {
    child: Child,
    stderr: BufReader<ChildStderr>,
    host: String,
    /// The inbox's number of the first copy of the issue.
    first: usize,
    /// Where it keeps its newsroom.
    folder: PathBuf,
    scratch: TempDir,
}

impl Demo {
    /// Starts it and reads its steps until the inbox is there.
    fn start() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let mut command = command_in(scratch.path(), &["demo"]);
        let mut child = command.env("TMPDIR", scratch.path()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let (mut said, mut folder) = (String::new(), None);
        let host = loop {
            let mut line = String::new();
            assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "the demo ended early:\n{said}");
            if let Some((_, path)) = line.trim_end().split_once("the sample, in ") {
                folder = Some(PathBuf::from(path));
            }
            if let Some((_, rest)) = line.split_once("Read the mail: http://") {
                break rest.split_once("/inbox").unwrap().0.to_owned();
            }
            said.push_str(&line);
        };
        let list = get(&host, "/inbox?kind=copies").status(200).text();
        let first = list.split_once("<li><a href=\"/inbox/").unwrap().1.split_once('"').unwrap().0.parse().unwrap();
        Self { child, stderr, host, first, folder: folder.expect("it says where its newsroom is"), scratch }
    }

    fn get(&self, path: &str) -> Reply {
        get(&self.host, path)
    }

    /// The page of the first copy, or a part of it.
    fn first(&self, part: &str) -> Reply {
        self.get(&format!("/inbox/{}{part}", self.first)).status(200)
    }

    /// The paths on this server that the HTML of the first mail names in this attribute.
    fn paths(&self, attribute: &str) -> Vec<String> {
        let html = self.first("/html").text();
        let begin = format!("{attribute}=\"http://{}", self.host);
        html.split(&begin).skip(1).map(|rest| rest.split_once('"').unwrap().0.to_owned()).collect()
    }

    /// The first mail's reader, as the inbox names it.
    fn reader(&self) -> String {
        let page = self.first("").text();
        page.split_once(">to ").unwrap().1.split_once('<').unwrap().0.to_owned()
    }

    /// The path behind `List-Unsubscribe` of the first mail.
    fn one_click(&self) -> String {
        let headers = self.first("/headers").text();
        assert!(headers.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{headers}");
        let address = headers.split_once("List-Unsubscribe: ").unwrap().1;
        let path = address.split_once(&format!("http://{}", self.host)).unwrap().1;
        path.split_once("&gt;").unwrap().0.to_owned()
    }

    /// Where the first mail's reader stands, read from a copy of the store as a crash would leave it.
    fn standing(&self) -> String {
        let copy = tempfile::tempdir().unwrap();
        assert!(Command::new("cp").arg("-r").args([&self.folder, &copy.path().join("newsroom")]).status().unwrap().success());
        let arguments = ["--newsroom", "newsroom", "subscriber", "show", &self.reader(), "--json"];
        let ran: Ran = command_in(copy.path(), &arguments).output().unwrap().into();
        ran.code(0).json()["newsletters"]["partners"].as_str().unwrap().to_owned()
    }

    /// Presses Ctrl-C; the exit code, when its folder has gone.
    fn interrupt(mut self) -> i32 {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.stderr, &mut rest).unwrap();
        assert!(!self.folder.exists(), "its folder stays behind: {rest}");
        let left: Vec<_> = std::fs::read_dir(self.scratch.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        status.code().unwrap()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It has ended already, or a test has failed and it must not outlive it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn every_due_reader_of_the_sample_gets_one_mail() {
    let scratch = tempfile::tempdir().unwrap();
    let mut command = command_in(scratch.path(), &["demo", "--exit", "--json"]);
    let ran: Ran = command.env("TMPDIR", scratch.path()).output().unwrap().into();
    let ran = ran.code(0).says(&["cannot be approved", "found by the watch", "1 of 1", "200 mails caught", "mail "]);
    let report = ran.json();
    assert_eq!(Tally::of(&report), Tally { state: "sent".to_owned(), accepted: 200, ..Tally::default() });
    assert_eq!(report["issue"], "2027-02-partners");
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0, "its folder is gone");
}

#[test]
fn the_caught_mail_can_be_read_in_every_form() {
    let demo = Demo::start();
    assert!(demo.folder.join("pressroom.toml").is_file());
    let list = demo.get("/inbox?kind=copies").status(200).text();
    assert!(list.contains("To readers (200)") && list.matches("<li><a href=\"/inbox/").count() == 50, "{list}");
    assert!(demo.get("/inbox?kind=copies&page=4").status(200).text().matches("<li><a href=\"/inbox/").count() == 50);
    let notices = demo.get("/inbox?kind=notices").status(200).text();
    for recipient in ["editor@lantern.example.org", "approver@lantern.example.org"] {
        assert!(notices.contains(&format!("to {recipient}")), "{notices}");
    }
    let html = demo.first("/html").text();
    assert!(html.starts_with("<!DOCTYPE html") && html.contains("Coordinators at the centre"), "{html}");
    let text = demo.first("/text").text();
    assert!(text.contains("February belongs to the people"), "{text}");
    let source = demo.first("/source").text();
    assert!(source.contains("multipart/alternative") && source.contains("quoted-printable"), "{source}");
    assert!(
        source.contains(&format!("To: {}", demo.reader())) || source.contains(&format!("&lt;{}&gt;", demo.reader())),
        "{source}"
    );
    for path in ["/inbox/0", "/inbox/999", "/inbox/999/html", "/inbox/x", "/inbox?kind=none", "/inbox/18446744073709551616/text"] {
        let reply = demo.get(path);
        assert!(matches!(reply.status, 400 | 404), "{path}: {}", reply.status);
    }
    assert_eq!(demo.interrupt(), 0);
}

#[test]
fn what_a_mail_links_to_is_there() {
    let demo = Demo::start();
    let pictures = demo.paths("src");
    assert_eq!(pictures.len(), 2, "{pictures:?}");
    for path in pictures {
        let picture = demo.get(&path).status(200);
        assert!(picture.body.starts_with(b"\x89PNG") || picture.body.starts_with(b"\xff\xd8"), "{path}");
        assert!(picture.header("content-type").unwrap().starts_with("image/"));
        assert_eq!(picture.header("x-content-type-options"), Some("nosniff"));
    }
    let links = demo.paths("href");
    for path in &links {
        demo.get(path).status(200);
    }
    let calendar = links.iter().find(|path| path.ends_with("event-1.ics")).unwrap();
    let calendar = demo.get(calendar).status(200);
    assert_eq!(calendar.header("content-type"), Some("text/calendar; charset=utf-8"));
    assert!(calendar.text().starts_with("BEGIN:VCALENDAR\r\n") && calendar.text().ends_with("END:VCALENDAR\r\n"));
    let story = links.iter().find(|path| path.ends_with("/road-clinic")).unwrap();
    let story = demo.get(story).status(200).text();
    assert!(story.contains("Before the van, a sore throat"), "the full story, not the brief: {story}");
    let issue = demo.get("/partners/2027-02-partners").status(200).text();
    assert!(issue.contains("Coordinators at the centre") && !issue.contains("/u/"), "no page shows a reader's way out: {issue}");
    assert!(demo.get("/partners").status(200).text().contains("/partners/2027-02-partners"));
    for path in
        ["/steering", "/steering/2027-03-steering", "/partners/none", "/partners/2027-02-partners/event-9.ics", "/nothing/at/all"]
    {
        demo.get(path).status(404);
    }
    assert_eq!(demo.interrupt(), 0);
}

#[test]
fn every_page_keeps_strangers_out() {
    let demo = Demo::start();
    let one_click = demo.one_click();
    for path in
        ["/inbox", "/inbox/1", "/inbox/1/html", "/inbox/1/source", "/partners/2027-02-partners", "/style.css", "/none", &one_click]
    {
        let reply = demo.get(path);
        let policy = reply.header("content-security-policy").unwrap_or_else(|| panic!("{path} has no policy"));
        assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{path}: {policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{path}");
    }
    let large = "x".repeat(100_000);
    let reply = ask("POST", &demo.host, &one_click, Some(("text/plain", &large)));
    assert_eq!(reply.status, 413, "a body is bounded");
}

const FORM: (&str, &str) = ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click");
const MULTIPART: (&str, &str) = (
    "multipart/form-data; boundary=part",
    "--part\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--part--\r\n",
);

#[test]
fn get_never_writes() {
    let demo = Demo::start();
    let path = demo.one_click();
    for method in ["GET", "HEAD", "GET"] {
        let reply = ask(method, &demo.host, &path, None).status(200);
        assert_eq!(reply.body.is_empty(), method == "HEAD");
    }
    // The first mail's reader may be one who reads Spanish.
    let says = |page: &str, words: [&str; 2]| assert!(words.iter().any(|words| page.contains(words)), "{page}");
    says(&demo.get(&path).text(), ["Leave Lantern Exchange?", "¿Dejar Lantern Exchange?"]);
    assert_eq!(demo.standing(), "confirmed");
    for body in [FORM, MULTIPART, FORM] {
        let left = ask("POST", &demo.host, &path, Some(body)).status(200);
        says(&left.text(), ["You have left Lantern Exchange", "Ha dejado Lantern Exchange"]);
        assert_eq!(left.header("location"), None, "RFC 8058 §3.1: no redirect");
        assert_eq!(left.header("set-cookie"), None);
        assert_eq!(demo.standing(), "left");
    }
    let mut forged = path.clone();
    let last = forged.pop().unwrap();
    forged.push(if last == 'a' { 'b' } else { 'a' });
    for unknown in [forged.as_str(), "/u/none", "/u/"] {
        demo.get(unknown).status(404);
        assert_eq!(ask("POST", &demo.host, unknown, Some(FORM)).status / 100, 4, "{unknown}");
    }
    assert_eq!(ask("PUT", &demo.host, &path, Some(FORM)).status, 405);
    assert_eq!(demo.interrupt(), 0);
}
