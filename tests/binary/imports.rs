//! Readers come over from other services with their history, and out of and into Pressroom whole; who must not be mailed stays out, whatever
//! is deleted, imported again or restored.

use crate::newsroom::{EDITOR, Newsroom, Ran, SHORT_FILE, nobody_listens, short_issue};
use crate::sink::Sink;

const CONSENT: &str = "their sign-up in our Mailchimp account";

fn import(newsroom: &Newsroom, csv: &str, more: &[&str]) -> Ran {
    newsroom.write("people.csv", csv);
    newsroom.run(&[&["subscriber", "import", "people.csv", "--json"][..], more].concat())
}

/// `email state partners-membership`, sorted.
fn standing(newsroom: &Newsroom) -> Vec<String> {
    let rows = newsroom.run(&["subscriber", "list", "--json"]).code(0).json_lines();
    let word = |row: &serde_json::Value| {
        let membership = row["newsletters"]["partners"].as_str().unwrap_or("-").to_owned();
        format!("{} {} {membership}", row["email"].as_str().unwrap(), row["state"].as_str().unwrap())
    };
    let mut rows: Vec<_> = rows.iter().map(word).collect();
    rows.sort();
    rows
}

#[test]
fn people_come_over_from_mailchimp_with_their_history() {
    let newsroom = Newsroom::sample(nobody_listens());
    let head = "\"Email Address\",\"First Name\",MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,LAST_CHANGED,LEID,EUID,NOTES,TAGS";
    let row =
        |name: &str| format!("{name}@example.org,Name,3,\"2020-01-01 10:00:00\",\"2020-01-02 10:00:00\",,1,2,,\"\"\"Arts\"\"\"");
    let terms = ["--newsletter", "partners", "--consent", CONSENT];
    let done = import(&newsroom, &format!("{head}\n{}\n{}\n", row("ada"), row("ben")), &terms).code(0).json();
    assert_eq!((done["created"].as_u64(), done["origin"].as_str()), (Some(2), Some("a Mailchimp export: subscribed")));
    let left = format!("{head},UNSUB_TIME,UNSUB_REASON\n{},\"2023-01-01 00:00:00\",\n", row("ben"));
    let left = format!("{left}{},\"2023-01-01 00:00:00\",marked as spam\n", row("cat"));
    let done = import(&newsroom, &left, &terms).code(0).json();
    assert_eq!((done["left"].as_u64(), done["suppressed"].as_u64()), (Some(2), Some(1)), "{done}");
    import(&newsroom, &format!("{head},CLEAN_TIME\n{},\"2023-01-01 00:00:00\"\n", row("dan")), &terms).code(0);
    let expected = [
        "ada@example.org active confirmed",
        "ben@example.org active left",
        "cat@example.org suppressed left",
        "dan@example.org suppressed left",
    ];
    assert_eq!(standing(&newsroom), expected);
    let ada = newsroom.run(&["subscriber", "show", "ada@example.org", "--json"]).code(0).json();
    assert_eq!(ada["memberships"][0]["since"], "2020-01-02T10:00:00Z");
    assert_eq!(ada["memberships"][0]["consent"], format!("{CONSENT} (Mailchimp since 2020-01-02)"));
    assert_eq!((&ada["topics"], &ada["attributes"]), (&serde_json::json!(["arts"]), &serde_json::json!({})));
    let dan = newsroom.run(&["subscriber", "show", "dan@example.org", "--json"]).code(0).json();
    assert_eq!(dan["suppression"]["reason"], "no-such-address");
    // A later table does not bring them back.
    import(&newsroom, "email\nben@example.org\ncat@example.org\ndan@example.org\n", &terms).code(0);
    assert_eq!(standing(&newsroom), expected);
    let joined = ["subscriber", "audience", "joined before 2021-01-01", "--newsletter", "partners", "--json"];
    assert_eq!(newsroom.run(&joined).code(0).json()["count"], 1);
}

