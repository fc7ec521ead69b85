//! What replies mean, row by row and by the examples of standards.md F1.

use proptest::prelude::*;

use super::table::{Facts, TABLE};
use super::words::About;
use super::*;

const LATER: Verdict = Verdict::Later { slow_domain: false };
const SLOWER: Verdict = Verdict::Later { slow_domain: true };
const GONE: Verdict = Verdict::RefuseReader { class: RefusalClass::NoSuchAddress, suppress: true };

fn refuse(class: RefusalClass) -> Verdict {
    Verdict::RefuseReader { class, suppress: false }
}

fn reply(line: &str) -> Reply {
    let (code, text) = line.split_at(3.min(line.len()));
    Reply::new(code.parse().ok(), text)
}

fn verdict(stage: Stage, line: &str) -> Verdict {
    judge(stage, &reply(line))
}

fn check(stage: Stage, rows: &[(&str, Verdict)]) {
    for (line, expected) in rows {
        assert_eq!(verdict(stage, line), *expected, "{} at {}", line, stage.word());
    }
}

fn is_relay_fault(stage: Stage, line: &str) -> bool {
    matches!(verdict(stage, line), Verdict::RelayFault { .. })
}

/// Which row decides.
fn deciding(stage: Stage, line: &str) -> usize {
    let facts = Facts::of(stage, &reply(line));
    TABLE.iter().position(|row| row.fits(&facts)).unwrap_or(usize::MAX)
}

#[test]
fn every_row_rests_on_an_rfc_and_decides_its_own_reply() {
    for (place, row) in TABLE.iter().enumerate() {
        assert!(row.rests_on.starts_with("RFC ") && row.rests_on.contains('§'), "{}", row.like);
        assert_eq!(deciding(row.first_stage(), row.like), place, "{}: {}", row.like, row.rests_on);
    }
}

#[test]
fn only_four_rows_suppress_and_they_are_permanent_refusals_of_a_named_reader() {
    let suppressing = TABLE.iter().filter(|row| matches!(row.verdict, Verdict::RefuseReader { suppress: true, .. }));
    assert_eq!(suppressing.map(|row| row.first_stage()).collect::<Vec<_>>(), [Stage::Rcpt; 4]);
    for stage in [Stage::Greeting, Stage::Ehlo, Stage::StartTls, Stage::Auth, Stage::Mail] {
        assert_ne!(verdict(stage, "550 5.1.1 no such user"), GONE, "{}", stage.word());
    }
    assert_eq!(verdict(Stage::Rcpt, "450 5.1.1 no such user"), LATER);
}

#[test]
fn a_good_answer_is_a_good_answer_only_where_it_belongs() {
    check(Stage::Rcpt, &[("250 ok", Verdict::Accepted), ("251 will forward", Verdict::Accepted), ("354 go", LATER)]);
    check(Stage::Data, &[("354 go", Verdict::Accepted), ("250 ok", LATER)]);
    check(Stage::Message, &[("250 queued", Verdict::Accepted), ("299 odd", Verdict::Accepted), ("354 go", LATER)]);
}

#[test]
fn a_missing_mailbox_is_refused_and_suppressed() {
    let rows = [
        "550 5.1.1 no such user",
        "550 5.1.2 bad domain",
        "501 5.1.3 bad syntax",
        "551 5.1.6 moved",
        "556 5.1.10 null MX",
        "556 takes no mail",
        "550 User unknown",
        "554 5.7.1 recipient rejected: user unknown",
        "550 5.0.0 No such mailbox",
        "550 5.5.0 mailbox not found",
        "550 5.2.1 user does not exist",
        "550 5.1.1 policy of this host: user unknown",
    ];
    check(Stage::Rcpt, &rows.map(|line| (line, GONE)));
    check(Stage::Message, &[("550 5.1.1 no such user", GONE)]);
}

#[test]
fn a_disabled_or_full_mailbox_is_refused_and_not_suppressed() {
    check(
        Stage::Rcpt,
        &[
            ("550 5.2.1 disabled", refuse(RefusalClass::Disabled)),
            ("550 your account is disabled", refuse(RefusalClass::Disabled)),
            ("550 5.2.2 mailbox full", refuse(RefusalClass::Full)),
            ("550 over quota", refuse(RefusalClass::Full)),
            ("452 4.2.2 mailbox full", LATER),
        ],
    );
    check(Stage::Message, &[("552 exceeded", refuse(RefusalClass::Full))]);
}

