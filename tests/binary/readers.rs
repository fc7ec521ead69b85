//! Readers come in by table and leave for good.

use crate::newsroom::{Newsroom, nobody_listens};

const CONSENT: &str = "the form at the spring meeting";

fn import(newsroom: &Newsroom, csv: &str, more: &[&str]) -> crate::newsroom::Ran {
    newsroom.write("people.csv", csv);
    let arguments = ["subscriber", "import", "people.csv", "--newsletter", "partners", "--json"];
    newsroom.run(&[&arguments[..], more].concat())
}

fn states(newsroom: &Newsroom) -> Vec<(String, String)> {
    let rows = newsroom.run(&["subscriber", "list", "--json"]).code(0).json_lines();
    let mut states: Vec<_> = rows
        .iter()
        .map(|row| {
            let state = format!("{} {}", row["state"].as_str().unwrap(), row["newsletters"]["partners"].as_str().unwrap_or("-"));
            (row["email"].as_str().unwrap().to_owned(), state)
        })
        .collect();
    states.sort();
    states
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(email, state)| ((*email).to_owned(), (*state).to_owned())).collect()
}

#[test]
fn bad_rows_are_told_with_line_and_reason_and_good_ones_are_in() {
    let newsroom = Newsroom::sample(nobody_listens());
    let csv = "email,first_name,state,shirt\nada@readers.example.org,Ada,NM,blue\nnot an address,Ben,,\nADA@readers.example.org,Again,,\ncleo@readers.example.org,Cleo,Ohio,\ndan@readers.example.org,Dan,TX,red\n";
    let ran = import(&newsroom, csv, &["--consent", CONSENT]).code(65).says(&[
        "line 3",
        "line 4: the same address as in line 2",
        "line 5: column `state`",
    ]);
    assert!(!ran.stderr.contains("ADA@"), "no address in a message: {}", ran.stderr);
    let done = ran.json();
    assert_eq!((&done["rows"], &done["created"], &done["attributes"]), (&5.into(), &2.into(), &serde_json::json!(["shirt"])));
    let lines: Vec<u64> = done["bad"].as_array().unwrap().iter().map(|bad| bad["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [3, 4, 5], "{done}");
    assert_eq!(
        states(&newsroom),
        pairs(&[("ada@readers.example.org", "active confirmed"), ("dan@readers.example.org", "active confirmed")])
    );
    let ada = newsroom.run(&["subscriber", "show", "ada@readers.example.org", "--json"]).code(0).json();
    assert_eq!(ada["attributes"]["shirt"], "blue");
    assert_eq!(ada["memberships"][0]["consent"], CONSENT);
}

#[test]
fn a_table_without_addresses_or_for_no_newsletter_imports_nothing() {
    let newsroom = Newsroom::sample(nobody_listens());
    import(&newsroom, "name\nAda\n", &["--consent", CONSENT]).code(65).says(&["line 1: there is no column `email`"]);
    let arguments = ["subscriber", "import", "people.csv", "--newsletter", "partnrs"];
    newsroom.run(&arguments).code(1).says(&["partnrs", "partners, steering, coordinators"]);
    assert!(states(&newsroom).is_empty());
}

#[test]
fn a_dry_run_changes_nothing_and_says_what_would() {
    let newsroom = Newsroom::sample(nobody_listens());
    let csv = "email\nada@readers.example.org\nben@readers.example.org\n";
    let tried = import(&newsroom, csv, &["--consent", CONSENT, "--dry-run"]).code(0).json();
    assert_eq!((&tried["created"], &tried["dry_run"]), (&2.into(), &true.into()));
    assert!(states(&newsroom).is_empty());
    assert_eq!(import(&newsroom, csv, &["--consent", CONSENT]).code(0).json()["created"], 2);
    let again = import(&newsroom, csv, &["--consent", CONSENT]).code(0).json();
    assert_eq!((&again["created"], &again["unchanged"]), (&0.into(), &2.into()));
}

#[test]
fn without_consent_words_people_are_pending_and_stay_out_of_issues() {
    let newsroom = Newsroom::sample(nobody_listens());
    import(&newsroom, "email\nada@readers.example.org\n", &[]).code(0).says(&["pending"]);
    assert_eq!(states(&newsroom), pairs(&[("ada@readers.example.org", "active pending")]));
    newsroom.write(crate::newsroom::SHORT_FILE, &crate::newsroom::short_issue("Nobody reads this."));
    let run = newsroom.run(&["issue", "send", crate::newsroom::SHORT_FILE, "--dry-run", "mails", "--json"]).code(0).json();
    assert_eq!(run["intended"], 0, "{run}");
    import(&newsroom, "email\nada@readers.example.org\n", &["--consent", CONSENT]).code(0);
    assert_eq!(states(&newsroom), pairs(&[("ada@readers.example.org", "active confirmed")]));
}

#[test]
fn no_import_brings_back_who_left_was_suppressed_or_erased() {
    let newsroom = Newsroom::sample(nobody_listens());
    let csv = "email,first_name\nada@readers.example.org,Ada\nben@readers.example.org,Ben\ncleo@readers.example.org,Cleo\ndan@readers.example.org,Dan\n";
    import(&newsroom, csv, &["--consent", CONSENT]).code(0);
    let removed = newsroom.run(&["subscriber", "remove", "ADA@Readers.Example.org", "--json"]).code(0).json();
    assert_eq!(removed["newsletters"]["partners"], "left");
    let suppress = ["subscriber", "suppress", "ben@readers.example.org", "--note", "asked by letter", "--json"];
    assert_eq!(newsroom.run(&suppress).code(0).json()["new"], true);
    assert_eq!(newsroom.run(&suppress).code(0).json()["new"], false);
    newsroom.run(&["subscriber", "erase", "cleo@readers.example.org", "--yes"]).code(0);
    newsroom.run(&["subscriber", "show", "cleo@readers.example.org"]).code(1);

    let again = import(&newsroom, csv, &["--consent", CONSENT]).code(0).json();
    assert_eq!((&again["created"], &again["kept_left"], &again["kept_suppressed"]), (&0.into(), &1.into(), &2.into()), "{again}");
    let expected = pairs(&[
        ("ada@readers.example.org", "active left"),
        ("ben@readers.example.org", "suppressed confirmed"),
        ("dan@readers.example.org", "active confirmed"),
    ]);
    assert_eq!(states(&newsroom), expected);
    let left = newsroom.run(&["subscriber", "list", "--newsletter", "partners", "--state", "left", "--json"]).code(0);
    assert_eq!(left.json_lines().len(), 1, "{}", left.stdout);
    let ben = newsroom.run(&["subscriber", "show", "ben@readers.example.org", "--json"]).code(0).json();
    assert_eq!(ben["suppression"]["note"], "asked by letter");
}

#[test]
fn a_misspelt_newsletter_is_no_leave() {
    let newsroom = Newsroom::sample(nobody_listens());
    import(&newsroom, "email\nada@readers.example.org\n", &["--consent", CONSENT]).code(0);
    let remove =
        |newsletter: &str| newsroom.run(&["subscriber", "remove", "ada@readers.example.org", "--json", "--newsletter", newsletter]);
    remove("partnrs").code(1).says(&["there is no newsletter `partnrs`"]);
    let outcome = |newsletter: &str| remove(newsletter).code(0).json()["newsletters"][newsletter].clone();
    assert_eq!(outcome("coordinators"), "not a member");
    assert_eq!(states(&newsroom), pairs(&[("ada@readers.example.org", "active confirmed")]));
    assert_eq!(outcome("partners"), "left");
    assert_eq!(outcome("partners"), "had already left");
}

#[test]
fn what_is_exported_can_be_imported_again() {
    let newsroom = Newsroom::sample(nobody_listens());
    let csv = "email,first_name,organisation,state,topics,language\nada@readers.example.org,Ada,\"Example, with a comma\",NM,coordination;evaluation,es\nben@readers.example.org,\"Quote \"\" Ben\",,,,\n";
    import(&newsroom, csv, &["--consent", CONSENT]).code(0);
    let exported = newsroom.run(&["subscriber", "export", "--newsletter", "partners"]).code(0).stdout;
    let again = import(&newsroom, &exported, &["--consent", CONSENT]).code(0).json();
    assert_eq!((&again["rows"], &again["created"], &again["bad"]), (&2.into(), &0.into(), &serde_json::json!([])), "{again}");

    let other = Newsroom::sample(nobody_listens());
    assert_eq!(import(&other, &exported, &["--consent", CONSENT]).code(0).json()["created"], 2);
    let shown = |newsroom: &Newsroom, reader: &str| {
        let row = newsroom.run(&["subscriber", "show", reader, "--json"]).code(0).json();
        ["email", "first_name", "organisation", "us_state", "topics", "language"].map(|key| row[key].clone())
    };
    for reader in ["ada@readers.example.org", "ben@readers.example.org"] {
        assert_eq!(shown(&newsroom, reader), shown(&other, reader));
    }
}

#[test]
fn an_exported_cell_is_no_formula() {
    let newsroom = Newsroom::sample(nobody_listens());
    import(&newsroom, "email,first_name\nada@readers.example.org,=1+1\n", &["--consent", CONSENT]).code(0);
    let exported = newsroom.run(&["subscriber", "export"]).code(0).stdout;
    assert!(exported.contains("'=1+1") && !exported.contains(",=1+1"), "{exported}");
}
