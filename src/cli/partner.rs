//! `partner`: the organisations of the alliance.

use super::arguments::{Arguments, PartnerCommand};
use super::door::Door;
use super::failure::{Done, Failure};
use super::files;
use super::output::Output;
use crate::desk::act;
use crate::desk::reply::{PartnerDetail, PartnerLine, PartnersImported};
use crate::desk::request::{ImportPartners, ListPage, NamePartner};

pub(super) async fn run(command: &PartnerCommand, arguments: &Arguments, output: &Output) -> Done {
    let door = Door::open(arguments).await?;
    match command {
        PartnerCommand::Import { file, dry_run } => {
            let (file_name, csv) = files::data(file, &arguments.newsroom)?;
            let imported = door.ask::<act::ImportPartners>(ImportPartners { file_name, csv, dry_run: *dry_run }).await?;
            for bad in &imported.bad {
                output.note(&format!("line {}: {}", bad.line, bad.reason));
            }
            output.answer(&imported, import_words)?;
            if imported.bad.is_empty() {
                Ok(())
            } else {
                Err(Failure::new(65, "", "mend the lines above and import the file again"))
            }
        }
        PartnerCommand::List => list(&door, output).await,
        PartnerCommand::Show { partner } => {
            output.answer(&door.ask::<act::ShowPartner>(NamePartner { partner: partner.clone() }).await?, detail_words)
        }
    }
}

async fn list(door: &Door, output: &Output) -> Done {
    let mut page = ListPage { from: None, rows: 500 };
    loop {
        let partners = door.ask::<act::ListPartners>(page).await?;
        for partner in &partners.rows {
            output.row(partner, line_words)?;
        }
        if partners.next.is_none() {
            return Ok(());
        }
        page = ListPage { from: partners.next, rows: 500 };
    }
}

fn import_words(imported: &PartnersImported) -> String {
    let would = if imported.dry_run { "would be " } else { "" };
    format!(
        "partners {would}created {}, {would}updated {}, unchanged {}, bad lines {}",
        imported.created,
        imported.updated,
        imported.unchanged,
        imported.bad.len()
    )
}

fn line_words(partner: &PartnerLine) -> String {
    let mark = if partner.active { "" } else { "  (not active)" };
    format!("{}  {}  {}{mark}", partner.id, partner.name, partner.link.as_deref().unwrap_or("no link"))
}

fn detail_words(partner: &PartnerDetail) -> String {
    let mut lines = vec![line_words(&partner.line), partner.blurb.clone()];
    let mut fact = |name: &str, words: &[String]| {
        if !words.is_empty() {
            lines.push(format!("{name}: {}", words.join(", ")));
        }
    };
    fact("also called", &partner.aliases);
    fact("sectors", &partner.sectors);
    fact("states", &partner.line.states);
    fact("expertise", &partner.line.expertise);
    fact("features", &partner.features.iter().map(|feature| format!("{} ({})", feature.id, feature.state)).collect::<Vec<_>>());
    fact(
        "contacts",
        &partner.contacts.iter().map(|contact| format!("{} [{}]", contact.address, contact.roles.join(", "))).collect::<Vec<_>>(),
    );
    lines.join("\n")
}
