//! The server's side of an SMTP conversation, without a socket: a command in, a reply out.
//!
//! ```text
//!  Fresh ── EHLO/HELO ──► Ready ── MAIL ──► Addressed ── RCPT… ──► Addressed ── DATA ──► Body ── end ──► Ready
//!                           ▲                   │ RSET, EHLO                                │
//!                           └───────────────────┘            QUIT, too many errors ──► Closed
//! ```

use super::Limits;

/// The longest command line, its CRLF included.
// RFC 5321 §4.5.3.1.4 wants 512 octets; extensions add to it, so there is room for them.
pub const LINE_BYTES_MAX: usize = 2048;
const ERRORS_MAX: u32 = 20;
// RFC 5321 §4.5.3.1.3: a path is at most 256 octets, its angle brackets included.
const PATH_BYTES_MAX: usize = 256;

/// What to say, and what comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// One or more whole lines.
    pub text: String,
    pub then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    NextCommand,
    /// The message's bytes follow.
    Body,
    Close,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Fresh,
    Ready,
    Addressed { sender: String, recipients: Vec<String> },
    Body { sender: String, recipients: Vec<String> },
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Command {
    Ehlo,
    Helo,
    Mail {
        sender: String,
        size: Option<usize>,
    },
    Rcpt {
        recipient: String,
    },
    Data,
    Rset,
    Noop,
    Help,
    Vrfy,
    Quit,
    /// A command that cannot be read or is not known, and what to say about it.
    Bad(&'static str),
}

/// One conversation.
#[derive(Debug)]
pub struct Session {
    state: State,
    host: String,
    recipients_max: usize,
    messages_left: usize,
    message_bytes_max: usize,
    errors: u32,
}

impl Session {
    /// The conversation's beginning, and the greeting.
    #[must_use]
    pub fn open(limits: &Limits) -> (Self, String) {
        let session = Self {
            state: State::Fresh,
            host: limits.host.clone(),
            recipients_max: limits.recipients_per_message,
            messages_left: limits.messages_per_connection,
            message_bytes_max: limits.message_bytes,
            errors: 0,
        };
        (session, format!("220 {} ESMTP\r\n", limits.host))
    }

    /// Answers one command line, given without its CRLF.
    pub fn command(&mut self, line: &[u8]) -> Answer {
        let command = parse(line);
        let state = std::mem::replace(&mut self.state, State::Closed);
        let (state, answer) = match state {
            State::Fresh => self.when_fresh(command),
            State::Ready => self.when_ready(command),
            State::Addressed { sender, recipients } => self.when_addressed(sender, recipients, command),
            State::Body { .. } | State::Closed => (State::Closed, close("421 4.3.0 nothing more can be said here\r\n")),
        };
        self.state = state;
        if answer.text.starts_with('5') {
            self.errors += 1;
        }
        if self.errors >= ERRORS_MAX {
            self.state = State::Closed;
            return close("421 4.7.0 too many errors\r\n");
        }
        answer
    }

    /// Answers a line that is too long or does not end with CRLF: the conversation is out of step and ends.
    pub fn broken_line(&mut self) -> Answer {
        self.state = State::Closed;
        close("500 5.5.2 lines end with CR LF and are at most 2048 octets long\r\n")
    }

    /// Ends the conversation because the listener stops.
    pub fn closing(&mut self) -> Answer {
        self.state = State::Closed;
        // RFC 5321 §3.8: 421 is how a server says that it must close.
        close("421 4.3.2 closing down, try again later\r\n")
    }

    /// The message has ended: its sender and recipients. `None` when none was expected.
    pub fn end_of_message(&mut self) -> Option<(String, Vec<String>)> {
        match std::mem::replace(&mut self.state, State::Ready) {
            State::Body { sender, recipients } => {
                self.messages_left = self.messages_left.saturating_sub(1);
                Some((sender, recipients))
            }
            other @ (State::Fresh | State::Ready | State::Addressed { .. } | State::Closed) => {
                self.state = other;
                None
            }
        }
    }

    fn when_fresh(&self, command: Command) -> (State, Answer) {
        match command {
            Command::Mail { .. } | Command::Rcpt { .. } | Command::Data => (State::Fresh, next("503 5.5.1 say EHLO first\r\n")),
            Command::Rset => (State::Fresh, next("250 2.0.0 ok\r\n")),
            Command::Ehlo | Command::Helo => (State::Ready, self.hello(&command)),
            Command::Noop | Command::Help | Command::Vrfy | Command::Quit | Command::Bad(_) => simple(State::Fresh, &command),
        }
    }

    fn when_ready(&self, command: Command) -> (State, Answer) {
        match command {
            Command::Ehlo | Command::Helo => (State::Ready, self.hello(&command)),
            Command::Mail { .. } if self.messages_left == 0 => {
                (State::Closed, close("421 4.7.0 enough messages on this connection\r\n"))
            }
            // RFC 1870 §6.1: a message announced as too large is refused before it is sent.
            Command::Mail { size: Some(size), .. } if size > self.message_bytes_max => {
                (State::Ready, next("552 5.3.4 the message is too long\r\n"))
            }
            Command::Mail { sender, .. } => (State::Addressed { sender, recipients: Vec::new() }, next("250 2.1.0 sender ok\r\n")),
            Command::Rcpt { .. } | Command::Data => (State::Ready, next("503 5.5.1 say MAIL first\r\n")),
            Command::Rset => (State::Ready, next("250 2.0.0 ok\r\n")),
            Command::Noop | Command::Help | Command::Vrfy | Command::Quit | Command::Bad(_) => simple(State::Ready, &command),
        }
    }

    fn when_addressed(&self, sender: String, mut recipients: Vec<String>, command: Command) -> (State, Answer) {
        match command {
            // RFC 5321 §4.1.4: a new EHLO ends the transaction.
            Command::Ehlo | Command::Helo => (State::Ready, self.hello(&command)),
            Command::Mail { .. } => {
                (State::Addressed { sender, recipients }, next("503 5.5.1 a transaction is open; say RSET to drop it\r\n"))
            }
            // RFC 5321 §4.5.3.1.10: 452 means that the rest of the recipients need another transaction.
            Command::Rcpt { .. } if recipients.len() >= self.recipients_max => {
                (State::Addressed { sender, recipients }, next("452 4.5.3 too many recipients\r\n"))
            }
            Command::Rcpt { recipient } => {
                recipients.push(recipient);
                (State::Addressed { sender, recipients }, next("250 2.1.5 recipient ok\r\n"))
            }
            Command::Data if recipients.is_empty() => {
                (State::Addressed { sender, recipients }, next("554 5.5.1 no valid recipients\r\n"))
            }
            Command::Data => {
                let answer = Answer { text: "354 go on, and end with a dot alone on a line\r\n".to_owned(), then: Then::Body };
                (State::Body { sender, recipients }, answer)
            }
            Command::Rset => (State::Ready, next("250 2.0.0 ok\r\n")),
            Command::Noop | Command::Help | Command::Vrfy | Command::Quit | Command::Bad(_) => {
                simple(State::Addressed { sender, recipients }, &command)
            }
        }
    }

    fn hello(&self, command: &Command) -> Answer {
        let text = if *command == Command::Ehlo {
            let size = self.message_bytes_max;
            format!("250-{}\r\n250-PIPELINING\r\n250-SIZE {size}\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n", self.host)
        } else {
            format!("250 {}\r\n", self.host)
        };
        Answer { text, then: Then::NextCommand }
    }
}

fn next(text: &str) -> Answer {
    Answer { text: text.to_owned(), then: Then::NextCommand }
}

fn close(text: &str) -> Answer {
    Answer { text: text.to_owned(), then: Then::Close }
}

/// Commands that mean the same in every state.
fn simple(state: State, command: &Command) -> (State, Answer) {
    match command {
        Command::Quit => (State::Closed, close("221 2.0.0 goodbye\r\n")),
        Command::Bad(text) => (state, next(text)),
        Command::Help => (state, next("214 2.0.0 see RFC 5321\r\n")),
        // RFC 5321 §3.5.3: 252 neither confirms nor denies.
        Command::Vrfy => (state, next("252 2.1.5 send some mail and see\r\n")),
        Command::Noop
        | Command::Ehlo
        | Command::Helo
        | Command::Mail { .. }
        | Command::Rcpt { .. }
        | Command::Data
        | Command::Rset => (state, next("250 2.0.0 ok\r\n")),
    }
}

fn parse(line: &[u8]) -> Command {
    let Some(line) = std::str::from_utf8(line).ok().filter(|line| line.is_ascii() && !line.contains(|c: char| c.is_control()))
    else {
        return Command::Bad("500 5.5.2 commands are printable ASCII\r\n");
    };
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let alone = |command: Command| if rest.trim().is_empty() { command } else { Command::Bad("501 5.5.4 no parameters here\r\n") };
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" if !rest.trim().is_empty() => Command::Ehlo,
        "HELO" if !rest.trim().is_empty() => Command::Helo,
        "EHLO" | "HELO" => Command::Bad("501 5.5.4 say who you are\r\n"),
        "MAIL" => parse_mail(rest),
        "RCPT" => parse_rcpt(rest),
        "DATA" => alone(Command::Data),
        "RSET" => alone(Command::Rset),
        "QUIT" => alone(Command::Quit),
        "NOOP" => Command::Noop,
        "HELP" => Command::Help,
        "VRFY" => Command::Vrfy,
        "EXPN" | "TURN" | "STARTTLS" | "AUTH" => Command::Bad("502 5.5.1 not offered\r\n"),
        _ => Command::Bad("500 5.5.2 unknown command\r\n"),
    }
}