#[test]
fn throttling_slows_the_domain_and_greylisting_does_not() {
    let slow = [
        "421 busy",
        "450 4.7.0 later",
        "421 4.7.28 rate",
        "451 4.7.650 busy",
        "450 4.2.1 too fast",
        "451 TSS04 deferred",
        "452 rate limited",
        "450 too many connections",
    ];
    check(Stage::Rcpt, &slow.map(|line| (line, SLOWER)));
    let plain = [
        "450 mailbox busy",
        "451 4.7.1 Greylisted, come back",
        "452 4.3.1 disk",
        "451 4.4.1 timeout",
        "450 5.1.1 odd mix",
        "550 4.1.1 odd mix",
    ];
    check(Stage::Rcpt, &plain.map(|line| (line, LATER)));
}

#[test]
fn policy_never_suppresses() {
    let rows = [
        "550 5.7.1 refused",
        "550 5.7.26 DMARC",
        "550 5.7.515 unauthenticated",
        "554 message blocked",
        "550 S3150 sorry",
        "554 looks like spam",
        "550 5.1.1 blocked using a blocklist",
        "550 5.1.8 sender rejected",
        "554 5.7.9 Message not accepted for policy reasons",
        "550 5.7.1 No such user here, says our blocklist",
    ];
    check(Stage::Rcpt, &rows.map(|line| (line, refuse(RefusalClass::Policy))));
    check(Stage::Message, &rows.map(|line| (line, refuse(RefusalClass::Policy))));
}

#[test]
fn content_routing_and_the_unknown_leave_the_reader_alone() {
    check(
        Stage::Message,
        &[
            ("552 5.3.4 too large", refuse(RefusalClass::Content)),
            ("554 5.6.1 media", refuse(RefusalClass::Content)),
            ("550 5.2.3 too long", refuse(RefusalClass::Content)),
            ("554 a virus was found", refuse(RefusalClass::Content)),
            ("550 5.4.4 no route", refuse(RefusalClass::Routing)),
            ("550 5.3.0 system", refuse(RefusalClass::Routing)),
            ("521 no mail", refuse(RefusalClass::Routing)),
            ("550 Unrouteable address", refuse(RefusalClass::Other)),
            ("550 no", refuse(RefusalClass::Other)),
            ("599 no", refuse(RefusalClass::Other)),
            ("554", refuse(RefusalClass::Other)),
        ],
    );
}

#[test]
fn too_many_recipients_is_temporary_even_as_552() {
    check(Stage::Message, &[("554 5.7.1 too many recipients", LATER)]);
    check(Stage::Rcpt, &[("552 too many recipients", LATER), ("552 5.2.2 full", LATER), ("550 5.5.3 too many", LATER)]);
}

#[test]
fn what_is_our_fault_stops_the_relay_and_blames_nobody() {
    for line in [
        "530 5.7.0 log in",
        "535 5.7.8 bad",
        "534 no",
        "554 5.7.1 Relay access denied",
        "454 4.7.1 Relay access denied",
        "550 5.4.5 Daily user sending limit exceeded",
        "503 5.5.1 order",
        "500 what",
        "555 5.5.4 parameter",
    ] {
        assert!(is_relay_fault(Stage::Rcpt, line), "{line}");
    }
    for (stage, line) in [
        (Stage::Greeting, "554 no"),
        (Stage::Greeting, "421 busy"),
        (Stage::Ehlo, "550 no"),
        (Stage::StartTls, "454 no"),
        (Stage::Auth, "535 bad"),
        (Stage::Auth, "454 later"),
        (Stage::Mail, "550 5.7.1 no"),
        (Stage::Mail, "451 4.3.0 no"),
        (Stage::Mail, "421 no"),
        (Stage::Greeting, "hello"),
    ] {
        assert!(is_relay_fault(stage, line), "{line}");
    }
}

#[test]
fn a_refused_sender_stops_the_issue() {
    for line in ["550 5.1.8 bad sender", "553 sender", "552 5.3.4 too large"] {
        assert!(matches!(verdict(Stage::Mail, line), Verdict::IssueFault { .. }), "{line}");
    }
}

