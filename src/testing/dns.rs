//! A DNS server that knows what a test tells it: TXT, MX, A and AAAA of some names, over UDP. A name that begins with `broken` or
//! `_dmarc.broken` fails (SERVFAIL); what it was not told of does not exist.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// A running server; it ends with the value.
#[derive(Debug)]
pub struct DnsServer {
    pub address: SocketAddr,
    serving: JoinHandle<()>,
}

#[derive(Debug)]
struct Row {
    name: String,
    kind: u16,
    data: Vec<u8>,
}

impl DnsServer {
    /// Serves these rows: a name, a type, and its data as in a zone file (`"MX", "10 mail.example.org"`).
    ///
    /// # Panics
    /// When a row is not well formed, or the machine has no free port.
    pub async fn start(rows: &[(&str, &str, &str)]) -> Self {
        let rows: Arc<Vec<Row>> = Arc::new(rows.iter().map(Row::new).collect());
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port is free");
        let address = socket.local_addr().expect("it is bound");
        let serving = tokio::spawn(async move {
            let mut question = [0; 1500];
            while let Ok((length, peer)) = socket.recv_from(&mut question).await {
                if let Some(answer) = answer(&rows, &question[..length]) {
                    drop(socket.send_to(&answer, peer).await);
                }
            }
        });
        Self { address, serving }
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Row {
    fn new((name, kind, data): &(&str, &str, &str)) -> Self {
        let (kind, data) = match *kind {
            "A" => (1, data.parse::<Ipv4Addr>().expect("an IPv4 address").octets().to_vec()),
            "AAAA" => (28, data.parse::<Ipv6Addr>().expect("an IPv6 address").octets().to_vec()),
            "MX" => {
                let (preference, host) = data.split_once(' ').expect("a preference and a host");
                let mut bytes = preference.parse::<u16>().expect("a number").to_be_bytes().to_vec();
                bytes.extend(encode_name(host));
                (15, bytes)
            }
            "TXT" => {
                let pieces = data.as_bytes().chunks(255);
                let length = |piece: &[u8]| u8::try_from(piece.len()).expect("at most 255");
                (16, pieces.flat_map(|piece| std::iter::once(length(piece)).chain(piece.iter().copied())).collect())
            }
            other => panic!("no rows of type {other}"),
        };
        Self { name: name.to_ascii_lowercase(), kind, data }
    }
}

// RFC 1035 §3.1: labels, each behind its length, and an empty one.
fn encode_name(name: &str) -> Vec<u8> {
    let labels = name.split('.').filter(|label| !label.is_empty());
    let mut bytes: Vec<u8> =
        labels.flat_map(|label| std::iter::once(u8::try_from(label.len()).expect("a short label")).chain(label.bytes())).collect();
    bytes.push(0);
    bytes
}

/// The asked name, its type, and where the question ends.
fn read_question(message: &[u8]) -> Option<(String, u16, usize)> {
    let mut at = 12;
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*message.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(message.get(at..at + length)?).to_ascii_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*message.get(at)?, *message.get(at + 1)?]);
    Some((labels.join("."), kind, at + 4))
}

fn answer(rows: &[Row], message: &[u8]) -> Option<Vec<u8>> {
    let (name, kind, end) = read_question(message)?;
    let found: Vec<&Row> = rows.iter().filter(|row| row.name == name && row.kind == kind).collect();
    let below = format!(".{name}");
    let code: u8 = if name.starts_with("broken") || name.starts_with("_dmarc.broken") {
        2
    } else if rows.iter().any(|row| row.name == name || row.name.ends_with(&below)) {
        0
    } else {
        3
    };
    // RFC 1035 §4.1.1: an answer, with authority, recursion wanted and there.
    let mut answer = message.get(..2)?.to_vec();
    answer.extend([0x85, 0x80 | code, 0, 1]);
    answer.extend(u16::try_from(found.len()).ok()?.to_be_bytes());
    answer.extend([0; 4]);
    answer.extend(message.get(12..end)?);
    for row in found {
        // The name by reference to the question, class IN, a minute to live.
        answer.extend([0xc0, 12]);
        answer.extend(row.kind.to_be_bytes());
        answer.extend([0, 1, 0, 0, 0, 60]);
        answer.extend(u16::try_from(row.data.len()).ok()?.to_be_bytes());
        answer.extend(&row.data);
    }
    Some(answer)
}
