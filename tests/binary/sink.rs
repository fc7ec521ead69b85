//! An SMTP sink on plain threads. Every accepted mail is on disk before its sender reads 250.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// What a slow sink takes over a mail.
const SLOWNESS: Duration = Duration::from_millis(10);

/// How the sink answers a recipient.
pub(crate) type Answer = dyn Fn(&str) -> Option<&'static str> + Send + Sync;

struct Log {
    file: Mutex<File>,
    accepted: AtomicU64,
    mute: AtomicBool,
    slow: (Mutex<bool>, Condvar),
    /// Mails up to this one, in the order in which they came, are answered.
    answered: (Mutex<u64>, Condvar),
    changed: (Mutex<u64>, Condvar),
}

/// A running sink; it lives as long as the test process.
pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    path: PathBuf,
    log: Arc<Log>,
}

/// One accepted mail.
#[derive(Debug, Clone)]
pub(crate) struct Accepted {
    pub(crate) recipient: String,
    pub(crate) message_id: String,
    /// Its first line, as it came.
    pub(crate) subject: String,
    /// The path of its first link that ends in a secret, if it has one: `/consent/…`, `/desk/in/…` and their like.
    pub(crate) link: Option<String>,
}

impl Sink {
    /// Accepts every recipient.
    pub(crate) fn start(path: PathBuf) -> Self {
        Self::start_answering(path, Box::new(|_| None))
    }

    /// Answers a recipient with the given reply line instead of 250 when there is one.
    pub(crate) fn start_answering(path: PathBuf, answer: Box<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
        let log = Arc::new(Log {
            file: Mutex::new(file),
            accepted: AtomicU64::new(0),
            mute: AtomicBool::new(false),
            slow: (Mutex::new(false), Condvar::new()),
            answered: (Mutex::new(u64::MAX), Condvar::new()),
            changed: (Mutex::new(0), Condvar::new()),
        });
        let shared = Arc::clone(&log);
        let answer: Arc<Answer> = Arc::from(answer);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                let (log, answer) = (Arc::clone(&shared), Arc::clone(&answer));
                // A sender that was killed leaves a broken connection: that is what the test is about.
                std::thread::spawn(move || drop(converse(&stream, &log, &*answer)));
            }
        });
        Self { address, path, log }
    }

    /// Mute, it takes mails and writes them down, and says nothing to them.
    pub(crate) fn set_mute(&self, mute: bool) {
        self.log.mute.store(mute, Ordering::SeqCst);
    }

    /// Slow, it takes a moment over each mail.
    pub(crate) fn set_slow(&self, slow: bool) {
        let (lock, changed) = &self.log.slow;
        *lock.lock().unwrap() = slow;
        changed.notify_all();
    }

    /// Answers mails up to that number, counted from the first; those after it are taken and written down, and wait for their answer.
    pub(crate) fn answer_up_to(&self, count: u64) {
        let (lock, changed) = &self.log.answered;
        *lock.lock().unwrap() = count;
        changed.notify_all();
    }

    pub(crate) fn count(&self) -> u64 {
        self.log.accepted.load(Ordering::SeqCst)
    }

    /// Waits until the sink has accepted that many mails; `false` after the time limit.
    pub(crate) fn wait_for(&self, count: u64, limit: Duration) -> bool {
        let (lock, changed) = &self.log.changed;
        let guard = lock.lock().unwrap();
        let (guard, _) = changed.wait_timeout_while(guard, limit, |seen| *seen < count).unwrap();
        *guard >= count
    }

    /// All mails accepted so far, in order.
    pub(crate) fn accepted(&self) -> Vec<Accepted> {
        let text = std::fs::read_to_string(&self.path).unwrap();
        let line = |line: &str| {
            let mut columns = line.splitn(4, '\t').map(str::to_owned);
            let mut next = || columns.next().unwrap();
            let (recipient, message_id, link, subject) = (next(), next(), next(), next());
            Accepted { recipient, message_id, subject, link: Some(link).filter(|link| !link.is_empty()) }
        };
        text.lines().map(line).collect()
    }

    /// How many mails each recipient got, by the address in lower case.
    pub(crate) fn copies(&self) -> BTreeMap<String, u32> {
        let mut copies = BTreeMap::new();
        for mail in self.accepted() {
            *copies.entry(mail.recipient.to_lowercase()).or_default() += 1;
        }
        copies
    }
}

