//! The audit itself is tried: logs and ledgers with something wrong in them, and it finds that and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::{Case, Finding, Ledger, Row, audit};
use crate::log::{Answer, Event, Stage};

const ADA: &str = "ada@example.net";
const BEN: &str = "ben@example.net";

fn named() -> Event {
    Event::Named
}

fn taken(message_id: &str) -> Event {
    Event::Taken { message_id: message_id.to_owned() }
}

fn yes() -> Event {
    Event::Answered { stage: Stage::Dot, answer: Answer::Yes }
}

fn later() -> Event {
    Event::Answered { stage: Stage::Rcpt, answer: Answer::Later }
}

fn never() -> Event {
    Event::Answered { stage: Stage::Data, answer: Answer::Never }
}

fn broken(stage: Stage) -> Event {
    Event::Broken { stage }
}

/// A whole copy.
fn sent(reader: &str) -> Vec<Event> {
    vec![named(), Event::Coming, taken(&format!("<{reader}>")), yes()]
}

/// Two readers; Ben's copy is always in order. What the audit says of Ada's.
struct Ada {
    log: Vec<Event>,
    state: &'static str,
    reason: Option<&'static str>,
    uncertain_max: u64,
}

fn ada(state: &'static str, log: Vec<Event>) -> Ada {
    Ada { log, state, reason: None, uncertain_max: 0 }
}

fn ledger(ada: &Ada) -> Ledger {
    let row = |reader: &str, state: &str, reason: Option<&str>| Row {
        reader: reader.to_owned(),
        state: state.to_owned(),
        reason: reason.map(str::to_owned),
    };
    let mut columns = BTreeMap::from([("accepted", 1)]);
    *columns.entry(ada.state).or_default() += 1;
    let uncertain = if ada.state == "uncertain" { vec![ADA.to_owned()] } else { Vec::new() };
    Ledger { columns, intended: 2, rows: vec![row(ADA, ada.state, ada.reason), row(BEN, "accepted", None)], uncertain }
}

fn audited(ada: &Ada, doctor: impl FnOnce(&mut Ledger, &mut BTreeMap<String, Vec<Event>>)) -> Vec<Finding> {
    let intended = BTreeSet::from([ADA.to_owned(), BEN.to_owned()]);
    let mut log = BTreeMap::from([(ADA.to_owned(), ada.log.clone()), (BEN.to_owned(), sent(BEN))]);
    let mut ledger = ledger(ada);
    doctor(&mut ledger, &mut log);
    audit(&Case { intended: &intended, log: &log, ledger: &ledger, uncertain_max: ada.uncertain_max }).findings
}

fn findings(ada: &Ada) -> Vec<Finding> {
    audited(ada, |_, _| {})
}

fn kinds(found: &[Finding]) -> String {
    let kind = |finding: &Finding| match finding {
        Finding::Lost { .. } => 'L',
        Finding::Doubled { .. } => 'D',
        Finding::Miscounted { .. } => 'M',
        Finding::Sum { .. } => 'S',
        Finding::Doubted { .. } => '?',
    };
    found.iter().map(kind).collect()
}

#[test]
fn what_is_in_order_is_in_order() {
    let because = |state, reason, log| Ada { reason: Some(reason), ..ada(state, log) };
    let all = [
        ada("accepted", sent(ADA)),
        ada("accepted", [vec![named(), later()], vec![named(), broken(Stage::Message)], sent(ADA)].concat()),
        // Announced by a sender that was killed before it could hear of it.
        ada("accepted", [vec![named()], vec![named(), never(), Event::Unheard], sent(ADA)].concat()),
        because("skipped", "left", vec![named()]),
        because("refused", "full", vec![named(), never()]),
        because("refused", "expired", vec![named(), later(), named(), broken(Stage::Data)]),
        because("skipped", "left", vec![named(), later()]),
        because("skipped", "left", vec![]),
        ada("uncertain", vec![named(), taken("<a>"), broken(Stage::Dot)]),
        ada("uncertain", vec![named(), broken(Stage::Dot)]),
        ada("uncertain", vec![named(), broken(Stage::Message)]),
        ada("accepted", [vec![named(), taken("<ada@example.net>"), broken(Stage::Dot), Event::Told], sent(ADA)].concat()),
        Ada { uncertain_max: 1, ..ada("uncertain", sent(ADA)) },
        Ada { uncertain_max: 1, ..ada("uncertain", vec![]) },
    ];
    for ada in &all {
        assert_eq!(findings(ada), [], "{} {:?}", ada.state, ada.log);
    }
}

