//! Whether a web address of our own answers, and what time it is there. One GET, no redirects followed, no body read.

use std::error::Error as StdError;
use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::DATE;
use reqwest::{Client, redirect};

use crate::domain::time::Timestamp;

const WAIT: Duration = Duration::from_secs(8);
const WHY_LENGTH_MAX: usize = 200;

/// The header by which Pressroom's pages are known, whoever passes them on: proxies put their own name into `Server`.
pub const OURS: &str = "x-pressroom";

/// An answer's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAnswer {
    pub status: u16,
    /// It has the header of our pages.
    pub is_ours: bool,
    /// It came from an address of this machine.
    pub is_from_here: bool,
    /// What the other side's clock said; `None` when it sends none that can be read.
    pub date: Option<Timestamp>,
}

/// There was no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAnswer {
    /// In lower case, in one line: a refused connection, an unknown name, a certificate that is not valid.
    pub why: String,
    /// Nobody was there at all, as against somebody who answers wrongly.
    pub is_silence: bool,
}

/// Asks an address. [`super::install_tls`] must have been called.
///
/// # Errors
/// [`NoAnswer`].
pub async fn ask_web(url: &str) -> Result<WebAnswer, NoAnswer> {
    let client = Client::builder()
        .user_agent(concat!("Pressroom/", env!("CARGO_PKG_VERSION"), " (doctor)"))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .timeout(WAIT)
        .build()
        .map_err(|error| NoAnswer { why: last_cause(&error), is_silence: false })?;
    let answer = client.get(url).send().await.map_err(|error| no_answer(&error))?;
    // RFC 9110 §5.6.7: the form of RFC 5322.
    let date = answer.headers().get(DATE).and_then(|date| DateTimeParser::new().parse_timestamp(date.as_bytes()).ok());
    let is_from_here = answer.remote_addr().is_some_and(is_of_this_machine);
    Ok(WebAnswer { status: answer.status().as_u16(), is_ours: answer.headers().contains_key(OURS), is_from_here, date })
}

/// Only an address of one's own can be bound to.
fn is_of_this_machine(address: SocketAddr) -> bool {
    UdpSocket::bind((address.ip(), 0)).is_ok()
}

fn no_answer(error: &reqwest::Error) -> NoAnswer {
    if error.is_timeout() {
        return NoAnswer { why: format!("no answer within {} s", WAIT.as_secs()), is_silence: true };
    }
    // A certificate that is not valid is somebody's, so it is no silence.
    NoAnswer { why: last_cause(error), is_silence: error.is_connect() && !is_of_tls(error) }
}

/// An I/O error holds what tokio-rustls says of a handshake, at times in another I/O error, and does not name it as its source.
fn is_of_tls(error: &(dyn StdError + 'static)) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    error.is::<rustls::Error>()
        || io.is_some_and(|io| io.kind() == ErrorKind::InvalidData)
        || io.and_then(std::io::Error::get_ref).is_some_and(|inner| is_of_tls(inner))
        || error.source().is_some_and(is_of_tls)
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
            let answer = b"HTTP/1.1 503 No\r\nDate: Tue, 02 Feb 2027 15:00:00 GMT\r\nX-Pressroom: 1\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(answer).await.unwrap();
        });
        let answer = ask_web(&format!("http://{address}/livez")).await.unwrap();
        let date = Some("2027-02-02T15:00:00Z".parse().unwrap());
        assert_eq!(answer, WebAnswer { status: 503, is_ours: true, is_from_here: true, date });
        assert!(!is_of_this_machine("192.0.2.1:443".parse().unwrap()), "an address that no machine has");
    }

    #[tokio::test]
    async fn who_answers_wrongly_is_not_silent() {
        crate::fetch::install_tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.write_all(b"220 mail.example.org ESMTP\r\n").await;
            let _ = stream.read(&mut [0; 4096]).await;
        });
        let answered = ask_web(&format!("https://{address}/")).await.unwrap_err();
        assert!(!answered.is_silence, "{answered:?}");
    }

    #[tokio::test]
    async fn nobody_there_is_said_in_one_line() {
        crate::fetch::install_tls();
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let NoAnswer { why, is_silence } = ask_web(&format!("http://{address}/livez")).await.unwrap_err();
        assert!(why.contains("refused") && !why.contains('\n') && is_silence, "{why}");
    }
}
