//! Stories of paces: kept over restarts, and never more than a bounded number of them.

use crate::domain::time::{SignedDuration, Timestamp};
use crate::store::{PACES_MAX, Pace, PaceOf, Paces, Result, StoreError};

use super::Bench;
use super::books::sample::moment;

fn relay(name: &str) -> PaceOf {
    PaceOf::Relay(name.to_owned())
}

fn domain(name: &str) -> PaceOf {
    PaceOf::Domain(name.to_owned())
}

fn pace(next: Timestamp, milliseconds: i64) -> Pace {
    Pace { next, gap: SignedDuration::from_millis(milliseconds) }
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn paces_are_kept_replaced_and_forgotten<T: Bench<Store: Paces>>(bench: &T) -> Result<()> {
    let paces = bench.open();
    assert_eq!(paces.paces().await?, []);
    paces.note_paces(Vec::new()).await?;
    let noted = vec![
        (domain("example.org"), Some(pace(moment(1), 500))),
        (relay("example.org"), Some(pace(moment(2), 0))),
        (domain("example.com"), Some(pace(moment(3), 60_000))),
        (relay("second"), Some(pace(moment(4), 7))),
        (relay("second"), Some(pace(moment(5), 8))),
    ];
    paces.note_paces(noted).await?;
    drop(paces);
    let paces = bench.open();
    let kept = [
        (relay("example.org"), pace(moment(2), 0)),
        (relay("second"), pace(moment(5), 8)),
        (domain("example.com"), pace(moment(3), 60_000)),
        (domain("example.org"), pace(moment(1), 500)),
    ];
    assert_eq!(paces.paces().await?, kept, "a relay is no domain, and of one named twice the last counts");
    let noted = vec![(domain("example.org"), Some(pace(moment(9), 1))), (relay("second"), None), (domain("unknown.example"), None)];
    paces.note_paces(noted).await?;
    let kept = [
        (relay("example.org"), pace(moment(2), 0)),
        (domain("example.com"), pace(moment(3), 60_000)),
        (domain("example.org"), pace(moment(9), 1)),
    ];
    assert_eq!(paces.paces().await?, kept);
    let long = paces.note_paces(vec![(relay("other"), None), (domain(&"x".repeat(256)), None)]).await;
    assert!(matches!(long, Err(StoreError::TooLarge { most: 255, .. })), "{long:?}");
    Ok(())
}

/// # Errors
/// What the store answers.
///
/// # Panics
/// When the store breaks its promise.
pub async fn the_paces_furthest_past_go_first<T: Bench<Store: Paces>>(bench: &T) -> Result<()> {
    let paces = bench.open();
    let most = i64::try_from(PACES_MAX).expect("a small number");
    let numbered = |number: i64| (domain(&format!("d{number}.example")), pace(moment(number), 1));
    let noted = |numbers: std::ops::Range<i64>| numbers.map(|n| (numbered(n).0, Some(numbered(n).1))).collect::<Vec<_>>();
    // Written the latest first, so that the order of writing does not decide.
    let mut all = noted(100..most + 100);
    all.reverse();
    paces.note_paces(all).await?;
    assert_eq!(paces.paces().await?.len(), PACES_MAX);
    paces.note_paces(noted(200..300)).await?;
    assert_eq!(paces.paces().await?.len(), PACES_MAX, "known ones take no more room");
    drop(paces);
    let paces = bench.open();
    paces.note_paces(noted(0..50)).await?;
    let kept = paces.paces().await?;
    assert!(kept.len() <= PACES_MAX && kept.len() >= PACES_MAX * 9 / 10, "{}", kept.len());
    let mut moments: Vec<Timestamp> = kept.iter().map(|(_, pace)| pace.next).collect();
    moments.sort_unstable();
    let first = most + 100 - i64::try_from(kept.len()).expect("a small number");
    assert_eq!(moments, (first..most + 100).map(moment).collect::<Vec<_>>(), "the latest, without a gap");
    let many = paces.note_paces(noted(0..most + 1)).await;
    assert!(matches!(many, Err(StoreError::TooLarge { .. })), "{many:?}");
    assert_eq!(paces.paces().await?.len(), kept.len(), "nothing was changed");
    Ok(())
}
