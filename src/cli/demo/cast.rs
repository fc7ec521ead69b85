//! Who and what is there before the issue: partners, readers, features that partners submitted, and a position that waits for names.

use std::path::Path;
use std::sync::Arc;

use super::super::failure::{Done, Failure};
use super::super::files;
use super::super::init::SAMPLE;
use super::super::output::Output;
use super::sample;
use crate::desk::bundle::FileBundle;
use crate::desk::request::{
    ApproveFeature, ApproveIssue, ImportPartners, ImportReaders, MakeProof, PartnerFormat, QueueIssue, RecordConsent,
    SubmitFeature, TextSource,
};
use crate::desk::{Desk, DeskError, FrontDesk};
use crate::domain::people::Actor;
use crate::domain::time::SignedDuration;

const POSITION: &str = "issues/2027-03-steering.md";
/// How far ahead the issue with the position is due.
const POSITION_AHEAD: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) async fn prepare(front: &Arc<FrontDesk>, newsroom: &Path, output: &Output) -> Done {
    let desk = front.desk();
    let editor = actor("editor@lantern.example.org")?;
    import(&desk, &editor, output).await?;
    take_in_features(&desk, &editor, newsroom, output).await?;
    show_the_gate(&desk, &editor, output).await
}

async fn import(desk: &Desk, editor: &Actor, output: &Output) -> Done {
    let bytes = sample("subscribers/partners.csv").to_vec();
    let request = ImportPartners { file_name: "partners.csv".to_owned(), bytes, format: PartnerFormat::Csv, dry_run: false };
    let partners = desk.import_partners(editor, request).await?;
    output.note(&format!("partners   {} organisations", partners.created));
    for (newsletter, file) in [("partners", "readers.csv"), ("coordinators", "coordinators.csv"), ("steering", "steering.csv")] {
        let request = ImportReaders {
            newsletter: newsletter.to_owned(),
            file_name: file.to_owned(),
            csv: sample(&format!("subscribers/{file}")).to_vec(),
            consent: Some("invented for the sample newsroom".to_owned()),
            dry_run: false,
        };
        let readers = desk.import_readers(editor, request, &|_| ()).await?;
        output.note(&format!("readers    {} of {newsletter}", readers.created + readers.updated));
    }
    Ok(())
}

async fn take_in_features(desk: &Desk, editor: &Actor, newsroom: &Path, output: &Output) -> Done {
    let mut count = 0;
    for (path, _) in SAMPLE.iter().filter(|(path, _)| path.starts_with("issues/features/") && path.ends_with(".md")) {
        let file = files::bundle(Path::new(path), newsroom)?;
        let feature = desk.submit_feature(&actor("a partner's submitter")?, SubmitFeature { file }).await?.line.id;
        desk.approve_feature(editor, ApproveFeature { feature, agreement: None }).await?;
        count += 1;
    }
    output.note(&format!("features   {count} submitted by partners, approved unchanged"));
    Ok(())
}

/// The steering brief names seven partners under a position. Five have said yes, so nobody can approve it.
async fn show_the_gate(desk: &Desk, editor: &Actor, output: &Output) -> Done {
    let file = position_file(desk)?;
    for partner in [
        "example-planners-commons",
        "example-city-united",
        "example-family-table",
        "example-after-three",
        "example-state-university-cse",
    ] {
        let request = RecordConsent {
            source: TextSource::File(file.clone()),
            policy: None,
            partner: partner.to_owned(),
            yes: true,
            given_by: "a sample consenter".to_owned(),
            given_on: None,
            how: "invented for the sample newsroom".to_owned(),
        };
        desk.record_consent(editor, request).await?;
    }
    let id = desk.queue_issue(editor, QueueIssue { file, rechoose: false }).await?.line.id;
    let proof = desk.make_proof(editor, MakeProof { issue: id.clone(), offline: true }).await?;
    let approver = actor("approver@lantern.example.org")?;
    match desk.approve_issue(&approver, ApproveIssue { issue: id.clone(), proof: proof.short }).await {
        Err(error @ DeskError::ConsentMissing { .. }) => {
            output.note(&format!("consent    {id} cannot be approved: {error}"));
            Ok(())
        }
        Err(error) => Err(error.into()),
        Ok(_) => Err(Failure::new(
            1,
            "the consent gate let a position through without every yes",
            "this is a fault of Pressroom; please report it",
        )),
    }
}

/// The sample's file with a slot that has not passed, whenever the demo is run.
fn position_file(desk: &Desk) -> Result<FileBundle, Failure> {
    let due = desk.now().saturating_add(POSITION_AHEAD).unwrap_or(desk.now()).to_zoned(crate::domain::time::TimeZone::UTC);
    let bytes = due_at(sample(POSITION), due.date().at(9, 0, 0, 0)).into_bytes();
    let name = POSITION.rsplit('/').next().unwrap_or(POSITION).to_owned();
    Ok(FileBundle { name, bytes, pictures: Vec::new() })
}

/// A sample file with another moment in its line `send`.
pub(super) fn due_at(file: &[u8], slot: crate::domain::time::civil::DateTime) -> String {
    let text = String::from_utf8_lossy(file);
    let line = |line: &str| if line.starts_with("send ") { format!("send = {slot}\n") } else { format!("{line}\n") };
    text.lines().map(line).collect()
}

pub(super) fn actor(name: &str) -> Result<Actor, Failure> {
    Actor::parse(name).map_err(|error| Failure::failed("cannot name an actor", &error))
}
