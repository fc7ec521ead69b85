//! What the commands print: words or JSON on stdout with stable keys, and files that are the same each time.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::newsroom::{APPROVER, EDITOR, Newsroom, Ran, SHORT, SHORT_FILE, command_in, nobody_listens};

fn keys(document: &serde_json::Value) -> Vec<&str> {
    document.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn init_writes_a_newsroom_and_never_over_one() {
    let scratch = tempfile::tempdir().unwrap();
    let init = |arguments: &[&str]| -> Ran { command_in(scratch.path(), arguments).output().unwrap().into() };
    assert_eq!(init(&["init", "new", "--json"]).code(0).json()["newsroom"], "new");
    let config = fs::read_to_string(scratch.path().join("new/pressroom.toml")).unwrap();
    assert!(fs::read_to_string(scratch.path().join("new/.gitignore")).unwrap().contains("newsroom.key"));
    init(&["init", "new"]).code(2).says(&["new is not empty"]);
    fs::create_dir(scratch.path().join("other")).unwrap();
    fs::write(scratch.path().join("other/note.txt"), "mine").unwrap();
    init(&["init", "other"]).code(2).says(&["other is not empty"]);
    assert_eq!(fs::read_dir(scratch.path().join("other")).unwrap().count(), 1);
    init(&["--newsroom", "new", "check", "--offline"]).code(0);
    assert_eq!(fs::read_to_string(scratch.path().join("new/pressroom.toml")).unwrap(), config);
}

#[test]
fn building_twice_gives_the_same_bytes_wherever_and_whenever() {
    let newsroom_with_a_feature = || {
        let newsroom = Newsroom::sample(nobody_listens());
        newsroom.run(&["partner", "import", "subscribers/partners.csv"]).code(0);
        newsroom.run(&["feature", "submit", "issues/features/road-clinic.md"]).code(0);
        newsroom.run(&["feature", "approve", "example-health-in-schools/road-clinic"]).code(0);
        newsroom
    };
    let names = ["issue.html", "issue.txt", "proof.json", "issue.eml"];
    let built = |newsroom: &Newsroom, folder: &str, zone: &str| -> Vec<Vec<u8>> {
        let mut command = newsroom.command(&["build", "issues/2027-02-partners.md", "--out", folder]);
        let ran: Ran = command.env("TZ", zone).output().unwrap().into();
        assert!(ran.code(0).stdout.contains("proof "));
        names.iter().map(|name| fs::read(newsroom.path(folder).join(name)).unwrap()).collect()
    };
    let (newsroom, other) = (newsroom_with_a_feature(), newsroom_with_a_feature());
    let first = built(&newsroom, "here", "UTC");
    let second = built(&newsroom, "there/and/there", "Pacific/Auckland");
    let third = built(&other, "here", "UTC");
    for (place, name) in names.iter().enumerate() {
        assert!(first[place] == second[place], "{name} differs:\n{}", String::from_utf8_lossy(&second[place]));
        // The mail's tokens are made with the newsroom's own key.
        assert_eq!(first[place] == third[place], *name != "issue.eml", "{name}:\n{}", String::from_utf8_lossy(&third[place]));
    }
    let eml = String::from_utf8(first[3].clone()).unwrap();
    assert!(eml.contains("Date: Tue, 02 Feb 2027 15:00:00 +0000\r\n"), "the slot's moment: {eml}");
    let proof: serde_json::Value = serde_json::from_slice(&first[2]).unwrap();
    assert_eq!(proof["hash"].as_str().unwrap().len(), 64);
}

#[test]
fn a_build_bears_the_moment_it_is_told() {
    let newsroom = Newsroom::short(nobody_listens(), &["ada@readers.example.org"]);
    let build = ["build", SHORT_FILE, "--out", "built", "--at"];
    newsroom.run(&[&build[..], &["2026-05-01T12:00:00Z"]].concat()).code(0);
    let eml = fs::read_to_string(newsroom.path("built/issue.eml")).unwrap();
    assert!(eml.contains("Date: Fri, 01 May 2026 12:00:00 +0000\r\n"), "{eml}");
    newsroom.run(&[&build[..], &["tomorrow"]].concat()).code(2).says(&["tomorrow"]);
}

#[test]
fn a_file_is_found_from_here_or_from_the_newsroom() {
    let newsroom = Newsroom::sample(nobody_listens());
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = newsroom.folder().to_str().unwrap();
    let check = |file: &str| -> Ran {
        let arguments = ["--newsroom", folder, "check", file, "--offline", "--json"];
        command_in(elsewhere.path(), &arguments).output().unwrap().into()
    };
    assert_eq!(check("issues/2027-03-steering.md").code(0).json()["files"][0]["name"], "2027-03-steering.md");
    fs::write(elsewhere.path().join("here.md"), crate::newsroom::short_issue("Found from here.")).unwrap();
    assert_eq!(check("here.md").code(0).json()["files"][0]["name"], "here.md");
    check("nowhere.md").code(2).says(&["there is no file nowhere.md"]);
    let mut command = command_in(elsewhere.path(), &["issue", "list"]);
    let ran: Ran = command.env("PRESSROOM_NEWSROOM", folder).output().unwrap().into();
    assert!(ran.code(0).stdout.contains("no issue is queued"));
}

#[test]
fn a_setting_shows_where_it_came_from_and_a_secret_never_does() {
    let newsroom = Newsroom::sample(nobody_listens());
    newsroom.write("smtp.secret", "correct-horse-battery\n");
    newsroom.edit("pressroom.toml", |text| {
        text.replace("connections = 4", "connections = 4\nuser = \"pressroom\"\npassword_file = \"smtp.secret\"")
    });
    for arguments in [&["config", "show"][..], &["config", "show", "--json"]] {
        let ran = newsroom.run(arguments).code(0);
        assert!(!ran.stdout.contains("correct-horse") && !ran.stderr.contains("correct-horse"), "{ran:?}");
        assert!(ran.stdout.contains("smtp.secret"), "{}", ran.stdout);
    }
    let settings = newsroom.run(&["config", "show", "--json"]).code(0).json();
    let origin = |key: &str| {
        let found = settings.as_array().unwrap().iter().find(|setting| setting["key"] == key);
        found.unwrap_or_else(|| panic!("no {key} in {settings}"))["origin"].as_str().unwrap()
    };
    assert_eq!(origin("alliance.name"), "pressroom.toml line 4");
    assert_eq!(origin("newsletter[partners].retry"), "default");
}

#[test]
fn a_rule_is_explained_and_a_misspelt_one_is_recognised() {
    let newsroom = Newsroom::sample(nobody_listens());
    let rule = newsroom.run(&["explain", "link001", "--json"]).code(0).json();
    assert_eq!((&rule["code"], &rule["level"]), (&"LINK001".into(), &"error".into()));
    assert!(newsroom.run(&["explain"]).code(0).stdout.contains("A11Y001"));
    newsroom.run(&["explain", "A11Y0001"]).code(2).says(&["there is no rule `A11Y0001`", "did you mean A11Y001?"]);
    newsroom.run(&["explain", "link01"]).code(2).says(&["did you mean LINK001?"]);
    let far = newsroom.run(&["explain", "nonsense"]).code(2);
    assert!(!far.stderr.contains("did you mean"), "{}", far.stderr);
}

/// What is exported as a table and as JSON is known, each partner unchanged.
fn exports_are_read_back(newsroom: &Newsroom) {
    let csv = newsroom.run(&["partner", "export"]).code(0).stdout;
    let json = newsroom.run(&["partner", "export", "--json"]).code(0).stdout;
    for (file, text) in [("out.csv", csv), ("out.json", json)] {
        newsroom.write(file, &text);
        let imported = newsroom.run(&["partner", "import", file, "--json"]).code(0).json();
        assert_eq!(imported["unchanged"], 12, "{imported}");
    }
    newsroom.write("guest.json", r#"{"id": "example-guest", "name": "Example Guest", "level": "local", "networks": ["none"]}"#);
    newsroom.run(&["partner", "add", "guest.json"]).code(2).says(&["there is no network `none`", "coordinators"]);
}

#[test]
fn partners_and_features_go_through_their_commands() {
    let newsroom = Newsroom::sample(nobody_listens());
    let file = "subscribers/partners.csv";
    assert_eq!(newsroom.run(&["partner", "import", file, "--dry-run", "--json"]).code(0).json()["created"], 12);
    assert_eq!(newsroom.run(&["partner", "list", "--json"]).code(0).stdout, "", "a dry run changes nothing");
    newsroom.run(&["partner", "import", file]).code(0);
    assert_eq!(newsroom.run(&["partner", "import", file, "--json"]).code(0).json()["unchanged"], 12);
    assert_eq!(newsroom.run(&["partner", "list", "--json"]).code(0).json_lines().len(), 12);
    let partner = newsroom.run(&["partner", "show", "example-city-united", "--json"]).code(0).json();
    assert_eq!(partner["link"], "https://city.example.org/");
    exports_are_read_back(&newsroom);

    let (id, file) = ("example-city-united/person-in-the-middle", "issues/features/person-in-the-middle.md");
    newsroom.run(&["feature", "submit", file]).code(0);
    assert_eq!(newsroom.run(&["feature", "next", "--json"]).code(0).json()["chosen"], serde_json::json!([]));
    newsroom.edit(file, |text| text.replace("Paying for", "Paying each month for"));
    let edited = newsroom.run(&["feature", "review", id, "--edit", file, "--json", "--as", EDITOR]).code(0).json();
    assert!(edited["diff"].as_str().unwrap().contains("Paying {+each month +}for"), "{edited}");
    // Rule edits_return_to_their_author.
    newsroom.run(&["feature", "approve", id, "--as", EDITOR]).code(77).says(&["waits for its partner's word"]);
    newsroom.run(&["feature", "approve", id, "--agreed-by", "Sample Officer", "--how", "by telephone"]).code(0);
    let next = newsroom.run(&["feature", "next", "--explain", "--json"]).code(0).json();
    assert_eq!(next["chosen"][0]["feature"], id, "{next}");
    newsroom.run(&["feature", "decline", id, "--reason", "It ran elsewhere."]).code(0);
    let declined = newsroom.run(&["feature", "show", id, "--json"]).code(0).json();
    assert_eq!((&declined["state"], &declined["reason"]), (&"declined".into(), &"It ran elsewhere.".into()));
    newsroom.run(&["feature", "approve", id]).code(1);
}

#[test]
fn of_several_features_the_sound_ones_are_taken_and_all_problems_told() {
    let newsroom = Newsroom::sample(nobody_listens());
    newsroom.run(&["partner", "import", "subscribers/partners.csv"]).code(0);
    let [first, second, third] = ["public-gym", "road-clinic", "three-questions"].map(|stem| format!("issues/features/{stem}.md"));
    newsroom.edit(&first, |text| text.replace("summary ", "sumary "));
    newsroom.edit(&second, |text| text.replace("expertise ", "expertize "));
    let ran = newsroom.run(&["feature", "submit", &first, &second, &third, "--json"]).code(65);
    assert_eq!(ran.json_lines().len(), 1, "{}", ran.stdout);
    ran.says(&["did you mean `summary`?", "did you mean `expertise`?", "public-gym.md, road-clinic.md has problems"]);
    let list = newsroom.run(&["feature", "list", "--json"]).code(0).json_lines();
    assert_eq!((list.len(), &list[0]["id"]), (1, &"example-state-university-cse/three-questions".into()));
}

#[test]
fn scripts_find_the_keys_they_rely_on() {
    let newsroom = Newsroom::short(nobody_listens(), &["Ada@Readers.example.org"]);
    newsroom.run(&["issue", "queue", SHORT_FILE, "--as", EDITOR]).code(0);
    let list = newsroom.run(&["issue", "list", "--json"]).code(0).json();
    assert_eq!(
        list,
        serde_json::json!([{
            "id": SHORT, "newsletter": "partners", "subject": "A test of the road", "state": "queued", "slot": "2027-02-09T10:00:00-05:00", "reason": null
        }])
    );
    let report = newsroom.run(&["issue", "report", SHORT, "--json"]).code(0).json();
    let expected = "accepted deferred intended issue pending proof refused skipped state uncertain";
    assert_eq!(keys(&report).join(" "), expected);
    let readers = newsroom.run(&["subscriber", "list", "--json"]).code(0).stdout;
    assert_eq!(
        readers,
        "{\"email\":\"Ada@Readers.example.org\",\"state\":\"active\",\"newsletters\":{\"partners\":\"confirmed\"}}\n"
    );
}

#[test]
fn the_actor_is_who_was_named() {
    let newsroom = Newsroom::short(nobody_listens(), &["ada@readers.example.org"]);
    newsroom.run(&["--as", APPROVER, "issue", "queue", SHORT_FILE]).code(0);
    let shown = || newsroom.run(&["issue", "show", SHORT, "--json"]).code(0).json();
    assert_eq!(shown()["queued_by"], APPROVER);
    newsroom.write(SHORT_FILE, &crate::newsroom::short_issue("Another sentence stands here."));
    newsroom.run(&["issue", "queue", SHORT_FILE, "--as", EDITOR]).code(0);
    assert_eq!(shown()["queued_by"], EDITOR);
    newsroom.run(&["issue", "queue", SHORT_FILE, "--as", ""]).code(2).says(&["--as"]);
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let newsroom = Newsroom::sample(nobody_listens());
    newsroom.write_readers("many.csv", 5_000);
    newsroom.import("many.csv", "partners");
    for arguments in [&["subscriber", "list", "--json"][..], &["subscriber", "export"]] {
        let mut child = newsroom.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.is_empty());
        let ran: Ran = child.wait_with_output().unwrap().into();
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}
