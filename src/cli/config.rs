//! `config show`: each setting and where it came from.

use serde::Serialize;

use super::arguments::{Arguments, ConfigCommand};
use super::failure::Done;
use super::newsroom;
use super::output::{Output, table};

#[derive(Serialize)]
struct Shown {
    key: String,
    value: String,
    origin: String,
}

pub(super) fn run(command: &ConfigCommand, arguments: &Arguments, output: &Output) -> Done {
    let ConfigCommand::Show = command;
    let config = newsroom::load_config(&arguments.newsroom)?;
    let shown: Vec<Shown> = config
        .settings
        .iter()
        .map(|setting| Shown { key: setting.key.clone(), value: setting.value.clone(), origin: setting.origin.to_string() })
        .collect();
    output.answer(&shown, |shown| {
        let row = |setting: &Shown| vec![setting.key.clone(), setting.value.clone(), setting.origin.clone()];
        table(&["SETTING", "VALUE", "FROM"], &shown.iter().map(row).collect::<Vec<_>>())
    })
}
