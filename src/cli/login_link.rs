//! `login-link`: a way into the rooms for whoever has no mail to wait for. It opens them to anybody who has it, once and for minutes.

use super::arguments::{Arguments, LoginLinkCommand};
use super::door::Door;
use super::failure::Done;
use super::output::Output;
use crate::desk::act;
use crate::desk::request::MakeLoginLink;

pub(super) async fn run(command: &LoginLinkCommand, arguments: &Arguments, output: &Output) -> Done {
    let request = MakeLoginLink { address: command.email.clone(), partner: command.partner.clone() };
    let link = Door::open(arguments).await?.ask::<act::MakeLoginLink>(request).await?;
    output.note(&format!("for {}, once, within {} minutes; whoever has it is let in:", link.house, link.minutes));
    output.answer(&link, |link| link.address.clone())
}
