//! `doctor` as an operator meets it: a machine without anything, and one where all is well.

use std::net::{TcpListener, UdpSocket};
use std::time::{Duration, Instant};

use pressroom::testing::dns::DnsServer;
use pressroom::testing::smtp::{Script, SmtpServer};

use crate::daemon::Daemon;
use crate::newsroom::{Newsroom, nobody_listens};

#[test]
fn where_nobody_answers_it_says_so_within_seconds_and_leaves_nothing_behind() {
    let newsroom = Newsroom::sample(nobody_listens());
    // A DNS server and a relay that take questions and never answer.
    let (dns, relay) = (UdpSocket::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let relays = format!("\n[[relay]]\nurl = \"smtp://{}\"\n", relay.local_addr().unwrap());
    newsroom.edit("pressroom.toml", |text| format!("{text}{relays}"));
    let begun = Instant::now();
    let ran = newsroom.run(&["doctor", "--json", "--resolver", &dns.local_addr().unwrap().to_string()]);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    let document = ran.code(69).json();
    assert_eq!(document["verdict"], "fail");
    for finding in document["findings"].as_array().unwrap() {
        let (verdict, unasked) = (finding["verdict"].as_str().unwrap(), finding["unasked"].as_bool().unwrap());
        assert!(verdict != "fail" || unasked, "{finding}");
        assert!(verdict == "ok" || !finding["fix"].as_str().unwrap().is_empty(), "{finding}");
    }
    assert!(!newsroom.path("subscribers/store").exists() && !newsroom.path("subscribers/newsroom.key").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_is_well_the_exit_code_is_0() {
    let dns = DnsServer::start(&[
        ("lantern.example.org", "MX", "10 mail.lantern.example.org"),
        ("lantern.example.org", "TXT", "v=spf1 mx -all"),
        ("bounces.lantern.example.org", "MX", "10 mail.lantern.example.org"),
        ("bounces.lantern.example.org", "TXT", "v=spf1 mx -all"),
        ("_dmarc.lantern.example.org", "TXT", "v=DMARC1; p=reject"),
    ])
    .await;
    let relay = SmtpServer::start(Script { offers: vec!["SIZE 52428800"], ..Script::default() }).await;
    let newsroom = Newsroom::short(relay.address, &["ada@example.org"]);
    let resolver = dns.address.to_string();
    tokio::task::block_in_place(|| {
        let ran = newsroom.run(&["doctor", "--resolver", &resolver]).code(0);
        for word in ["1 readers", "one sound record", "p=reject", "52428800 bytes", "nobody else may read it"] {
            assert!(ran.stdout.contains(word), "expected `{word}`:\n{}", ran.stdout);
        }
        // One fault is enough for another code, and it is told which.
        newsroom.edit("pressroom.toml", |text| text.replace("100 Sample Street, Springfield", ""));
        let ran = newsroom.run(&["doctor", "--resolver", &resolver]).code(1).says(&["1 check failed"]);
        assert!(ran.stdout.contains("fail  postal-address"), "{}", ran.stdout);
    });
}

#[test]
fn with_a_daemon_it_asks_the_daemon_for_the_store() {
    let newsroom = Newsroom::short(nobody_listens(), &["ada@example.org", "bob@example.org"]);
    let dns = UdpSocket::bind("127.0.0.1:0").unwrap();
    let resolver = dns.local_addr().unwrap().to_string();
    let daemon = Daemon::start(&newsroom);
    let document = newsroom.run(&["doctor", "--json", "--resolver", &resolver]).code(69).json();
    let said = |check: &str| {
        let findings = document["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["check"] == check).unwrap_or_else(|| panic!("no {check} in {document}"))["said"]
            .clone()
    };
    assert_eq!(said("daemon"), "it runs and answers");
    assert!(said("store").as_str().unwrap().starts_with("2 readers"), "{}", said("store"));
    assert_eq!(daemon.stop().0, 0);
}

#[test]
fn a_key_that_others_may_read_fails_without_touching_it() {
    use std::os::unix::fs::PermissionsExt;
    let newsroom = Newsroom::short(nobody_listens(), &["ada@example.org"]);
    let key = newsroom.path("subscribers/newsroom.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let dns = UdpSocket::bind("127.0.0.1:0").unwrap();
    let ran = newsroom.run(&["doctor", "--resolver", &dns.local_addr().unwrap().to_string()]).code(1);
    assert!(ran.stdout.contains("fix: chmod 600"), "{}", ran.stdout);
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o644);
}
