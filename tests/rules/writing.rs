//! A piece is written in a partner's room: saved as it is typed, looked at, sent in, and thrown away.

use axum::http::{Method, StatusCode};
use pressroom::desk::request::{ApproveFeature, ListPage, NameFeature};
use url::form_urlencoded;

use crate::newsroom::{editor, issue_file};
use crate::review::{letters, told, typed};
use crate::rooms::{Club, Guest, HERE, Page};

pub(crate) const SAM: &str = "submitter@family.example.org";
pub(crate) const PLACE: &str = "/partner/features/how-one-gym-became-a-public-room";
pub(crate) const ID: &str = "example-family-table/how-one-gym-became-a-public-room";
const SENTENCE: &str = "The gym is open to its neighbours each evening until the last bus has gone. ";

/// What a whole piece says, but for its brief.
const WHOLE: &[(&str, &str)] = &[
    ("kind", "feature"),
    ("title", "How one gym became a public room"),
    ("summary", "Keys, light and cleaning, agreed on one page."),
    ("changed", "Sixty neighbours a week come in"),
    ("for_whom", "Families without a car"),
    ("evidence", "The caretaker's own count"),
    ("expertise", "joint-use"),
    ("places", "NM"),
    ("principles", "shared-places"),
    ("rollover", "yes"),
    ("reprint_allowed", "yes"),
    ("edits", "clear"),
    ("authorised_by", "Sam Example"),
];

/// A whole piece with these fields otherwise, as a browser sends it.
pub(crate) fn piece(version: u64, other: &[(&str, &str)]) -> String {
    let (brief, version) = (SENTENCE.repeat(5), version.to_string());
    let mut fields: Vec<(&str, &str)> = WHOLE.to_vec();
    fields.extend([("brief", brief.as_str()), ("version", &version)]);
    fields.retain(|(name, _)| other.iter().all(|(known, _)| known != name));
    fields.extend(other);
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// A room in which Example Family Table has begun a piece.
pub(crate) async fn begun() -> (Club, Guest) {
    let club = Club::open().await;
    let sam = club.sign_in(SAM).await;
    let answer = club.post(&sam, "/partner/features/new", "title=How+one+gym+became+a+public+room").await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, &*format!("{PLACE}/edit")));
    (club, sam)
}

async fn save(club: &Club, guest: &Guest, form: &str) -> Page {
    club.post(guest, &format!("{PLACE}/draft"), form).await
}

