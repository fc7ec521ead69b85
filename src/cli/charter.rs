//! `charter`: the versions of the charter, and the drive that asks people to affirm a new one.

use serde::Serialize;

use super::arguments::{Arguments, CharterCommand};
use super::door::Door;
use super::failure::Done;
use super::newsroom;
use super::output::Output;
use crate::desk::act;
use crate::desk::reply::CharterLine;
use crate::desk::request::AskReaffirmation;

#[derive(Serialize)]
struct Driven {
    charter: String,
    asked: u64,
}

pub(super) async fn run(command: &CharterCommand, arguments: &Arguments, output: &Output) -> Done {
    match command {
        CharterCommand::List => {
            let charters = Door::open(arguments).await?.ask::<act::ListCharters>(()).await?;
            charters.iter().try_for_each(|charter| output.row(charter, line_words))
        }
        CharterCommand::Drive { charter, yes } => {
            newsroom::ask(*yes, &format!("Write to everybody who affirmed an older version than {charter}?"))?;
            let door = Door::open(arguments).await?;
            let mut request = AskReaffirmation { charter: charter.clone(), from: None, confirmed: true };
            let mut driven = Driven { charter: charter.clone(), asked: 0 };
            loop {
                let step = door.ask::<act::AskReaffirmation>(request.clone()).await?;
                driven.asked += step.asked;
                if step.next.is_none() {
                    break;
                }
                request.from = step.next;
            }
            output.answer(&driven, |driven| format!("{} people are asked to affirm {}", driven.asked, driven.charter))
        }
    }
}

fn line_words(line: &CharterLine) -> String {
    let state = if line.in_force { "in force" } else { "" };
    format!("{}  {}  {} pledged  {}  {state}", line.charter, line.date, line.people, line.title).trim_end().to_owned()
}
