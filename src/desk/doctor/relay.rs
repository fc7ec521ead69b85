//! Whether each relay lets us in: connection, TLS, login, size. Nothing is sent.

use std::time::Duration;

use futures_util::future::join_all;

use super::Finding;
use crate::config::{Config, Password, Relay, RelayTls};
use crate::delivery::transport::{Deadlines, RelayLook, RelayTrouble, Route};
use crate::desk::delivery::hello;

/// A relay that needs longer for a step may still do for sending; for a look it counts as silent.
const STEP_WAIT: Duration = Duration::from_secs(5);
/// For connection, TLS and login together.
const WAIT: Duration = Duration::from_secs(14);
/// An issue with its HTML, text and headers stays well below this.
const SIZE_MIN: usize = 300_000;

pub(super) async fn examine(config: &Config) -> Vec<Finding> {
    let name = hello(config);
    let looks = config.relays.iter().map(|relay| examine_one(relay, &name));
    join_all(looks).await.into_iter().flatten().collect()
}

async fn examine_one(relay: &Relay, hello: &str) -> Vec<Finding> {
    let deadlines = Deadlines { connect: STEP_WAIT, command: STEP_WAIT, ..relay.deadlines };
    let untried = untried_login(relay);
    let mut asked = relay.clone();
    if untried.is_some() {
        asked.login = None;
    }
    let route = Route::new(asked, hello, deadlines);
    match tokio::time::timeout(WAIT, route.look()).await {
        Ok(Ok(look)) => {
            let lets_in = untried.unwrap_or_else(|| lets_in(relay, &look));
            vec![lets_in, protects(relay, &look), takes(relay, &look)]
        }
        Ok(Err(trouble)) => vec![refused(relay, &trouble)],
        Err(_) => vec![refused(relay, &RelayTrouble::TimedOut { relay: relay.name.clone() })],
    }
}

/// A login whose password this process does not know.
fn untried_login(relay: &Relay) -> Option<Finding> {
    let about = relay.name.as_str();
    match relay.login.as_ref()?.password {
        Password::Read(_) => None,
        Password::InService => {
            let said = "it answers; the login was not tried, for systemd hands the password to the service alone";
            let fix = "nothing, when mail goes out; else ask the doctor with `systemd-run --pipe -p LoadCredential=NAME:FILE`, as the service has it";
            Some(Finding::warn("relay-login", about, said, fix))
        }
        Password::Unread => {
            let said = "it answers; the login was not tried, for its password cannot be read";
            let fix = "see `password_file`: `pressroom serve` tells what is wrong with it, and does not start before it is mended";
            Some(Finding::fail("relay-login", about, said, fix))
        }
    }
}

fn refused(relay: &Relay, trouble: &RelayTrouble) -> Finding {
    let about = relay.name.as_str();
    let said = trouble.to_string();
    match trouble {
        RelayTrouble::Unreachable { .. } | RelayTrouble::TimedOut { .. } | RelayTrouble::Lost { .. } => {
            let fix = format!("see that {about} runs and that no firewall stands between; `url` of the [[relay]] says where it is");
            Finding::unasked("relay", about, said, fix)
        }
        RelayTrouble::NoStartTls { .. } => {
            let fix =
                "use the relay's port for submission (587 with STARTTLS, or smtps:// on 465), or ask its operator to offer TLS";
            Finding::fail("relay-tls", about, said, fix)
        }
        RelayTrouble::Tls { source, .. } => {
            let fix = "write the name into `url` that the certificate is for, and see that its issuer is among this machine's CA certificates";
            Finding::fail("relay-tls", about, format!("{said}: {source}"), fix)
        }
        RelayTrouble::NoPassword { .. } => Finding::fail("relay-login", about, said, "see `password_file` of the [[relay]]"),
        RelayTrouble::NoAuth { .. } => {
            let fix = "use the relay's port for submission, where it offers a login, or take `user` out if it knows this machine";
            Finding::fail("relay-login", about, said, fix)
        }
        RelayTrouble::Refused { .. } => {
            let fix = "ask the relay's operator what its answer means; for a login see `user` and `password_file`";
            Finding::fail("relay", about, said, fix)
        }
    }
}

fn lets_in(relay: &Relay, look: &RelayLook) -> Finding {
    let said = if look.logged_in { "it answers, and takes the login" } else { "it answers; no login is set" };
    Finding::ok("relay", &relay.name, said)
}