fn parse_mail(rest: &str) -> Command {
    let Some((path, parameters)) = parse_path(rest, "FROM:") else {
        return Command::Bad("501 5.1.7 write MAIL FROM:<address>\r\n");
    };
    let mut size = None;
    for parameter in parameters.split_ascii_whitespace() {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match (key.to_ascii_uppercase().as_str(), value.to_ascii_uppercase().as_str()) {
            ("SIZE", number) => match number.parse() {
                Ok(number) => size = Some(number),
                Err(_) => return Command::Bad("501 5.5.4 SIZE is a number of octets\r\n"),
            },
            ("BODY", "7BIT" | "8BITMIME") => {}
            // RFC 5321 §4.1.1.11: parameters that were not offered are refused with 555.
            _ => return Command::Bad("555 5.5.4 a parameter of MAIL is not offered\r\n"),
        }
    }
    Command::Mail { sender: path.to_owned(), size }
}

fn parse_rcpt(rest: &str) -> Command {
    match parse_path(rest, "TO:") {
        Some((path, "")) if !path.is_empty() => Command::Rcpt { recipient: path.to_owned() },
        Some((path, _)) if !path.is_empty() => Command::Bad("555 5.5.4 a parameter of RCPT is not offered\r\n"),
        Some(_) | None => Command::Bad("501 5.1.3 write RCPT TO:<address>\r\n"),
    }
}

