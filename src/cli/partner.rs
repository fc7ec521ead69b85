//! `partner`: the organisations of the alliance.

use std::path::Path;

use super::arguments::{Arguments, LogoCommand, PartnerCommand};
use super::door::Door;
use super::failure::{Done, Failure};
use super::files;
use super::output::Output;
use crate::desk::act;
use crate::desk::reply::{PartnerChanged, PartnerDetail, PartnerLine, PartnersImported};
use crate::desk::request::{
    AddPartner, ChangeStanding, ExportPartners, ImportPartners, ListPage, LogoBytes, NamePartner, NewStanding, PartnerFormat,
    RemoveLogo, SaveLogo,
};

pub(super) async fn run(command: &PartnerCommand, arguments: &Arguments, output: &Output) -> Done {
    let door = Door::open(arguments).await?;
    match command {
        PartnerCommand::Import { file, dry_run } => {
            let (file_name, bytes) = files::data(file, &arguments.newsroom)?;
            let format = format_of(file);
            let imported = door.ask::<act::ImportPartners>(ImportPartners { file_name, bytes, format, dry_run: *dry_run }).await?;
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
        PartnerCommand::Add { file } => {
            let (file_name, json) = files::data(file, &arguments.newsroom)?;
            output.answer(&door.ask::<act::AddPartner>(AddPartner { file_name, json }).await?, changed_words)
        }
        PartnerCommand::Export => export(&door, output).await,
        PartnerCommand::Rest { partner, reason } => {
            stand(&door, output, (partner, NewStanding::Resting { reason: reason.clone() })).await
        }
        PartnerCommand::Activate { partner } => stand(&door, output, (partner, NewStanding::Active)).await,
        PartnerCommand::Leave { partner, reason } => {
            stand(&door, output, (partner, NewStanding::Gone { reason: reason.clone() })).await
        }
        PartnerCommand::Logo(command) => logo(&door, output, (command, arguments)).await,
        PartnerCommand::Links => {
            let dead = door.ask::<act::DeadLinks>(()).await?;
            dead.iter().try_for_each(|dead| {
                output.row(dead, |dead| format!("{}  {}  since {}: {}", dead.partner, dead.link, dead.since, dead.why))
            })
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

async fn stand(door: &Door, output: &Output, (partner, to): (&str, NewStanding)) -> Done {
    let request = ChangeStanding { partner: partner.to_owned(), to, version: None };
    output.answer(&door.ask::<act::ChangeStanding>(request).await?, changed_words)
}

async fn logo(door: &Door, output: &Output, (command, arguments): (&LogoCommand, &Arguments)) -> Done {
    let partner = command.partner.clone();
    if command.remove {
        let changed = door.ask::<act::RemoveLogo>(RemoveLogo { partner, version: None }).await?;
        return output.answer(&changed, |changed| format!("{} has no logo any more", changed.line.id));
    }
    let file = command.file.as_deref().map(|file| files::data(file, &arguments.newsroom)).transpose()?;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let request = SaveLogo {
        partner,
        version: None,
        file: file.map(|(_, bytes)| LogoBytes(bytes)),
        dark: command.dark,
        description: text(&command.description),
        scopes: command.scopes.clone(),
        from: command.from.clone(),
        until: command.until.clone(),
        given_by: text(&command.given_by),
        how: text(&command.how),
    };
    output.answer(&door.ask::<act::SaveLogo>(request).await?, |changed| format!("{} has this logo now", changed.line.id))
}

/// A table line by line; JSON as one document.
async fn export(door: &Door, output: &Output) -> Done {
    let format = if output.json { PartnerFormat::Json } else { PartnerFormat::Csv };
    let mut request = ExportPartners { from: None, rows: 500, format };
    let mut all = Vec::new();
    let mut is_first = true;
    loop {
        let page = door.ask::<act::ExportPartners>(request).await?;
        let header = if std::mem::take(&mut is_first) { page.header.as_str() } else { "" };
        for line in [header, page.csv.as_str()].into_iter().filter(|text| !text.is_empty()) {
            output.data(line.trim_end_matches('\n'))?;
        }
        all.extend(page.json);
        if page.next.is_none() {
            break;
        }
        request = ExportPartners { from: page.next, rows: 500, format };
    }
    match format {
        PartnerFormat::Csv => Ok(()),
        PartnerFormat::Json => output.answer(&all, |_| String::new()),
    }
}

fn format_of(file: &Path) -> PartnerFormat {
    let is_json = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    if is_json { PartnerFormat::Json } else { PartnerFormat::Csv }
}

fn changed_words(changed: &PartnerChanged) -> String {
    format!("{} is {}", changed.line.id, changed.line.standing)
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
    let mark = if partner.active { String::new() } else { format!("  ({})", partner.standing) };
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
    fact("networks", &partner.line.networks);
    fact("expertise", &partner.line.expertise);
    fact("links", &partner.links.iter().map(|link| format!("{} {}", link.kind, link.url)).collect::<Vec<_>>());
    fact("affiliates", &partner.affiliates.iter().map(|affiliate| affiliate.name.clone()).collect::<Vec<_>>());
    fact("research", &partner.research.iter().map(|work| work.title.clone()).collect::<Vec<_>>());
    fact("features", &partner.features.iter().map(|feature| format!("{} ({})", feature.id, feature.state)).collect::<Vec<_>>());
    fact(
        "contacts",
        &partner.contacts.iter().map(|contact| format!("{} [{}]", contact.address, contact.roles.join(", "))).collect::<Vec<_>>(),
    );
    lines.join("\n")
}
