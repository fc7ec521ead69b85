//! The books' part of the store's conformance suite, on sled.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::sync::Arc;

use pressroom::domain::key::{KeyPurpose, NewsroomKey};
use pressroom::store::conformance::books::{model, paper, readers, sample};
use pressroom::store::sled::{SledOptions, SledStore};
use pressroom::testing::{FixedClock, fixed_world};
use proptest::prelude::*;

fn open(folder: &Path) -> Arc<SledStore> {
    let address_key = NewsroomKey::from_bytes([7; 32]).subkey(KeyPurpose::Addresses);
    let world = fixed_world(&FixedClock::at(sample::moment(0)), 1);
    Arc::new(SledStore::open(folder, SledOptions { cache_bytes: 8 * 1024 * 1024, address_key }, world).unwrap())
}

macro_rules! stories {
    ($module:ident: $($story:ident)*) => {
        $(#[tokio::test]
        async fn $story() {
            let folder = tempfile::tempdir().unwrap();
            $module::$story(open(folder.path()).as_ref()).await;
        })*
    };
}

stories!(readers:
    a_batch_answers_row_by_row
    who_left_is_never_revived
    a_suppression_outlives_erasing_and_importing
    pages_are_complete_and_without_repeats
    many_readers_are_looked_up_at_once
    too_large_a_batch_is_refused_whole
    overlapping_imports_end_with_each_reader_once
);

stories!(paper:
    partners_are_replaced_and_paged_by_id
    a_features_lost_race_is_a_conflict
    an_issues_lost_race_is_a_conflict
    the_latest_answer_counts
    proofs_and_pictures_are_found_by_their_hashes
);

#[tokio::test]
async fn paper_outlives_reopening() {
    let folder = tempfile::tempdir().unwrap();
    paper::paper_outlives_reopening(|| open(folder.path())).await;
}

proptest! {
    // Each case opens a store twice and syncs after every act.
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn random_acts_agree_with_the_model(acts in proptest::collection::vec(any::<model::Act>(), 1..60)) {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(model::agrees_with_the_model(|| open(folder.path()), &acts));
    }
}
