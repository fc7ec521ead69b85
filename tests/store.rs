//! Runs the conformance story on every engine, and the ledger against a naive model.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "store/model.rs"]
mod model;

use std::sync::Arc;

use pressroom::domain::key::{KeyPurpose, NewsroomKey};
use pressroom::domain::time::{Clock, SignedDuration, Timestamp};
use pressroom::store::conformance::{Bench, ledger};
use pressroom::store::sled::{SledOptions, SledStore};
use pressroom::testing::{FixedClock, fixed_world};

/// A sled store in a folder of its own.
struct SledBench {
    folder: tempfile::TempDir,
    clock: Arc<FixedClock>,
}

impl SledBench {
    fn new() -> Self {
        let clock = FixedClock::at(Timestamp::from_second(1_800_000_000).unwrap());
        Self { folder: tempfile::tempdir().unwrap(), clock }
    }
}

impl Bench for SledBench {
    type Store = SledStore;

    fn open(&self) -> SledStore {
        let address_key = NewsroomKey::from_bytes([7; 32]).subkey(KeyPurpose::Addresses);
        let options = SledOptions { cache_bytes: 4 * 1024 * 1024, address_key };
        SledStore::open(&self.folder.path().join("store"), options, fixed_world(&self.clock, 1)).unwrap()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }
}

macro_rules! chapters {
    ($story:ident: $($chapter:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $chapter() {
                $story::$chapter(&SledBench::new()).await.unwrap();
            }
        )+
    };
}

chapters! { ledger:
    chunks_are_appended_once_in_order_and_no_reader_twice,
    an_unsealed_issue_is_never_claimed,
    two_workers_never_share_a_row,
    a_lapsed_lease_is_due_again_before_begin_and_uncertain_after,
    a_late_answer_resolves_only_what_is_uncertain,
    no_copy_begins_twice_and_no_outcome_without_a_begin,
    the_first_outcome_stands,
    a_deferred_copy_is_due_when_its_time_has_come,
    a_lease_can_be_extended_and_given_back,
    a_paused_issue_is_not_claimed_but_records,
    cancelling_skips_what_is_due_and_leaves_what_has_begun,
    an_issue_can_be_cancelled_before_its_seal,
    a_person_settles_the_uncertain,
    a_restart_at_any_step_loses_nobody_and_sends_nobody_two,
    issues_do_not_meet_and_one_may_be_empty,
    many_workers_finish_an_issue_together,
    the_audit_keeps_its_order,
}
