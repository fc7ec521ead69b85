//! Partners: list, show, export, and how they stand. Every active partner is in the list with its link (rule
//! *every_partner_is_listed*). How they come in by tables is in `import`.

mod import;
mod record;

use crate::content::partner_csv;
use crate::content::partner_form::read_reason;
use crate::content::partner_json::PartnerJson;
use crate::domain::feature::FeatureState;
use crate::domain::partner::{Contact, Partner, PartnerEvent, PartnerStanding};
use crate::domain::people::Who;
use crate::store::{Change, Cursor, PAGE_ROWS_MAX};

use super::Desk;
use super::error::{DeskError, Result};
use super::features::feature_line;
use super::reply::{ContactLine, ExportedPartners, Paged, PartnerChanged, PartnerDetail, PartnerLine};
use super::request::{ChangeStanding, ExportPartners, ListPage, NewStanding, PartnerFormat};
use super::rights::Deed;
use super::room::{cursor_of, page_rows, paged};

impl Desk {
    /// A page of partners, by id, whatever their standing.
    ///
    /// # Errors
    /// [`DeskError::Usage`] when the page's beginning is damaged.
    pub async fn list_partners(&self, request: ListPage) -> Result<Paged<PartnerLine>> {
        let page = self.store.page_partners(cursor_of(request.from.as_deref())?, page_rows(request.rows)).await?;
        Ok(paged(page, |partner| partner_line(&partner)))
    }

    /// A partner in full, with its features.
    ///
    /// # Errors
    /// [`DeskError::NotFound`].
    pub async fn show_partner(&self, id: &str) -> Result<PartnerDetail> {
        let partner = self.partner_named(id).await?;
        let features = self.store.cards_of(&partner.id, Cursor::start(), PAGE_ROWS_MAX).await?.rows;
        let features = features.iter().filter(|row| row.state != FeatureState::Draft).map(feature_line).collect();
        let json = PartnerJson::of(&partner);
        Ok(PartnerDetail {
            line: partner_line(&partner),
            aliases: json.aliases,
            sectors: json.sectors,
            blurb: json.blurb,
            contacts: partner.contacts.iter().map(contact_line).collect(),
            since: partner.standing.since().to_string(),
            features,
            places: json.places,
            affiliates: json.affiliates,
            links: json.links,
            research: json.research,
            steering: json.steering,
            logo: json.logo,
            reason: partner.standing.reason().map(str::to_owned),
            version: partner.version,
        })
    }

    /// A page of partners as a table or as JSON, with their contacts' addresses. Reading it back changes nothing.
    ///
    /// # Errors
    /// [`DeskError::Usage`] when the page's beginning is damaged.
    pub async fn export_partners(&self, request: ExportPartners) -> Result<ExportedPartners> {
        let page = self.store.page_partners(cursor_of(request.from.as_deref())?, page_rows(request.rows)).await?;
        let page = paged(page, |partner| partner);
        let mut exported = ExportedPartners { next: page.next, header: String::new(), csv: String::new(), json: Vec::new() };
        match request.format {
            PartnerFormat::Csv => {
                exported.header = partner_csv::header();
                exported.csv = page.rows.iter().map(partner_csv::write).collect();
            }
            PartnerFormat::Json => exported.json = page.rows.iter().map(PartnerJson::of).collect(),
        }
        Ok(exported)
    }

    /// Says how a partner stands from now on. Who is gone keeps no contacts: nobody there acts for it any more.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::Forbidden`]; [`DeskError::Usage`] without a reason; [`DeskError::Refused`] when it cannot come to stand so from
    /// where it is; [`DeskError::Temporary`] when somebody else changed it.
    pub async fn change_standing(&self, who: impl Into<Who> + Send, request: ChangeStanding) -> Result<PartnerChanged> {
        let mut partner = self.partner_named(&request.partner).await?;
        let actor = self.allowed(who, Deed::ChangeStanding(&partner.id))?;
        if request.version.is_some_and(|seen| seen != partner.version) {
            return Err(DeskError::changed_meanwhile("the partner"));
        }
        let event = standing_event(request.to)?;
        let verb = event.verb();
        partner.standing = partner.standing.step(event, self.world.now())?;
        if matches!(partner.standing, PartnerStanding::Gone { .. }) {
            partner.contacts.clear();
        }
        let partner = self.write_partner(partner).await?;
        self.audit(&actor, "partner.standing", partner.id.as_str(), verb).await?;
        Ok(PartnerChanged { line: partner_line(&partner), version: partner.version })
    }

    /// Writes a partner that was changed, and gives it back as written.
    pub(super) async fn write_partner(&self, mut partner: Partner) -> Result<Partner> {
        partner.version += 1;
        match self.store.put_partner(partner.clone()).await? {
            Change::Done => {
                self.doubt_sessions();
                Ok(partner)
            }
            Change::Conflict { .. } => Err(DeskError::changed_meanwhile("the partner")),
        }
    }
}

fn standing_event(to: NewStanding) -> Result<PartnerEvent> {
    let with_reason = |reason: String, event: fn(String) -> PartnerEvent| match read_reason(&reason) {
        Ok(reason) if reason.is_empty() => Err(DeskError::usage("there is no reason", "say why in a few words")),
        Ok(reason) => Ok(event(reason)),
        Err(why) => Err(DeskError::usage(format!("the reason: {why}"), "say why in a few words")),
    };
    match to {
        NewStanding::Active => Ok(PartnerEvent::ActivatedByStaff),
        NewStanding::Resting { reason } => with_reason(reason, |reason| PartnerEvent::Rested { reason }),
        NewStanding::Gone { reason } => with_reason(reason, |reason| PartnerEvent::Left { reason }),
    }
}

fn contact_line(contact: &Contact) -> ContactLine {
    ContactLine {
        name: contact.name.as_ref().map(|name| name.as_str().to_owned()),
        address: contact.address.as_typed().to_owned(),
        roles: contact.roles.iter().map(|role| role.word().to_owned()).collect(),
        language: contact.language.as_ref().map(|language| language.as_str().to_owned()),
    }
}

pub(super) fn partner_line(partner: &Partner) -> PartnerLine {
    PartnerLine {
        id: partner.id.to_string(),
        name: partner.name.as_str().to_owned(),
        level: partner.level.word().to_owned(),
        states: partner.profile.states().map(|state| state.as_str().to_owned()).collect(),
        expertise: partner.profile.expertise.iter().map(|topic| topic.as_str().to_owned()).collect(),
        link: partner.profile.link().map(|link| link.as_str().to_owned()),
        active: partner.is_active(),
        standing: partner.standing.word().to_owned(),
        networks: partner.networks.iter().map(|network| network.as_str().to_owned()).collect(),
    }
}
