//! What the settings themselves must have before anything can be sent: an address, enough people, a relay, time zones.

use super::Finding;
use crate::config::Config;
use crate::domain::newsletter::Newsletter;
use crate::domain::people::Role;
use crate::domain::time::Timestamp;

pub(super) fn examine(config: &Config, now: Timestamp) -> Vec<Finding> {
    let mut all = vec![postal_address(config)];
    if config.relays.is_empty() {
        let fix = "add a [[relay]] with the url of your mail server to pressroom.toml";
        all.push(Finding::fail("relay", "pressroom.toml", "there is none, so nothing can be sent", fix));
    }
    for newsletter in &config.newsletters {
        all.push(approvers(config, newsletter));
        all.push(next_slot(newsletter, now));
    }
    all
}

// standards.md C13.
fn postal_address(config: &Config) -> Finding {
    if config.alliance.postal_address.is_empty() {
        let fix = "write it as postal_address under [alliance]; the law of most countries asks for it in every issue";
        return Finding::fail("postal-address", "alliance", "it is empty, and nothing is sent while it is", fix);
    }
    Finding::ok("postal-address", "alliance", "it stands in every mail")
}

/// Who queues an issue cannot approve it, so an approver who is an editor as well may not be there to ask.
fn approvers(config: &Config, newsletter: &Newsletter) -> Finding {
    let about = newsletter.id.as_str();
    let wanted = usize::from(newsletter.approvals);
    if wanted == 0 {
        return Finding::ok("approvers", about, "none is asked for");
    }
    let approvers: Vec<_> = config.staff.iter().filter(|staff| staff.roles.has(Role::Approver)).collect();
    let both = approvers.iter().any(|staff| staff.roles.has(Role::Editor));
    let fix = format!("add [[staff]] with the role `approver` to pressroom.toml; {about} asks for {wanted}");
    match approvers.len() {
        have if have < wanted => {
            Finding::fail("approvers", about, format!("{have} of {wanted} are among the staff, so no issue can be approved"), fix)
        }
        have if have == wanted && both => {
            let said = format!("{have} of {wanted} are there, but not when one of them, who edits too, has queued the issue");
            Finding::warn("approvers", about, said, fix)
        }
        have => Finding::ok("approvers", about, format!("{have} can be asked, {wanted} must agree")),
    }
}

fn next_slot(newsletter: &Newsletter, now: Timestamp) -> Finding {
    let about = newsletter.id.as_str();
    match newsletter.schedule.coming(now, &newsletter.timezone).next() {
        Some(coming) => {
            let at = coming.instant.to_zoned(newsletter.timezone.clone());
            Finding::ok("time-zone", about, format!("known; the next slot is {}", at.strftime("%Y-%m-%d %H:%M %:Q")))
        }
        None => {
            let fix = "write a schedule that comes again, for example \"0 10 1-7 * TUE\"";
            Finding::fail("time-zone", about, "its schedule has no slot any more", fix)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::desk::doctor::Verdict;

    fn examined(change: impl Fn(&str) -> String) -> Vec<Finding> {
        let text = change(include_str!("../../../pressroom.toml"));
        let config = crate::config::load(&text, &|_| None, &|_: &Path| Err(std::io::ErrorKind::NotFound.into())).unwrap();
        examine(&config, "2027-01-15T12:00:00Z".parse().unwrap())
    }

    fn verdict(found: &[Finding], check: &str, about: &str) -> Verdict {
        found.iter().find(|finding| finding.check == check && finding.about == about).unwrap().verdict
    }

    #[test]
    fn the_sample_has_all_it_needs() {
        let found = examined(str::to_owned);
        assert!(found.iter().all(|finding| finding.verdict == Verdict::Ok), "{found:?}");
        let slot = found.iter().find(|finding| finding.check == "time-zone" && finding.about == "partners").unwrap();
        assert!(slot.said.contains("2027-02-02 10:00 America/New_York"), "{slot:?}");
    }

    #[test]
    fn what_keeps_an_issue_from_going_out_fails() {
        let no_address = examined(|text| text.replace("100 Sample Street, Springfield", ""));
        assert_eq!(verdict(&no_address, "postal-address", "alliance"), Verdict::Fail);
        let no_relay = examined(|text| text.replace("[[relay]]\nurl = \"smtp://127.0.0.1:2525\"\nconnections = 4\n", ""));
        assert_eq!(verdict(&no_relay, "relay", "pressroom.toml"), Verdict::Fail);
        let one_approver = examined(|text| text.replace("[\"approver\", \"operator\"]", "[\"operator\"]"));
        assert_eq!(verdict(&one_approver, "approvers", "steering"), Verdict::Fail, "it asks for two");
        assert_eq!(verdict(&one_approver, "approvers", "partners"), Verdict::Ok);
        let edits_too = examined(|text| text.replace("[\"approver\", \"operator\"]", "[\"approver\", \"editor\"]"));
        assert_eq!(verdict(&edits_too, "approvers", "steering"), Verdict::Warn, "who queues cannot approve");
    }
}
