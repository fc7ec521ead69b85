//! Partners are asked for their yes by mail and answer by a link; a name that was only found is resolved by a person.

use axum::http::StatusCode;
use pressroom::desk::request::{AskConsents, ListConsents, NameIssue, RecordConsent, RuleOnMatch, TextSource};
use pressroom::desk::{Answered, Asked};
use pressroom::domain::people::Actor;

use super::door::{Mail, Street, street};
use super::newsroom::{Newsroom, approver, editor, issue_file, policy, second_approver};
use super::rooms::Club;

const TEXT: &str = "We ask districts to open gymnasiums in the evening.";
const ISSUE: &str = "2027-02-steering";
const FAMILY: &str = "example-family-table";

async fn asked(street: &Street, text: &str, signatories: &[&str]) -> Vec<Mail> {
    street.room.contacts(FAMILY, "Sample Facilitator <table@family.example.org> [submitter,consenter]").await;
    street.room.contacts("example-city-united", "Sample Treasurer <fund@city.example.org> [consenter]").await;
    street.room.queue(issue_file(ISSUE, "steering", &policy(text, signatories))).await;
    street.room.turn().await;
    let mut mails = street.mails().await;
    mails.retain(|mail| mail.text.contains("/consent/"));
    mails
}

async fn lines(room: &Newsroom) -> String {
    let lines = room.desk.list_consents(ListConsents { source: TextSource::Issue(ISSUE.into()) }).await.unwrap();
    serde_json::to_string(&lines).unwrap()
}

async fn rule(room: &Newsroom, who: &Actor, partner: &str, why: &str) -> Result<(), i32> {
    let request = RuleOnMatch { issue: ISSUE.into(), policy: None, partner: partner.into(), why: why.into() };
    room.desk.rule_on_match(who, request).await.map(drop).map_err(|error| error.exit_code().into())
}

#[tokio::test]
async fn consent_is_explicit_and_a_consenter_is_asked_with_the_exact_words() {
    let street = street().await;
    let mails = asked(&street, TEXT, &[FAMILY, "example-city-united"]).await;
    let to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to.len(), 2, "each consenter, once: {to:?}");
    street.room.turn().await;
    assert!(street.mails().await.iter().all(|mail| !mail.text.contains("/consent/")), "and no more often");
    let mail = mails.iter().find(|mail| mail.to.starts_with("table@")).unwrap();
    assert!(mail.text.contains(TEXT) && mail.text.contains("Example Family Table"), "{}", mail.text);
    assert!(!mail.text.contains("City United"), "who else is asked is not theirs to know: {}", mail.text);

    let link = mail.link("consent");
    for _ in 0..5 {
        let page = street.get(&link).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(
            page.body.contains(TEXT) && page.body.contains("value=\"yes\"") && page.body.contains("value=\"no\""),
            "{}",
            page.body
        );
        assert!(!page.body.contains("City United"));
    }
    assert!(!lines(&street.room).await.contains("\"yes\""), "looking changes nothing");
    for unclear in ["", "answer=yes", "answer=maybe&name=Ada", "name=Ada", "answer=yes&name=+"] {
        let page = street.post(&link, unclear).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{unclear}");
        assert!(page.body.contains("Nothing was noted yet"), "{}", page.body);
    }
    assert_eq!(street.post(&link, "answer=yes&name=Sample+Facilitator").await.status, StatusCode::OK);
    assert_eq!(lines(&street.room).await.matches("\"standing\":\"yes\"").count(), 1);
    assert_eq!(street.post(&link, "answer=no&name=Sample+Facilitator").await.status, StatusCode::GONE, "a link answers once");
    assert_eq!(street.get(&link).await.status, StatusCode::GONE);
    assert_eq!(lines(&street.room).await.matches("\"standing\":\"yes\"").count(), 1);
    assert_eq!(street.get("/consent/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_staff_write_down_for_a_partner_its_consenters_are_told() {
    let street = street().await;
    asked(&street, TEXT, &[FAMILY, "example-city-united"]).await;
    let recorded = async |partner: &str, yes: bool| {
        let source = TextSource::Issue(ISSUE.into());
        let (given_by, how) = ("Sample Person".into(), "by letter".into());
        let request = RecordConsent { source, policy: None, partner: partner.into(), yes, given_by, given_on: None, how };
        street.room.desk.record_consent(&editor(), request).await.unwrap();
        street.mails().await
    };
    for (partner, to, yes, answer) in [
        (FAMILY, "table@family.example.org", true, "Yes, Example Family Table may be named under these words"),
        ("example-city-united", "fund@city.example.org", false, "No"),
    ] {
        let mails = recorded(partner, yes).await;
        assert_eq!(mails.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), [to]);
        for said in [TEXT, answer, "Sample Person", "by letter", "/partner/consents"] {
            let text = mails[0].text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(said), "{said}: {text}");
        }
    }
    street.room.clock.advance(jiff::SignedDuration::from_secs(1));
    assert_eq!(recorded(FAMILY, true).await.len(), 1, "each time");
    street.room.contacts(FAMILY, "Sample Facilitator <table@family.example.org> [submitter]").await;
    assert_eq!(recorded(FAMILY, true).await.len(), 0, "nobody answers for it");
}

