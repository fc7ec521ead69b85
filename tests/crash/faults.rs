//! Every fault and no kill: each reader's copy ends exactly as the script says, and copies in doubt are sent again when told.

use std::time::Duration;

use crate::chance::Extent;
use crate::relay::Manner;
use crate::script::Mixture;
use crate::stage::{Stage, TRIES};

const TEST: &str = "faults";

/// Readers of one run: with many more, mail systems that refuse for policy would make the issue stop itself.
const READERS: usize = 150;

fn every_fault(extent: Extent, manner: Manner) {
    let run = extent.run(TEST, &format!("{manner:?}"));
    for more in 0..extent.pick(1, 7) {
        every_fault_once(extent.seed.wrapping_add(more), manner, &format!("{run} (run {more} of it)"));
    }
}

fn every_fault_once(seed: u64, manner: Manner, run: &str) {
    let stage = Stage::new(Mixture { readers: READERS, faulty: 60 }, manner, seed);
    stage.finish();
    let ledger = stage.check(0, run).ledger;
    for row in &ledger.rows {
        let found = (row.state.as_str(), row.reason.as_deref());
        let lines = || stage.relay.log().lines_about(&row.reader);
        let expected = stage.script.ends(&row.reader, TRIES);
        assert!(expected.contains(&found), "{run}\n{found:?} instead of {expected:?}\n{}", lines());
    }
    for state in ["accepted", "refused", "uncertain"] {
        assert!(ledger.columns[state] > 0, "{run}: nobody came to be {state}");
    }
    stage.send_uncertain_again(&ledger, run);
}

#[test]
fn each_fault_ends_as_it_must_with_pipelining() {
    let manner = Manner { connections_max: Some(3), closes_after: Some(40), ..Manner::default() };
    every_fault(Extent::of_environment(), manner);
}

#[test]
fn each_fault_ends_as_it_must_step_by_step() {
    let manner = Manner { takes: Duration::from_millis(1), closes_after: Some(7), step_by_step: true, ..Manner::default() };
    every_fault(Extent::of_environment(), manner);
}
