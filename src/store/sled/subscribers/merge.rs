//! What one row of an import does to what is known: the pure rules, without a store.
//!
//! Given fields overwrite, absent ones keep. A pause is taken where the reader has chosen none here. Who left is never revived, and a pending row never lowers a confirmed membership. Whether an
//! address is suppressed is asked before this.

use litemap::Entry;

use crate::domain::id::NewsletterId;
use crate::domain::subscriber::{Membership, MembershipState, Reader, ReaderFields};
use crate::domain::time::Timestamp;
use crate::store::{NewReader, Upserted};

/// Merges a row into a known reader, who stays as they are unless the answer is [`Upserted::Updated`].
pub(super) fn merge(reader: &mut Reader, newsletter: &NewsletterId, row: NewReader, now: Timestamp) -> Upserted {
    let mut changed = false;
    for (other, membership) in row.history.memberships {
        changed |= merge_membership(reader, other, membership);
    }
    if reader.memberships.get(newsletter).is_some_and(|membership| membership.state == MembershipState::Left) {
        return if changed { Upserted::Updated } else { Upserted::KeptLeft };
    }
    changed |= merge_fields(&mut reader.fields, row.fields);
    changed |= merge_pause(&mut reader.paused_until, row.history.paused_until, now);
    changed |= merge_membership(reader, newsletter.clone(), row.membership);
    if changed { Upserted::Updated } else { Upserted::Unchanged }
}

fn merge_membership(reader: &mut Reader, newsletter: NewsletterId, given: Membership) -> bool {
    match reader.memberships.entry(newsletter) {
        Entry::Vacant(vacant) => {
            vacant.insert(given);
            true
        }
        Entry::Occupied(mut known) => {
            let goes_on = goes_on(known.get(), &given);
            if goes_on {
                known.insert(given);
            }
            goes_on
        }
    }
}

/// Whether the given membership is a step forward. The first evidence of an agreement is kept: a second yes says nothing new.
fn goes_on(known: &Membership, given: &Membership) -> bool {
    match known.state {
        MembershipState::Pending => match given.state {
            MembershipState::Pending => false,
            MembershipState::Confirmed | MembershipState::Left => true,
        },
        MembershipState::Confirmed => match given.state {
            MembershipState::Pending | MembershipState::Confirmed => false,
            // Of leaving elsewhere and joining here the later word counts.
            MembershipState::Left => given.since >= known.since,
        },
        MembershipState::Left => false,
    }
}

pub(super) fn merge_fields(known: &mut ReaderFields, given: ReaderFields) -> bool {
    let before = known.clone();
    let ReaderFields { name, first_name, last_name, organisation, state, topics, language, attributes } = given;
    overwrite(&mut known.name, name);
    overwrite(&mut known.first_name, first_name);
    overwrite(&mut known.last_name, last_name);
    overwrite(&mut known.organisation, organisation);
    overwrite(&mut known.state, state);
    overwrite(&mut known.language, language);
    if !topics.is_empty() {
        known.topics = topics;
    }
    known.attributes.extend(attributes);
    *known != before
}

/// What they chose here counts; a pause that is over is no choice.
fn merge_pause(known: &mut Option<Timestamp>, given: Option<Timestamp>, now: Timestamp) -> bool {
    let (chosen, given) = (known.filter(|until| *until > now), given.filter(|until| *until > now));
    let is_taken = chosen.is_none() && given.is_some();
    if is_taken {
        *known = given;
    }
    is_taken
}