#[tokio::test]
async fn consent_is_explicit_and_one_changed_letter_is_asked_anew() {
    let street = street().await;
    let link = asked(&street, TEXT, &[FAMILY]).await.remove(0).link("consent");
    assert_eq!(street.post(&link, "answer=yes&name=Ada").await.status, StatusCode::OK);
    let again = asked(&street, &TEXT.replace("evening.", "evening!"), &[FAMILY]).await;
    assert_eq!(again.len(), 1, "another text is another question");
    assert!(lines(&street.room).await.contains("no yes recorded"));
    let file = issue_file(ISSUE, "steering", &policy(&TEXT.replace("evening.", "evening!"), &[FAMILY]));
    let of_file = street.room.desk.list_consents(ListConsents { source: TextSource::File(file) }).await.unwrap();
    assert!(of_file[0].partners[0].asked_at.is_some(), "also by its file: {of_file:?}");
    // Back to the words that have a yes: nobody is asked again.
    assert_eq!(asked(&street, TEXT, &[FAMILY]).await.len(), 0);
    assert!(lines(&street.room).await.contains("\"standing\":\"yes\""));
}

#[tokio::test]
async fn who_answers_for_a_partner_no_longer_has_no_way_in() {
    let street = street().await;
    let link = asked(&street, TEXT, &[FAMILY]).await.remove(0).link("consent");
    street.room.contacts(FAMILY, "Sample Facilitator <table@family.example.org> [submitter]").await;
    assert_eq!(street.get(&link).await.status, StatusCode::GONE);
    assert_eq!(street.post(&link, "answer=yes&name=Ada").await.status, StatusCode::GONE);
    assert!(!lines(&street.room).await.contains("\"standing\":\"yes\""));
}

#[tokio::test]
async fn an_issue_that_was_given_up_asks_nothing_any_more() {
    let street = street().await;
    let link = asked(&street, TEXT, &[FAMILY]).await.remove(0).link("consent");
    street.room.desk.cancel_issue(&editor(), NameIssue { issue: ISSUE.into() }).await.unwrap();
    assert_eq!(street.get(&link).await.status, StatusCode::GONE);
    assert_eq!(street.post(&link, "answer=yes&name=Ada").await.status, StatusCode::GONE);
    let request = AskConsents { issue: ISSUE.into(), partner: None };
    assert_eq!(street.room.desk.ask_consents(&editor(), request).await.unwrap_err().exit_code(), 1);
}

#[tokio::test]
async fn consent_is_explicit_for_a_name_that_was_found_until_a_person_rules() {
    let street = street().await;
    let text = "The guild of masons built the gym, says EEG.";
    let room = &street.room;
    let proof = room.proofed(issue_file(ISSUE, "steering", &policy(text, &[]))).await;
    room.turn().await;
    let mails = street.mails().await;
    assert!(mails.iter().all(|mail| !mail.text.contains("/consent/")), "a stray word mails nobody");
    let blocked = room.approve(&approver(), ISSUE, &proof).await.unwrap_err();
    assert!(blocked.help().contains("consent rule"), "{}", blocked.help());
    assert_eq!(blocked.exit_code(), 77);

    assert_eq!(rule(room, &editor(), "example-educators-guild", " ").await, Err(2), "a reason is given");
    assert_eq!(rule(room, &editor(), FAMILY, "not there").await, Err(2), "it is not named");
    rule(room, &editor(), "example-educators-guild", "another guild, and EEG is a unit there").await.unwrap();
    room.approve(&approver(), ISSUE, &proof).await.unwrap();

    // Any change of the words voids what was ruled about them.
    let proof = room.proofed(issue_file(ISSUE, "steering", &policy(&text.replace("gym", "hall"), &[]))).await;
    assert_eq!(room.approve(&approver(), ISSUE, &proof).await.unwrap_err().exit_code(), 77);
    // A signatory is meant, whatever anybody says.
    room.proofed(issue_file(ISSUE, "steering", &policy(text, &["example-educators-guild"]))).await;
    assert_eq!(rule(room, &editor(), "example-educators-guild", "another guild").await, Err(1));
}

