//! The public directory: every active partner with its link, a page and feeds for each, who works where; and the newsletter `partners`,
//! which lives at the same address.

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use pressroom::desk::bundle::FileBundle;
use pressroom::desk::request::{ImportPartners, LogoBytes, PartnerFormat, RemoveLogo, SaveLogo};
use pressroom::domain::id::PartnerId;
use pressroom::domain::partner::{LinkHealth, PartnerStanding};
use pressroom::domain::prose::LinkTarget;
use pressroom::domain::time::SignedDuration;
use pressroom::web::public_routes;

use crate::newsroom::{Newsroom, approver, editor, issue_file};
use crate::visit::{ISSUE, STORY, door, get, gone_out};

const TABLE: &str = "\
id,name,level,places,affiliates,expertise,blurb,links,research
example-city-united,Example City United,local,OH funds 2019-05-01;NM supports,Example Ward Fund <https://ward.example.org/> OH,coordination,A city fund that pays for data staff.,\"https://city.example.org/;newsletter https://city.example.org/news \"\"Ward notes\"\"\",What a coordinator costs <https://city.example.org/study> 2025
example-planners,Example Plannérs' Commons,national,NM runs 2024-09-01,,joint-use,Treats schools as public ground.,https://planners.example.org/,
";

async fn import(room: &Newsroom, table: &str) {
    let bytes = table.as_bytes().to_vec();
    let request = ImportPartners { file_name: "partners.csv".into(), bytes, format: PartnerFormat::Csv, dry_run: false };
    assert!(room.desk.import_partners(&editor(), request).await.unwrap().bad.is_empty());
}

async fn stand(room: &Newsroom, id: &str, standing: PartnerStanding) {
    let mut partner = room.store.find_partner(&PartnerId::parse(id).unwrap()).await.unwrap().unwrap();
    (partner.standing, partner.version) = (standing, partner.version + 1);
    room.store.put_partner(partner).await.unwrap();
}

#[tokio::test]
async fn every_partner_is_listed_with_its_link_on_the_web() {
    let room = Newsroom::open().await;
    let mut table = "id,name,level,places,expertise,links\n".to_owned();
    for number in 0..200 {
        let state = ["NM", "TX", "OH", "WV"][number % 4];
        table.push_str(&format!(
            "example-{number:03},Example {number:03},state,{state} runs,topic-{number},https://p{number:03}.example.org/\n"
        ));
    }
    import(&room, &table).await;
    let dead = LinkTarget::parse("https://p007.example.org/").unwrap();
    let (now, week) = (room.desk.now(), SignedDuration::from_hours(7 * 24));
    let first = LinkHealth::after_look(None, now - week, Some("status 410".into()));
    let health = LinkHealth::after_look(Some(&first), now, Some("status 410".into()));
    room.store.note_link(&PartnerId::parse("example-007").unwrap(), &dead, health).await.unwrap();
    let (_, router) = door(&room);
    get(&router, "/partners").await;
    let began = Instant::now();
    let page = get(&router, "/partners").await;
    assert!(began.elapsed() < Duration::from_millis(250), "{:?} unoptimised", began.elapsed());
    assert_eq!(page.status, StatusCode::OK);
    for number in 0..200 {
        let link = format!("<a href=\"https://p{number:03}.example.org/\"");
        assert!(page.body.contains(&link) && page.body.contains(&format!(">Example {number:03}</a>")), "{number}");
    }
    assert!(page.body.contains("Example Silent Partner"), "also who has no link");
    assert!(!page.body.contains("410"), "a dead link is told to staff alone");
    let told = room.desk.dead_links(&editor()).await.unwrap();
    assert_eq!(
        told.iter().map(|dead| (dead.partner.as_str(), dead.why.as_str())).collect::<Vec<_>>(),
        [("example-007", "status 410")]
    );
    let json: serde_json::Value = serde_json::from_str(&get(&router, "/partners.json").await.body).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 204);
    assert!(!get(&router, "/partners.json").await.body.contains("contact"));
}

