//! A position under which seven partners are proposed, on every road by which an answer comes, with a running daemon.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::daemon::Daemon;
use crate::http::{Reply, ask_with};
use crate::newsroom::{APPROVER, EDITOR, Newsroom, Ran};
use crate::sink::Sink;

const PATIENCE: Duration = Duration::from_secs(20);
const FORM: &str = "application/x-www-form-urlencoded";
const ISSUE: &str = "2027-03-steering";
const FILE: &str = "issues/2027-03-steering.md";
/// Who never answers, and who says no: what is told of one is told of the other.
const SILENT: [&str; 2] = ["example-rural-schools", "Example Rural Schools Network"];
const DECLINED: [&str; 2] = ["example-educators-guild", "Example Educators' Guild"];

/// A daemon, what it sends, and who asks it.
pub(crate) struct Road {
    pub(crate) newsroom: Newsroom,
    pub(crate) daemon: Daemon,
    pub(crate) sink: Sink,
    _scratch: tempfile::TempDir,
}

impl Road {
    pub(crate) fn begin() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let sink = Sink::start(scratch.path().join("mails"));
        let newsroom = Newsroom::sample(sink.address);
        newsroom.edit("subscribers/partners.csv", |csv| {
            csv.replace("<desk@guild.example.org> [submitter]", "<desk@guild.example.org> [submitter consenter]")
        });
        newsroom.run(&["partner", "import", "subscribers/partners.csv"]).code(0);
        newsroom.import("subscribers/steering.csv", "steering");
        let daemon = Daemon::start(&newsroom);
        newsroom.run(&["issue", "queue", FILE, "--as", EDITOR]).code(0);
        Self { newsroom, daemon, sink, _scratch: scratch }
    }

    /// The link that each of these was mailed, once all have theirs.
    fn links_of(&self, addresses: &[&str]) -> BTreeMap<String, String> {
        loop {
            let seen = self.sink.count();
            let mails = self.sink.accepted();
            let links = mails.iter().filter_map(|mail| Some((mail.recipient.clone(), mail.link.clone()?)));
            let links: BTreeMap<String, String> = links.filter(|(to, _)| addresses.contains(&to.as_str())).collect();
            if links.len() == addresses.len() {
                return links;
            }
            assert!(self.sink.wait_for(seen + 1, PATIENCE), "only {links:?} came\n{}", self.daemon.log());
        }
    }

    pub(crate) fn ask(&self, method: &str, path: &str, cookie: &str, form: Option<&str>) -> Reply {
        let headers = [("Origin", "http://127.0.0.1:8080"), ("Cookie", cookie)];
        ask_with(method, (&self.daemon.web, path), &headers, form.map(|form| (FORM, form)))
    }

    /// Comes in by a link from the command line; the cookie.
    pub(crate) fn sign_in(&self, address: &str) -> String {
        let link = self.newsroom.run(&["login-link", address, "--json"]).code(0).json()["address"].as_str().unwrap().to_owned();
        let path = link.split_once(":8080").unwrap().1.to_owned();
        let reply = self.ask("POST", &path, "", Some("")).status(303);
        reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }

    fn proof(&self) -> String {
        let made = self.newsroom.run(&["issue", "proof", ISSUE, "--offline", "--json", "--as", EDITOR]).code(0).json();
        made["short"].as_str().unwrap().to_owned()
    }

    fn approve(&self, proof: &str) -> Ran {
        self.newsroom.run(&["issue", "approve", ISSUE, "--proof", proof, "--json", "--as", APPROVER])
    }

    fn standings(&self) -> BTreeMap<String, Value> {
        let list = self.newsroom.run(&["consent", "list", ISSUE, "--json"]).code(0).json();
        let partners = list[0]["partners"].as_array().unwrap().clone();
        partners.into_iter().map(|line| (line["partner"].as_str().unwrap().to_owned(), line)).collect()
    }

    fn with_a_yes(&self) -> usize {
        self.standings().values().filter(|line| line["standing"] == "yes").count()
    }
}

