//! `doctor`: is this newsroom fit for sending? Every finding with its fix; exit code 0 when nothing fails, 69 when all that fails is that
//! nobody answered, else 1.

mod machine;

use std::path::Path;

use serde::Serialize;

use super::arguments::{Arguments, DoctorCommand};
use super::door::{Door, WhoDelivers};
use super::failure::{Done, Failure};
use super::newsroom;
use super::output::{Output, counted};
use crate::desk::act;
use crate::desk::doctor::{Finding, Verdict, examine_outside};
use crate::domain::time::World;

#[derive(Serialize)]
struct Examination {
    /// The worst of them.
    verdict: Verdict,
    findings: Vec<Finding>,
}

pub(super) async fn run(command: &DoctorCommand, arguments: &Arguments, output: &Output) -> Done {
    let config = newsroom::load_config(&arguments.newsroom)?;
    let place = newsroom::store_of(&config, &arguments.newsroom);
    let now = World::real().now();
    let (outside, mut findings) = tokio::join!(examine_outside(&config, command.resolver, now), examine_store(&place, arguments));
    findings.extend(machine::key_file(&newsroom::key_of(&arguments.newsroom), &place));
    findings.extend(machine::signing_keys(&config, &arguments.newsroom));
    findings.push(machine::disk(&place));
    findings.extend(outside);
    let verdict = findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Ok);
    let examination = Examination { verdict, findings };
    output.answer(&examination, |examination| words(&examination.findings))?;
    verdict_of(&examination.findings)
}

/// Reads the store through, in the daemon when one runs.
async fn examine_store(place: &Path, arguments: &Arguments) -> Vec<Finding> {
    let about = place.display().to_string();
    if !place.exists() {
        return vec![Finding::ok("store", &about, "there is none yet; the first command that stores something makes it")];
    }
    let door = match Door::open(arguments).await {
        Ok(door) => door,
        Err(failure) => return vec![unreadable(&about, &failure)],
    };
    if let Err(failure) = door.require_life().await {
        return vec![Finding::fail("daemon", "pressroom serve", failure.message, failure.help)];
    }
    let mut findings = vec![daemon(&door)];
    match door.ask::<act::ExamineStore>(()).await {
        Ok(examined) => findings.extend(examined.findings(&about, World::real().now())),
        Err(failure) => findings.push(unreadable(&about, &failure)),
    }
    findings
}

fn daemon(door: &Door) -> Finding {
    match door.who_delivers() {
        WhoDelivers::Daemon => Finding::ok("daemon", "pressroom serve", "it runs and answers"),
        WhoDelivers::ThisProcess => {
            let said = "it does not run, so nothing goes out by itself and no link is answered";
            Finding::warn(
                "daemon",
                "pressroom serve",
                said,
                "start it; packaging/ has a unit for systemd and a recipe for an image",
            )
        }
    }
}

fn unreadable(about: &str, failure: &Failure) -> Finding {
    let fix = if failure.help.is_empty() { "see the log, then ask the doctor again" } else { failure.help.as_str() };
    Finding::fail("store", about, failure.message.as_str(), fix)
}

fn words(findings: &[Finding]) -> String {
    let width = |text: fn(&Finding) -> &str| findings.iter().map(|finding| text(finding).chars().count()).max().unwrap_or_default();
    let (checks, abouts) = (width(|finding| &finding.check), width(|finding| &finding.about).min(40));
    let line = |finding: &Finding| {
        let Finding { check, about, verdict, said, fix, .. } = finding;
        let line = format!("{:4}  {check:checks$}  {about:abouts$}  {said}", verdict.word());
        if fix.is_empty() { line } else { format!("{line}\n      fix: {fix}") }
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn verdict_of(findings: &[Finding]) -> Done {
    let failed: Vec<&Finding> = findings.iter().filter(|finding| finding.verdict == Verdict::Fail).collect();
    if failed.is_empty() {
        return Ok(());
    }
    let code = if failed.iter().all(|finding| finding.unasked) { 69 } else { 1 };
    let message = format!("{} failed", counted(failed.len(), "check"));
    Err(Failure::new(code, message, "mend what is marked `fail`, then ask the doctor again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_tells_a_fault_from_silence() {
        let (ok, warn) = (Finding::ok("spf", "a", ""), Finding::warn("mx", "a", "", "b"));
        let (fail, unasked) = (Finding::fail("spf", "a", "", "b"), Finding::unasked("relay", "a", "", "b"));
        let code = |findings: &[&Finding]| {
            let findings: Vec<Finding> = findings.iter().map(|finding| (*finding).clone()).collect();
            verdict_of(&findings).map_or_else(|failure| failure.code, |()| 0)
        };
        assert_eq!(code(&[&ok, &warn]), 0);
        assert_eq!(code(&[&ok, &unasked]), 69);
        assert_eq!(code(&[&unasked, &fail]), 1);
    }

    #[test]
    fn each_fix_stands_under_its_finding() {
        let findings =
            [Finding::ok("spf", "example.org", "sound"), Finding::fail("postal-address", "alliance", "empty", "write it")];
        let expected = "ok    spf             example.org  sound\nfail  postal-address  alliance     empty\n      fix: write it";
        assert_eq!(words(&findings), expected);
    }
}