#[tokio::test]
async fn staff_record_a_consent_and_never_grant_one() {
    let street = street().await;
    asked(&street, TEXT, &[FAMILY]).await;
    let partner = pressroom::domain::id::PartnerId::parse(FAMILY).unwrap();
    for who in [pressroom::domain::people::Who::Command(editor()), pressroom::domain::people::Who::Clock] {
        assert!(street.room.desk.asks_of(&who, &partner).await.is_err(), "{who:?}");
    }
}

/// Two newsrooms that differ in one thing only: in one a partner has declined, in the other it is silent.
#[tokio::test]
async fn refusal_is_private_in_mails_lists_and_the_next_question() {
    let mut said = Vec::new();
    for declines in [false, true] {
        let street = street().await;
        let link = asked(&street, TEXT, &[FAMILY]).await.remove(0).link("consent");
        if declines {
            let page = street.post(&link, "answer=no&name=Ada").await;
            assert_eq!(page.status, StatusCode::OK);
        }
        let mut told = vec![lines(&street.room).await];
        let request = AskConsents { issue: ISSUE.into(), partner: None };
        told.push(serde_json::to_string(&street.room.desk.ask_consents(&editor(), request).await.unwrap()).unwrap());
        let without_links = |mail: Mail| {
            let link = if mail.text.contains("/consent/") { mail.link("consent") } else { String::new() };
            format!("{} {} {}", mail.to, mail.subject, mail.text.replace(link.trim_start_matches("/consent/"), "TOKEN"))
        };
        told.extend(street.mails().await.into_iter().map(without_links));
        street.room.proof(ISSUE).await;
        told.push(lines(&street.room).await);
        told.extend(street.mails().await.into_iter().map(without_links));
        assert!(told.len() > 3, "{told:?}");
        said.push(told);
    }
    assert_eq!(said[0], said[1]);
}

