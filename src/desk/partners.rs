//! Partners: import, list, show. Every active partner is in the list with its link (rule *every_partner_is_listed*).

use crate::content::partner_csv;
use crate::domain::partner::Partner;
use crate::domain::people::Actor;

use super::Desk;
use super::error::Result;
use super::features::feature_line;
use super::reply::{BadLine, ContactLine, Paged, PartnerDetail, PartnerLine, PartnersImported};
use super::request::{ImportPartners, ListPage};
use super::room::{cursor_of, page_rows, paged};

impl Desk {
    /// Adds or updates the partners of a table. Rows that cannot be read are reported and left out; the others are taken.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn import_partners(&self, actor: &Actor, request: ImportPartners) -> Result<PartnersImported> {
        let table = partner_csv::parse(&request.csv, self.world.now());
        let mut imported = PartnersImported { dry_run: request.dry_run, ..PartnersImported::default() };
        imported.bad = table.bad.into_iter().map(|bad| BadLine { line: bad.line, reason: bad.reason }).collect();
        for (_, mut partner) in table.rows {
            let known = self.store.find_partner(&partner.id).await?;
            if let Some(known) = &known {
                partner.since = known.since;
            }
            let counter = match &known {
                None => &mut imported.created,
                Some(known) if *known == partner => &mut imported.unchanged,
                Some(_) => &mut imported.updated,
            };
            *counter += 1;
            if !request.dry_run && known.as_ref() != Some(&partner) {
                let id = partner.id.to_string();
                self.store.put_partner(partner).await?;
                let what = if known.is_none() { "new" } else { "changed" };
                self.audit(actor, "partner.import", id, format!("{what}, from {}", request.file_name)).await?;
            }
        }
        Ok(imported)
    }

    /// A page of partners, by id, active or not.
    ///
    /// # Errors
    /// [`super::DeskError::Usage`] when the page's beginning is damaged.
    pub async fn list_partners(&self, request: ListPage) -> Result<Paged<PartnerLine>> {
        let page = self.store.page_partners(cursor_of(request.from.as_deref())?, page_rows(request.rows)).await?;
        Ok(paged(page, |partner| partner_line(&partner)))
    }

    /// A partner in full, with its features.
    ///
    /// # Errors
    /// [`super::DeskError::NotFound`].
    pub async fn show_partner(&self, id: &str) -> Result<PartnerDetail> {
        let partner = self.partner_named(id).await?;
        let features = self.all_features().await?;
        Ok(PartnerDetail {
            line: partner_line(&partner),
            aliases: partner.aliases.iter().map(|alias| alias.as_str().to_owned()).collect(),
            sectors: partner.sectors,
            blurb: partner.blurb,
            contacts: partner
                .contacts
                .into_iter()
                .map(|contact| ContactLine {
                    name: contact.name.map(|name| name.as_str().to_owned()),
                    address: contact.address.as_typed().to_owned(),
                    roles: contact.roles.iter().map(|role| role.word().to_owned()).collect(),
                })
                .collect(),
            since: partner.since.to_string(),
            features: features.iter().filter(|feature| *feature.id.partner() == partner.id).map(feature_line).collect(),
        })
    }
}

fn partner_line(partner: &Partner) -> PartnerLine {
    PartnerLine {
        id: partner.id.to_string(),
        name: partner.name.as_str().to_owned(),
        level: partner.level.word().to_owned(),
        states: partner.states.iter().map(|state| state.as_str().to_owned()).collect(),
        expertise: partner.expertise.iter().map(|topic| topic.as_str().to_owned()).collect(),
        link: partner.link.as_ref().map(|link| link.as_str().to_owned()),
        active: partner.active,
    }
}
