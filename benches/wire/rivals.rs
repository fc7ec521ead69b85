//! The processes of a round: sinks, our sender, and the clients it is measured beside.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pressroom::delivery::message::Message;

use crate::figures::{self, Figure, Processor};
use crate::proof;
use crate::sender::{self, Errand};
use crate::sink::Manner;

/// A sink in a process of its own, which ends with it.
pub(crate) struct Sink {
    pub(crate) name: &'static str,
    pub(crate) address: String,
    process: Child,
}

impl Drop for Sink {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Sink {
    pub(crate) fn ours(manner: &Manner) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(manner.words())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { name: "our sink", address: address.trim().to_owned(), process }
    }

    /// Postfix's; `None` where it is not installed (Debian: `postfix`; the service need not run).
    pub(crate) fn postfix() -> Option<Self> {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let mut command = Command::new("smtp-sink");
        if is_root() {
            command.args(["-u", "nobody"]);
        }
        let process = command.args([address.as_str(), "1000"]).stdin(Stdio::null()).spawn().ok()?;
        let since = Instant::now();
        while TcpStream::connect(&address).is_err() {
            assert!(since.elapsed() < Duration::from_secs(10), "smtp-sink does not listen");
            std::thread::yield_now();
        }
        Some(Self { name: "smtp-sink", address, process })
    }

    fn processor(&self) -> f64 {
        Processor::of(&self.process.id().to_string()).own
    }

    /// Measures a client by what the kernel and the clock say from outside; the client may know better and say so.
    fn measure(&self, messages: usize, client: impl FnOnce() -> Option<(f64, f64)>) -> Figure {
        let (began, mine, sink, machine) = (Instant::now(), Processor::mine().children, self.processor(), figures::machine());
        let own_word = client();
        let outside = (began.elapsed().as_secs_f64(), Processor::mine().children - mine);
        let sink = self.processor() - sink;
        let others = ((figures::machine() - machine - outside.1 - sink) / outside.0).max(0.0);
        let (seconds, processor) = own_word.unwrap_or(outside);
        Figure { messages, seconds, processor, sink, others }
    }

    /// Begins our own sink's counts anew.
    pub(crate) fn reset(&self) {
        self.ask("XRESET");
    }

    /// Waits until our own sink has taken so many messages for others than the slow domain: seconds from the first message to the last
    /// of those, and how many slow ones were taken beside them.
    pub(crate) fn took(&self, quick: usize) -> (f64, u64) {
        let answer = self.ask(&format!("XAWAIT {quick}"));
        let words: Vec<&str> = answer.split_whitespace().collect();
        (words[3].parse().unwrap(), words[2].parse().unwrap())
    }

    fn ask(&self, command: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(5))).unwrap();
        stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
        BufReader::new(stream).lines().nth(1).unwrap().unwrap()
    }
}

fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status").unwrap().lines().any(|line| line.starts_with("Uid:\t0\t"))
}

/// Our sender at work. Closing its input stops it.
pub(crate) struct Sender(Child);

impl Sender {
    pub(crate) fn start(errand: &Errand) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        Self(command.args(errand.words()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap())
    }

    /// Waits for its end: seconds and processor seconds of the sending.
    pub(crate) fn end(self) -> (f64, f64) {
        let output = self.0.wait_with_output().unwrap();
        assert!(output.status.success(), "our sender failed");
        two_numbers(&output.stdout)
    }

    pub(crate) fn stop(&mut self) {
        self.0.stdin.take();
    }
}

/// The second and third number of a client's last line.
fn two_numbers(output: &[u8]) -> (f64, f64) {
    let text = String::from_utf8_lossy(output);
    let numbers: Vec<f64> = text.split_whitespace().map(|number| number.parse().unwrap()).collect();
    (numbers[1], numbers[2])
}

pub(crate) fn ours(sink: &Sink, errand: &Errand) -> Figure {
    let mut sender = Sender::start(errand);
    let input = sender.0.stdin.take();
    let figure = sink.measure(errand.readers, || Some(sender.end()));
    drop(input);
    figure
}

/// The bytes of one of our messages.
pub(crate) fn message_bytes() -> usize {
    let mut out = Message::default();
    proof::composer(&proof::full_issue()).compose(&proof::named("First1 Last1"), &mut out).unwrap();
    out.len()
}

/// Processor seconds to compose and sign one message, on all cores at once.
pub(crate) fn signature_seconds() -> f64 {
    const EACH: u32 = 400;
    let cores = u32::try_from(std::thread::available_parallelism().unwrap().get()).unwrap();
    let composer = sender::composer(true);
    let reader = proof::named("First1 Last1");
    let before = Processor::mine().own;
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let mut out = Message::default();
                (0..EACH).for_each(|_| drop(composer.compose(&reader, &mut out).unwrap()));
            });
        }
    });
    (Processor::mine().own - before) / f64::from(EACH * cores)
}

/// About what `smtp-source` puts before its body.
const SOURCE_HEADER_BYTES: usize = 230;

/// Postfix's `smtp-source -d`: as many connections, messages of the same size.
pub(crate) fn smtp_source(sink: &Sink, messages: usize, connections: usize) -> Option<Figure> {
    let body = (message_bytes() - SOURCE_HEADER_BYTES).to_string();
    let (messages_word, connections) = (messages.to_string(), connections.to_string());
    let mut command = Command::new("smtp-source");
    command.args(["-d", "-s", &connections, "-m", &messages_word, "-l", &body]);
    command.args(["-f", "exchange@lantern.example.org", "-t", "reader@district.example.org", &sink.address]);
    command.stdin(Stdio::null());
    let mut client = command.spawn().ok()?;
    Some(sink.measure(messages, || {
        assert!(client.wait().unwrap().success(), "smtp-source failed");
        None
    }))
}

/// lettre's own pool, from a project apart: its `pool` feature must not come into our build. Built when it is asked for first.
pub(crate) fn build_pooled() -> std::path::PathBuf {
    let target = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("pooled");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/pooled/Cargo.toml");
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--locked", "--quiet", "--manifest-path", manifest, "--target-dir"]).arg(&target);
    assert!(build.status().unwrap().success(), "benches/pooled does not build");
    target.join("release/pooled")
}

pub(crate) fn pooled(sink: &Sink, binary: &std::path::Path, messages: usize, connections: usize) -> Figure {
    let (messages_word, connections, bytes) = (messages.to_string(), connections.to_string(), message_bytes().to_string());
    let mut command = Command::new(binary);
    command.args([sink.address.as_str(), &connections, &messages_word, &bytes]).stdin(Stdio::null()).stdout(Stdio::piped());
    let client = command.spawn().unwrap();
    sink.measure(messages, || {
        let output = client.wait_with_output().unwrap();
        assert!(output.status.success(), "the pooled client failed");
        Some(two_numbers(&output.stdout))
    })
}
