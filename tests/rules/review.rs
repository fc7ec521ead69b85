//! Review in the rooms: staff look, change, decide and say; a text goes back to its author, who answers with a press.

use axum::http::StatusCode;
use mail_parser::MessageParser;
use pressroom::desk::request::{DeclineFeature, SubmitFeature};
use pressroom::domain::id::{NetworkId, PartnerId};
use pressroom::domain::partner::Partner;
use pressroom::domain::time::SignedDuration;

use crate::newsroom::{editor, feature_file};
use crate::rooms::{Club, Guest, Page};

pub(crate) const FAMILY: &str = "example-family-table";
const SLUG: &str = "the-gym";
const ROOM: &str = "/desk/features/example-family-table/the-gym";
const OWN: &str = "/partner/features/the-gym";

/// A piece of the family table's, as its own people sent it.
pub(crate) async fn sent_in(club: &Club) {
    let file = feature_file(FAMILY, SLUG, "gym");
    club.front.desk().submit_feature(&editor(), SubmitFeature { file }).await.unwrap();
}

async fn club() -> Club {
    let club = Club::open().await;
    sent_in(&club).await;
    club
}

/// What a page's text field holds.
pub(crate) fn typed(page: &Page) -> String {
    let field = page.body.split("name=\"text\"").nth(1).unwrap();
    let text = field.split_once(">\n").unwrap().1.split("</textarea>").next().unwrap();
    ["&lt;<", "&gt;>", "&quot;\"", "&amp;&"].iter().fold(text.to_owned(), |text, pair| {
        let (from, to) = pair.split_at(pair.len() - 1);
        text.replace(from, to)
    })
}

/// Sends one of the forms of a page that was opened a moment ago.
async fn press(club: &Club, guest: &Guest, (page, what): (&str, &str), fields: &[(&str, &str)]) -> Page {
    let version = club.get(guest, page).await.field("version");
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("version", &version).extend_pairs(fields);
    club.post(guest, &format!("{page}/{what}"), &form.finish()).await
}

