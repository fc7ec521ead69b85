//! `pledge`: who affirmed which version of the charter.

use serde::Serialize;

use super::arguments::{Arguments, PledgeCommand};
use super::door::Door;
use super::failure::Done;
use super::newsroom;
use super::output::Output;
use crate::desk::act;
use crate::desk::reply::PledgeLine;
use crate::desk::request::{ListPage, RemovePledge};

const PAGE_ROWS: usize = 1_000;

#[derive(Serialize)]
struct Removed {
    removed: u64,
}

pub(super) async fn run(command: &PledgeCommand, arguments: &Arguments, output: &Output) -> Done {
    match command {
        PledgeCommand::List => {
            let door = Door::open(arguments).await?;
            let mut request = ListPage { from: None, rows: PAGE_ROWS };
            loop {
                let page = door.ask::<act::ListPledges>(request.clone()).await?;
                for pledge in &page.rows {
                    output.row(pledge, line_words)?;
                }
                if page.next.is_none() {
                    return Ok(());
                }
                request.from = page.next;
            }
        }
        PledgeCommand::Remove { number, yes } => {
            newsroom::ask(*yes, &format!("Forget pledge {number}? This cannot be undone."))?;
            let request = RemovePledge { number: *number, confirmed: true };
            Door::open(arguments).await?.ask::<act::RemovePledge>(request).await?;
            output.answer(&Removed { removed: *number }, |removed| format!("pledge {} is forgotten", removed.removed))
        }
    }
}

fn line_words(line: &PledgeLine) -> String {
    let PledgeLine { number, charter, name, title, organisation, dated, .. } = line;
    format!("{number}  {charter}  {dated}  {name}, {title}, {organisation}")
}