fn converse(stream: &TcpStream, log: &Log, answer: &Answer) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    let mut recipient = String::new();
    let mut line = String::new();
    writer.write_all(b"220 sink.example.org ESMTP\r\n")?;
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let upper = line.trim_end().to_uppercase();
        if upper.starts_with("EHLO") {
            writer.write_all(b"250-sink.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n")?;
        } else if upper.starts_with("RCPT TO:") {
            let address = line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(address, _)| address);
            if let Some(reply) = answer(address) {
                recipient.clear();
                writer.write_all(format!("{reply}\r\n").as_bytes())?;
            } else {
                address.clone_into(&mut recipient);
                writer.write_all(b"250 2.1.5 ok\r\n")?;
            }
        } else if upper == "DATA" && recipient.is_empty() {
            writer.write_all(b"503 5.5.1 no recipient\r\n")?;
        } else if upper == "DATA" {
            writer.write_all(b"354 go\r\n")?;
            let message = read_message(&mut reader)?;
            let number = write_down(log, &recipient, &message);
            if log.mute.load(Ordering::SeqCst) {
                return std::io::copy(&mut reader, &mut std::io::sink()).map(drop);
            }
            let (lock, changed) = &log.slow;
            drop(changed.wait_timeout_while(lock.lock().unwrap(), SLOWNESS, |slow| *slow).unwrap());
            let (lock, changed) = &log.answered;
            drop(changed.wait_while(lock.lock().unwrap(), |answered| *answered < number).unwrap());
            recipient.clear();
            writer.write_all(b"250 2.0.0 taken\r\n")?;
        } else if upper == "QUIT" {
            return writer.write_all(b"221 2.0.0 bye\r\n");
        } else {
            writer.write_all(b"250 2.0.0 ok\r\n")?;
        }
    }
}

/// What is written down of a message.
#[derive(Default)]
struct Message {
    message_id: String,
    subject: String,
    /// Its lines, with those that were broken for the road joined again.
    text: String,
}

impl Message {
    fn link(&self) -> &str {
        let is_token = |c: char| c.is_ascii_alphanumeric();
        let path = SECRET_PLACES.iter().find_map(|place| {
            let start = self.text.find(place)?;
            let token = self.text[start + place.len()..].find(|c| !is_token(c))?;
            Some(&self.text[start..start + place.len() + token])
        });
        path.unwrap_or_default()
    }
}

/// Where links lead that end in a secret.
const SECRET_PLACES: [&str; 4] = ["/consent/", "/desk/in/", "/partner/in/", "/confirm/"];

fn read_message(reader: &mut BufReader<&TcpStream>) -> std::io::Result<Message> {
    let mut message = Message::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(message);
        }
        let text = String::from_utf8_lossy(&line);
        message.text.push_str(text.strip_suffix("=\r\n").unwrap_or(&text));
        let Some((name, value)) = text.split_once(':') else { continue };
        let field = match name.to_ascii_lowercase().as_str() {
            "message-id" => &mut message.message_id,
            "subject" => &mut message.subject,
            _ => continue,
        };
        if field.is_empty() {
            value.trim().clone_into(field);
        }
    }
}

/// The mail's number, counted from 1.
fn write_down(log: &Log, recipient: &str, message: &Message) -> u64 {
    let mut file = log.file.lock().unwrap();
    file.write_all(format!("{recipient}\t{}\t{}\t{}\n", message.message_id, message.link(), message.subject).as_bytes()).unwrap();
    let seen = log.accepted.fetch_add(1, Ordering::SeqCst) + 1;
    *log.changed.0.lock().unwrap() = seen;
    log.changed.1.notify_all();
    seen
}