fn protects(relay: &Relay, look: &RelayLook) -> Finding {
    let about = relay.name.as_str();
    let is_near = look.is_this_machine;
    match relay.tls {
        RelayTls::Opportunistic if look.encrypted && !is_near => {
            let fix = "write `?tls=required` behind the relay's url: who stands between could take the offer away";
            Finding::warn("relay-tls", about, "encrypted, and the certificate is valid, but mail would also go in clear", fix)
        }
        RelayTls::Required | RelayTls::Implicit | RelayTls::Opportunistic if look.encrypted => {
            Finding::ok("relay-tls", about, "encrypted, and the certificate is valid")
        }
        RelayTls::Required | RelayTls::Implicit | RelayTls::Opportunistic | RelayTls::None if is_near => {
            Finding::ok("relay-tls", about, "not encrypted; it does not leave this machine")
        }
        RelayTls::None if look.offers_start_tls => {
            let fix = "write `?tls=required` instead of `?tls=none`";
            Finding::warn("relay-tls", about, "mail goes in clear although the relay offers TLS", fix)
        }
        RelayTls::Required | RelayTls::Implicit | RelayTls::Opportunistic | RelayTls::None => {
            let fix = "use the relay's port for submission (587 or 465)";
            Finding::warn("relay-tls", about, "mail goes in clear: the relay offers no TLS here", fix)
        }
    }
}

// RFC 1870.
fn takes(relay: &Relay, look: &RelayLook) -> Finding {
    let about = relay.name.as_str();
    match look.size_max {
        Some(size) if size < SIZE_MIN => {
            let fix = format!("ask its operator for at least {SIZE_MIN} bytes");
            Finding::fail(
                "relay-size",
                about,
                format!("it takes messages of at most {size} bytes, and an issue can be larger"),
                fix,
            )
        }
        Some(size) => Finding::ok("relay-size", about, format!("it takes messages of up to {size} bytes")),
        None => Finding::ok("relay-size", about, "it names no limit"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Login;
    use crate::desk::doctor::Verdict;
    use crate::testing::smtp::{Script, SmtpServer};

    async fn look_at(script: Script, change: impl FnOnce(&mut Relay)) -> Vec<Finding> {
        let server = SmtpServer::start(script).await;
        let mut relay = server.relay(RelayTls::None, 1);
        change(&mut relay);
        examine_one(&relay, "news.example.org").await
    }

    fn only(found: &[Finding], check: &str) -> (Verdict, String) {
        let one = found.iter().find(|finding| finding.check == check).unwrap_or_else(|| panic!("no {check} in {found:?}"));
        (one.verdict, one.said.clone())
    }

    #[tokio::test]
    async fn a_relay_that_lets_us_in_is_well_in_all_three_respects() {
        let found = look_at(Script { offers: vec!["SIZE 10240000"], ..Script::default() }, |_| {}).await;
        assert_eq!(found.iter().map(|finding| finding.verdict).collect::<Vec<_>>(), [Verdict::Ok; 3], "{found:?}");
        assert!(only(&found, "relay-size").1.contains("10240000"));
    }

    #[tokio::test]
    async fn a_password_that_is_elsewhere_leaves_the_login_untried() {
        for (password, verdict) in [(Password::InService, Verdict::Warn), (Password::Unread, Verdict::Fail)] {
            let login = Login { user: "pressroom".to_owned(), password };
            let found = look_at(Script::default(), |relay| relay.login = Some(login)).await;
            assert_eq!(only(&found, "relay-login").0, verdict, "{found:?}");
            assert_eq!(only(&found, "relay-tls").0, Verdict::Ok, "the rest is looked at: {found:?}");
        }
    }

    #[tokio::test]
    async fn a_small_limit_fails() {
        let found = look_at(Script { offers: vec!["SIZE 65536"], ..Script::default() }, |_| {}).await;
        assert_eq!(only(&found, "relay-size").0, Verdict::Fail, "{found:?}");
    }

    #[tokio::test]
    async fn a_relay_without_the_tls_we_ask_for_fails() {
        let found = look_at(Script::default(), |relay| relay.tls = RelayTls::Required).await;
        let (verdict, said) = only(&found, "relay-tls");
        assert_eq!((verdict, said.contains("STARTTLS")), (Verdict::Fail, true), "{said}");
    }

    #[tokio::test]
    async fn a_greeting_that_says_no_fails_with_its_words() {
        let script = Script { greeting: Some(b"554 5.7.1 not from here\r\n"), ..Script::default() };
        let (verdict, said) = only(&look_at(script, |_| {}).await, "relay");
        assert_eq!((verdict, said.contains("not from here")), (Verdict::Fail, true), "{said}");
    }

    #[tokio::test]
    async fn a_relay_that_nobody_reaches_is_unasked() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let found = look_at(Script::default(), |relay| relay.port = port).await;
        assert!(found.len() == 1 && found[0].unasked && found[0].verdict == Verdict::Fail, "{found:?}");
    }

    #[tokio::test]
    async fn a_silent_relay_costs_seconds() {
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let begun = tokio::time::Instant::now();
        let found = look_at(Script::default(), |relay| {
            relay.port = port;
            relay.tls = RelayTls::Opportunistic;
        })
        .await;
        assert!(found[0].unasked, "{found:?}");
        assert!(begun.elapsed() <= WAIT + Duration::from_secs(1), "{:?}", begun.elapsed());
    }
}
