//! Whether a web address of our own answers, and what time it is there. One GET, no redirects followed, no body read.

use std::error::Error as StdError;
use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::DATE;
use reqwest::{Client, redirect};

use crate::domain::time::Timestamp;

const WAIT: Duration = Duration::from_secs(8);
const WHY_LENGTH_MAX: usize = 200;

/// An answer's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAnswer {
    pub status: u16,
    /// What the other side's clock said; `None` when it sends none that can be read.
    pub date: Option<Timestamp>,
}

/// Asks an address. [`super::install_tls`] must have been called.
///
/// # Errors
/// Why there was no answer, in lower case, in one line: a refused connection, an unknown name, a certificate that is not valid.
pub async fn ask_web(url: &str) -> Result<WebAnswer, String> {
    let client = Client::builder()
        .user_agent(concat!("Pressroom/", env!("CARGO_PKG_VERSION"), " (doctor)"))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(WAIT)
        .build()
        .map_err(|error| last_cause(&error))?;
    let answer =
        client.get(url).send().await.map_err(|error| {
            if error.is_timeout() { format!("no answer within {} s", WAIT.as_secs()) } else { last_cause(&error) }
        })?;
    // RFC 9110 §5.6.7: the form of RFC 5322.
    let date = answer.headers().get(DATE).and_then(|date| DateTimeParser::new().parse_timestamp(date.as_bytes()).ok());
    Ok(WebAnswer { status: answer.status().as_u16(), date })
}

// The last cause is the one that says something.
fn last_cause(error: &reqwest::Error) -> String {
    let mut last: &dyn StdError = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    let cause = last.to_string();
    let one_line = cause.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line.chars().filter(|c| !c.is_control()).take(WHY_LENGTH_MAX).collect()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn status_and_date_are_read() {
        crate::fetch::install_tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            let answer = b"HTTP/1.1 503 No\r\nDate: Tue, 02 Feb 2027 15:00:00 GMT\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(answer).await.unwrap();
        });
        let answer = ask_web(&format!("http://{address}/livez")).await.unwrap();
        assert_eq!(answer, WebAnswer { status: 503, date: Some("2027-02-02T15:00:00Z".parse().unwrap()) });
    }

    #[tokio::test]
    async fn nobody_there_is_said_in_one_line() {
        crate::fetch::install_tls();
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let why = ask_web(&format!("http://{address}/livez")).await.unwrap_err();
        assert!(why.contains("refused") && !why.contains('\n'), "{why}");
    }
}
