//! A text that staff change goes back to its author by mail, who answers in the portal of a running daemon.

use std::time::Duration;

use url::form_urlencoded::Serializer;

use crate::http::Reply;
use crate::newsroom::EDITOR;
use crate::partners::Road;

const PATIENCE: Duration = Duration::from_secs(20);
const FEATURE: &str = "example-family-table/parents-chair";
const AUTHOR: &str = "table@family.example.org";

fn field(page: &str, name: &str) -> String {
    page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Opens a page, and sends one of its forms.
fn press(road: &Road, cookie: &str, (page, what): (&str, &str), fields: &[(&str, &str)]) -> Reply {
    let shown = road.ask("GET", page, cookie, None).status(200).text();
    let carried = ["csrf", "version"].map(|name| (name, field(&shown, name)));
    let form = Serializer::new(String::new()).extend_pairs(carried).extend_pairs(fields).finish();
    road.ask("POST", &format!("{page}/{what}"), cookie, Some(&form))
}

fn chosen(road: &Road) -> Vec<String> {
    let next = road.newsroom.run(&["feature", "next", "--count", "12", "--json"]).code(0).json();
    next["chosen"].as_array().unwrap().iter().map(|choice| choice["feature"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn edits_return_to_their_author_by_mail_and_portal() {
    let road = Road::begin();
    let file = "issues/features/parents-chair.md";
    road.newsroom.run(&["feature", "submit", file, "--as", EDITOR]).code(0);
    let (desk, own) = (format!("/desk/features/{FEATURE}"), "/partner/features/parents-chair");
    let (editor, author) = (road.sign_in(EDITOR), road.sign_in(AUTHOR));
    let text = std::fs::read_to_string(road.newsroom.path(file)).unwrap();
    let edited = text.replace("Attendance grew", "More people came");
    press(&road, &editor, (&desk, "edit"), &[("text", &edited)]).status(303);

    // The author is told, and nobody else can say its yes: not the command line, and no proof takes the text meanwhile.
    let is_told = |mail: &crate::sink::Accepted| mail.recipient == AUTHOR && mail.link.is_none();
    while !road.sink.accepted().iter().any(is_told) {
        let seen = road.sink.count();
        assert!(road.sink.wait_for(seen + 1, PATIENCE), "the author was not told\n{}", road.daemon.log());
    }
    road.newsroom.run(&["feature", "approve", FEATURE, "--as", EDITOR]).code(77);
    assert!(!chosen(&road).contains(&FEATURE.to_owned()));

    // It objects, and its own words stand there again; then it agrees to another edit, and the text may run.
    let why = ("why", "We say attendance.");
    press(&road, &author, (own, "answer"), &[("answer", "object"), why]).status(303);
    let shown = road.newsroom.run(&["feature", "show", FEATURE, "--json"]).code(0).json();
    assert_eq!(shown["text"].as_str().unwrap(), text);
    let edited = text.replace("Attendance grew", "Attendance rose");
    press(&road, &editor, (&desk, "edit"), &[("text", &edited)]).status(303);
    let page = road.ask("GET", own, &author, None).status(200).text();
    assert!(page.contains("<del><span class=\"unseen\"> removed: </span>grew,</del>"), "{page}");
    assert!(!chosen(&road).contains(&FEATURE.to_owned()));
    press(&road, &author, (own, "answer"), &[("answer", "agree")]).status(303);
    assert!(chosen(&road).contains(&FEATURE.to_owned()));
    let shown = road.newsroom.run(&["feature", "show", FEATURE, "--json"]).code(0).json();
    assert_eq!(shown["text"].as_str().unwrap(), edited);
    assert!(shown["agreement"].as_str().unwrap().contains("in the portal"), "{shown}");
    let kinds: Vec<&str> = shown["history"].as_array().unwrap().iter().map(|note| note["what"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["submitted", "edited", "objected", "edited", "agreed"]);
}