/// Somebody has cut a service's export to the columns that they wanted.
#[test]
fn a_table_that_tells_who_has_left_brings_nobody_back() {
    let newsroom = Newsroom::sample(nobody_listens());
    let terms = ["--newsletter", "partners", "--consent", CONSENT];
    let by_time = "Email Address,First Name,OPTIN_TIME,UNSUB_TIME\nada@example.org,Ada,2020-01-01 10:00:00,\n\
                   ben@example.org,Ben,2020-01-01 10:00:00,2023-01-01 00:00:00\n";
    import(&newsroom, by_time, &terms).code(0);
    let by_word = "email,Unsubscribed\ncat@example.org,no\ndan@example.org,Yes\n";
    import(&newsroom, by_word, &terms).code(0);
    let by_status = "email,status\neve@example.org,board member\nfay@example.org,blocklisted\ngus@example.org,unconfirmed\n";
    import(&newsroom, by_status, &terms).code(0);
    let expected = [
        "ada@example.org active confirmed",
        "ben@example.org active left",
        "cat@example.org active confirmed",
        "dan@example.org active left",
        "eve@example.org active confirmed",
        "fay@example.org suppressed left",
        "gus@example.org active pending",
    ];
    assert_eq!(standing(&newsroom), expected);
    let eve = newsroom.run(&["subscriber", "show", "eve@example.org", "--json"]).code(0).json();
    assert_eq!(eve["attributes"], serde_json::json!({"status": "board member"}));
}

#[test]
fn an_export_brings_everything_into_another_newsroom() {
    let newsroom = Newsroom::sample(nobody_listens());
    let csv = "email,name,state,topics,language,shirt size\nada@example.org,\"Ada, \"\"the first\"\"\",NM,arts;school-health,es,\"38; wide=yes\"\n\
               ben@example.org,,,,,\ncat@example.org,=cat,,,,\n";
    import(&newsroom, csv, &["--newsletter", "partners", "--consent", "a \"fair\", 3 March"]).code(0);
    import(&newsroom, "email\nben@example.org\ndan@example.org\n", &["--newsletter", "steering", "--consent", "elected"]).code(0);
    import(&newsroom, "email\neve@example.org\n", &["--newsletter", "partners"]).code(0);
    newsroom.run(&["subscriber", "remove", "ben@example.org", "--newsletter", "partners"]).code(0);
    newsroom.run(&["subscriber", "suppress", "cat@example.org", "--note", "asked by letter"]).code(0);
    let exported = newsroom.run(&["subscriber", "export"]).code(0).stdout;
    // As if Eve had paused: the last column says until when.
    let paused = |line: &str| if line.starts_with("eve@") { format!("{line}2999-01-01T00:00:00Z") } else { line.to_owned() };
    let exported = exported.lines().map(paused).collect::<Vec<_>>().join("\r\n");

    let other = Newsroom::sample(nobody_listens());
    let done = import(&other, &exported, &[]).code(0).json();
    assert_eq!((done["created"].as_u64(), done["bad"].as_array().map(Vec::len)), (Some(5), Some(0)), "{done}");
    // Readers of one batch come in newsletter by newsletter.
    let sorted = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    let back = other.run(&["subscriber", "export"]).code(0).stdout;
    assert_eq!(sorted(&back), sorted(&exported), "everything came along");
    let again = import(&other, &exported, &[]).code(0).json();
    assert_eq!((again["created"].as_u64(), again["updated"].as_u64()), (Some(0), Some(0)), "{again}");

    let third = Newsroom::sample(nobody_listens());
    let some = import(&third, &exported, &["--newsletter", "steering"]).code(0).json();
    assert_eq!((some["created"].as_u64(), some["passed_over"].as_u64()), (Some(2), Some(3)), "{some}");
    // Who is suppressed is so, also where they are in none of the newsletters that were asked for.
    import(&third, "email\ncat@example.org\n", &["--newsletter", "steering", "--consent", "elected"]).code(0);
    assert!(!standing(&third).iter().any(|row| row.starts_with("cat@")), "{:?}", standing(&third));
    import(&third, "email\nada@example.org\n", &[]).code(2).says(&["no newsletter is named"]);
}

