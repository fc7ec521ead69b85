//! Whether the address in every mail answers, and what time it is there.

use super::{Finding, examine_clock};
use crate::config::Config;
use crate::domain::time::Timestamp;
use crate::fetch::{WebAnswer, ask_web};

pub(super) async fn examine(config: &Config, now: Timestamp) -> Vec<Finding> {
    let url = &config.web.url;
    let begun = tokio::time::Instant::now();
    let answer = ask_web(&format!("{url}/livez", url = url.as_str())).await;
    let now = now.saturating_add(begun.elapsed()).unwrap_or(now);
    let mut all = vec![reach(config, &answer)];
    all.push(match answer {
        // On this machine it would be our own clock.
        Ok(WebAnswer { date: Some(date), .. }) if !url.is_loopback() => {
            examine_clock(url.as_str(), now, date, "that of the public address")
        }
        Ok(_) | Err(_) => {
            let said = "could not ask: no other machine told its time";
            Finding::warn("clock", "this machine", said, "see that it is kept right: `timedatectl` says whether it is")
        }
    });
    all
}

fn reach(config: &Config, answer: &Result<WebAnswer, String>) -> Finding {
    let url = &config.web.url;
    let about = url.as_str();
    let proxy = format!("let a proxy that speaks https pass {about} on to {}, where `pressroom serve` listens", config.web.listen);
    match answer {
        _ if url.is_loopback() => {
            let said = match answer {
                Ok(answer) => format!("only this machine reaches it (it answers {}): readers cannot open a link", answer.status),
                Err(why) => format!("only this machine reaches it, and nobody answers ({why}): readers cannot open a link"),
            };
            Finding::warn("web", about, said, "write the public https address as `url` under [web] before you mail readers")
        }
        Err(why) => {
            let said = format!("nobody answers ({why}), so readers can open no link, not even to unsubscribe");
            Finding::fail("web", about, said, format!("start `pressroom serve`, and {proxy}"))
        }
        Ok(answer) if answer.status != 200 => {
            let said = format!("{about}/livez answers {}, so it is not `pressroom serve` that stands there", answer.status);
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

    #[test]
    fn the_answer_of_the_public_address_is_judged() {
        let answer = |status| Ok(WebAnswer { status, date: None });
        for (url, answer, verdict, word) in [
            ("https://news.example.org", answer(200), Verdict::Ok, "certificate"),
            ("http://news.example.org", answer(200), Verdict::Warn, "in clear"),
            ("https://news.example.org", answer(404), Verdict::Fail, "404"),
            ("https://news.example.org", Err("refused".to_owned()), Verdict::Fail, "refused"),
            ("http://127.0.0.1:8080", answer(200), Verdict::Warn, "only this machine"),
            ("http://127.0.0.1:8080", Err("refused".to_owned()), Verdict::Warn, "nobody answers (refused)"),
        ] {
            let found = reach(&config(url), &answer);
            assert_eq!(found.verdict, verdict, "{url}: {}", found.said);
            assert!(found.said.contains(word), "{url}: {}", found.said);
        }
    }
}
