//! A newsroom with one newsletter and one issue that becomes due while a test looks on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use pressroom::domain::time::{SignedDuration, TimeZone, Timestamp, World};

use crate::newsroom::{APPROVER, Newsroom, SHORT, SHORT_FILE, short_issue};
use crate::sink::{Accepted, Sink};

/// At once; the bound of uncertain copies follows from it.
pub(crate) const CONNECTIONS: usize = 4;
/// How long anything may take before a test has failed.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);
const READERS_DOMAIN: &str = "@readers.example.org";

/// What the newsletter asks for.
pub(crate) struct Rules {
    pub(crate) approvals: u8,
    pub(crate) hold: &'static str,
    /// Far from now in most tests, so that only the issue's own slot is met.
    pub(crate) schedule: &'static str,
}

/// The first second of a year: met by no test that does not want to.
pub(crate) const RARELY: &str = "0 0 0 1 1 *";

/// A newsroom with this many confirmed readers and no issue; the relay is the sink, the zone UTC.
pub(crate) fn newsroom(sink: &Sink, readers: usize, rules: &Rules) -> Newsroom {
    let newsroom = Newsroom::sample(sink.address);
    let Rules { approvals, hold, schedule } = rules;
    newsroom.write(
        "pressroom.toml",
        &format!(
            "[alliance]\nname = \"Lantern Alliance (example)\"\nhost = \"Example Institute\"\npostal_address = \"100 Sample Street\"\n\n\
             [web]\nurl = \"http://127.0.0.1:8080\"\n\n\
             [[newsletter]]\nid = \"partners\"\ntitle = \"Lantern Exchange\"\nfrom = \"Lantern <exchange@lantern.example.org>\"\n\
             schedule = \"{schedule}\"\ntimezone = \"UTC\"\nproof = \"2h\"\napprovals = {approvals}\nhold = \"{hold}\"\ngrace = \"6h\"\n\n\
             [[relay]]\nurl = \"smtp://{relay}\"\nconnections = {CONNECTIONS}\n\n[links]\ncheck = false\n\n\
             [[staff]]\nemail = \"editor@lantern.example.org\"\nroles = [\"editor\"]\n\n\
             [[staff]]\nemail = \"{APPROVER}\"\nroles = [\"approver\"]\n",
            relay = sink.address,
        ),
    );
    for file in std::fs::read_dir(newsroom.path("issues")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|end| end == "md") {
            std::fs::remove_file(path).unwrap();
        }
    }
    newsroom.write_readers("readers.csv", readers);
    newsroom.import("readers.csv", "partners");
    newsroom
}

/// Writes the short issue with its slot so far from now.
pub(crate) fn write_issue(newsroom: &Newsroom, from_now: SignedDuration) -> Timestamp {
    let slot = (now() + from_now).round(jiff::Unit::Second).unwrap();
    let wall = slot.to_zoned(TimeZone::UTC).datetime();
    let text = short_issue("The road is long, and every mail counts.");
    newsroom.write(SHORT_FILE, &text.replace("send = 2027-02-09T10:00:00", &format!("send = {wall}")));
    slot
}

/// Queues, proofs and approves the short issue, through the daemon when one runs.
pub(crate) fn approve(newsroom: &Newsroom) {
    newsroom.run(&["issue", "queue", SHORT_FILE, "--as", "editor@lantern.example.org"]).code(0);
    let proof = newsroom.run(&["issue", "proof", SHORT, "--json"]).code(0).json()["proof"].as_str().unwrap().to_owned();
    newsroom.run(&["issue", "approve", SHORT, "--proof", &proof, "--as", APPROVER]).code(0);
}

/// The machine's own clock, whatever the daemon is made to believe.
pub(crate) fn now() -> Timestamp {
    World::real().now()
}

pub(crate) fn state(newsroom: &Newsroom) -> String {
    newsroom.run(&["issue", "show", SHORT, "--json"]).code(0).json()["state"].as_str().unwrap().to_owned()
}

/// Asks until the issue is in this state.
pub(crate) fn wait_for_state(newsroom: &Newsroom, wanted: &str) {
    let begun = Instant::now();
    loop {
        let found = state(newsroom);
        if found == wanted {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "the issue is {found}, not {wanted}");
    }
}

/// Waits until no mail has come for this long.
pub(crate) fn wait_for_quiet(sink: &Sink, quiet: Duration) {
    let begun = Instant::now();
    let mut count = sink.count();
    while sink.wait_for(count + 1, quiet) {
        count = sink.count();
        assert!(begun.elapsed() < PATIENCE, "mail keeps coming");
    }
}

/// The copies of readers, by address.
pub(crate) fn copies(sink: &Sink) -> BTreeMap<String, u32> {
    let mut copies = sink.copies();
    copies.retain(|address, _| address.ends_with(READERS_DOMAIN));
    copies
}

/// What staff were sent.
pub(crate) fn notices(sink: &Sink) -> Vec<Accepted> {
    sink.accepted().into_iter().filter(|mail| !mail.recipient.to_lowercase().ends_with(READERS_DOMAIN)).collect()
}

/// Each thing that staff were told, as recipient and subject, and under how many Message-IDs it came: one is right, however often a crash
/// let it come.
pub(crate) fn tellings(sink: &Sink) -> BTreeMap<(String, String), usize> {
    let mut ids: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for mail in notices(sink) {
        ids.entry((mail.recipient, mail.subject)).or_default().insert(mail.message_id);
    }
    ids.into_iter().map(|(told, ids)| (told, ids.len())).collect()
}

/// Holds the sink's log against the ledger: nobody twice, nobody lost, and what is unknown listed by name, at most two copies a connection
/// for each time that sending was broken off.
pub(crate) fn every_reader_is_accounted_for((newsroom, readers): (&Newsroom, usize), sink: &Sink, breaks: u64, run: &str) {
    let tally = newsroom.report();
    let listed = newsroom.run(&["issue", "report", SHORT, "--uncertain", "--json"]).code(0);
    let uncertain: BTreeSet<String> =
        listed.json_lines().iter().map(|line| line["email"].as_str().unwrap().to_lowercase()).collect();
    let copies = copies(sink);
    let twice: Vec<_> = copies.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{run}: mailed twice: {twice:?}");
    let intended: BTreeSet<String> = (0..readers).map(|number| format!("reader-{number:06}@readers.example.org")).collect();
    let strangers: Vec<_> = copies.keys().filter(|address| !intended.contains(*address)).collect();
    assert!(strangers.is_empty(), "{run}: nobody asked to mail {strangers:?}");
    let lost: Vec<_> = intended.iter().filter(|address| !copies.contains_key(*address) && !uncertain.contains(*address)).collect();
    assert!(lost.is_empty(), "{run}: lost without a word: {lost:?}, {tally:?}");
    assert_eq!(tally.accepted + tally.uncertain, readers as u64, "{run}: {tally:?}");
    assert_eq!(tally.uncertain, uncertain.len() as u64, "{run}: {tally:?}");
    let bound = 2 * CONNECTIONS as u64 * breaks;
    assert!(tally.uncertain <= bound, "{run}: {} uncertain, more than two per connection and break ({bound})", tally.uncertain);
}