#[tokio::test]
async fn partners_are_found_by_what_they_say_and_where_they_are() {
    let room = Newsroom::open().await;
    import(&room, TABLE).await;
    let (_, router) = door(&room);
    for (query, found) in [
        ("find=planners+COMM", vec!["Plannérs"]),
        ("find=coordinator+costs", vec!["City United"]),
        ("expertise=joint-use", vec!["Plannérs"]),
        ("state=nm", vec!["City United", "Plannérs"]),
        ("state=NM&level=national", vec!["Plannérs"]),
        ("find=nowhere", vec![]),
        ("level=%3Cscript%3E", vec![]),
    ] {
        let page = get(&router, &format!("/partners?{query}")).await;
        for name in ["City United", "Plannérs", "Silent"] {
            assert_eq!(page.body.contains(name), found.contains(&name), "{query}: {name}");
        }
        assert_eq!(page.header("x-robots-tag"), "noindex", "{query}");
        assert!(!page.body.contains("<script"));
    }
}

#[tokio::test]
async fn a_partners_page_says_what_it_is_and_what_of_it_went_out_in_public() {
    let room = gone_out().await;
    import(&room, TABLE).await;
    let secret = room.feature("example-city-united", "secret-vault").await;
    room.proofed(issue_file("2027-03-steering", "steering", "## From the field\n\n```features\ncount = 1\n```\n")).await;
    room.send_overriding("2027-03-steering").await.unwrap();
    let (_, router) = door(&room);
    let page = get(&router, "/partners/example-city-united").await;
    assert_eq!(page.status, StatusCode::OK);
    let story = format!("/partners/{ISSUE}/example-city-united/public-gym");
    for part in [
        "Ward notes",
        "What a coordinator costs</a>, 2025",
        "Example Ward Fund",
        "funds, since 2019",
        "New Mexico",
        &story,
        "Plannérs",
    ] {
        assert!(page.body.contains(part), "{part} is not in {}", page.body);
    }
    let atom = get(&router, "/partners/example-city-united/feed.atom").await;
    assert!(atom.body.contains(&format!("{story}</id>")) && atom.body.contains(STORY), "{}", atom.body);
    let json = get(&router, "/partners/example-city-united/feed.json").await;
    assert!(json.body.contains("\"feed_url\":\"http://127.0.0.1:8080/partners/example-city-united/feed.json\""), "{}", json.body);
    for body in [&page.body, &atom.body, &json.body] {
        assert!(!body.contains("secret-vault") && !body.contains("secret vault") && !body.contains("steering"), "{secret}: {body}");
    }
}

#[tokio::test]
async fn who_is_not_of_the_alliance_has_no_page_and_who_left_keeps_what_was_published() {
    let room = gone_out().await;
    let (_, router) = door(&room);
    let (now, path) = (room.desk.now(), "/partners/example-city-united");
    for standing in [
        PartnerStanding::Prospect { since: now },
        PartnerStanding::Invited { at: now, since: now },
        PartnerStanding::Resting { since: now, reason: "a merger".into() },
    ] {
        stand(&room, "example-city-united", standing).await;
        assert_eq!(get(&router, path).await.status, StatusCode::NOT_FOUND);
        assert!(!get(&router, "/partners").await.body.contains("Example City United"));
    }
    stand(&room, "example-city-united", PartnerStanding::Gone { at: now, reason: "a secret quarrel".into() }).await;
    let gone = get(&router, path).await;
    assert_eq!(gone.status, StatusCode::GONE);
    assert!(gone.body.contains("no longer part") && gone.body.contains("public-gym"), "{}", gone.body);
    assert!(!gone.body.contains("quarrel") && !gone.body.contains("https://city.example.org"), "{}", gone.body);
    assert!(!get(&router, "/partners").await.body.contains("Example City United"));
}

