//! What a queue gives out, to whom first, and what it holds back.

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn filled(domains: &[(&str, u32)]) -> (Queue<u32>, DomainPace) {
    let mut queue = Queue::new(8);
    for (domain, rows) in domains {
        (0..*rows).for_each(|row| queue.put(domain, row));
    }
    (queue, DomainPace::default())
}

fn take(queue: &mut Queue<u32>, pace: &mut DomainPace) -> Option<(Arc<str>, u32)> {
    queue.take(pace, at(0), &|_| false)
}

/// One message after another, each answered in the time that its domain takes; how many were taken of each.
fn send(queue: &mut Queue<u32>, pace: &mut DomainPace, slow: &str, count: usize) {
    for _ in 0..count {
        let Some((domain, _)) = take(queue, pace) else { return };
        let took = if &*domain == slow { Duration::from_secs(2) } else { Duration::from_millis(1) };
        queue.done(&domain, Went::Answered(took));
    }
}

fn take_all(queue: &mut Queue<u32>, pace: &mut DomainPace) -> Vec<Arc<str>> {
    std::iter::from_fn(|| take(queue, pace)).map(|(domain, _)| domain).collect()
}

#[test]
fn domains_take_turns_and_their_rows_keep_their_order() {
    let (mut queue, mut pace) = filled(&[("a", 3), ("b", 2)]);
    let mut taken: Vec<(String, u32)> = Vec::new();
    while let Some((domain, row)) = take(&mut queue, &mut pace) {
        queue.done(&domain, Went::Answered(Duration::from_millis(1)));
        taken.push((domain.to_string(), row));
    }
    let expected = [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2)].map(|(domain, row)| (domain.to_owned(), row));
    assert_eq!((taken, queue.len()), (expected.to_vec(), 0));
}

#[test]
fn a_row_that_is_given_back_is_the_next_of_its_domain() {
    let (mut queue, mut pace) = filled(&[("a", 2)]);
    let (domain, row) = take(&mut queue, &mut pace).unwrap();
    queue.put_back(&domain, row);
    assert_eq!((queue.len(), take(&mut queue, &mut pace).unwrap().1), (2, 0));
}

#[test]
fn an_unknown_domain_begins_with_one_and_grows_to_all_connections() {
    let (mut queue, mut pace) = filled(&[("a", 100)]);
    let name: Arc<str> = Arc::from("a");
    for expected in [1, 2, 4, 8, 16, 16] {
        let under_way = take_all(&mut queue, &mut pace).len();
        assert_eq!(under_way, expected, "at most one on the wire and one begun for each connection");
        for _ in 0..under_way {
            queue.done(&name, Went::Answered(Duration::from_millis(1)));
        }
    }
}

#[test]
fn a_slow_domain_keeps_one_connection_of_eight_until_the_others_are_done() {
    let (mut queue, mut pace) = filled(&[("a", 90), ("b", 90), ("slow", 20)]);
    send(&mut queue, &mut pace, "slow", 30);
    assert!(queue.is_slow("slow") && !queue.is_slow("a"));
    let under_way = take_all(&mut queue, &mut pace);
    assert_eq!(under_way.iter().filter(|domain| &***domain == "slow").count(), 1, "{under_way:?}");
    for domain in &under_way {
        queue.done(domain, Went::Nothing);
    }
    send(&mut queue, &mut pace, "slow", 1_000);
    // Whatever is left now is slow, and the ledger has no more.
    queue = {
        let (mut only_slow, mut fresh) = filled(&[("fast", 30), ("slow", 40)]);
        send(&mut only_slow, &mut fresh, "slow", 60);
        only_slow
    };
    queue.set_last(true);
    assert_eq!(take_all(&mut queue, &mut pace).len(), 8);
}

#[test]
fn a_domain_that_asked_for_less_gets_one_at_a_time_and_waits_its_turn() {
    let (mut queue, mut pace) = filled(&[("a", 3), ("b", 1)]);
    pace.slow("a", false, at(0));
    assert_eq!(&*take(&mut queue, &mut pace).unwrap().0, "b");
    assert!(take(&mut queue, &mut pace).is_none());
    assert_eq!((queue.next_turn(), queue.only_waits()), (Some(at(60)), true));
    let (domain, row) = queue.take(&mut pace, at(60), &|_| false).unwrap();
    assert_eq!((&*domain, row), ("a", 0));
    assert!(queue.take(&mut pace, at(600), &|_| false).is_none(), "one at a time");
    queue.done(&domain, Went::Answered(Duration::from_millis(1)));
    assert_eq!(queue.take(&mut pace, at(601), &|_| false).unwrap().1, 1);
}