#[test]
fn who_must_not_be_mailed_stays_out_through_export_erasure_import_and_restore() {
    let scratch = tempfile::tempdir().unwrap();
    let sink = Sink::start(scratch.path().join("log"));
    let people = ["ada@example.org", "ben@example.org", "cat@example.org", "dan@example.org"];
    let newsroom = Newsroom::short(sink.address, &people);
    let exported = newsroom.run(&["subscriber", "export"]).code(0).stdout;
    newsroom.run(&["subscriber", "remove", "ada@example.org", "--newsletter", "partners"]).code(0);
    newsroom.run(&["subscriber", "suppress", "ben@example.org"]).code(0);
    newsroom.run(&["subscriber", "erase", "cat@example.org", "--yes"]).code(0);
    newsroom.run(&["backup", "all.backup"]).code(0);

    let other = Newsroom::sample(sink.address);
    other.write(SHORT_FILE, &short_issue("The road is long, and every mail counts."));
    std::fs::remove_dir_all(other.path("subscribers/store")).unwrap_or_default();
    std::fs::remove_file(other.path("subscribers/newsroom.key")).unwrap_or_default();
    other.run(&["restore", newsroom.path("all.backup").to_str().unwrap()]).code(0);
    for room in [&newsroom, &other] {
        import(room, &exported, &[]).code(0);
        import(room, &format!("email\n{}\n", people.join("\n")), &["--newsletter", "partners", "--consent", "again"]).code(0);
        let expected = ["ada@example.org active left", "ben@example.org suppressed confirmed", "dan@example.org active confirmed"];
        assert_eq!(standing(room), expected);
    }
    other.run(&["issue", "send", SHORT_FILE, "--yes", "--offline", "--as", EDITOR]).code(0);
    assert_eq!(other.report().accepted, 1, "dan alone");
}

#[test]
fn an_import_is_taken_back_as_far_as_nothing_has_happened_since() {
    let newsroom = Newsroom::sample(nobody_listens());
    let terms = ["--newsletter", "partners", "--consent", CONSENT];
    let first = import(&newsroom, "email\nada@example.org\nben@example.org\ncat@example.org\n", &terms).code(0).json();
    let second =
        import(&newsroom, "email,state\nada@example.org,TX\nben@example.org,\ndan@example.org,TX\n", &terms).code(0).json();
    assert_eq!((&first["import"], &second["import"]), (&1.into(), &2.into()));
    newsroom.run(&["subscriber", "remove", "cat@example.org", "--newsletter", "partners"]).code(0);
    let undo = |number: &str| newsroom.run(&["subscriber", "import", "--undo", number, "--yes", "--json"]);
    newsroom.run(&["subscriber", "import", "--undo", "2"]).code(2).says(&["--yes"]);
    let undone = undo("2").code(0).json();
    assert_eq!(undone, serde_json::json!({ "import": 2, "removed": 1, "reverted": 1, "kept": 0, "gone": 0 }));
    let ada = newsroom.run(&["subscriber", "show", "ada@example.org", "--json"]).code(0).json();
    assert_eq!(ada["us_state"], serde_json::Value::Null);
    let expected = ["ada@example.org active confirmed", "ben@example.org active confirmed", "cat@example.org active left"];
    assert_eq!(standing(&newsroom), expected);
    let undone = undo("1").code(0).json();
    assert_eq!(undone, serde_json::json!({ "import": 1, "removed": 2, "reverted": 0, "kept": 1, "gone": 0 }));
    assert_eq!(standing(&newsroom), ["cat@example.org active left"], "who has left since stays, as one who left");
    undo("1").code(1).says(&["no import to take back `1`"]);
    undo("77").code(1);
    // What was removed was not suppressed, and what had left is not revived.
    import(&newsroom, "email\nada@example.org\ncat@example.org\n", &terms).code(0);
    assert_eq!(standing(&newsroom), ["ada@example.org active confirmed", "cat@example.org active left"]);
}

#[test]
fn taking_an_import_back_lifts_no_suppression() {
    let newsroom = Newsroom::sample(nobody_listens());
    let terms = ["--newsletter", "partners", "--consent", CONSENT];
    let cleaned = "Email Address,OPTIN_TIME,LEID,EUID,CLEAN_TIME\nada@example.org,,1,2,\"2023-01-01 00:00:00\"\n";
    import(&newsroom, cleaned, &terms).code(0);
    let undone = newsroom.run(&["subscriber", "import", "--undo", "1", "--yes", "--json"]).code(0).json();
    assert_eq!((undone["removed"].as_u64(), standing(&newsroom).len()), (Some(1), 0));
    let again = import(&newsroom, "email\nada@example.org\n", &terms).code(0).json();
    assert_eq!((again["kept_suppressed"].as_u64(), again["created"].as_u64()), (Some(1), Some(0)), "{again}");
}
