//! The smallest HTTP/1.1 client: one request, one connection. It shares no code with the server it asks.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// In lower case, as they came.
    headers: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .lines()
            .find_map(|line| line.split_once(':').filter(|(found, _)| *found == name).map(|(_, value)| value.trim()))
    }

    /// Fails the test when the answer is another.
    pub(crate) fn status(self, expected: u16) -> Self {
        assert_eq!(self.status, expected, "{}\n{}", self.headers, String::from_utf8_lossy(&self.body));
        self
    }
}

/// Asks `host:port` for a path. `body`: its media type, and it.
pub(crate) fn ask(method: &str, host: &str, path: &str, body: Option<(&str, &str)>) -> Reply {
    ask_with(method, (host, path), &[], body)
}

/// The same with header fields of one's own.
pub(crate) fn ask_with(method: &str, (host, path): (&str, &str), headers: &[(&str, &str)], body: Option<(&str, &str)>) -> Reply {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    headers.iter().for_each(|(name, value)| request.push_str(&format!("{name}: {value}\r\n")));
    if let Some((media_type, text)) = body {
        request.push_str(&format!("Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n{text}", text.len()));
    } else {
        request.push_str("\r\n");
    }
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
    assert!(!head.contains("transfer-encoding"), "the client knows no chunks: {head}");
    let (first, headers) = head.split_once("\r\n").unwrap();
    let status = first.split(' ').nth(1).unwrap().parse().unwrap();
    Reply { status, headers: headers.to_owned(), body: bytes[end + 4..].to_vec() }
}

pub(crate) fn get(host: &str, path: &str) -> Reply {
    ask("GET", host, path, None)
}