#[tokio::test]
async fn a_newsletter_called_partners_keeps_all_its_addresses() {
    let room = gone_out().await;
    let (_, router) = door(&room);
    let here = get(&router, "/partners").await.body;
    assert!(here.contains(&format!("href=\"/partners/{ISSUE}\"")) && here.contains("href=\"/partners?page=1\""), "{here}");
    for (path, part) in [
        ("?page=1", "All issues"),
        ("?q=coord", "One issue has the words"),
        ("/2027-02-partners", "Coordinators at the centre"),
        ("/2027-02-partners/mail", "Coordinators at the centre"),
        ("/2027-02-partners/event-1.ics", "BEGIN:VCALENDAR"),
        ("/2027-02-partners/example-city-united/public-gym", STORY),
        ("/feed.atom", "Coordinators at the centre"),
        ("/feed.json", "Coordinators at the centre"),
        ("/sign-up", "type=\"email\""),
    ] {
        let answer = get(&router, &format!("/partners{path}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.body.contains(part) || path == "?page=1" && answer.body.contains(ISSUE), "{path}: {}", answer.body);
    }
    for path in ["/no-such-name", "/no-such-name/feed.atom", "/no-such-issue/mail", "/2027-02-steering", "?page=2"] {
        assert_eq!(get(&router, &format!("/partners{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_map_says_in_a_table_and_as_json_what_it_shows() {
    let room = Newsroom::open().await;
    import(&room, TABLE).await;
    let (_, router) = door(&room);
    let page = get(&router, "/map").await;
    assert!(page.body.contains("role=\"img\"") && page.body.contains("<caption>"), "{}", page.body);
    assert!(page.body.contains(">NM</text><text x=\"23\" y=\"38\" text-anchor=\"middle\">2</text>"), "{}", page.body);
    assert!(page.body.contains("runs schools or programmes, since 2024"), "{}", page.body);
    let json: serde_json::Value = serde_json::from_str(&get(&router, "/partners/map.json").await.body).unwrap();
    assert_eq!(json[0]["state"], "NM");
    let told = &json[0]["partners"][1];
    assert_eq!((&told["id"], &told["role"], &told["since"]), (&"example-planners".into(), &"runs".into(), &"2024-09-01".into()));
}

fn logo(svg: &str, dark: bool, until: Option<&str>) -> SaveLogo {
    SaveLogo {
        partner: "example-city-united".into(),
        version: None,
        file: Some(LogoBytes(format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 50 20'>{svg}</svg>").into_bytes())),
        dark,
        description: "A coin above a city".into(),
        scopes: vec!["newsletter".into(), "directory".into()],
        from: None,
        until: until.map(str::to_owned),
        given_by: "Ada Example".into(),
        how: "by letter".into(),
    }
}

#[tokio::test]
async fn a_logo_is_shown_as_it_was_drawn_and_as_long_as_it_is_granted() {
    let room = Newsroom::open().await;
    let (_, router) = door(&room);
    let disc = "<!-- by hand --><circle cx='10' cy='10' r='9'/>";
    assert!(room.desk.save_logo(&editor(), logo(disc, true, None)).await.is_err(), "a dark one needs a light one");
    let hostile = room.desk.save_logo(&editor(), logo("<script>alert(1)</script>", false, None)).await.unwrap_err();
    assert!(hostile.to_string().contains("holds the element `script`"), "{hostile}");
    let nameless = SaveLogo { description: "logo.svg".into(), ..logo(disc, false, None) };
    assert!(room.desk.save_logo(&editor(), nameless).await.is_err());
    let stale = SaveLogo { version: Some(7), ..logo(disc, false, None) };
    assert_eq!(room.desk.save_logo(&editor(), stale).await.unwrap_err().exit_code(), 75);

    let last = room.desk.now().to_string()[..10].to_owned();
    room.desk.save_logo(&editor(), logo(disc, false, Some(&last))).await.unwrap();
    room.desk.save_logo(&editor(), logo("<rect width='9' height='9' fill='#fff'/>", true, Some(&last))).await.unwrap();
    for path in ["/partners", "/partners/example-city-united"] {
        let page = get(&router, path).await;
        assert!(
            page.body.contains("alt=\"A coin above a city\"") && page.body.contains("prefers-color-scheme: dark"),
            "{}",
            page.body
        );
        let hash = page.body.split("src=\"/pictures/").nth(1).unwrap().split('"').next().unwrap();
        let drawing = get(&router, &format!("/pictures/{hash}")).await;
        assert_eq!((drawing.status, drawing.header("content-type")), (StatusCode::OK, "image/svg+xml"));
        assert!(drawing.header("content-security-policy").starts_with("sandbox; default-src 'none'"));
        assert!(drawing.body.contains("<path") && !drawing.body.contains("by hand"), "{}", drawing.body);
    }
    room.clock.advance(SignedDuration::from_hours(24));
    assert!(!get(&router, "/partners").await.body.contains("A coin above a city"), "the grant is over");
    room.desk.save_logo(&editor(), logo(disc, false, None)).await.unwrap();
    assert!(get(&router, "/partners").await.body.contains("A coin above a city"));
    room.desk.remove_logo(&editor(), RemoveLogo { partner: "example-city-united".into(), version: None }).await.unwrap();
    assert!(!get(&router, "/partners").await.body.contains("A coin above a city"));
}

#[tokio::test]
async fn a_partner_never_takes_an_address_of_the_pages() {
    let room = Newsroom::open().await;
    let taken = public_routes().into_iter().filter_map(|route| route.path.strip_prefix("/partners/")?.split('/').next());
    let taken: Vec<&str> = taken.filter(|word| PartnerId::parse(word).is_ok()).collect();
    assert!(taken.contains(&"sign-up"));
    for word in taken {
        let bytes = format!("id,name,level\n{word},Example Partner,local\n").into_bytes();
        let request = ImportPartners { file_name: "partners.csv".into(), bytes, format: PartnerFormat::Csv, dry_run: true };
        let bad = room.desk.import_partners(&editor(), request).await.unwrap().bad;
        assert!(bad[0].reason.contains("a word of the addresses"), "{word}: {}", bad[0].reason);
    }
}

#[tokio::test]
async fn a_new_partners_logo_stands_in_the_issue_as_long_as_it_is_granted() {
    for (scopes, until, is_shown) in [
        (&["newsletter"][..], Some("2027-02-02"), true),
        (&["newsletter"], Some("2027-02-01"), false),
        (&["directory", "positions"], None, false),
    ] {
        let room = Newsroom::open().await;
        let (_, router) = door(&room);
        room.readers("partners", 1).await;
        let given = logo("<circle cx='10' cy='10' r='9'/>", false, until);
        let given = SaveLogo { scopes: scopes.iter().copied().map(String::from).collect(), ..given };
        room.desk.save_logo(&editor(), SaveLogo { from: Some("2027-01-01".into()), ..given }).await.unwrap();
        let file = issue_file("2027-02-partners", "partners", "## News\n\nHello.\n\n```new-partners\n```\n");
        let text = String::from_utf8(file.bytes).unwrap().replacen("+++\n", "+++\nsend = 2027-02-02T10:00:00\n", 1);
        let proof = room.proofed(FileBundle { bytes: text.into_bytes(), ..file }).await;
        room.approve(&approver(), "2027-02-partners", &proof).await.unwrap();
        room.send("2027-02-partners").await.unwrap();
        for path in ["/partners/2027-02-partners", "/partners/2027-02-partners/mail"] {
            let page = get(&router, path).await.body;
            assert!(page.contains("Example City United"), "{path}");
            assert_eq!(page.contains("alt=\"A coin above a city\""), is_shown, "{path} {scopes:?} {until:?}");
        }
    }
}
