//! The command line: one file per command. A command reads its files, calls the desk once, and prints what came back; it decides
//! nothing. Data goes to stdout, progress and warnings to stderr.

mod arguments;
mod backup;
mod build;
mod charter;
mod check;
mod completions;
mod config;
mod consent;
mod demo;
mod dkim;
mod doctor;
mod door;
mod explain;
mod failure;
mod feature;
mod files;
mod init;
mod issue;
mod login_link;
mod man;
mod newsroom;
mod output;
mod ownership;
mod partner;
mod pledge;
mod progress;
mod restore;
mod schedule;
mod sending;
mod serve;
mod subscriber;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use arguments::{Arguments, Command, LogForm};
use failure::{Done, Failure};
use output::Output;

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers, not failures; a closed pipe is nobody's fault.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    start_log(&arguments.command);
    crate::fetch::install_tls();
    let output = Output::new(arguments.json);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output.failure(&Failure::failed("cannot start the runtime", &error)),
    };
    let ended = runtime.block_on(run(&arguments, &output));
    ownership::hand_over(&arguments, &output);
    if matches!(arguments.command, Command::Doctor(_)) {
        // The system's look-up of a relay's name cannot be called off, and may wait long for a DNS server that is silent.
        runtime.shutdown_background();
    }
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output.failure(&failure),
    }
}

async fn run(arguments: &Arguments, output: &Output) -> Done {
    match &arguments.command {
        Command::Init(command) => init::run(command, output),
        Command::Demo(command) => demo::run(command, output).await,
        Command::Serve(command) => serve::run(command, arguments, output).await,
        Command::Check(command) => check::run(command, arguments, output).await,
        Command::Build(command) => build::run(command, arguments, output).await,
        Command::Issue(command) => issue::run(command, arguments, output).await,
        Command::Feature(command) => feature::run(command, arguments, output).await,
        Command::Partner(command) => partner::run(command, arguments, output).await,
        Command::Subscriber(command) => subscriber::run(command, arguments, output).await,
        Command::Consent(command) => consent::run(command, arguments, output).await,
        Command::Charter(command) => charter::run(command, arguments, output).await,
        Command::Pledge(command) => pledge::run(command, arguments, output).await,
        Command::LoginLink(command) => login_link::run(command, arguments, output).await,
        Command::Schedule(command) => schedule::run(command, arguments, output).await,
        Command::Explain(command) => explain::run(command, output),
        Command::Config(command) => config::run(command, arguments, output),
        Command::Dkim(command) => dkim::run(command, arguments, output),
        Command::Doctor(command) => doctor::run(command, arguments, output).await,
        Command::Backup(command) => backup::run(command, arguments, output).await,
        Command::Restore(command) => restore::run(command, arguments, output).await,
        Command::Completions(command) => completions::run(command, output),
        Command::Man(command) => man::run(command, output),
    }
}

/// Logs go to stderr, by default only what someone should act on; a daemon says what it does, and when. `RUST_LOG` asks for more. No line
/// holds an address.
fn start_log(command: &Command) {
    let form = if let Command::Serve(serve) = command { Some(serve.log) } else { None };
    let default = if form.is_some() { "warn,pressroom=info,sled=error" } else { "warn,pressroom=warn,sled=error" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(output::is_coloured());
    match form {
        Some(LogForm::Json) => log.json().flatten_event(true).init(),
        Some(LogForm::Pretty) => log.with_target(false).init(),
        None => log.without_time().with_target(false).init(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        super::arguments::Arguments::command().debug_assert();
    }
}