#[test]
fn a_lost_reader_is_found() {
    assert_eq!(kinds(&findings(&ada("accepted", vec![]))), "L");
    assert_eq!(kinds(&findings(&ada("accepted", vec![named(), broken(Stage::Message)]))), "L");
    assert_eq!(kinds(&findings(&ada("accepted", vec![named(), later()]))), "L");
    assert_eq!(kinds(&findings(&ada("deferred", vec![named(), later()]))), "L");
    assert_eq!(kinds(&findings(&ada("pending", vec![]))), "L");
    let refused = |reason, log| findings(&Ada { reason: Some(reason), ..ada("refused", log) });
    assert_eq!(kinds(&refused("full", vec![named(), later()])), "L", "refused without a refusal");
    assert_eq!(kinds(&refused("expired", vec![named(), never()])), "L");
    assert_eq!(kinds(&refused("expired", vec![named()])), "L");
    let gone = audited(&ada("accepted", sent(ADA)), |ledger, _| {
        ledger.rows.remove(0);
    });
    assert_eq!(kinds(&gone), "SSL", "a row that is gone: the column, the rows, the reader");
}

#[test]
fn a_doubled_reader_is_found() {
    let twice = [sent(ADA), sent(ADA)].concat();
    assert_eq!(kinds(&findings(&ada("accepted", twice))), "D");
    let risked = [
        vec![named(), broken(Stage::Dot)],
        vec![named(), taken("<ada@example.net>"), broken(Stage::Dot)],
        vec![named(), Event::Coming],
        vec![named(), never()],
    ];
    for first in risked {
        assert_eq!(kinds(&findings(&ada("accepted", [first.clone(), sent(ADA)].concat()))), "D", "{first:?}");
    }
    let other_id = [vec![named(), taken("<x@example.net>"), broken(Stage::Dot), Event::Told], sent(ADA)].concat();
    assert_eq!(kinds(&findings(&ada("accepted", other_id))), "D", "the second copy is not the same message");
    let told_once = [vec![named(), broken(Stage::Dot), Event::Told], sent(ADA), sent(ADA)].concat();
    assert_eq!(kinds(&findings(&ada("accepted", told_once))), "D", "one more, and not two");
    assert_eq!(kinds(&findings(&ada("accepted", vec![named(), taken(""), yes()]))), "D", "no Message-ID");
    assert_eq!(kinds(&findings(&ada("accepted", sent(BEN)))), "D", "another reader's Message-ID");
    let stranger = audited(&ada("accepted", sent(ADA)), |_, log| {
        log.insert("eve@example.net".to_owned(), sent("eve"));
    });
    assert_eq!(kinds(&stranger), "D");
}

#[test]
fn a_miscounted_reader_is_found() {
    let refused = |reason, log| kinds(&findings(&Ada { reason, ..ada("refused", log) }));
    assert_eq!(refused(None, vec![named(), never()]), "M", "no reason");
    assert_eq!(refused(Some("full"), sent(ADA)), "M");
    assert_eq!(refused(Some("expired"), vec![named(), broken(Stage::Dot)]), "M");
    let after_the_dot = vec![named(), taken("<a>"), broken(Stage::Dot)];
    assert_eq!(kinds(&findings(&ada("accepted", after_the_dot))), "M", "it cannot know");
    assert_eq!(kinds(&findings(&Ada { reason: Some("left"), ..ada("skipped", sent(ADA)) })), "M");
    let told = [vec![named(), broken(Stage::Dot), Event::Told], vec![]].concat();
    assert_eq!(kinds(&findings(&ada("accepted", told))), "L", "it was to be sent once more, and was not");
}

#[test]
fn numbers_that_do_not_add_up_are_found() {
    let fine = ada("accepted", sent(ADA));
    let doctored = |doctor: fn(&mut Ledger)| kinds(&audited(&fine, |ledger, _| doctor(ledger)));
    assert_eq!(doctored(|ledger| *ledger.columns.get_mut("accepted").unwrap() = 1), "SS", "the column, and the sum");
    assert_eq!(doctored(|ledger| ledger.intended = 3), "SSS");
    assert_eq!(doctored(|ledger| ledger.uncertain.push(ADA.to_owned())), "S");
    assert_eq!(doctored(|ledger| ledger.rows.push(ledger.rows[0].clone())), "SSM");
    let unlisted = audited(&Ada { uncertain_max: 1, ..ada("uncertain", sent(ADA)) }, |ledger, _| ledger.uncertain.clear());
    assert_eq!(kinds(&unlisted), "S");
    assert_eq!(kinds(&findings(&ada("uncertain", sent(ADA)))), "?", "more in doubt than the kills explain");
}