#[test]
fn a_clock_that_is_put_back_lets_nobody_wait_longer() {
    let (mut queue, mut pace) = filled(&[("a", 1)]);
    pace.slow("a", false, at(0));
    assert!(queue.take(&mut pace, at(0), &|_| false).is_none());
    assert!(queue.take(&mut pace, at(-86_400), &|_| false).is_none());
    assert_eq!(queue.next_turn(), Some(at(-86_340)));
}

#[test]
fn more_rows_are_wanted_while_few_can_go() {
    let (mut queue, mut pace) = filled(&[("a", 50)]);
    assert!(queue.wants_more());
    (0..2 * 200 - 51).for_each(|row| queue.put("a", row));
    assert!(queue.wants_more(), "not yet two claims' worth");
    queue.put("a", 0);
    assert!(!queue.wants_more());
    pace.slow("a", false, at(0));
    assert!(take(&mut queue, &mut pace).is_none());
    assert!(queue.wants_more(), "those that wait do not count");
}

#[test]
fn what_is_too_much_of_a_domain_that_waits_is_postponed_one_behind_the_other() {
    let (mut queue, mut pace) = filled(&[("a", 203), ("b", 300)]);
    pace.slow("a", false, at(0));
    assert_eq!(&*take(&mut queue, &mut pace).unwrap().0, "b");
    let over = queue.overflow(&pace, at(0), false);
    assert_eq!(over.iter().map(|(row, _)| *row).collect::<Vec<_>>(), (5..203).collect::<Vec<_>>(), "five have their turn in time");
    assert_eq!((over[0].1, over[100].1), (SignedDuration::from_mins(6), POSTPONE_MOST));
    let all = queue.overflow(&pace, at(0), true);
    assert_eq!((all.len(), all[0].1, all[1].1), (5, SignedDuration::from_mins(1), SignedDuration::from_mins(2)));
    assert_eq!((queue.len(), queue.next_turn(), queue.only_waits()), (299, None, false));
}

#[test]
fn rows_whose_lease_has_lapsed_cost_their_domain_no_turn() {
    let (mut queue, mut pace) = filled(&[("a", 5)]);
    pace.slow("a", false, at(0));
    let (_, row) = queue.take(&mut pace, at(60), &|row| *row < 3).unwrap();
    assert_eq!((row, queue.take_stale(), queue.len()), (3, vec![0, 1, 2], 1));
}

#[test]
fn a_domain_that_does_not_answer_keeps_no_other_from_being_fetched() {
    let (mut queue, mut pace) = filled(&[("silent", 300)]);
    assert_eq!(take_all(&mut queue, &mut pace).len(), 1);
    assert!(queue.wants_more(), "none of its rows can go now");
    let silent = at(0) + SignedDuration::from_millis(500);
    let late = at(600);
    assert!(queue.overflow(&pace, late, false).is_empty(), "a row that waits behind another domain's is no silence of its own");
    queue.sends("silent", at(0));
    assert_eq!(queue.next_silence(at(0)), Some(silent));
    assert!(queue.overflow(&pace, at(0), false).is_empty(), "most answers take a moment, and rows that are postponed wait longer");
    let over = queue.overflow(&pace, silent, false);
    assert_eq!((over.len(), over[0].1, queue.len(), queue.next_silence(silent)), (99, POSTPONE_LEAST, 200, None));
}

#[test]
fn a_domain_whose_row_was_not_tried_has_not_been_silent() {
    let (mut queue, mut pace) = filled(&[("a", 300)]);
    let (domain, _) = take(&mut queue, &mut pace).unwrap();
    queue.sends(&domain, at(0));
    queue.done(&domain, Went::Nothing);
    assert!(take(&mut queue, &mut pace).is_some());
    assert!(queue.overflow(&pace, at(60), false).is_empty());
}