fn overwrite<T>(known: &mut Option<T>, given: Option<T>) {
    if given.is_some() {
        *known = given;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::email::{DisplayName, EmailAddress};
    use crate::domain::id::{ReaderId, Topic};
    use crate::domain::subscriber::Memberships;
    use crate::store::ReaderHistory;

    fn merge(reader: &mut Reader, newsletter: &NewsletterId, row: NewReader) -> Upserted {
        super::merge(reader, newsletter, row, Timestamp::from_second(1_000).unwrap())
    }

    fn partners() -> NewsletterId {
        NewsletterId::parse("partners").unwrap()
    }

    fn membership(state: MembershipState, consent: &str) -> Membership {
        Membership { state, since: Timestamp::UNIX_EPOCH, consent: Some(consent.to_owned()) }
    }

    fn reader(state: MembershipState) -> Reader {
        Reader {
            id: ReaderId::from_bytes([1; 16]),
            address: EmailAddress::parse("a@example.org").unwrap(),
            fields: ReaderFields::default(),
            memberships: Memberships::from_iter([(partners(), membership(state, "first"))]),
            created: Timestamp::UNIX_EPOCH,
            paused_until: None,
        }
    }

    fn row(state: MembershipState) -> NewReader {
        NewReader {
            address: EmailAddress::parse("a@example.org").unwrap(),
            fields: ReaderFields::default(),
            membership: membership(state, "second"),
            history: ReaderHistory::default(),
        }
    }

    #[test]
    fn memberships_only_go_forward() {
        use MembershipState as S;
        for (known, given, answer, after) in [
            (S::Pending, S::Pending, Upserted::Unchanged, S::Pending),
            (S::Pending, S::Confirmed, Upserted::Updated, S::Confirmed),
            (S::Confirmed, S::Pending, Upserted::Unchanged, S::Confirmed),
            (S::Confirmed, S::Confirmed, Upserted::Unchanged, S::Confirmed),
            (S::Confirmed, S::Left, Upserted::Updated, S::Left),
            (S::Left, S::Confirmed, Upserted::KeptLeft, S::Left),
            (S::Left, S::Pending, Upserted::KeptLeft, S::Left),
        ] {
            let mut reader = reader(known);
            assert_eq!(merge(&mut reader, &partners(), row(given)), answer, "{known:?} {given:?}");
            assert_eq!(reader.memberships[&partners()].state, after, "{known:?} {given:?}");
        }
    }

    #[test]
    fn a_second_agreement_keeps_the_evidence_of_the_first() {
        let mut reader = reader(MembershipState::Confirmed);
        merge(&mut reader, &partners(), row(MembershipState::Confirmed));
        assert_eq!(reader.memberships[&partners()].consent.as_deref(), Some("first"));
    }

    #[test]
    fn given_fields_overwrite_and_absent_ones_keep() {
        let name = |text: &str| Some(DisplayName::parse(text).unwrap());
        let mut reader = reader(MembershipState::Confirmed);
        reader.fields.first_name = name("Ada");
        reader.fields.last_name = name("Example");
        reader.fields.topics = [Topic::parse("telehealth").unwrap()].into();
        reader.fields.attributes = [("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())].into();
        let mut row = row(MembershipState::Confirmed);
        row.fields.first_name = name("Zoe");
        row.fields.attributes = [("b".to_owned(), "3".to_owned())].into();
        assert_eq!(merge(&mut reader, &partners(), row.clone()), Upserted::Updated);
        assert_eq!(reader.fields.full_name().as_deref(), Some("Zoe Example"));
        assert_eq!(reader.fields.topics.len(), 1);
        assert_eq!(reader.fields.attributes["a"], "1");
        assert_eq!(reader.fields.attributes["b"], "3");
        assert_eq!(merge(&mut reader, &partners(), row), Upserted::Unchanged);
    }

    #[test]
    fn of_leaving_elsewhere_and_joining_here_the_later_word_counts() {
        let mut known = reader(MembershipState::Confirmed);
        known.memberships.get_mut(&partners()).unwrap().since = Timestamp::from_second(100).unwrap();
        let mut left = row(MembershipState::Left);
        left.membership.since = Timestamp::from_second(99).unwrap();
        assert_eq!(merge(&mut known, &partners(), left.clone()), Upserted::Unchanged);
        left.membership.since = Timestamp::from_second(100).unwrap();
        assert_eq!(merge(&mut known, &partners(), left), Upserted::Updated);
        assert_eq!(known.memberships[&partners()].state, MembershipState::Left);
    }

    #[test]
    fn other_memberships_of_a_row_go_their_own_way() {
        let steering = NewsletterId::parse("steering").unwrap();
        let mut known = reader(MembershipState::Left);
        let mut row = row(MembershipState::Confirmed);
        row.history.memberships = [(steering.clone(), membership(MembershipState::Confirmed, "there"))].into();
        assert_eq!(merge(&mut known, &partners(), row.clone()), Upserted::Updated);
        assert_eq!(known.memberships[&partners()].state, MembershipState::Left);
        assert_eq!(known.memberships[&steering].state, MembershipState::Confirmed);
        assert_eq!(merge(&mut known, &partners(), row), Upserted::KeptLeft);
    }

    #[test]
    fn a_pause_chosen_here_counts_and_else_that_of_the_table() {
        let at = |second| Some(Timestamp::from_second(second).unwrap());
        for (chosen, given, answer, after) in [
            (None, at(2_000), Upserted::Updated, at(2_000)),
            (at(999), at(2_000), Upserted::Updated, at(2_000)),
            (at(1_500), at(2_000), Upserted::Unchanged, at(1_500)),
            (at(3_000), at(2_000), Upserted::Unchanged, at(3_000)),
            (at(3_000), None, Upserted::Unchanged, at(3_000)),
            (None, at(999), Upserted::Unchanged, None),
        ] {
            let mut known = reader(MembershipState::Confirmed);
            known.paused_until = chosen;
            let mut row = row(MembershipState::Confirmed);
            row.history.paused_until = given;
            assert_eq!(merge(&mut known, &partners(), row), answer, "{chosen:?} {given:?}");
            assert_eq!(known.paused_until, after, "{chosen:?} {given:?}");
        }
    }

    #[test]
    fn who_left_keeps_even_their_fields() {
        let mut known = reader(MembershipState::Left);
        let mut row = row(MembershipState::Confirmed);
        row.fields.first_name = Some(DisplayName::parse("Zoe").unwrap());
        assert_eq!(merge(&mut known, &partners(), row), Upserted::KeptLeft);
        assert_eq!(known, reader(MembershipState::Left));
    }
}