#[test]
fn what_is_said_of_our_own_address_suppresses_nobody() {
    for line in [
        "550 Verification failed for <us> No Such User Here Sender verify failed",
        "550 5.1.1 callout to the sender failed: no such user",
        "550 5.1.0 <us>: Sender address rejected: User unknown in virtual mailbox table",
        "550 5.1.7 <us>: Sender address rejected: unverified address: user unknown",
        "550 5.1.8 user unknown",
    ] {
        assert_eq!(verdict(Stage::Rcpt, line), refuse(RefusalClass::Policy), "{line}");
    }
}

#[test]
fn a_readers_full_mailbox_is_no_limit_of_the_relay() {
    let full = refuse(RefusalClass::Full);
    check(Stage::Rcpt, &[("550 5.2.2 message quota exceeded", full), ("452 4.2.2 message quota exceeded", LATER)]);
}

#[test]
fn no_code_at_all_is_temporary() {
    check(Stage::Rcpt, &[("xyz odd", LATER), ("", LATER)]);
}

#[test]
fn an_enhanced_code_is_found_on_any_line_and_an_address_is_not_one() {
    let found = |text: &str| Reply::new(Some(550), text).enhanced.map(|code| (code.class, code.subject, code.detail));
    assert_eq!(found("first line #5.1.1 second"), Some((5, 1, 1)));
    assert_eq!(found("from 5.9.1.77 4.2.1 then (5.7.1)"), Some((5, 7, 1)));
    assert_eq!(found("from 5.9.1.77"), None);
    assert_eq!(found("550-5.1.1 x"), None);
}

#[test]
fn a_reply_prints_and_keeps_no_address() {
    let reply = Reply::new(Some(550), "5.1.1 <ada@example.org> unknown");
    assert_eq!(reply.for_record().as_str(), "550 5.1.1 <address> unknown");
    assert!(!format!("{reply:?}").contains("ada"));
}

#[test]
fn the_enhanced_code_of_a_long_reply_counts_and_its_words_are_cut() {
    let long = format!("{} 5.1.1 at last", "words ".repeat(20_000));
    let reply = Reply::new(Some(550), long);
    assert_eq!(reply.enhanced, Some(Enhanced { class: 5, subject: 1, detail: 1 }));
    assert!(reply.text.len() <= TEXT_BYTES_MAX);
}

fn any_stage() -> impl Strategy<Value = Stage> {
    prop::sample::select(vec![
        Stage::Greeting,
        Stage::Ehlo,
        Stage::StartTls,
        Stage::Auth,
        Stage::Mail,
        Stage::Rcpt,
        Stage::Data,
        Stage::Message,
    ])
}

/// Bits of what mail systems say, so that chance hits the rows.
fn any_words() -> impl Strategy<Value = String> {
    let known: Vec<&str> = TABLE.iter().map(|row| row.like).collect();
    prop::collection::vec(
        prop_oneof![prop::sample::select(known).prop_map(str::to_owned), "\\PC{0,30}", "[245]\\.[0-9]\\.[0-9]{1,2} "],
        0..4,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn only_a_code_or_words_about_the_address_suppress(stage in any_stage(), code in prop::option::of(0_u16..1000), text in any_words()) {
        let reply = Reply::new(code, &text);
        if let Verdict::RefuseReader { suppress: true, class } = judge(stage, &reply) {
            prop_assert_eq!(class, RefusalClass::NoSuchAddress);
            prop_assert!(matches!(stage, Stage::Rcpt | Stage::Data | Stage::Message));
            prop_assert_eq!(reply.first_digit(), Some(5));
            let by_code = reply.enhanced.is_some_and(|found| found.subject == 1 && matches!(found.detail, 1 | 2 | 3 | 6 | 10));
            prop_assert!(by_code || code == Some(556) || About::Nobody.is_in(&text.to_ascii_lowercase()));
        }
    }

    #[test]
    fn a_temporary_refusal_ends_no_copy(stage in any_stage(), code in 400_u16..500, text in any_words()) {
        let verdict = judge(stage, &Reply::new(Some(code), &text));
        prop_assert!(matches!(verdict, Verdict::Later { .. } | Verdict::RelayFault { .. }), "{:?}", verdict);
    }
}