/// What comes after a yes and after a no is the same, to the letter.
#[tokio::test]
async fn refusal_is_private_in_the_page_that_answers() {
    let mut pages = Vec::new();
    for answer in ["yes", "no"] {
        let street = street().await;
        let link = asked(&street, TEXT, &[FAMILY]).await.remove(0).link("consent");
        let after = street.post(&link, &format!("answer={answer}&name=Ada")).await;
        let again = street.get(&link).await;
        pages.push((after.status, after.body, again.status, again.body.replace(&link, "LINK")));
        assert!(matches!(street.room.desk.asked_by_link(link.trim_start_matches("/consent/")).await.unwrap(), Some(Asked::Used)));
        let request = pressroom::desk::request::AnswerConsent { yes: true, name: "Ada".to_owned() };
        let token = link.trim_start_matches("/consent/");
        assert_eq!(street.room.desk.answer_by_link(token, request).await.unwrap(), Answered::Used);
    }
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn a_consenter_answers_in_the_portal_and_may_change_their_mind() {
    let club = Club::open().await;
    club.room.queue(issue_file(ISSUE, "steering", &policy(TEXT, &["example-city-united"]))).await;
    let request = AskConsents { issue: ISSUE.into(), partner: None };
    club.front.desk().ask_consents(&editor(), request).await.unwrap();
    let otto = club.sign_in("both@city.example.org").await;
    let list = club.get(&otto, "/partner/consents").await;
    assert!(list.body.contains("not answered yet"), "{}", list.body);
    let place = list.body.split("href=\"/partner/consents/").nth(1).unwrap().split('"').next().unwrap();
    let place = format!("/partner/consents/{place}");
    assert!(club.get(&otto, &place).await.body.contains(TEXT));
    for (answer, told, standing) in [("no", "answered with no", false), ("yes", "answered with yes", true)] {
        let sent = club.post(&otto, &place, &format!("answer={answer}&name=Otto")).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
        assert!(club.get(&otto, "/partner/consents").await.body.contains(told));
        assert_eq!(lines(&club.room).await.contains("\"standing\":\"yes\""), standing);
    }
    assert_eq!(club.post(&otto, &place, "answer=yes&name=").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Nobody else's partner is asked there, and nobody but a consenter answers.
    let cora = club.sign_in("consenter@family.example.org").await;
    assert_eq!(club.get(&cora, &place).await.status, StatusCode::NOT_FOUND);
    assert_eq!(club.post(&cora, &place, "answer=no&name=Cora").await.status, StatusCode::NOT_FOUND);
    let sam = club.sign_in("submitter@family.example.org").await;
    assert_eq!(club.get(&sam, "/partner/consents").await.status, StatusCode::FORBIDDEN);
    assert!(lines(&club.room).await.contains("\"standing\":\"yes\""));
}

/// The board of staff, in two newsrooms of which one holds a refusal.
#[tokio::test]
async fn refusal_is_private_on_the_board_of_each_role() {
    let mut boards = Vec::new();
    for declines in [false, true] {
        let club = Club::open().await;
        club.room.queue(issue_file(ISSUE, "steering", &policy(TEXT, &["example-city-united", FAMILY]))).await;
        let request = AskConsents { issue: ISSUE.into(), partner: None };
        club.front.desk().ask_consents(&editor(), request).await.unwrap();
        let otto = club.sign_in("both@city.example.org").await;
        let list = club.get(&otto, "/partner/consents").await.body;
        let place = list.split("href=\"/partner/consents/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        if declines {
            let sent = club.post(&otto, &format!("/partner/consents/{place}"), "answer=no&name=Otto").await;
            assert_eq!(sent.status, StatusCode::SEE_OTHER);
        }
        let mut seen = Vec::new();
        for person in ["desk@example.org", "approver@example.org"] {
            let guest = club.sign_in(person).await;
            let page = club.get(&guest, "/desk/consents").await;
            assert_eq!(page.status, StatusCode::OK);
            assert!(page.body.contains("Example City United") && page.body.contains("no yes recorded"), "{}", page.body);
            seen.push(page.body.replace(&guest.csrf, "PROOF"));
        }
        boards.push(seen);
    }
    assert_eq!(boards[0], boards[1]);
}

#[tokio::test]
async fn staff_write_down_a_yes_and_rule_on_the_board() {
    let club = Club::open().await;
    let text = "The guild of masons built it, says EEG.";
    club.room.queue(issue_file(ISSUE, "steering", &policy(text, &[FAMILY]))).await;
    let desk = club.sign_in("desk@example.org").await;
    let board = club.get(&desk, "/desk/consents").await.body;
    assert!(board.contains("What can be done for Example Family Table"), "{board}");
    let send = async |what: &str, form: &str| {
        club.post(&desk, &format!("/desk/consents/{what}"), &format!("issue={ISSUE}&{form}")).await.status
    };
    assert_eq!(send("record", &format!("partner={FAMILY}&given_by=&how=letter")).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        send("record", &format!("partner={FAMILY}&given_by=Ada&how=letter&given_on=2027-01-04")).await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        send("record", &format!("partner={FAMILY}&given_by=Ada&how=letter")).await,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the day is asked for"
    );
    assert_eq!(send("rule", &format!("partner={FAMILY}&why=another")).await, StatusCode::CONFLICT, "a signatory is meant");
    assert_eq!(send("rule", "partner=example-educators-guild&why=another+guild").await, StatusCode::SEE_OTHER);
    let board = club.get(&desk, "/desk/consents").await.body;
    assert!(board.contains("it is not meant") && !board.contains("What can be done for"), "{board}");
}

#[tokio::test]
async fn consent_is_explicit_and_no_older_word_outdoes_what_the_partner_says_itself() {
    let club = Club::open().await;
    club.room.queue(issue_file(ISSUE, "steering", &policy(TEXT, &["example-city-united"]))).await;
    club.front.desk().ask_consents(&editor(), AskConsents { issue: ISSUE.into(), partner: None }).await.unwrap();
    let recorded = async |day: &str| {
        let request = RecordConsent {
            source: TextSource::Issue(ISSUE.into()),
            policy: None,
            partner: "example-city-united".into(),
            yes: true,
            given_by: "Otto".into(),
            given_on: Some(day.into()),
            how: "by telephone".into(),
        };
        club.front.desk().record_consent(&editor(), request).await.map(|recorded| recorded.standing)
    };
    // Late in the day of UTC, when it is tomorrow in places.
    club.room.at("2027-01-06T20:00:00Z");
    assert_eq!(recorded("2027-01-07").await.unwrap(), "yes");
    let otto = club.sign_in("both@city.example.org").await;
    let list = club.get(&otto, "/partner/consents").await.body;
    let place = list.split("href=\"/partner/consents/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let answer = club.post(&otto, &format!("/partner/consents/{place}"), "answer=no&name=Otto").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    for day in ["2027-01-04", "2027-01-06", "2027-01-07"] {
        assert_eq!(recorded(day).await.unwrap(), "no yes recorded", "{day}");
    }
    assert!(recorded("2027-01-08").await.is_err(), "no day that is nowhere yet");
    club.room.at("2027-01-08T09:00:00Z");
    assert_eq!(recorded("2027-01-08").await.unwrap(), "yes", "a later word counts");
    // Nor does a day that has come elsewhere, an hour after the partner has spoken.
    let otto = club.sign_in("both@city.example.org").await;
    let answer = club.post(&otto, &format!("/partner/consents/{place}"), "answer=no&name=Otto").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    club.room.at("2027-01-08T11:00:00Z");
    assert_eq!(recorded("2027-01-09").await.unwrap(), "no yes recorded");
}

/// The issue that asked is given up, and another one carries the same words.
#[tokio::test]
async fn consent_is_explicit_and_the_same_words_in_another_issue_are_asked_about_anew() {
    const OTHER: &str = "2027-03-steering";
    let mut seen = Vec::new();
    for declines in [false, true] {
        let street = street().await;
        let mails = asked(&street, TEXT, &[FAMILY, "example-city-united"]).await;
        let link = |mails: &[Mail], to: &str| mails.iter().find(|mail| mail.to.starts_with(to)).unwrap().link("consent");
        let (table, fund) = (link(&mails, "table@"), link(&mails, "fund@"));
        assert_eq!(street.post(&fund, "answer=yes&name=Ada").await.status, StatusCode::OK);
        if declines {
            assert_eq!(street.post(&table, "answer=no&name=Ada").await.status, StatusCode::OK);
        }
        street.room.desk.cancel_issue(&editor(), NameIssue { issue: ISSUE.into() }).await.unwrap();
        assert_eq!(street.get(&table).await.status, StatusCode::GONE, "nothing is asked");

        street.room.queue(issue_file(OTHER, "steering", &policy(TEXT, &[FAMILY, "example-city-united"]))).await;
        street.room.turn().await;
        let mut mails = street.mails().await;
        mails.retain(|mail| mail.text.contains("/consent/"));
        assert_eq!(mails.len(), 1, "who has said yes to the words is not asked again");
        let again = link(&mails, "table@");
        let standing = street.room.desk.list_consents(ListConsents { source: TextSource::Issue(OTHER.into()) }).await.unwrap();
        seen.push((mails[0].text.replace(again.as_str(), "LINK"), serde_json::to_string(&standing).unwrap()));
        if !declines {
            assert_eq!(
                street.get(&table).await.status,
                StatusCode::OK,
                "the older mail answers as well, while the words are asked about"
            );
        }
        assert_eq!(street.post(&again, "answer=yes&name=Ada").await.status, StatusCode::OK);
        let standing = street.room.desk.list_consents(ListConsents { source: TextSource::Issue(OTHER.into()) }).await.unwrap();
        assert!(standing[0].partners.iter().all(|line| line.standing == "yes"), "{standing:?}");
    }
    assert_eq!(seen[0], seen[1], "who was silent and who declined are asked alike");
}

#[tokio::test]
async fn consent_is_explicit_and_a_ruling_is_about_the_names_that_were_found() {
    let street = street().await;
    let room = &street.room;
    let proof = room.proofed(issue_file(ISSUE, "steering", &policy("The guild of masons built the gym, says EEG.", &[]))).await;
    let names =
        async || room.desk.list_consents(ListConsents { source: TextSource::Issue(ISSUE.into()) }).await.unwrap()[0].clone();
    assert_eq!(names().await.partners[0].names, ["EEG"], "which words they are stands beside");
    rule(room, &editor(), "example-educators-guild", "EEG is a unit there").await.unwrap();
    room.approve(&approver(), ISSUE, &proof).await.unwrap();

    room.aliases("example-educators-guild", "EEG;the guild").await;
    let line = names().await.partners.remove(0);
    assert_eq!((line.names.as_slice(), line.not_meant), (["EEG".to_owned(), "the guild".to_owned()].as_slice(), false));
    let blocked = room.approve(&second_approver(), ISSUE, &proof).await.unwrap_err();
    assert_eq!(blocked.exit_code(), 77, "another of its names stands there than was ruled on");

    // A name that it gave up stands in the proof still.
    room.aliases("example-educators-guild", "").await;
    let blocked = room.approve(&second_approver(), ISSUE, &proof).await.unwrap_err();
    assert!(blocked.help().contains("make a new proof") && blocked.exit_code() == 77, "{}", blocked.help());
    let proof = room.proof(ISSUE).await.proof;
    room.approve(&approver(), ISSUE, &proof).await.unwrap();
}
