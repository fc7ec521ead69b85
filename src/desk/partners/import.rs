//! Partners by the table or the file: who is new is added, who is there is brought up to date, what is wrong is left out and told.

use crate::content::partner_csv::{self, PartnerTable, TableRow};
use crate::content::partner_json;
use crate::domain::partner::{Partner, PartnerStanding};
use crate::domain::people::Actor;
use crate::store::Change;

use super::super::Desk;
use super::super::error::{DeskError, Result};
use super::super::reply::{BadLine, PartnerChanged, PartnersImported};
use super::super::request::{AddPartner, ImportPartners, PartnerFormat};
use super::partner_line;

impl Desk {
    /// Adds or updates the partners of a table. Rows that cannot be read are reported and left out; the others are taken.
    ///
    /// # Errors
    /// Those of the store; [`DeskError::Temporary`] when a partner is being changed at the same time, again and again.
    pub async fn import_partners(&self, actor: &Actor, request: ImportPartners) -> Result<PartnersImported> {
        let table = match request.format {
            PartnerFormat::Csv => partner_csv::parse(&request.bytes, self.world.now()),
            PartnerFormat::Json => partner_json::parse(&request.bytes, self.world.now()),
        };
        let PartnerTable { rows, bad, .. } = table;
        let mut imported = PartnersImported { dry_run: request.dry_run, ..PartnersImported::default() };
        imported.bad = bad.into_iter().map(|bad| BadLine { line: bad.line, reason: bad.reason }).collect();
        for row in rows {
            if let Some(reason) = self.unknown_network(&row.partner) {
                imported.bad.push(BadLine { line: row.line, reason });
                continue;
            }
            let id = row.partner.id.to_string();
            let taken = self.take_row(&row, request.dry_run).await?;
            let (counter, what) = match taken {
                Taken::Created => (&mut imported.created, "new"),
                Taken::Updated => (&mut imported.updated, "changed"),
                Taken::Unchanged => (&mut imported.unchanged, ""),
            };
            *counter += 1;
            if !what.is_empty() && !request.dry_run {
                self.audit(actor, "partner.import", id, format!("{what}, from {}", request.file_name)).await?;
            }
        }
        imported.bad.sort_by_key(|bad| bad.line);
        Ok(imported)
    }

    /// Adds a partner that is not there yet.
    ///
    /// # Errors
    /// [`DeskError::Usage`] when it cannot be read; [`DeskError::Refused`] when there is one of its id.
    pub async fn add_partner(&self, actor: &Actor, request: AddPartner) -> Result<PartnerChanged> {
        let mut table = partner_json::parse(&request.json, self.world.now());
        let wrong = |reason: String| DeskError::usage(reason, "mend the file and add it again");
        if let Some(bad) = table.bad.pop() {
            return Err(wrong(bad.reason));
        }
        let row = table.rows.pop().filter(|_| table.rows.is_empty());
        let row = row.ok_or_else(|| wrong("expected one partner; `partner import` takes several".to_owned()))?;
        if let Some(reason) = self.unknown_network(&row.partner) {
            return Err(wrong(reason));
        }
        let partner = Partner { version: 1, ..row.partner };
        match self.store.put_partner(partner.clone()).await? {
            Change::Done => {}
            Change::Conflict { .. } => {
                return Err(DeskError::Refused {
                    message: format!("there is a partner `{}` already", partner.id),
                    help: "change it with `pressroom partner import`, or choose another id".to_owned(),
                });
            }
        }
        self.audit(actor, "partner.add", partner.id.as_str(), format!("from {}", request.file_name)).await?;
        Ok(PartnerChanged { line: partner_line(&partner), version: partner.version })
    }

    /// Writes what a row says over what is there. Who changed it at the same time loses nothing: the row is laid over that again.
    async fn take_row(&self, row: &TableRow, is_dry: bool) -> Result<Taken> {
        for _ in 0..TRIES {
            let known = self.store.find_partner(&row.partner.id).await?;
            let (partner, taken) = match &known {
                None => (row.partner.clone(), Taken::Created),
                Some(known) => {
                    let merged = merged(known, row);
                    let taken = if merged == *known { Taken::Unchanged } else { Taken::Updated };
                    (merged, taken)
                }
            };
            if is_dry || taken == Taken::Unchanged {
                return Ok(taken);
            }
            let version = partner.version + 1;
            if self.store.put_partner(Partner { version, ..partner }).await? == Change::Done {
                self.doubt_sessions();
                return Ok(taken);
            }
        }
        Err(DeskError::changed_meanwhile("the partner"))
    }

    /// What to say of a network that the config does not know.
    pub(super) fn unknown_network(&self, partner: &Partner) -> Option<String> {
        let known = &self.config.networks;
        let unknown = partner.networks.iter().find(|id| known.iter().all(|network| network.id != **id))?;
        let ids: Vec<&str> = known.iter().map(|network| network.id.as_str()).collect();
        let known = if ids.is_empty() { "pressroom.toml has none".to_owned() } else { format!("there are {}", ids.join(", ")) };
        Some(format!("there is no network `{unknown}`; {known}"))
    }
}

/// How often a row is laid over what somebody else changes at the same time.
const TRIES: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Created,
    Updated,
    Unchanged,
}

/// A row over what is known: the logo stays, which no table brings, and so does a standing of which the row says nothing.
fn merged(known: &Partner, row: &TableRow) -> Partner {
    Partner {
        logo: known.logo.clone(),
        standing: if row.says_standing { merged_standing(known, &row.partner) } else { known.standing.clone() },
        version: known.version,
        ..row.partner.clone()
    }
}

/// Since when a partner is of the alliance is not changed by a table.
fn merged_standing(known: &Partner, row: &Partner) -> PartnerStanding {
    let was_one = matches!(known.standing, PartnerStanding::Active { .. } | PartnerStanding::Resting { .. });
    let is_same = known.standing.word() == row.standing.word();
    match &row.standing {
        PartnerStanding::Active { .. } if was_one => PartnerStanding::Active { since: known.standing.since() },
        PartnerStanding::Resting { reason, .. } if was_one => {
            let reason = Some(reason.as_str()).filter(|reason| !reason.is_empty()).or(known.standing.reason());
            PartnerStanding::Resting { since: known.standing.since(), reason: reason.unwrap_or_default().to_owned() }
        }
        said if !is_same => said.clone(),
        PartnerStanding::Prospect { .. }
        | PartnerStanding::Invited { .. }
        | PartnerStanding::Active { .. }
        | PartnerStanding::Resting { .. }
        | PartnerStanding::Gone { .. } => known.standing.clone(),
    }
}
