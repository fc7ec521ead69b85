//! A partner's own people say what it is and give its logo: it counts at once, and nothing else of the record is theirs to change.

use axum::http::StatusCode;
use pressroom::domain::id::PartnerId;
use pressroom::domain::partner::Partner;
use pressroom::store::Cursor;
use url::form_urlencoded;

use crate::rooms::{Club, Guest, Page};
use crate::visit::get;

const PLACE: &str = "/partner/profile";
const FAMILY: &str = "example-family-table";
const PUBLIC: &str = "/partners/example-family-table";
const SAM: &str = "submitter@family.example.org";
const CORA: &str = "consenter@family.example.org";
const SVG: &str = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 50 20'>";

const WHOLE: &[(&str, &str)] = &[
    ("blurb", "We open gyms & kitchens."),
    ("links", "site https://family.example.org/\r\nnewsletter https://family.example.org/news \"Our \"\"own\"\" letter\""),
    ("expertise", "School health\r\n\r\njoint-use"),
    ("sectors", "Food; and sport"),
    ("places", "NM runs 2024-09-01\r\nOR"),
    ("affiliates", "West Table <https://west.example.org/> OR"),
    ("research", "A year of open gyms <https://family.example.org/gyms> 2025"),
];

async fn family(club: &Club) -> Partner {
    club.room.store.find_partner(&PartnerId::parse(FAMILY).unwrap()).await.unwrap().unwrap()
}

fn encoded(version: u64, fields: &[(&str, &str)]) -> String {
    let version = version.to_string();
    form_urlencoded::Serializer::new(String::new()).append_pair("version", &version).extend_pairs(fields).finish()
}

/// Saves the whole profile with these fields otherwise, at a version.
async fn save(club: &Club, guest: &Guest, version: u64, other: &[(&str, &str)]) -> Page {
    let mut fields = WHOLE.to_vec();
    fields.retain(|(name, _)| other.iter().all(|(known, _)| known != name));
    fields.extend(other);
    club.post(guest, PLACE, &encoded(version, &fields)).await
}

async fn give(club: &Club, guest: &Guest, (fields, file): (&[(&str, &str)], &str)) -> Page {
    let form = encoded(family(club).await.version, fields);
    club.post_file(guest, "/partner/logo", (&form, file.as_bytes())).await
}

/// What is told beside a field.
fn beside(page: &Page, field: &str) -> String {
    let found = page.body.split(&format!("id=\"{field}-problem\"")).nth(1);
    found.unwrap_or_else(|| panic!("nothing beside {field}: {}", page.body)).split("</div>").next().unwrap().to_owned()
}

#[tokio::test]
async fn what_a_partner_says_of_itself_counts_at_once_and_nothing_else_does() {
    let club = Club::open().await;
    let sam = club.sign_in(SAM).await;
    assert!(club.get(&sam, "/partner").await.body.contains("href=\"/partner/profile\""));
    let before = family(&club).await;
    let others = [("name", "Example City United"), ("level", "national"), ("contacts", "a@example.org"), ("networks", "southwest")];
    let saved = save(&club, &sam, before.version, &others).await;
    assert_eq!((saved.status, saved.header("location")), (StatusCode::SEE_OTHER, "/partner/profile?saved=true"));

    let public = get(&club.router, PUBLIC).await.body;
    for told in [
        "We open gyms &amp; kitchens.",
        "https://family.example.org/news",
        "Our &quot;own&quot; letter",
        "West Table",
        "A year of open gyms",
    ] {
        assert!(public.contains(told), "{told}: {public}");
    }
    let after = family(&club).await;
    assert_eq!(Partner { profile: after.profile.clone(), version: before.version + 1, ..before.clone() }, after);
    assert_eq!(after.profile.sectors, ["Food; and sport"]);
    assert_eq!(after.profile.expertise.iter().map(|topic| topic.as_str()).collect::<Vec<_>>(), ["school-health", "joint-use"]);

    // What the form shows, saved again, changes nothing, not even the version.
    let page = club.get(&sam, PLACE).await;
    for told in [
        "name=\"blurb\"",
        "newsletter https://family.example.org/news &quot;Our &quot;&quot;own&quot;&quot; letter&quot;",
        "NM runs 2024-09-01",
    ] {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    assert!(page.body.contains("Example Family Table</dd>") && page.body.contains(CORA) && page.body.contains("staff change them"));
    assert!(!page.body.contains("name=\"name\"") && !page.body.contains("name=\"level\""));
    assert_eq!(save(&club, &sam, after.version, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(family(&club).await.version, after.version);
    let audit = club.room.store.page_audit(Cursor::start(), 1_000).await.unwrap().rows;
    let told: Vec<_> = audit.iter().filter(|entry| entry.act == "partner.profile").collect();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].actor.as_str(), told[0].subject.as_str(), told[0].note.as_str()),
        ("Sam, example-family-table", FAMILY, "")
    );
}