/// The form's hidden proof that it was shown to this visitor.
fn proof_of(page: &Reply) -> String {
    page.text().split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// What the lines that name a partner say of it, without the name and without the time of the question.
fn said_of([id, name]: [&str; 2], text: &str) -> Vec<String> {
    let plain = |line: &str| line.replace(&name.replace('\'', "&#39;"), "X").replace(name, "X").replace(id, "X");
    let lines = text.lines().map(|line| (line, plain(line))).filter(|(line, plain)| *line != plain.as_str());
    lines.map(|(_, plain)| plain.chars().filter(|c| !c.is_ascii_digit()).collect()).collect()
}

/// Whatever anybody can see says the same of the one who declined and of the one who is silent.
fn nothing_tells_who_declined(road: &Road, refusals: &[String]) {
    let mut standings = road.standings();
    let mut line = |id: &str| {
        let mut line = standings.remove(id).unwrap();
        // Each was asked at its own moment, before anybody answered.
        let facts = line.as_object_mut().unwrap();
        facts.retain(|key, _| !["partner", "name", "asked_at"].contains(&key.as_str()));
        line
    };
    assert_eq!(line(DECLINED[0]), line(SILENT[0]));

    let desk = road.sign_in(EDITOR);
    let board = road.ask("GET", "/desk/consents", &desk, None).status(200).text();
    let board = ["<tr", "</tbody", "<details", "<form"].iter().fold(board, |text, tag| text.replace(tag, &format!("\n{tag}")));
    let board = board.replace("Whether somebody declined is told to nobody.", "");
    let list = road.newsroom.run(&["consent", "list", ISSUE]).code(0).stdout;
    for text in refusals {
        assert!(text.contains(&format!("no yes is recorded for {}, {} under", DECLINED[0], SILENT[0])), "{text}");
    }
    for text in [&board, &list] {
        let said = said_of(DECLINED, text);
        assert!(!said.is_empty() && said == said_of(SILENT, text), "{text}");
    }
    let elsewhere = [
        road.newsroom.run(&["partner", "show", DECLINED[0]]).code(0).stdout,
        road.newsroom.run(&["issue", "show", ISSUE, "--json"]).code(0).stdout,
        road.daemon.log(),
    ];
    for text in elsewhere.iter().chain([&board, &list]).chain(refusals) {
        assert!(!text.to_lowercase().contains("declin"), "{text}");
    }
}

#[test]
fn consent_is_explicit_for_seven_signatories_on_every_road() {
    let road = Road::begin();
    let mailed = ["fund@city.example.org", "table@family.example.org", "desk@guild.example.org", "hello@afterthree.example.org"];
    let links = road.links_of(&mailed);
    for (address, answer) in [(mailed[0], "yes"), (mailed[1], "yes"), (mailed[2], "no")] {
        let path = &links[address];
        road.ask("GET", path, "", None).status(200);
        road.ask("POST", path, "", Some(&format!("answer={answer}&name=Sample+Director"))).status(200);
        road.ask("POST", path, "", Some("answer=yes&name=Sample+Director")).status(410);
    }
    let cookie = road.sign_in(mailed[3]);
    let list = road.ask("GET", "/partner/consents", &cookie, None).status(200).text();
    let place = format!("/partner/consents/{}", list.split("href=\"/partner/consents/").nth(1).unwrap().split('"').next().unwrap());
    let page = road.ask("GET", &place, &cookie, None).status(200);
    let form = format!("csrf={}&answer=yes&name=Sample+Trainer", proof_of(&page));
    road.ask("POST", &place, &cookie, Some(&form)).status(303);
    for partner in ["example-planners-commons", "example-state-university-cse"] {
        let record = ["consent", "record", ISSUE, "--partner", partner, "--as", EDITOR];
        let how = ["--given-by", "Sample Director", "--how", "by letter", "--on", "2026-11-20"];
        road.newsroom.run(&[&record[..], &how].concat()).code(0);
    }
    assert_eq!(road.with_a_yes(), 5);

    let proof = road.proof();
    let missing = ["no yes is recorded for", DECLINED[0], SILENT[0]];
    let refused = road.approve(&proof).code(77).says(&missing);
    let send = ["issue", "send", FILE, "--yes", "--offline", "--as", EDITOR];
    let unsent = road.newsroom.run(&send).code(77);

    nothing_tells_who_declined(&road, &[refused.stderr, unsent.stderr]);

    // Without the two it passes; with one character changed, none of the five counts.
    road.newsroom.edit(FILE, |text| text.replace("  \"example-rural-schools\",\n  \"example-educators-guild\",\n", ""));
    road.newsroom.run(&["issue", "queue", FILE, "--as", EDITOR]).code(0);
    let proof = road.proof();
    road.approve(&proof).code(0);
    assert_eq!(road.with_a_yes(), 5);
    road.newsroom.edit(FILE, |text| text.replace("evening and on weekends.", "evening and on weekends!"));
    road.newsroom.run(&["issue", "queue", FILE, "--as", EDITOR]).code(0);
    assert_eq!(road.with_a_yes(), 0);
    let proof = road.proof();
    road.approve(&proof).code(77).says(&["example-city-united", "example-planners-commons"]);
}

/// By command and in the running daemon's directory: who is active stands there with its link, who rests or has gone does not.
#[test]
fn every_partner_is_listed_while_it_is_active() {
    let road = Road::begin();
    let listed = || road.ask("GET", "/partners", "", None).status(200).text();
    let all = road.newsroom.run(&["partner", "list", "--json"]).code(0).stdout;
    let lines = || all.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let page = listed();
    assert_eq!(lines().count(), 12);
    for line in lines() {
        let id = line["id"].as_str().unwrap();
        assert!(page.contains(&format!("href=\"/partners/{id}\"")), "{id}: {page}");
    }
    assert!(page.contains("href=\"https://mentor.example.org/\""), "with its link: {page}");
    let mentor = "href=\"/partners/example-mentor-bridge\"";
    road.newsroom.run(&["partner", "rest", "example-mentor-bridge", "--reason", "until spring"]).code(0);
    assert!(!listed().contains(mentor));
    road.newsroom.run(&["partner", "activate", "example-mentor-bridge"]).code(0);
    assert!(listed().contains(mentor));
}
