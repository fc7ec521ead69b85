//! Runs the conformance stories on every engine, and ledger and readers against naive models.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "store/audience.rs"]
mod audience;
#[path = "store/disk.rs"]
mod disk;
#[path = "store/model.rs"]
mod model;

use std::sync::Arc;

use pressroom::domain::key::{KeyPurpose, NewsroomKey};
use pressroom::domain::time::{Clock, SignedDuration, Timestamp};
use pressroom::store::SharedStore;
use pressroom::store::conformance::books::model::{Act, agrees_with_the_model};
use pressroom::store::conformance::books::{paper, partners, readers};
use pressroom::store::conformance::ledger::between;
use pressroom::store::conformance::{Bench, changes, consents, door, ledger, outbox, paces, pledges, slots, visitors};
use pressroom::store::sled::{SledOptions, SledStore};
use pressroom::testing::{FixedClock, fixed_world};
use proptest::prelude::*;

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

#[tokio::test]
async fn the_embedded_store_is_a_whole_store() {
    let store: SharedStore = Arc::new(SledBench::new().open());
    assert_eq!(store.count_all().await.unwrap(), 0);
}

#[tokio::test]
async fn a_second_opening_is_refused_and_named() {
    let bench = SledBench::new();
    let _first = bench.open();
    let options =
        SledOptions { cache_bytes: 1024 * 1024, address_key: NewsroomKey::from_bytes([7; 32]).subkey(KeyPurpose::Addresses) };
    let folder = bench.folder.path().join("store");
    let error = SledStore::open(&folder, options, fixed_world(&bench.clock, 1)).err().unwrap();
    assert_eq!(error.to_string(), format!("the store at {} is in use by another process", folder.display()));
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

// Stories that need no more than one empty store.
macro_rules! stories {
    ($module:ident: $($story:ident),+ $(,)?) => {
        $(
            #[tokio::test]
            async fn $story() {
                let bench = SledBench::new();
                $module::$story(&bench.open()).await;
            }
        )+
    };
}

stories! { readers:
    a_batch_answers_row_by_row,
    who_left_is_never_revived,
    a_suppression_outlives_erasing_and_importing,
    pages_are_complete_and_without_repeats,
    many_readers_are_looked_up_at_once,
    too_large_a_batch_is_refused_whole,
    overlapping_imports_end_with_each_reader_once,
    a_change_of_a_reader_is_counted_before_it_is_acknowledged,
}

stories! { partners:
    partners_are_replaced_and_paged_by_id,
    a_partners_lost_race_is_a_conflict,
    an_inquiry_becomes_a_partner_or_nothing,
    inquiries_are_bounded,
    links_health_lies_apart,
}

#[tokio::test]
async fn books_of_partners_outlive_reopening() {
    partners::books_of_partners_outlive_reopening(&SledBench::new()).await;
}

stories! { paper:
    a_features_lost_race_is_a_conflict,
    a_feature_its_card_its_notes_and_its_mails_are_one_act,
    a_draft_disturbs_nobody,
    an_issues_lost_race_is_a_conflict,
    the_latest_answer_counts,
    proofs_and_pictures_are_found_by_their_hashes,
}

#[tokio::test]
async fn paper_outlives_reopening() {
    paper::paper_outlives_reopening(&SledBench::new()).await;
}

proptest! {
    // Each case opens a store twice and syncs after every act.
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_acts_on_readers_agree_with_the_model(acts in proptest::collection::vec(any::<Act>(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(agrees_with_the_model(&SledBench::new(), &acts));
    }
}

chapters! { ledger:
    chunks_are_appended_once_in_order_and_no_reader_twice,
    a_page_is_as_many_chunks_in_one_act,
    an_unsealed_issue_is_never_claimed,
    two_workers_never_share_a_row,
    a_lapsed_lease_is_due_again_before_begin_and_uncertain_after,
    a_late_answer_resolves_only_what_is_uncertain,
    no_copy_begins_twice_and_no_outcome_without_a_begin,
    the_first_outcome_stands,
    a_deferred_copy_is_due_when_its_time_has_come,
    a_lease_can_be_extended_and_given_back,
    a_paused_issue_is_not_claimed_but_records,
    a_pause_reaches_what_is_leased_and_has_not_begun,
    cancelling_skips_what_is_due_and_leaves_what_has_begun,
    a_lapsed_lease_over_chunks_closed_meanwhile_still_answers,
    an_issue_can_be_cancelled_before_its_seal,
    a_person_settles_the_uncertain,
    a_restart_at_any_step_loses_nobody_and_sends_nobody_two,
    a_restart_finds_every_begun_row_of_a_full_chunk,
    issues_do_not_meet_and_one_may_be_empty,
    hundreds_of_leases_at_once_are_kept_apart,
    many_workers_finish_an_issue_together,
    the_audit_keeps_its_order,
}

chapters! { changes: what_is_not_about_readers_counts_as_no_change_of_them }

chapters! { between:
    an_outcome_and_a_begin_are_one_act_and_answer_each_for_itself,
    turns_in_one_act_answer_each_for_itself_and_in_order,
    a_pause_keeps_the_begin_away_and_not_the_outcome,
    a_lapsed_leases_answer_does_not_keep_a_live_ones_begin_away,
    an_outcome_is_kept_with_the_begin_of_the_second_message_after_it,
    a_postponed_copy_is_due_later_and_no_try_was_made,
    only_a_leased_row_that_has_not_begun_is_postponed,
}

chapters! { outbox:
    a_mail_is_put_once_and_read_as_it_was,
    mails_are_given_when_they_are_due_the_longest_due_first,
    a_mail_that_is_done_with_keeps_its_key_until_it_is_forgotten,
    a_mail_whose_time_has_run_out_is_not_given,
}

chapters! { consents:
    a_text_is_asked_about_once_and_each_mail_goes_once,
    a_link_answers_once_and_not_late,
    a_ruling_is_found_by_its_words,
}

chapters! { visitors:
    a_link_signs_in_once_and_in_time,
    sessions_end_by_address_and_the_oldest_make_room,
    who_wants_in_is_answered_once_and_not_too_often,
}

chapters! { door:
    what_is_asked_too_soon_waits_for_its_turn_and_a_day_at_most,
    a_link_is_spent_once_and_with_what_takes_its_place,
    who_confirms_is_owed_a_welcome_and_who_moves_leaves_a_suppression,
}

chapters! { slots:
    a_slot_is_claimed_once,
    the_last_slot_is_the_latest_by_its_own_time,
}

chapters! { pledges:
    a_pledge_is_given_once_and_takes_up_the_one_before,
    an_erased_reader_takes_their_pledges_along,
}

chapters! { paces:
    paces_are_kept_replaced_and_forgotten,
    the_paces_furthest_past_go_first,
}
