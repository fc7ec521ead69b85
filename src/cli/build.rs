//! `build`: an issue rendered to files, without storing or sending anything.

use std::fs;

use super::arguments::{Arguments, BuildCommand};
use super::door::Door;
use super::failure::{Done, Failure};
use super::files;
use super::output::Output;
use crate::desk::act;
use crate::desk::request::BuildFile;

pub(super) async fn run(command: &BuildCommand, arguments: &Arguments, output: &Output) -> Done {
    let file = files::bundle(&command.file, &arguments.newsroom)?;
    let door = Door::visit(arguments).await?;
    let built = door.ask::<act::BuildFile>(BuildFile { file, at: command.at.clone() }).await?;
    output.problems(&built.report);
    if let Some(why) = &built.unsigned {
        output.note(&format!("issue.eml is not signed: {why}"));
    }

    let out = &command.out;
    fs::create_dir_all(out).map_err(|error| Failure::failed(&format!("cannot make the folder {}", out.display()), &error))?;
    let proof = serde_json::to_vec_pretty(&built.proof).map_err(|error| Failure::failed("cannot write JSON", &error))?;
    files::write(&out.join("issue.html"), built.html.as_bytes())?;
    files::write(&out.join("issue.txt"), built.text.as_bytes())?;
    files::write(&out.join("issue.eml"), &built.eml)?;
    files::write(&out.join("proof.json"), &proof)?;
    output.answer(&built.proof, |proof| {
        format!("{}  proof {}\n{}: issue.html issue.txt issue.eml proof.json", proof.issue, proof.hash, out.display())
    })
}
