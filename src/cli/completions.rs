//! `completions`: the script by which a shell completes commands and flags. It is made from the arguments themselves, so it cannot lag.

use clap::CommandFactory;

use super::arguments::{Arguments, CompletionsCommand};
use super::failure::Done;
use super::output::Output;

const NAME: &str = "pressroom";

pub(super) fn run(command: &CompletionsCommand, output: &Output) -> Done {
    let mut script = Vec::new();
    // Into memory first: the generator panics when it cannot write, and a closed pipe is nobody's fault.
    clap_complete::generate(command.shell, &mut Arguments::command(), NAME, &mut script);
    output.data(String::from_utf8_lossy(&script).trim_end())
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use clap_complete::Shell;

    use super::*;

    #[test]
    fn every_shell_learns_every_command() {
        for shell in Shell::value_variants() {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), NAME, &mut script);
            let script = String::from_utf8(script).unwrap();
            for command in Arguments::command().get_subcommands() {
                assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
            }
        }
    }
}
