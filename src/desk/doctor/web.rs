//! Whether the address in every mail answers, and what time it is there.

use super::{Finding, examine_clock};
use crate::config::{Config, Probes};
use crate::domain::time::Timestamp;
use crate::fetch::{NoAnswer, WebAnswer, ask_web};

type Asked = Result<WebAnswer, NoAnswer>;

pub(super) async fn examine(config: &Config, now: Timestamp) -> Vec<Finding> {
    let url = config.web.url.as_str();
    let begun = tokio::time::Instant::now();
    // Every reader may have the stylesheet. The probes are not asked whether we are there: a sound proxy does not let them through.
    let (page, counts) = (format!("{url}/style.css"), format!("{url}/metrics"));
    let (answer, counts) = tokio::join!(ask_web(&page), ask_web(&counts));
    let now = now.saturating_add(begun.elapsed()).unwrap_or(now);
    let mut all = vec![reach(config, &answer)];
    all.extend(open_probes(config, &counts));
    all.push(clock(config, &answer, now));
    all
}

fn clock(config: &Config, answer: &Asked, now: Timestamp) -> Finding {
    let url = &config.web.url;
    match answer {
        // On this machine it would be our own clock.
        Ok(WebAnswer { date: Some(date), is_from_here: false, .. }) if !url.is_loopback() => {
            examine_clock(url.as_str(), now, *date, "that of the public address")
        }
        Ok(_) | Err(_) => {
            let said = "could not ask: no other machine told its time";
            Finding::warn("clock", "this machine", said, "see that it is kept right: `timedatectl` says whether it is")
        }
    }
}

/// Counts that anyone may read though the config says that nobody else may.
fn open_probes(config: &Config, counts: &Asked) -> Option<Finding> {
    let Ok(WebAnswer { status: 200, is_ours: true, .. }) = counts else { return None };
    let is_meant = match config.web.probes {
        Probes::Open => true,
        Probes::Loopback => config.web.url.is_loopback(),
    };
    let said =
        "/metrics answers through the public address, so anyone may read the counts: the proxy does not say for whom it asks";
    let fix = "let the proxy set X-Forwarded-For, or refuse /livez, /readyz and /metrics itself";
    (!is_meant).then(|| Finding::warn("web", config.web.url.as_str(), said, fix))
}

fn reach(config: &Config, answer: &Asked) -> Finding {
    let url = &config.web.url;
    let about = url.as_str();
    let proxy = format!("let a proxy that speaks https pass {about} on to {}, where `pressroom serve` listens", config.web.listen);
    match answer {
        _ if url.is_loopback() => {
            let said = match answer {
                Ok(answer) => format!("only this machine reaches it (it answers {}): readers cannot open a link", answer.status),
                Err(NoAnswer { why, .. }) => {
                    format!("only this machine reaches it, and nobody answers ({why}): readers cannot open a link")
                }
            };
            Finding::warn("web", about, said, "write the public https address as `url` under [web] before you mail readers")
        }
        Err(NoAnswer { why, is_silence }) => {
            let said = format!("nobody answers ({why}), so readers can open no link, not even to unsubscribe");
            let finding = if *is_silence { Finding::unasked } else { Finding::fail };
            finding("web", about, said, format!("start `pressroom serve`, and {proxy}"))
        }
        Ok(answer) if answer.status != 200 || !answer.is_ours => {
            let said = format!("{about}/style.css answers {}, but it is not `pressroom serve` that stands there", answer.status);
            Finding::fail("web", about, said, format!("start `pressroom serve`, and {proxy}"))
        }
        Ok(_) if !url.is_https() => Finding::warn("web", about, "it answers, but in clear", proxy),
        Ok(_) => Finding::ok("web", about, "it answers, and its certificate is valid"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::desk::doctor::Verdict;

    fn config(url: &str) -> Config {
        let text = include_str!("../../../pressroom.toml").replace("smtp://127.0.0.1:2525", "smtp://127.0.0.1:9");
        let text = text.replace("url = \"http://127.0.0.1:8080\"", &format!("url = \"{url}\""));
        crate::config::load(&text, &|_| None, &|_: &Path| Err(std::io::ErrorKind::NotFound.into())).unwrap()
    }

    fn answer(status: u16, is_ours: bool) -> Asked {
        Ok(WebAnswer { status, is_ours, is_from_here: false, date: None })
    }

    #[test]
    fn the_answer_of_the_public_address_is_judged() {
        let refused = |is_silence| Err(NoAnswer { why: "refused".to_owned(), is_silence });
        for (url, answer, (verdict, unasked), word) in [
            ("https://news.example.org", answer(200, true), (Verdict::Ok, false), "certificate"),
            ("http://news.example.org", answer(200, true), (Verdict::Warn, false), "in clear"),
            ("https://news.example.org", answer(200, false), (Verdict::Fail, false), "200"),
            ("https://news.example.org", answer(404, true), (Verdict::Fail, false), "404"),
            ("https://news.example.org", refused(true), (Verdict::Fail, true), "refused"),
            ("https://news.example.org", refused(false), (Verdict::Fail, false), "refused"),
            ("http://127.0.0.1:8080", answer(200, true), (Verdict::Warn, false), "only this machine"),
            ("http://127.0.0.1:8080", refused(true), (Verdict::Warn, false), "nobody answers (refused)"),
        ] {
            let found = reach(&config(url), &answer);
            assert_eq!((found.verdict, found.unasked), (verdict, unasked), "{url}: {}", found.said);
            assert!(found.said.contains(word), "{url}: {}", found.said);
        }
    }

    #[test]
    fn counts_that_a_proxy_lets_through_are_told() {
        let public = config("https://news.example.org");
        assert_eq!(open_probes(&public, &answer(200, true)).unwrap().verdict, Verdict::Warn);
        assert_eq!(open_probes(&public, &answer(404, true)), None);
        assert_eq!(open_probes(&public, &answer(200, false)), None, "another server's");
        assert_eq!(open_probes(&config("http://127.0.0.1:8080"), &answer(200, true)), None);
    }

    #[test]
    fn a_proxy_on_this_machine_tells_no_other_machines_time() {
        let now: Timestamp = "2027-02-02T15:00:00Z".parse().unwrap();
        let dated = |is_from_here| Ok(WebAnswer { status: 200, is_ours: true, is_from_here, date: Some(now) });
        let judged = |is_from_here| clock(&config("https://news.example.org"), &dated(is_from_here), now).verdict;
        assert_eq!((judged(false), judged(true)), (Verdict::Ok, Verdict::Warn));
    }
}