#[tokio::test]
async fn a_piece_is_saved_as_it_is_typed_and_sent_in_when_it_is_whole() {
    let (club, sam) = begun().await;
    let saved = save(&club, &sam, &piece(1, &[("brief", "One <b>\"line\""), ("authorised_by", "")])).await;
    assert_eq!(saved.header("location"), format!("{PLACE}/edit?check=true"));
    let form = club.get(&sam, &format!("{PLACE}/edit?check=true")).await;
    assert!(form.body.contains("One &lt;b&gt;&quot;line&quot;</textarea>"), "{}", form.body);
    assert_eq!(form.field("version"), "2");
    // What is wrong stands beside its field, and on top with the way there; what was not filled in as well.
    for told in ["aria-describedby=\"brief-about brief-count brief-problem\"", "href=\"#brief\"", "href=\"#authorised_by\""] {
        assert!(form.body.contains(told), "{told}\n{}", form.body);
    }
    let unsent = club.post(&sam, &format!("{PLACE}/submit"), &piece(2, &[])).await;
    assert_eq!(unsent.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody says that they may send it");
    assert!(unsent.body.contains("href=\"#authorised_by\"") && unsent.field("version") == "3");
    let sent = club.post(&sam, &format!("{PLACE}/submit"), &piece(3, &[("authorised", "yes")])).await;
    assert_eq!((sent.status, sent.header("location")), (StatusCode::SEE_OTHER, "/partner"), "{}", sent.body);
    let arrived = "A piece has come: How one gym became a public room".to_owned();
    let editors = ["desk@example.org", "editor@example.org"].map(|to| (to.to_owned(), arrived.clone()));
    let receipt = (SAM.to_owned(), "We have “How one gym became a public room”".to_owned());
    let all: Vec<_> = editors.into_iter().chain([receipt]).collect();
    assert_eq!(told(&club).await, all, "editors are told, once, and who sends it has a receipt");
    let home = club.get(&sam, "/partner").await;
    assert!(home.body.contains("sent in") && home.body.contains(&format!("{PLACE}/edit")), "{}", home.body);

    // It is the file that the form writes, and its history says who sent it.
    let shown = club.room.desk.show_feature(NameFeature { feature: ID.into() }).await.unwrap();
    assert!(
        shown.text.contains("title = \"How one gym became a public room\"\n") && shown.text.contains(SENTENCE),
        "{}",
        shown.text
    );
    assert_eq!((shown.history.len(), shown.history[0].side.as_str()), (1, "partner"));
    assert!(!shown.submitted_by.contains('@'), "{}", shown.submitted_by);
    club.room.desk.approve_feature(&editor(), ApproveFeature { feature: ID.into(), agreement: None }).await.unwrap();
    club.room.proofed(issue_file("2027-02-partners", "partners", "## From the field\n\n```features\ncount = 1\n```\n")).await;
    assert_eq!(club.room.feature_state(ID).await, "placed");
    assert_eq!(club.get(&sam, &format!("{PLACE}/edit")).await.status, StatusCode::CONFLICT, "it stands in a proof");
}

#[tokio::test]
async fn a_receipt_says_for_which_issue_a_piece_comes_too_late() {
    for (now, is_late) in [("2027-01-20T12:00:00Z", false), ("2027-01-31T12:00:00Z", true)] {
        let club = Club::open().await;
        club.room.at(now);
        let sam = club.sign_in(SAM).await;
        club.post(&sam, "/partner/features/new", "title=How+one+gym+became+a+public+room").await;
        let sent = club.post(&sam, &format!("{PLACE}/submit"), &piece(1, &[("authorised", "yes")])).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let receipt = letters(&club).await.into_iter().find(|letter| letter.to == SAM).unwrap();
        for text in [&receipt.text, &receipt.html] {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(text.contains("the issue of Monday 1 February 2027 is made already"), is_late, "{text}");
            let open = if is_late { "in the issue of Monday 1 March 2027" } else { "in the issue of Monday 1 February 2027" };
            assert!(text.contains(open), "{text}");
        }
        assert!(receipt.text.contains(PLACE), "{}", receipt.text);
    }
}

#[tokio::test]
async fn a_draft_is_its_partners_alone() {
    let (club, sam) = begun().await;
    save(&club, &sam, &piece(1, &[])).await;
    let list = club.room.desk.list_features(ListPage::default()).await.unwrap();
    assert!(list.rows.is_empty(), "{list:?}");
    assert!(club.room.desk.show_feature(NameFeature { feature: ID.into() }).await.is_err());
    // Another partner's people have no address for it; this one's consenter may not write.
    let otto = club.sign_in("both@city.example.org").await;
    let cora = club.sign_in("consenter@family.example.org").await;
    for below in ["edit", "preview", "preview/mail"] {
        assert_eq!(club.get(&otto, &format!("{PLACE}/{below}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(club.get(&cora, &format!("{PLACE}/{below}")).await.status, StatusCode::FORBIDDEN);
    }
    for below in ["draft", "submit", "drop"] {
        let form = piece(2, &[("authorised", "yes"), ("partner", "example-family-table")]);
        assert_eq!(club.post(&otto, &format!("{PLACE}/{below}"), &form).await.status, StatusCode::NOT_FOUND);
        assert_eq!(club.post(&cora, &format!("{PLACE}/{below}"), &form).await.status, StatusCode::FORBIDDEN);
    }
    assert!(!club.get(&otto, "/partner").await.body.contains("public room"));
}

#[tokio::test]
async fn the_script_saves_by_the_same_road_and_is_told_the_counts() {
    let (club, sam) = begun().await;
    let headers = [("cookie", sam.cookie.as_str()), ("origin", HERE), ("accept", "application/json")];
    let story = "A [link](https://example.org/) and *two* words.";
    let form = format!("{}&csrf={}", piece(1, &[("story", story)]), sam.csrf);
    let told = club.send(Method::POST, &format!("{PLACE}/draft"), &headers, &form).await;
    assert_eq!((told.status, told.header("content-type")), (StatusCode::OK, "application/json"));
    let told: serde_json::Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!((&told["version"], &told["counts"]["story"], &told["counts"]["title"]), (&2.into(), &5.into(), &32.into()));
    let script = club.get(&sam, "/room.js").await;
    assert!(script.header("content-type").starts_with("text/javascript") && script.body.contains("\"use strict\""));
    let page = club.get(&sam, &format!("{PLACE}/edit")).await;
    assert!(page.header("content-security-policy").contains("script-src 'self';") && page.body.contains("src=\"/room.js\""));
}

#[tokio::test]
async fn what_two_people_type_at_once_is_not_lost() {
    let (club, sam) = begun().await;
    assert_eq!(save(&club, &sam, &piece(1, &[("summary", "Mine.")])).await.status, StatusCode::SEE_OTHER);
    let late = save(&club, &sam, &piece(1, &[("summary", "Theirs.")])).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("value=\"Theirs.\"") && late.field("version") == "2", "{}", late.body);
    assert!(club.get(&sam, &format!("{PLACE}/edit")).await.body.contains("value=\"Mine.\""));
    // What changes nothing writes nothing.
    save(&club, &sam, &piece(2, &[("summary", "Mine.")])).await;
    assert_eq!(club.get(&sam, &format!("{PLACE}/edit")).await.field("version"), "2");
}

#[tokio::test]
async fn what_was_not_sent_is_thrown_away_and_what_was_sent_stays() {
    let (club, sam) = begun().await;
    let drop_it = async |version: u64| club.post(&sam, &format!("{PLACE}/drop"), &format!("version={version}")).await.status;
    assert_eq!(drop_it(7).await, StatusCode::CONFLICT);
    assert_eq!(drop_it(1).await, StatusCode::SEE_OTHER);
    assert_eq!(club.get(&sam, &format!("{PLACE}/edit")).await.status, StatusCode::NOT_FOUND);
    club.post(&sam, "/partner/features/new", "title=How+one+gym+became+a+public+room").await;
    club.post(&sam, &format!("{PLACE}/submit"), &piece(1, &[("authorised", "yes")])).await;
    save(&club, &sam, &piece(3, &[("summary", "Another one.")])).await;
    let form = club.get(&sam, &format!("{PLACE}/edit")).await;
    assert!(form.body.contains("value=\"Another one.\""), "{}", form.body);
    let shown = club.room.desk.show_feature(NameFeature { feature: ID.into() }).await.unwrap();
    assert_eq!(shown.summary, "Keys, light and cleaning, agreed on one page.", "staff see what was sent");
    assert_eq!(drop_it(4).await, StatusCode::SEE_OTHER);
    let form = club.get(&sam, &format!("{PLACE}/edit")).await;
    assert!(form.body.contains("value=\"Keys, light and cleaning, agreed on one page.\""), "{}", form.body);
}

#[tokio::test]
async fn a_partner_sends_no_more_than_there_is_room_for() {
    let (mut club, _) = begun().await;
    club.reload(|toml| format!("{toml}\n[submissions]\nopen_per_partner = 1\n"));
    let sam = club.sign_in(SAM).await;
    let submit = async |place: &str, version: u64| {
        club.post(&sam, &format!("{place}/submit"), &piece(version, &[("authorised", "yes")])).await
    };
    assert_eq!(submit(PLACE, 1).await.status, StatusCode::SEE_OTHER);
    club.post(&sam, "/partner/features/new", "title=How+one+gym+became+a+public+room").await;
    let other = format!("{PLACE}-2");
    let refused = submit(&other, 1).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("1 of 1"), "{}", refused.body);
    assert!(club.get(&sam, &format!("{other}/edit")).await.body.contains("Sixty neighbours a week come in"), "it is kept");
    let version = club.get(&sam, &format!("{PLACE}/edit")).await.field("version").parse().unwrap();
    assert_eq!(submit(PLACE, version).await.status, StatusCode::SEE_OTHER, "what is in hand may be sent again");
}

#[tokio::test]
async fn the_preview_is_made_by_the_mails_own_renderer() {
    let (club, sam) = begun().await;
    let unwritten = club.get(&sam, &format!("{PLACE}/preview/mail")).await;
    assert!(unwritten.body.contains("How one gym became a public room"), "{}", unwritten.body);
    save(&club, &sam, &piece(1, &[("brief", "**Loud** and <script>alert(1)</script>"), ("story", "Not in the mail.")])).await;
    let mail = club.get(&sam, &format!("{PLACE}/preview/mail")).await;
    assert!(mail.header("content-security-policy").starts_with("sandbox allow-popups; default-src 'none'"));
    assert!(!mail.body.contains("<script"), "{}", mail.body);
    save(&club, &sam, &piece(2, &[("brief", "**Loud** words."), ("story", "Not in the mail.")])).await;
    let mail = club.get(&sam, &format!("{PLACE}/preview/mail")).await;
    assert!(mail.body.contains(">Loud</strong> words.") && mail.body.contains("Lantern Exchange"), "{}", mail.body);
    assert!(!mail.body.contains("Not in the mail."));
    let page = club.get(&sam, &format!("{PLACE}/preview")).await;
    assert!(page.body.contains("sandbox=\"allow-popups\"") && page.body.contains("Nothing is missing"), "{}", page.body);
}

#[tokio::test]
async fn the_deadline_is_told_in_the_newsletters_zone() {
    let (club, sam) = begun().await;
    let form = club.get(&sam, &format!("{PLACE}/edit")).await;
    assert!(form.body.contains("Lantern Exchange: what is here by ") && form.body.contains("1 February 2027"), "{}", form.body);
    assert!(!form.body.contains("Lantern Steering Brief"), "{}", form.body);
    club.room.at("2027-02-01T14:30:00Z");
    let sam = club.sign_in(SAM).await;
    let home = club.get(&sam, "/partner").await;
    assert!(home.body.contains("For the issue of Monday 1 February 2027 of Lantern Exchange it is too late."), "{}", home.body);
    assert!(home.body.contains("1 March 2027"), "{}", home.body);
}

#[tokio::test]
async fn a_picture_is_kept_as_a_picture_alone() {
    let (club, sam) = begun().await;
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/issues/features/mentor.png")).unwrap();
    let place = format!("{PLACE}/picture");
    let bare = club.post_file(&sam, &place, (&piece(1, &[("summary", "Kept all the same.")]), &file)).await;
    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY, "it has to be described");
    assert!(
        bare.body.contains("the picture is not described") && bare.body.contains("value=\"Kept all the same.\""),
        "{}",
        bare.body
    );
    let described = [("image_description", "A mentor beside a child"), ("image_file", "../../etc/passwd")];
    let given = club.post_file(&sam, &place, (&piece(2, &described), &file)).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.body);
    let form = club.get(&sam, &format!("{PLACE}/edit")).await;
    assert!(form.body.contains("As it is kept: ") && !form.body.contains("passwd"), "{}", form.body);
    let hash = form.body.split("/pictures/").nth(1).unwrap().split('"').next().unwrap();
    assert!(club.get(&sam, &format!("{PLACE}/preview/mail")).await.body.contains(hash), "the mail shows it");

    let rights = [("image_description", "A mentor beside a child"), ("authorised", "yes")];
    let unsent = club.post(&sam, &format!("{PLACE}/submit"), &piece(4, &rights)).await;
    assert!(unsent.status == StatusCode::UNPROCESSABLE_ENTITY && unsent.body.contains("href=\"#image_rights\""));
    let mut all = rights.to_vec();
    all.extend([("image_credit", "Sam Example"), ("image_rights", "own"), ("image_licence", "CC BY 4.0")]);
    let sent = club.post(&sam, &format!("{PLACE}/submit"), &piece(unsent.field("version").parse().unwrap(), &all)).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let form = club.get(&sam, &format!("{PLACE}/edit")).await;
    assert!(form.body.contains(hash), "what was sent has it still");
    let version = form.field("version").parse().unwrap();
    all.push(("remove_picture", "yes"));
    save(&club, &sam, &piece(version, &all)).await;
    assert!(!club.get(&sam, &format!("{PLACE}/edit")).await.body.contains(hash));
}