async fn pressed(club: &Club, guest: &Guest, at: (&str, &str), fields: &[(&str, &str)]) {
    let answer = press(club, guest, at, fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{at:?}: {}", answer.body);
    assert_eq!(answer.header("location"), at.0);
}

#[tokio::test]
async fn edits_return_to_their_author_who_answers_in_the_portal() {
    let club = club().await;
    let (desk, sam) = (club.sign_in("desk@example.org").await, club.sign_in("submitter@family.example.org").await);
    let own = typed(&club.get(&desk, ROOM).await);
    let changed = own.replace("gym", "hall");
    assert_ne!(own, changed);
    pressed(&club, &desk, (ROOM, "edit"), &[("text", &changed)]).await;

    // Nobody of the staff can say yes to it alone, and the author sees each change under its field's name.
    assert!(!club.get(&desk, ROOM).await.body.contains("/approve\""));
    assert_eq!(press(&club, &desk, (ROOM, "approve"), &[]).await.status, StatusCode::CONFLICT);
    let page = club.get(&sam, OWN).await.body;
    assert!(page.contains("<h3>Title</h3>") && page.contains("<h3>Brief, for the mail</h3>"), "{page}");
    assert!(page.contains("<del><span class=\"unseen\"> removed: </span>gym</del>"), "{page}");
    assert!(page.contains("<ins><span class=\"unseen\"> inserted: </span>hall</ins>"), "{page}");

    // An objection says why, and the author's words stand there again.
    assert_eq!(press(&club, &sam, (OWN, "answer"), &[("answer", "object")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    pressed(&club, &sam, (OWN, "answer"), &[("answer", "object"), ("why", "It is no hall.\nIt is a gym.")]).await;
    let page = club.get(&desk, ROOM).await;
    assert_eq!(typed(&page), own);
    assert!(page.body.contains("<p>It is no hall.</p><p>It is a gym.</p>"), "{}", page.body);

    // Agreed to, it may run.
    pressed(&club, &desk, (ROOM, "edit"), &[("text", &changed)]).await;
    pressed(&club, &sam, (OWN, "answer"), &[("answer", "agree")]).await;
    let page = club.get(&desk, ROOM).await;
    assert!(page.body.contains("may run") && page.body.contains("the partner agreed"), "{}", page.body);
    assert_eq!(typed(&page), changed);
    // What is changed after that is measured by what was agreed to.
    pressed(&club, &desk, (ROOM, "edit"), &[("text", &changed.replace("hall", "barn"))]).await;
    let page = club.get(&sam, OWN).await.body;
    assert!(page.contains("</span>hall</del>") && !page.contains("</span>gym</del>"), "{page}");
}

#[tokio::test]
async fn what_was_looked_at_is_what_is_decided_on() {
    let club = club().await;
    let desk = club.sign_in("desk@example.org").await;
    let version = club.get(&desk, ROOM).await.field("version");
    pressed(&club, &desk, (ROOM, "begin"), &[]).await;
    for what in ["approve", "decline", "withdraw", "later", "edit", "begin"] {
        let form = format!("version={version}&reason=x&text=x");
        assert_eq!(club.post(&desk, &format!("{ROOM}/{what}"), &form).await.status, StatusCode::CONFLICT, "{what}");
        assert_eq!(club.post(&desk, &format!("{ROOM}/{what}"), "reason=x&text=x").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    pressed(&club, &desk, (ROOM, "approve"), &[]).await;
}

#[tokio::test]
async fn an_edit_changes_neither_the_author_nor_what_it_told_staff_alone() {
    let club = Club::open().await;
    let mut file = feature_file(FAMILY, SLUG, "gym");
    let private = "contact = { readers = \"office@family.example.org\", private = \"Sam at home\" }";
    file.bytes = String::from_utf8(file.bytes).unwrap().replacen("+++\n", &format!("+++\n{private}\n"), 1).into_bytes();
    club.front.desk().submit_feature(&editor(), SubmitFeature { file }).await.unwrap();
    let desk = club.sign_in("desk@example.org").await;
    let own = typed(&club.get(&desk, ROOM).await);
    let send = async |text: String| press(&club, &desk, (ROOM, "edit"), &[("text", &text)]).await;
    assert_eq!(send(own.replace("Sam at home", "Sam")).await.status, StatusCode::CONFLICT);
    let moved = send(own.replace(FAMILY, "example-city-united")).await;
    assert_eq!(moved.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", moved.body);
    assert_eq!(send(own.clone()).await.status, StatusCode::UNPROCESSABLE_ENTITY, "nothing was changed");

    // What is no piece comes back as it was typed, with what is wrong and where.
    let broken = send(own.replace("gym", "<b>gym").replace("expertise", "expertees")).await;
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(broken.body.contains("role=\"alert\"") && broken.body.contains("expertees"), "{}", broken.body);
    assert!(typed(&broken).contains("<b>gym") && broken.body.contains("Line "), "{}", broken.body);

    // An approver sees the piece, and nothing of that.
    let approver = club.sign_in("approver@example.org").await;
    let seen = club.get(&approver, ROOM).await;
    assert!(seen.status == StatusCode::OK && !seen.body.contains("Sam at home") && !seen.body.contains("<textarea id=\"text\""));
    assert!(club.get(&desk, ROOM).await.body.contains("Sam at home"));
}

#[tokio::test]
async fn an_edit_that_changes_no_field_shows_nobody_what_the_partner_told_staff_alone() {
    let club = Club::open().await;
    let mut file = feature_file(FAMILY, SLUG, "gym");
    let private = "contact = { readers = \"office@family.example.org\", private = \"Sam at home\" }";
    file.bytes = String::from_utf8(file.bytes).unwrap().replacen("+++\n", &format!("+++\n{private}\n"), 1).into_bytes();
    club.front.desk().submit_feature(&editor(), SubmitFeature { file }).await.unwrap();
    let (desk, sam) = (club.sign_in("desk@example.org").await, club.sign_in("submitter@family.example.org").await);
    let own = typed(&club.get(&desk, ROOM).await);
    pressed(&club, &desk, (ROOM, "edit"), &[("text", &own.replace(private, &format!("# by telephone\n{private}")))]).await;
    for (path, guest) in [(ROOM, &desk), (OWN, &sam)] {
        let page = club.get(guest, path).await.body;
        assert!(page.contains("The file</h3>") && page.contains("by telephone") && page.contains("Sam at home"), "{page}");
    }
    for who in ["approver@example.org", "operator@example.org"] {
        let page = club.get(&club.sign_in(who).await, ROOM).await.body;
        assert!(page.contains("Nothing in the fields that you may see."), "{who}: {page}");
        assert!(!page.contains("Sam at home") && !page.contains("by telephone"), "{who}: {page}");
    }
}

#[tokio::test]
async fn what_looks_alike_is_pointed_out_to_those_who_may_see_it() {
    let mut club = club().await;
    club.reload(|toml| format!("{toml}\n[[network]]\nid = \"southwest\"\ntitle = \"Southwest\"\n"));
    club.contacts("id,name,level,networks\nexample-family-table,Example Family Table,state,southwest\n").await;
    let file = feature_file("example-city-united", "copied", "gym");
    club.front.desk().submit_feature(&editor(), SubmitFeature { file }).await.unwrap();
    let link = "href=\"/desk/features/example-city-united/copied\"";
    let page = club.get(&club.sign_in("desk@example.org").await, ROOM).await.body;
    assert!(page.contains(link), "{page}");
    let page = club.get(&club.sign_in("network@example.org").await, ROOM).await;
    assert_eq!(page.status, StatusCode::OK, "it is a partner of theirs");
    assert!(!page.body.contains("example-city-united") && !page.body.contains("Others that look like it"), "{}", page.body);
}

#[tokio::test]
async fn what_staff_say_among_themselves_is_never_a_partners_to_see() {
    let club = club().await;
    let (desk, sam) = (club.sign_in("desk@example.org").await, club.sign_in("submitter@family.example.org").await);
    pressed(&club, &desk, (ROOM, "comment"), &[("comment", "Is this <i>true</i>?")]).await;
    pressed(&club, &desk, (ROOM, "comment"), &[("comment", "Nobody knows."), ("private", "yes")]).await;
    pressed(&club, &sam, (OWN, "comment"), &[("comment", "It is.")]).await;
    let (staff, own) = (club.get(&desk, ROOM).await.body, club.get(&sam, OWN).await.body);
    for page in [&staff, &own] {
        assert!(page.contains("<p>Is this &lt;i&gt;true&lt;/i&gt;?</p>") && page.contains("<p>It is.</p>"), "{page}");
    }
    assert!(staff.contains("Nobody knows.") && !own.contains("Nobody knows."));
    for bad in ["", "\u{202e}evil", &"x".repeat(2_001)] {
        assert_eq!(press(&club, &sam, (OWN, "comment"), &[("comment", bad)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
}

#[tokio::test]
async fn the_queue_is_looked_through_by_state_partner_and_words() {
    let club = club().await;
    let file = feature_file("example-city-united", "paying", "attic");
    club.front.desk().submit_feature(&editor(), SubmitFeature { file }).await.unwrap();
    let desk = club.sign_in("desk@example.org").await;
    let links = async |query: &str| {
        let page = club.get(&desk, &format!("/desk/features{query}")).await;
        assert_eq!(page.status, StatusCode::OK);
        let found = page.body.matches("href=\"/desk/features/").count();
        (found, page.body.contains(ROOM))
    };
    assert_eq!(links("").await, (2, true));
    assert_eq!(links("?q=attic").await, (1, false));
    assert_eq!(links("?partner=example-family-table").await, (1, true));
    assert_eq!(links("?state=declined").await, (0, false));
    pressed(&club, &desk, (ROOM, "decline"), &[("reason", "We had one.")]).await;
    assert_eq!(links("").await, (1, false));
    assert_eq!(links("?state=declined").await, (1, true));
    assert_eq!(links("?state=all&page=99").await, (2, true));
    // A network's editor sees those of its own partners alone.
    let network = club.sign_in("network@example.org").await;
    assert!(!club.get(&network, "/desk/features?state=all").await.body.contains("href=\"/desk/features/"));
}

#[tokio::test]
async fn a_preview_is_the_mails_own_and_can_do_nothing() {
    let club = club().await;
    let desk = club.sign_in("desk@example.org").await;
    assert!(
        club.get(&desk, ROOM)
            .await
            .body
            .contains(&format!("<iframe title=\"As the mail will show it\" src=\"{ROOM}/preview/mail\" sandbox"))
    );
    let mail = club.get(&desk, &format!("{ROOM}/preview/mail")).await;
    assert!(mail.status == StatusCode::OK && mail.body.contains("Example Family Table"), "{}", mail.body);
    assert!(mail.header("content-security-policy").starts_with("sandbox allow-popups; default-src 'none'"));
}

/// A mail that waits to go out.
pub(crate) struct Letter {
    pub(crate) to: String,
    subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

pub(crate) async fn letters(club: &Club) -> Vec<Letter> {
    let mails = club.room.store.due_mails(club.room.desk.now(), 50).await.unwrap();
    let read = |mail: &pressroom::domain::outbox::OutboxMail| {
        let parsed = MessageParser::default().parse(&mail.message).unwrap();
        let body = |text: Option<std::borrow::Cow<'_, str>>| text.unwrap().into_owned();
        Letter {
            to: mail.to.as_typed().to_owned(),
            subject: parsed.subject().unwrap().to_owned(),
            text: body(parsed.body_text(0)),
            html: body(parsed.body_html(0)),
        }
    };
    let mut letters: Vec<Letter> = mails.iter().map(read).collect();
    letters.retain(|letter| !letter.text.contains("/in/"));
    letters
}

/// To whom what went, in the order of their names.
pub(crate) async fn told(club: &Club) -> Vec<(String, String)> {
    let mut told: Vec<_> = letters(club).await.into_iter().map(|letter| (letter.to, letter.subject)).collect();
    told.sort();
    told
}

const TITLE: &str = "How one gym became a public room";

#[tokio::test]
async fn an_edit_is_mailed_with_every_change_and_its_answer_comes_back() {
    let club = club().await;
    let (desk, sam) = (club.sign_in("desk@example.org").await, club.sign_in("submitter@family.example.org").await);
    let changed = typed(&club.get(&desk, ROOM).await).replace("gym", "hall");
    pressed(&club, &desk, (ROOM, "edit"), &[("text", &changed)]).await;
    let mails = letters(&club).await;
    let [mail] = &mails[..] else { panic!("one mail, to who sends in texts: {:?}", told(&club).await) };
    assert_eq!(mail.to, "submitter@family.example.org");
    assert!(mail.subject.contains("How one hall became a public room"), "{}", mail.subject);
    assert!(mail.text.contains("How one [-gym-]{+hall+} became a public room"), "{}", mail.text);
    assert!(mail.html.contains(">gym</del>") && mail.html.contains(">hall</ins>"), "{}", mail.html);
    assert!(mail.text.contains(&format!("http://127.0.0.1:8080{OWN}")), "{}", mail.text);
    pressed(&club, &sam, (OWN, "answer"), &[("answer", "object"), ("why", "It is a gym.")]).await;
    pressed(&club, &desk, (ROOM, "edit"), &[("text", &changed)]).await;
    pressed(&club, &sam, (OWN, "answer"), &[("answer", "agree")]).await;
    let subjects: Vec<String> =
        told(&club).await.into_iter().filter(|(to, _)| to == "desk@example.org").map(|(_, what)| what).collect();
    assert_eq!(subjects, ["Agreed: How one hall became a public room".to_owned(), format!("Not agreed: {TITLE}")]);
    assert_eq!(letters(&club).await.iter().filter(|mail| mail.to.starts_with("submitter")).count(), 2, "each edit is told");
    assert!(letters(&club).await.iter().any(|mail| mail.text.contains("It is a gym.")));
}

#[tokio::test]
async fn an_edit_too_long_for_a_mail_is_told_and_shown_on_the_page() {
    let club = club().await;
    let (desk, sam) = (club.sign_in("desk@example.org").await, club.sign_in("submitter@family.example.org").await);
    let own = typed(&club.get(&desk, ROOM).await);
    let story = "A long word: pneumonoultramicroscopicsilicovolcanoconiosis. ".repeat(220);
    pressed(&club, &desk, (ROOM, "edit"), &[("text", &format!("{own}\n<!-- more -->\n\n{story}\n"))]).await;
    let mails = letters(&club).await;
    assert!(mails[0].text.contains("too many for a mail") && !mails[0].text.contains("pneumono"), "{}", mails[0].text);
    assert!(club.get(&sam, OWN).await.body.contains("<ins><span class=\"unseen\"> inserted: </span>A long word"));
}

#[tokio::test]
async fn a_partner_is_told_why_its_text_does_not_run() {
    let club = club().await;
    let request = DeclineFeature { feature: format!("{FAMILY}/{SLUG}"), reason: "We had one <b>like</b> it.".into() };
    club.front.desk().decline_feature(&editor(), request).await.unwrap();
    let mails = letters(&club).await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("We had one <b>like</b> it.") && mails[0].html.contains("&lt;b&gt;like"), "{}", mails[0].html);
    let sam = club.sign_in("submitter@family.example.org").await;
    assert!(club.get(&sam, OWN).await.body.contains("declined: We had one &lt;b&gt;like&lt;/b&gt; it."));
}

#[tokio::test]
async fn comments_are_told_to_the_other_side_at_most_once_an_hour() {
    let club = club().await;
    let (desk, sam) = (club.sign_in("desk@example.org").await, club.sign_in("submitter@family.example.org").await);
    pressed(&club, &desk, (ROOM, "comment"), &[("comment", "Between us."), ("private", "yes")]).await;
    assert_eq!(told(&club).await, [], "what is staff's own is told nobody");
    for text in ["Is it true?", "Is it still true?"] {
        pressed(&club, &desk, (ROOM, "comment"), &[("comment", text)]).await;
    }
    pressed(&club, &sam, (OWN, "comment"), &[("comment", "It is.")]).await;
    let line = |to: &str, what: String| (to.to_owned(), what);
    let editors = ["desk@example.org", "editor@example.org"].map(|to| line(to, format!("A word about {TITLE}")));
    let once = [editors.to_vec(), vec![line("submitter@family.example.org", format!("About “{TITLE}”"))]].concat();
    assert_eq!(told(&club).await, once);
    let mails = letters(&club).await;
    assert!(mails.iter().any(|mail| mail.text.contains("Is it true?")) && mails.iter().any(|mail| mail.text.contains("It is.")));
    assert!(mails.iter().all(|mail| !mail.text.contains("Between us.")));
    club.room.clock.set(club.room.desk.now() + SignedDuration::from_hours(1));
    pressed(&club, &desk, (ROOM, "comment"), &[("comment", "And now?")]).await;
    assert_eq!(told(&club).await.len(), 4);
}

#[tokio::test]
async fn editors_of_a_partners_network_are_told_of_its_word() {
    let club = club().await;
    let sam = club.sign_in("submitter@family.example.org").await;
    let told = async || {
        let mails = club.room.mails().await;
        mails.iter().filter_map(|mail| mail.strip_prefix("comment ")).map(str::to_owned).collect::<Vec<_>>()
    };
    pressed(&club, &sam, (OWN, "comment"), &[("comment", "One more word.")]).await;
    assert_eq!(told().await, ["desk", "editor"], "it is in no network");

    let partner = club.room.store.find_partner(&PartnerId::parse(FAMILY).unwrap()).await.unwrap().unwrap();
    let networks = vec![NetworkId::parse("southwest").unwrap()];
    club.room.store.put_partner(Partner { networks, version: partner.version + 1, ..partner }).await.unwrap();
    pressed(&club, &sam, (OWN, "comment"), &[("comment", "And another.")]).await;
    assert_eq!(told().await, ["desk", "editor", "network"], "those who may review it, each once an hour");
}

#[tokio::test]
async fn from_a_pieces_page_its_partner_goes_on_writing_until_it_is_placed() {
    let club = Club::open().await;
    sent_in(&club).await;
    let sam = club.sign_in("submitter@family.example.org").await;
    let page = club.get(&sam, OWN).await.body;
    for way in ["edit", "preview"] {
        assert!(page.contains(&format!("href=\"{OWN}/{way}\"")), "{page}");
        assert_eq!(club.get(&sam, &format!("{OWN}/{way}")).await.status, StatusCode::OK);
    }
    let id = "example-family-table/the-gym";
    club.front
        .desk()
        .decline_feature(&editor(), DeclineFeature { feature: id.to_owned(), reason: "twice".to_owned() })
        .await
        .unwrap();
    assert!(club.get(&sam, OWN).await.body.contains(&format!("{OWN}/edit")), "another text may be sent");
}