#[tokio::test]
async fn who_only_answers_for_the_name_changes_nothing() {
    let club = Club::open().await;
    let cora = club.sign_in(CORA).await;
    let before = family(&club).await;
    assert!(!club.get(&cora, "/partner").await.body.contains("/partner/profile"));
    assert_eq!(club.get(&cora, PLACE).await.status, StatusCode::FORBIDDEN);
    assert_eq!(save(&club, &cora, before.version, &[]).await.status, StatusCode::FORBIDDEN);
    let file = format!("{SVG}<circle cx='10' cy='10' r='9'/></svg>");
    let fields = [("description", "A coin"), ("scope", "directory")];
    assert_eq!(give(&club, &cora, (&fields, &file)).await.status, StatusCode::FORBIDDEN);
    let remove = club.post(&cora, "/partner/logo/remove", &encoded(before.version, &[])).await;
    assert_eq!(remove.status, StatusCode::FORBIDDEN);
    assert_eq!(family(&club).await, before);
}

#[tokio::test]
async fn what_cannot_stand_in_the_directory_is_told_beside_its_field() {
    let club = Club::open().await;
    let sam = club.sign_in(SAM).await;
    let before = family(&club).await;
    let long = "a".repeat(401);
    let many = "site https://family.example.org/\n".repeat(11);
    for (field, text, told) in [
        ("blurb", "One\nand another <script>alert(1)</script>", "expected one line"),
        ("blurb", "We open \u{202e}smyg", "expected one line"),
        ("blurb", long.as_str(), "at most 400"),
        ("links", "site javascript:alert(1)", "the scheme `javascript` is not allowed"),
        ("links", "our own site", "a link is written"),
        ("links", "blog https://family.example.org/\"><img src=x onerror=alert(1)>", "one of site"),
        ("links", many.as_str(), "at most 10"),
        ("places", "NM runs\nNM", "stands there twice"),
        ("places", "NM rules", "one of"),
        ("affiliates", "West </textarea><script>alert(1)</script>", "not an absolute address"),
        ("research", "A year 2025", "not an absolute address"),
        ("sectors", "a\u{0}b", "expected one line"),
        ("expertise", "<<<>>>", "must be"),
    ] {
        let page = save(&club, &sam, before.version, &[(field, text)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{field} {text:?}");
        let said = beside(&page, field);
        assert!(said.contains(told), "{field} {text:?}: {said}");
        assert!(page.body.contains("We open gyms &amp; kitchens.") || field == "blurb", "what was typed elsewhere stays");
        let typed = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        assert!(page.body.contains(&format!("\n{typed}</textarea>")), "{field} {text:?}: {}", page.body);
        for live in ["<script>", "<img src=x"] {
            assert!(!page.body.contains(live), "{field} {text:?}: {}", page.body);
        }
    }
    // Each bad line would be told, and a page is no place for thousands.
    let page = save(&club, &sam, before.version, &[("links", &"x\n".repeat(2_000))]).await;
    assert_eq!(beside(&page, "links").matches("a link is written").count(), 5);
    assert_eq!(family(&club).await, before);
    // What is a sentence is harmless, whatever it looks like.
    save(&club, &sam, before.version, &[("blurb", "<script>alert(1)</script>")]).await;
    let public = get(&club.router, PUBLIC).await.body;
    assert!(!public.contains("<script>alert") && public.contains("&lt;script&gt;alert(1)"), "{public}");
}

#[tokio::test]
async fn who_saves_second_keeps_their_words_and_is_told() {
    let club = Club::open().await;
    let (sam, desk) = (club.sign_in(SAM).await, club.sign_in("desk@example.org").await);
    let seen = family(&club).await.version;
    let form = format!("version={seen}&name=Family+Table&level=state");
    assert_eq!(club.post(&desk, &format!("/desk/partners/{FAMILY}/record"), &form).await.status, StatusCode::SEE_OTHER);
    let late = save(&club, &sam, seen, &[("blurb", "Typed for an hour.")]).await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert!(late.body.contains("\nTyped for an hour.</textarea>") && late.body.contains("Somebody else changed this meanwhile"));
    assert!(family(&club).await.profile.blurb.is_empty());
    let version = late.field("version").parse().unwrap();
    assert_eq!(save(&club, &sam, version, &[("blurb", "Typed for an hour.")]).await.status, StatusCode::SEE_OTHER);
    let kept = family(&club).await;
    assert_eq!((kept.name.as_str(), kept.profile.blurb.as_str()), ("Family Table", "Typed for an hour."));
}

#[tokio::test]
async fn a_logo_is_given_in_the_portal_and_shown_as_far_as_its_grant_goes() {
    let club = Club::open().await;
    let sam = club.sign_in(SAM).await;
    let disc = format!("{SVG}<circle cx='10' cy='10' r='9'/></svg>");
    let fields =
        [("description", "A coin above a table"), ("scope", "newsletter"), ("scope", "directory"), ("until", "2099-01-31")];
    let hostile = format!("{SVG}<script>alert(1)</script></svg>");
    for (fields, file, told) in [
        (&fields[..], hostile.as_str(), "holds the element `script`"),
        (&fields, "", "no file"),
        (&fields[..1], &disc, "granted for nothing"),
        (&[("description", "logo.svg"), ("scope", "directory")], &disc, "not described"),
        (&[("description", "A coin above a table"), ("scope", "everything")], &disc, "nothing that a logo can be granted for"),
        (
            &[("description", "A coin above a table"), ("scope", "directory"), ("until", "2001-01-01")],
            &disc,
            "ends before it begins",
        ),
        (&[("description", "A coin above a table"), ("scope", "directory"), ("for", "dark")], &disc, "dark variant"),
    ] {
        let page = give(&club, &sam, (fields, file)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{told}");
        assert!(beside(&page, "logo").contains(told), "{told}: {}", page.body);
        assert!(page.body.contains(&format!("value=\"{}\"", fields[0].1)), "what was typed stays: {}", page.body);
        assert!(!page.body.contains("<script>"), "{}", page.body);
    }
    let late = club.post_file(&sam, "/partner/logo", (&encoded(99, &fields), disc.as_bytes())).await;
    assert!(late.status == StatusCode::CONFLICT && late.body.contains("value=\"A coin above a table\""));
    assert!(family(&club).await.logo.is_none());

    assert_eq!(give(&club, &sam, (&fields, &disc)).await.status, StatusCode::SEE_OTHER);
    let grant = family(&club).await.logo.unwrap().grant;
    assert_eq!((grant.given_by.as_str(), grant.how.as_str()), ("Sam, example-family-table", "in the portal"));
    assert_eq!((grant.scopes.len(), grant.until), (2, Some(jiff::civil::date(2099, 1, 31))));
    let is_shown = async || get(&club.router, PUBLIC).await.body.contains("alt=\"A coin above a table\"");
    assert!(is_shown().await);
    let page = club.get(&sam, PLACE).await.body;
    assert!(page.contains("alt=\"A coin above a table\"") && page.contains("Given by Sam, example-family-table"), "{page}");

    // What it may be used for changes without the file, which stays.
    let files = |logo: Option<pressroom::domain::partner::Logo>| logo.map(|logo| (logo.light, logo.dark)).unwrap();
    let before = files(family(&club).await.logo);
    assert!(!page.contains("name=\"logo\" required"), "{page}");
    assert_eq!(give(&club, &sam, (&fields[..2], "")).await.status, StatusCode::SEE_OTHER);
    assert!(!is_shown().await, "it is granted for newsletters alone");
    let logo = family(&club).await.logo;
    assert_eq!(logo.as_ref().unwrap().grant.until, None);
    assert_eq!(files(logo), before);
    give(&club, &sam, (&fields, &disc)).await;
    let remove = encoded(family(&club).await.version, &[]);
    assert_eq!(club.post(&sam, "/partner/logo/remove", &remove).await.status, StatusCode::SEE_OTHER);
    assert!(!is_shown().await && family(&club).await.logo.is_none());
}
