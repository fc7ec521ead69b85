//! What pages and mails call the fields of a piece.

use super::super::feature_form::Field;
use super::page_words::PageWords;

impl PageWords {
    /// A field's name.
    #[must_use]
    pub fn field(&self, field: Field) -> String {
        match field {
            Field::Partner => self.text("piece-partner"),
            Field::Kind => self.text("piece-kind"),
            Field::Title => self.text("piece-title"),
            Field::Summary => self.text("piece-summary"),
            Field::Brief => self.text("piece-brief"),
            Field::Story => self.text("piece-story"),
            Field::Changed => self.text("piece-changed"),
            Field::ForWhom => self.text("piece-for-whom"),
            Field::Evidence => self.text("piece-evidence"),
            Field::LinkUrl => self.text("piece-link-url"),
            Field::LinkText => self.text("piece-link-text"),
            Field::Expertise => self.text("piece-expertise"),
            Field::Places => self.text("piece-places"),
            Field::Community => self.text("piece-community"),
            Field::Principles => self.text("piece-principles"),
            Field::Names => self.text("piece-names"),
            Field::Position => self.text("piece-position"),
            Field::AsksOfficials => self.text("piece-asks-officials"),
            Field::EventStarts => self.text("piece-event-starts"),
            Field::EventEnds => self.text("piece-event-ends"),
            Field::EventZone => self.text("piece-event-zone"),
            Field::EventPlace => self.text("piece-event-place"),
            Field::EventCost => self.text("piece-event-cost"),
            Field::EventRegisterBy => self.text("piece-event-register-by"),
            Field::EventAccess => self.text("piece-event-access"),
            Field::ImageFile => self.text("piece-image-file"),
            Field::ImageDescription => self.text("piece-image-description"),
            Field::ImageCredit => self.text("piece-image-credit"),
            Field::ImageRights => self.text("piece-image-rights"),
            Field::ImageLicence => self.text("piece-image-licence"),
            Field::ImagePeople => self.text("piece-image-people"),
            Field::ImageMinors => self.text("piece-image-minors"),
            Field::ReleaseHeldBy => self.text("piece-release-held-by"),
            Field::ReleaseUntil => self.text("piece-release-until"),
            Field::QuoteWords => self.text("piece-quote-words"),
            Field::QuoteSpeaker => self.text("piece-quote-speaker"),
            Field::QuoteTitle => self.text("piece-quote-title"),
            Field::QuoteApprovedOn => self.text("piece-quote-approved-on"),
            Field::ContactReaders => self.text("piece-contact-readers"),
            Field::ContactPrivate => self.text("piece-contact-private"),
            Field::ReprintAllowed => self.text("piece-reprint-allowed"),
            Field::ReprintCredit => self.text("piece-reprint-credit"),
            Field::UsefulFrom => self.text("piece-useful-from"),
            Field::UsefulUntil => self.text("piece-useful-until"),
            Field::Rollover => self.text("piece-rollover"),
            Field::Edits => self.text("piece-edits"),
            Field::AuthorisedBy => self.text("piece-authorised-by"),
        }
    }
}
