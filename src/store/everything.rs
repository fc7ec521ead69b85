//! All traits of the store as one, to be passed round.

use std::sync::Arc;

use super::{
    Audit, Backups, ConsentBook, DeliveryLedger, Doorstep, FeatureBox, IssueShelf, Outbox, Paces, PartnerBook, PledgeBook, Slots,
    SubscriberBook, Visitors,
};

/// Everything together, passed round as one.
pub trait Store:
    SubscriberBook
    + Doorstep
    + PartnerBook
    + FeatureBox
    + ConsentBook
    + PledgeBook
    + IssueShelf
    + DeliveryLedger
    + Outbox
    + Slots
    + Paces
    + Audit
    + Backups
    + Visitors
{
}

impl<
    T: SubscriberBook
        + Doorstep
        + PartnerBook
        + FeatureBox
        + ConsentBook
        + PledgeBook
        + IssueShelf
        + DeliveryLedger
        + Outbox
        + Slots
        + Paces
        + Audit
        + Backups
        + Visitors,
> Store for T
{
}

/// A store behind a shared pointer.
pub type SharedStore = Arc<dyn Store>;