/// Splits `FROM:<path> parameters`. The path comes without its angle brackets and without a source route.
fn parse_path<'a>(rest: &'a str, word: &str) -> Option<(&'a str, &'a str)> {
    let rest = rest.trim_start();
    let (given, rest) = rest.split_at_checked(word.len())?;
    if !given.eq_ignore_ascii_case(word) {
        return None;
    }
    let (path, parameters) = rest.trim_start().strip_prefix('<')?.split_once('>')?;
    // RFC 5321 §4.1.1.3: a source route is ignored.
    let path = if path.starts_with('@') { path.split_once(':')?.1 } else { path };
    let plain = path.len() <= PATH_BYTES_MAX && !path.contains(['<', '>', ' ']);
    let apart = parameters.is_empty() || parameters.starts_with(' ');
    (plain && apart).then(|| (path, parameters.trim()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limits() -> Limits {
        Limits { recipients_per_message: 2, messages_per_connection: 2, message_bytes: 1000, ..Limits::default() }
    }

    /// Says each line to a new session, and compares the beginnings of the answers.
    fn talk(lines: &[(&str, &str)]) -> Session {
        let mut session = Session::open(&limits()).0;
        for (line, expected) in lines {
            let answer = session.command(line.as_bytes());
            assert!(answer.text.starts_with(expected), "{line}: {}", answer.text);
            assert!(answer.text.ends_with("\r\n"));
            if answer.then == Then::Body {
                session.end_of_message().unwrap();
            }
        }
        session
    }

    #[test]
    fn mail_is_taken_in_the_order_of_the_protocol() {
        talk(&[
            ("EHLO client.example.org", "250-localhost"),
            ("MAIL FROM:<a@example.org> SIZE=100 BODY=8BITMIME", "250 2.1.0"),
            ("RCPT TO:<b@example.org>", "250 2.1.5"),
            ("DATA", "354"),
            ("mail from:<>", "250 2.1.0"),
            ("rcpt to:<@relay.example.org:c@example.org>", "250 2.1.5"),
            ("data", "354"),
            ("MAIL FROM:<a@example.org>", "421"),
        ]);
    }

    #[test]
    fn commands_out_of_order_are_refused() {
        talk(&[("MAIL FROM:<a@example.org>", "503"), ("HELO x", "250 "), ("RCPT TO:<b@example.org>", "503"), ("DATA", "503")]);
        talk(&[
            ("EHLO x", "250"),
            ("MAIL FROM:<a@example.org>", "250"),
            ("DATA", "554 5.5.1"),
            ("MAIL FROM:<b@example.org>", "503"),
            ("RSET", "250"),
            ("RCPT TO:<b@example.org>", "503"),
        ]);
    }

    #[test]
    fn limits_hold() {
        talk(&[
            ("EHLO x", "250"),
            ("MAIL FROM:<a@example.org> SIZE=1001", "552 5.3.4"),
            ("MAIL FROM:<a@example.org>", "250"),
            ("RCPT TO:<b@example.org>", "250"),
            ("RCPT TO:<c@example.org>", "250"),
            ("RCPT TO:<d@example.org>", "452 4.5.3"),
        ]);
        let mut session = Session::open(&limits()).0;
        let last = (0..ERRORS_MAX).map(|_| session.command(b"NONSENSE")).last().unwrap();
        assert_eq!(last.then, Then::Close);
        assert!(session.command(b"NOOP").text.starts_with("421"));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        talk(&[
            ("EHLO", "501"),
            ("EHLO x", "250"),
            ("MAIL FROM:a@example.org", "501"),
            ("MAIL FROM:<a@example.org", "501"),
            ("MAIL FROM:<a b@example.org>", "501"),
            ("MAIL FROM:<a@example.org>SIZE=1", "501"),
            ("MAIL FROM:<a@example.org> SIZE=x", "501"),
            ("MAIL FROM:<a@example.org> SMTPUTF8", "555"),
            ("MAIL FROM:<zoë@example.org>", "500"),
            ("STARTTLS", "502"),
            ("DATA now", "501"),
            ("QUIT", "221"),
        ]);
    }

    #[test]
    fn the_envelope_is_what_was_said() {
        let mut session = Session::open(&limits()).0;
        for line in ["EHLO x", "MAIL FROM:<a@example.org>", "RCPT TO:<b@example.org>", "RCPT TO:<c@example.org>", "DATA"] {
            session.command(line.as_bytes());
        }
        let (sender, recipients) = session.end_of_message().unwrap();
        assert_eq!(sender, "a@example.org");
        assert_eq!(recipients, ["b@example.org", "c@example.org"]);
        assert_eq!(session.end_of_message(), None);
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(lines in prop::collection::vec(
            prop_oneof![
                "(EHLO|MAIL|RCPT|DATA|RSET|QUIT|NOOP)[ -~]{0,30}",
                "(MAIL FROM|RCPT TO):<?[ -~]{0,20}>?",
                "\\PC{0,40}",
            ], 0..30))
        {
            let mut session = Session::open(&limits()).0;
            for line in lines {
                let answer = session.command(line.as_bytes());
                prop_assert!(answer.text.ends_with("\r\n"));
                if answer.then == Then::Body {
                    prop_assert!(session.end_of_message().is_some_and(|(_, to)| (1..=2).contains(&to.len())));
                }
            }
        }
    }
}
