//! What somebody typed into a form of the rooms and cannot be taken comes back to them as they typed it, with why, and is stored nowhere.

use axum::http::{Method, StatusCode};
use pressroom::desk::request::{ApproveFeature, ListPage, NameFeature};
use url::form_urlencoded;

use crate::newsroom::{editor, issue_file, policy};
use crate::review::{FAMILY, sent_in, typed};
use crate::rooms::{Club, Guest, HERE, Page};
use crate::writing::{ID, PLACE, SAM, begun, piece};

const ROOM: &str = "/desk/features/example-family-table/the-gym";
const OWN: &str = "/partner/features/the-gym";

fn form(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

async fn club() -> (Club, Guest) {
    let club = Club::open().await;
    sent_in(&club).await;
    let desk = club.sign_in("desk@example.org").await;
    (club, desk)
}

/// Whether what is wrong is told first and beside the field that it is about.
fn is_told_beside(page: &Page, field: &str) -> bool {
    let input = page.body.split('<').find(|tag| tag.contains(&format!("id=\"{field}\""))).unwrap_or_default();
    let is_beside = input.contains("aria-describedby=\"not-taken\"") && input.contains("aria-invalid=\"true\"");
    is_beside && page.body.contains("id=\"not-taken\" role=\"alert\"")
}

#[tokio::test]
async fn an_edit_of_what_was_changed_meanwhile_comes_back_beside_what_stands_now() {
    let (club, desk) = club().await;
    let page = club.get(&desk, ROOM).await;
    let (version, own) = (page.field("version"), typed(&page));
    let first = form(&[("version", &version), ("text", &own.replace("evening", "morning"))]);
    assert_eq!(club.post(&desk, &format!("{ROOM}/edit"), &first).await.status, StatusCode::SEE_OTHER);
    let mine = own.replace("gym", "hall");
    let late = club.post(&desk, &format!("{ROOM}/edit"), &form(&[("version", &version), ("text", &mine)])).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(typed(&late), mine, "nothing that was typed is lost");
    assert!(is_told_beside(&late, "text") && late.body.contains("was changed by someone else meanwhile"), "{}", late.body);
    let beside = late.body.split("What stands now, beside what you typed").nth(1).unwrap();
    assert!(beside.contains("removed: </span>morning</del>") && beside.contains("inserted: </span>evening</ins>"), "{beside}");
    let again = form(&[("version", &late.field("version")), ("text", &mine)]);
    assert_eq!(club.post(&desk, &format!("{ROOM}/edit"), &again).await.status, StatusCode::SEE_OTHER);
    assert_eq!(typed(&club.get(&desk, ROOM).await), mine);
}

#[tokio::test]
async fn an_edit_that_is_refused_comes_back_also_where_nothing_can_be_edited_any_more() {
    let (club, desk) = club().await;
    let page = club.get(&desk, ROOM).await;
    let (version, own) = (page.field("version"), typed(&page));
    let moved = own.replace(FAMILY, "example-city-united").replace("gym", "hall");
    let refused = club.post(&desk, &format!("{ROOM}/edit"), &form(&[("version", &version), ("text", &moved)])).await;
    assert_eq!((refused.status, typed(&refused)), (StatusCode::UNPROCESSABLE_ENTITY, moved));
    club.post(&desk, &format!("{ROOM}/withdraw"), &form(&[("version", &version)])).await;
    let mine = own.replace("gym", "hall");
    let late = club.post(&desk, &format!("{ROOM}/edit"), &form(&[("version", &version), ("text", &mine)])).await;
    assert_eq!((late.status, typed(&late)), (StatusCode::CONFLICT, mine));
    assert!(late.body.contains("readonly") && !late.body.contains(&format!("action=\"{ROOM}/edit\"")), "{}", late.body);
}

#[tokio::test]
async fn tabs_and_line_ends_are_taken_and_what_nobody_sees_is_named_beside_what_was_typed() {
    let (club, desk) = club().await;
    let sam = club.sign_in(SAM).await;
    let send = async |guest: &Guest, (room, what): (&str, &str), fields: &[(&str, &str)]| {
        let version = club.get(guest, room).await.field("version");
        club.post(guest, &format!("{room}/{what}"), &form(&[fields, &[("version", version.as_str())]].concat())).await
    };
    let taken = send(&desk, (ROOM, "comment"), &[("comment", "One\ttab,\r\ntwo lines.")]).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
    assert!(club.get(&sam, OWN).await.body.contains("<p>One tab,</p><p>two lines.</p>"));

    let hidden = "It was\u{7} here";
    let edited = typed(&club.get(&desk, ROOM).await).replace("gym", "hall");
    for (guest, room, what, field, named) in [
        (&desk, ROOM, "comment", "comment", "expected a comment in characters that can be seen"),
        (&desk, ROOM, "decline", "reason", "expected a reason that the partner will read in characters that can be seen"),
        (&sam, OWN, "comment", "comment", "expected a comment in characters that can be seen"),
        (&sam, OWN, "answer", "why", "expected what you would rather have in characters that can be seen"),
        (&desk, ROOM, "agreed", "how", "expected how the agreement reached us in characters that can be seen"),
    ] {
        if what == "answer" {
            assert_eq!(send(&desk, (ROOM, "edit"), &[("text", &edited)]).await.status, StatusCode::SEE_OTHER);
        }
        let page = send(guest, (room, what), &[(field, hidden), ("by", "Sam\tExample"), ("answer", "object")]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}: {}", page.body);
        assert!(page.body.contains(named) && page.body.contains("U+0007 behind \u{201c}It was\u{201d}"), "{what}: {}", page.body);
        assert!(is_told_beside(&page, field) && page.body.contains(hidden), "{what}: {}", page.body);
    }
    let agreed = [("by", "Sam\tExample"), ("how", "by telephone\t")];
    assert_eq!(send(&desk, (ROOM, "agreed"), &agreed).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_headline_that_is_not_taken_comes_back() {
    let club = Club::open().await;
    let sam = club.sign_in(SAM).await;
    let new = "/partner/features/new";
    let page = club.post(&sam, new, &form(&[("title", "A\u{202e} gym")])).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        page.body.contains("value=\"A\u{202e} gym\"") && page.body.contains("expected a headline in characters"),
        "{}",
        page.body
    );
    assert!(page.body.contains("aria-describedby=\"title-about title-problem\" aria-invalid=\"true\""), "{}", page.body);
    for _ in 0..10 {
        assert_eq!(club.post(&sam, new, &form(&[("title", "A\tgym")])).await.status, StatusCode::SEE_OTHER);
    }
    let page = club.post(&sam, new, &form(&[("title", "One more")])).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.body.contains("value=\"One more\"") && page.body.contains("10 pieces are begun"), "{}", page.body);
}

#[tokio::test]
async fn what_a_partner_wrote_of_a_piece_that_was_placed_meanwhile_is_shown_to_it() {
    let (club, sam) = begun().await;
    club.post(&sam, &format!("{PLACE}/submit"), &piece(1, &[("authorised", "yes")])).await;
    club.room.desk.approve_feature(&editor(), ApproveFeature { feature: ID.into(), agreement: None }).await.unwrap();
    club.room.proofed(issue_file("2027-02-partners", "partners", "## From the field\n\n```features\ncount = 1\n```\n")).await;
    for what in ["draft", "submit", "picture"] {
        let late = club.post(&sam, &format!("{PLACE}/{what}"), &piece(3, &[("summary", "Typed <b>meanwhile</b>.")])).await;
        assert_eq!(late.status, StatusCode::CONFLICT, "{what}");
        assert!(late.body.contains("is placed cannot be") && late.body.contains("role=\"alert\""), "{what}: {}", late.body);
        assert!(late.body.contains("Typed &lt;b&gt;meanwhile&lt;/b&gt;.</textarea>"), "{what}: {}", late.body);
    }
    let shown = club.room.desk.show_feature(NameFeature { feature: ID.into() }).await.unwrap();
    assert_eq!(shown.summary, "Keys, light and cleaning, agreed on one page.");
}

#[tokio::test]
async fn what_is_too_long_to_keep_comes_back_and_what_is_too_long_to_send_is_told() {
    let (club, sam) = begun().await;
    let story = "word ".repeat(50_000);
    let long = club.post(&sam, &format!("{PLACE}/draft"), &piece(1, &[("story", &story)])).await;
    assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(long.body.contains("at most 204800 are kept") && long.body.contains(&story), "what was typed stands in the form");
    let story = "word ".repeat(200_000);
    let told = club.post(&sam, &format!("{PLACE}/draft"), &piece(1, &[("story", &story)])).await;
    assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(told.body.contains("728 kB") && told.body.contains("Go back with your browser"), "{}", told.body);
}

#[tokio::test]
async fn what_was_typed_when_the_session_had_ended_waits_in_the_page() {
    let (club, sam) = begun().await;
    let typed = piece(1, &[("summary", "Typed <b>too late</b>."), ("csrf", &sam.csrf)]);
    let gone = Guest { cookie: String::new(), csrf: sam.csrf.clone() };
    let out = club.send(Method::POST, &format!("{PLACE}/draft"), &[("origin", HERE)], &typed).await;
    assert_eq!(out.status, StatusCode::FORBIDDEN);
    assert!(out.body.contains("href=\"/partner/sign-in\" target=\"_blank\""), "{}", out.body);
    assert!(out.body.contains("Typed &lt;b&gt;too late&lt;/b&gt;.</textarea>") && !out.body.contains(&sam.csrf), "{}", out.body);
    assert_eq!(out.header("cache-control"), "no-store");
    assert!(!club.get(&sam, &format!("{PLACE}/edit")).await.body.contains("too late"), "nothing was stored");
    // Of a picture's form what was typed beside it.
    let picture = club.post(&gone, &format!("{PLACE}/picture"), &typed).await;
    assert!(
        picture.status == StatusCode::FORBIDDEN && picture.body.contains(&format!("action=\"{PLACE}/draft\"")),
        "{}",
        picture.body
    );

    // Signed in anew, the old form is looked at once more and then taken.
    let anew = club.sign_in(SAM).await;
    let headers = [("cookie", anew.cookie.as_str()), ("origin", HERE)];
    let old = club.send(Method::POST, &format!("{PLACE}/draft"), &headers, &typed).await;
    assert_eq!(old.status, StatusCode::FORBIDDEN);
    assert!(old.body.contains("too late") && old.field("csrf") == anew.csrf && old.field("version") == "1", "{}", old.body);
    let sent = club.post(&anew, &format!("{PLACE}/draft"), &piece(1, &[("summary", "Typed <b>too late</b>.")])).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);

    // What comes from elsewhere gets nothing back, and what nobody typed neither.
    for (headers, form) in [
        (vec![("cookie", anew.cookie.as_str()), ("origin", "https://evil.example.net")], typed.as_str()),
        (vec![("origin", "https://evil.example.net")], typed.as_str()),
        (vec![("origin", HERE)], "version=1"),
    ] {
        let page = club.send(Method::POST, &format!("{PLACE}/draft"), &headers, form).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert!(!page.body.contains("too late") && !page.body.contains("csrf"), "{}", page.body);
    }
    assert!(club.room.desk.list_features(ListPage::default()).await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn what_staff_typed_about_a_partner_or_a_consent_comes_back() {
    let (club, desk) = club().await;
    club.room.queue(issue_file("2027-02-steering", "steering", &policy("We ask, says EEG.", &[FAMILY]))).await;
    let kept = |page: &Page, label: &str, text: &str| {
        assert!(
            page.body.contains(&format!(">{label}</label>")) && page.body.contains(&format!("readonly>\n{text}</textarea>")),
            "{}",
            page.body
        );
    };
    let about = [
        ("issue", "2027-02-steering"),
        ("partner", FAMILY),
        ("given_by", ""),
        ("how", "a letter of March"),
        ("given_on", "2027-01-04"),
    ];
    let page = club.post(&desk, "/desk/consents/record", &form(&about)).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    kept(&page, "How it reached us", "a letter of March");
    let about = [("issue", "2027-02-steering"), ("partner", FAMILY), ("why", "the family at the table")];
    let page = club.post(&desk, "/desk/consents/rule", &form(&about)).await;
    assert_eq!(page.status, StatusCode::CONFLICT, "a signatory is meant");
    kept(&page, "What the name means instead", "the family at the table");

    let place = format!("/desk/partners/{FAMILY}");
    let version = club.get(&desk, &place).await.field("version");
    let record =
        [("version", version.as_str()), ("name", "Example Family Table"), ("aliases", "The\u{7}Table"), ("level", "state")];
    let page = club.post(&desk, &format!("{place}/record"), &form(&record)).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    kept(&page, "Name", "Example Family Table");
    let contact =
        [("version", version.as_str()), ("what", "add"), ("email", "nobody"), ("name", "Sample Person"), ("role", "submitter")];
    let page = club.post(&desk, &format!("{place}/contacts"), &form(&contact)).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    kept(&page, "E-mail address", "nobody");
}

/// A form that is sent after its session has ended: everything that was filled in is read again before it is sent once more.
#[tokio::test]
async fn after_a_session_has_ended_all_that_was_filled_in_is_shown() {
    let (club, desk) = club().await;
    let ended =
        async |path: &str, fields: &[(&str, &str)]| club.send(Method::POST, path, &[("origin", HERE)], &form(fields)).await.body;
    for (path, fields, shown) in [
        ("/desk/issues/2027-02-partners/correct", vec![("note", "It is on Friday.")], vec![("What is right", "It is on Friday.")]),
        (
            "/desk/partners/example-family-table/contacts",
            vec![("what", "add"), ("email", "new@family.example.org"), ("name", "Sample Person")],
            vec![("E-mail address", "new@family.example.org"), ("Name", "Sample Person")],
        ),
        (
            "/desk/consents/record",
            vec![
                ("issue", "2027-02-steering"),
                ("partner", FAMILY),
                ("given_by", "Ada"),
                ("given_on", "2027-01-04"),
                ("how", "letter"),
            ],
            vec![
                ("Issue", "2027-02-steering"),
                ("Who at the partner said yes", "Ada"),
                ("On which day they said it", "2027-01-04"),
                ("How it reached us", "letter"),
            ],
        ),
        ("/desk/consents/rule", vec![("why", "another family")], vec![("What the name means instead", "another family")]),
    ] {
        let page = ended(path, &fields).await;
        for (label, text) in shown {
            let field = page.split(&format!(">{label}")).nth(1).unwrap_or_else(|| panic!("{path} does not say {label}: {page}"));
            assert!(
                field.split("</p>").next().unwrap().contains(&format!("readonly>\n{text}</textarea>")),
                "{path} {label}: {field}"
            );
        }
        for (name, _) in fields {
            assert!(page.contains(&format!("name=\"{name}\"")), "{path}: {name} goes along: {page}");
        }
    }
    let answered = ended("/partner/consents/aaaaaaaaaaaaaaaaaaaaaaaaaa", &[("answer", "no"), ("name", "Cora")]).await;
    assert!(answered.contains("<strong>Your answer: </strong>no"), "{answered}");
    // Whoever signs in there instead is told in whose name it would be sent.
    let other = [("cookie", desk.cookie.as_str()), ("origin", HERE)];
    let page = club.send(Method::POST, "/desk/consents/rule", &other, &form(&[("why", "another family")])).await;
    assert!(page.body.contains("Signed in as desk@example.org") && page.body.contains("another family"), "{}", page.body);
}

#[tokio::test]
async fn of_whom_nobody_knows_little_is_read() {
    let (club, sam) = begun().await;
    let many = "a=b&".repeat(1_001);
    let told = club.send(Method::POST, &format!("{PLACE}/draft"), &[("origin", HERE)], &format!("summary=x&{many}")).await;
    assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(club.post(&sam, &format!("{PLACE}/draft"), &many).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    // A picture goes by, and what was typed beside it comes back.
    let out = Guest { cookie: String::new(), csrf: String::new() };
    let form = "summary=Typed&version=1";
    for mebibytes in [4, 6] {
        let page = club.post_file(&out, &format!("{PLACE}/picture"), (form, &vec![7; mebibytes * 1024 * 1024])).await;
        assert!(page.status == StatusCode::FORBIDDEN && page.body.contains("readonly>\nTyped</textarea>"), "{}", page.body);
    }
    let long = format!("summary={}", "x".repeat(200 * 1024));
    let page = club.post_file(&out, &format!("{PLACE}/picture"), (&long, &[7])).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
}

/// A failure of ours is no fault of theirs: it is said as one, and what was typed comes back all the same.
#[tokio::test]
async fn what_was_typed_comes_back_where_the_store_fails() {
    let (club, sam) = begun().await;
    let story = "word ".repeat(30_000);
    let saved = club.post(&sam, &format!("{PLACE}/draft"), &piece(1, &[("story", &story)])).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    club.room.lose_blobs();
    let page = club.post(&sam, &format!("{PLACE}/draft"), &piece(2, &[("summary", "Typed <b>on</b>.")])).await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR, "the script tries again");
    assert!(page.body.contains("Typed &lt;b&gt;on&lt;/b&gt;.</textarea>"), "{}", page.body);
    assert!(!page.body.contains("blob"), "what failed is for staff: {}", page.body);
}