#[tokio::test]
async fn saving_a_draft_stands_in_nobodys_way_and_nobody_in_its_way() {
    const ROOM: &str = "/desk/features/example-family-table/how-one-gym-became-a-public-room";
    let (club, sam) = begun().await;
    club.post(&sam, &format!("{PLACE}/submit"), &piece(1, &[("authorised", "yes")])).await;
    let desk = club.sign_in("desk@example.org").await;
    let (seen, own) = (club.get(&desk, ROOM).await.field("version"), club.get(&sam, PLACE).await.field("version"));
    let form = club.get(&sam, &format!("{PLACE}/edit")).await;
    let (draft, before): (u64, _) = (form.field("version").parse().unwrap(), form.field("sent"));
    save(&club, &sam, &piece(draft, &[("summary", "Written on.")])).await;

    // What staff, and the partner in another tab, looked at is as it was.
    let begins = club.post(&desk, &format!("{ROOM}/begin"), &format!("version={seen}")).await;
    assert_eq!(begins.status, StatusCode::SEE_OTHER, "{}", begins.body);
    let says = club.post(&sam, &format!("{PLACE}/comment"), &format!("version={own}&comment=Soon.")).await;
    assert_eq!(says.status, StatusCode::SEE_OTHER, "{}", says.body);
    // And what staff do loses nothing of what is being written. A word of theirs is no other text.
    let on = save(&club, &sam, &piece(draft + 1, &[("summary", "Written further on.")])).await;
    assert_eq!(on.status, StatusCode::SEE_OTHER, "{}", on.body);
    let all = [("summary", "Written to its end."), ("authorised", "yes"), ("sent", before.as_str())];
    let sent = club.post(&sam, &format!("{PLACE}/submit"), &piece(draft + 2, &all)).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    // A form from before it was sent does not write over what is begun after it.
    let old = save(&club, &sam, &piece(draft, &[("summary", "Old.")])).await;
    assert_eq!(old.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_staff_made_of_a_text_is_looked_at_before_it_is_replaced() {
    const ROOM: &str = "/desk/features/example-family-table/how-one-gym-became-a-public-room";
    let (club, sam) = begun().await;
    club.post(&sam, &format!("{PLACE}/submit"), &piece(1, &[("authorised", "yes")])).await;
    let form = club.get(&sam, &format!("{PLACE}/edit")).await;
    let (draft, before): (u64, _) = (form.field("version").parse().unwrap(), form.field("sent"));
    let desk = club.sign_in("desk@example.org").await;
    let room = club.get(&desk, ROOM).await;
    let edited = typed(&room).replace("light and cleaning", "light, cleaning and tea");
    let edit = form_urlencoded::Serializer::new(String::new())
        .append_pair("version", &room.field("version"))
        .append_pair("text", &edited)
        .finish();
    assert_eq!(club.post(&desk, &format!("{ROOM}/edit"), &edit).await.status, StatusCode::SEE_OTHER);

    let all = [("summary", "Written to its end."), ("authorised", "yes"), ("sent", before.as_str())];
    let late = club.post(&sam, &format!("{PLACE}/submit"), &piece(draft, &all)).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("value=\"Written to its end.\"") && late.body.contains("The editors have changed"), "{}", late.body);
    let beside = late.body.split("What stands now, beside what you typed").nth(1).unwrap().split("<form").next().unwrap();
    assert!(beside.contains("tea") && beside.contains("Written"), "{beside}");
    let (draft, before) = (late.field("version").parse().unwrap(), late.field("sent"));
    let all = [("summary", "Written to its end."), ("authorised", "yes"), ("sent", before.as_str())];
    let sent = club.post(&sam, &format!("{PLACE}/submit"), &piece(draft, &all)).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let shown = club.room.desk.show_feature(NameFeature { feature: ID.into() }).await.unwrap();
    assert_eq!(shown.summary, "Written to its end.");
}

/// The draft is older than staff's edit, and the form is opened after it.
#[tokio::test]
async fn a_draft_from_before_an_edit_says_what_it_would_replace_whenever_it_is_opened() {
    const ROOM: &str = "/desk/features/example-family-table/how-one-gym-became-a-public-room";
    let (club, sam) = begun().await;
    club.post(&sam, &format!("{PLACE}/submit"), &piece(1, &[("authorised", "yes")])).await;
    let edit = format!("{PLACE}/edit");
    let form = club.get(&sam, &edit).await;
    let (draft, before): (u64, _) = (form.field("version").parse().unwrap(), form.field("sent"));
    save(&club, &sam, &piece(draft, &[("summary", "Written on."), ("sent", &before)])).await;
    assert!(!club.get(&sam, &edit).await.body.contains("The editors have changed"));
    let desk = club.sign_in("desk@example.org").await;
    let room = club.get(&desk, ROOM).await;
    let changed = form_urlencoded::Serializer::new(String::new())
        .append_pair("version", &room.field("version"))
        .append_pair("text", &typed(&room).replace("light and cleaning", "light, cleaning and tea"))
        .finish();
    assert_eq!(club.post(&desk, &format!("{ROOM}/edit"), &changed).await.status, StatusCode::SEE_OTHER);

    // Saved from the old form, it is still one from before the edit.
    save(&club, &sam, &piece(draft + 1, &[("summary", "Written to its end."), ("sent", &before)])).await;
    let opened = club.get(&sam, &edit).await;
    assert!(
        opened.body.contains("The editors have changed") && opened.body.contains("value=\"Written to its end.\""),
        "{}",
        opened.body
    );
    let beside = opened.body.split("What stands now, beside what you typed").nth(1).unwrap().split("<form").next().unwrap();
    assert!(beside.contains("tea") && beside.contains("Written"), "{beside}");
    let (draft, stands) = (opened.field("version").parse().unwrap(), opened.field("sent"));
    assert_ne!(stands, before);
    let all = [("summary", "Written to its end."), ("authorised", "yes"), ("sent", stands.as_str())];
    let sent = club.post(&sam, &format!("{PLACE}/submit"), &piece(draft, &all)).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    assert!(!club.get(&sam, &edit).await.body.contains("The editors have changed"), "it was sent");
}

/// The answer was lost on its way, so the browser sends the very same once more.
#[tokio::test]
async fn what_was_kept_and_not_heard_of_is_taken_again_and_another_text_is_not() {
    let (club, sam) = begun().await;
    let first = piece(1, &[("summary", "Typed once.")]);
    assert_eq!(save(&club, &sam, &first).await.status, StatusCode::SEE_OTHER);
    let headers = [("cookie", sam.cookie.as_str()), ("origin", HERE), ("accept", "application/json")];
    let again = club.send(Method::POST, &format!("{PLACE}/draft"), &headers, &format!("{first}&csrf={}", sam.csrf)).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.body);
    assert!(again.body.contains("\"version\":2"), "{}", again.body);
    let other = save(&club, &sam, &piece(1, &[("summary", "Typed elsewhere.")])).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    let beside = other.body.split("What stands now, beside what you typed").nth(1).unwrap();
    assert!(beside.contains("once") && beside.contains("elsewhere"), "{beside}");

    // The same words beside a picture that their sender never saw are not the same piece.
    let file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/issues/features/mentor.png")).unwrap();
    let described = [("summary", "Typed once."), ("image_description", "A mentor beside a child")];
    save(&club, &sam, &piece(2, &described)).await;
    let given = club.post_file(&sam, &format!("{PLACE}/picture"), (&piece(3, &described), &file)).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.body);
    assert_eq!(save(&club, &sam, &piece(3, &described)).await.status, StatusCode::CONFLICT);
    let form = club.get(&sam, &format!("{PLACE}/edit")).await;
    let seen = [described[0], described[1], ("shown_picture", &form.field("shown_picture"))];
    assert_eq!(save(&club, &sam, &piece(3, &seen)).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn tabs_stay_in_markdown_and_are_spaces_in_a_line() {
    let (club, sam) = begun().await;
    save(&club, &sam, &piece(1, &[("story", "- one\r\n\t- two"), ("summary", "One\tline")])).await;
    let form = club.get(&sam, &format!("{PLACE}/edit")).await.body;
    assert!(form.contains("- one\n\t- two</textarea>") && form.contains("value=\"One line\""), "{form}");
}
