//! A running `serve` in a scratch newsroom: its ready line, its log, what it tells its supervisor, signals, its end.

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::newsroom::Newsroom;

/// What a daemon writes its log to, in its newsroom.
const LOG: &str = "serve.log";
/// How long anything may take before a test has failed.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the watchdog of the tests wants to be fed, in microseconds.
const WATCHDOG_USEC: &str = "600000";

/// Lines of a stream as they come, read by a thread of their own.
struct Lines(Receiver<String>);

impl Lines {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let (send, lines) = channel();
        std::thread::spawn(move || BufReader::new(stream).lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self(lines)
    }

    /// The first line that holds all of these words, and what came before it.
    fn with(&self, words: &[&str]) -> String {
        let until = Instant::now() + PATIENCE;
        let mut seen = String::new();
        loop {
            match self.0.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if words.iter().all(|word| line.contains(word)) => return line,
                Ok(line) => seen.push_str(&format!("{line}\n")),
                Err(RecvTimeoutError::Timeout) => panic!("no line with {words:?} came; found:\n{seen}"),
                Err(RecvTimeoutError::Disconnected) => panic!("it ended before a line with {words:?}; found:\n{seen}"),
            }
        }
    }
}

/// The socket at which a daemon's supervisor listens.
pub(crate) struct Supervisor {
    socket: UnixDatagram,
    /// Lines that came and that no test has asked for yet.
    unread: RefCell<Vec<String>>,
    folder: TempDir,
}

impl Supervisor {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { socket, unread: RefCell::default(), folder }
    }

    /// The first line that begins so and was not asked for before.
    pub(crate) fn told(&self, beginning: &str) -> String {
        let until = Instant::now() + PATIENCE;
        let mut unread = self.unread.borrow_mut();
        let mut bytes = [0; 4096];
        loop {
            if let Some(at) = unread.iter().position(|line| line.starts_with(beginning)) {
                return unread.remove(at);
            }
            assert!(Instant::now() < until, "the supervisor was not told {beginning}, but {unread:?}");
            let length = self.socket.recv(&mut bytes).unwrap();
            unread.extend(std::str::from_utf8(&bytes[..length]).unwrap().lines().map(str::to_owned));
        }
    }
}

/// A daemon; killed when it is dropped.
pub(crate) struct Daemon {
    process: Process,
    /// Host and port of its pages.
    pub(crate) web: String,
}

impl Daemon {
    /// Starts it and waits until it is ready. Its pages get a port of their own.
    pub(crate) fn start(newsroom: &Newsroom) -> Self {
        Self::start_as(newsroom, newsroom.command(&["serve"]))
    }

    /// The same under a supervisor with a short watchdog.
    pub(crate) fn start_under(newsroom: &Newsroom, supervisor: &Supervisor) -> Self {
        let mut command = newsroom.command(&["serve"]);
        command.env("NOTIFY_SOCKET", supervisor.folder.path().join("notify")).env("WATCHDOG_USEC", WATCHDOG_USEC);
        Self::start_as(newsroom, command)
    }

    /// Starts a `serve` with arguments and environment of the test's own.
    pub(crate) fn start_as(newsroom: &Newsroom, command: Command) -> Self {
        Starting(Process::spawn(newsroom, command)).ready()
    }

    /// Waits for a new line of the log that holds all of these words.
    pub(crate) fn logs(&self, words: &[&str]) -> String {
        self.process.news.with(words)
    }

    /// Everything it has logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.process.log).unwrap()
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.child.id()
    }

    /// The processor's time it has used so far.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap();
        // proc(5): after the name in brackets, utime and stime are the 12th and 13th, in hundredths of a second.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let hundredths: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
        Duration::from_millis(hundredths * 10)
    }

    /// Waits for it to end by itself: the exit code, and everything it has logged.
    pub(crate) fn ended(mut self) -> (i32, String) {
        let code = self.process.child.wait().unwrap().code().unwrap_or(-1);
        (code, self.log())
    }

    /// `TERM`, `HUP`, `KILL`, `STOP`, `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.process.child.id().to_string()]).status().unwrap();
        assert!(sent.success(), "{name} could not be sent");
    }

    /// SIGTERM; the exit code, and everything it has logged.
    pub(crate) fn stop(mut self) -> (i32, String) {
        self.signal("TERM");
        let code = self.process.child.wait().unwrap().code().unwrap_or(-1);
        (code, self.log())
    }

    /// SIGTERM, and the exit code.
    pub(crate) fn end(self) -> i32 {
        self.stop().0
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.process.child.kill().unwrap();
        self.process.child.wait().unwrap();
    }
}

/// A `serve` that is not ready yet.
pub(crate) struct Starting(Process);

impl Starting {
    pub(crate) fn new(newsroom: &Newsroom) -> Self {
        Self(Process::spawn(newsroom, newsroom.command(&["serve"])))
    }

    /// Waits for a new line of the log that holds all of these words.
    pub(crate) fn logs(&self, words: &[&str]) -> String {
        self.0.news.with(words)
    }

    pub(crate) fn ready(self) -> Daemon {
        let ready = self.0.out.with(&["ready: http://"]);
        let web = ready.split_once("http://").unwrap().1.split(' ').next().unwrap().to_owned();
        Daemon { process: self.0, web }
    }
}

/// The process, with its log in a file of the newsroom, which one reads whole and another follows.
struct Process {
    child: Child,
    out: Lines,
    log: PathBuf,
    follower: Child,
    news: Lines,
}

impl Process {
    fn spawn(newsroom: &Newsroom, mut command: Command) -> Self {
        let log = newsroom.path(LOG);
        let file = File::options().create(true).append(true).open(&log).unwrap();
        let from = file.metadata().unwrap().len() + 1;
        command.env("PRESSROOM_WEB_LISTEN", "127.0.0.1:0").stdout(Stdio::piped()).stderr(file);
        let mut child = command.spawn().unwrap();
        let mut follower = Command::new("tail").arg(format!("-fc+{from}")).arg(&log).stdout(Stdio::piped()).spawn().unwrap();
        let (out, news) = (Lines::of(child.stdout.take().unwrap()), Lines::of(follower.stdout.take().unwrap()));
        Self { child, out, log, follower, news }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // They have ended already, or a test has failed and they must not outlive it.
        for process in [&mut self.child, &mut self.follower] {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
