//! What the relay has written down: one line per event, written before the reply that it tells of.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// How far a transaction had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Rcpt,
    Data,
    /// In the middle of the message.
    Message,
    /// After its final dot.
    Dot,
}

const STAGES: [(Stage, &str); 4] = [(Stage::Rcpt, "rcpt"), (Stage::Data, "data"), (Stage::Message, "message"), (Stage::Dot, "dot")];

/// What a reply means for the one copy, as the script means it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Go on; after the dot: taken.
    Yes,
    Later,
    Never,
}

const ANSWERS: [(Answer, &str); 3] = [(Answer::Yes, "yes"), (Answer::Later, "later"), (Answer::Never, "never")];

/// What happened to one copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// Its recipient was named: a transaction begins.
    Named,
    /// Something of its message has come.
    Coming,
    /// Whoever named it went away and cannot have heard what was said to that.
    Unheard,
    /// The message is there to its dot, and the relay answers for it from now on.
    Taken { message_id: String },
    /// This is the next thing it will be told.
    Answered { stage: Stage, answer: Answer },
    /// The connection is closed, or goes silent for good, without an answer.
    Broken { stage: Stage },
    /// Whoever runs the newsroom has said that this copy, whose fate is not known, is to be sent again.
    Told,
}

/// A log that is only added to.
pub(crate) struct Log {
    path: PathBuf,
    file: Mutex<File>,
}

fn word<T: Copy + PartialEq>(table: &[(T, &'static str)], value: T) -> &'static str {
    table.iter().find(|(known, _)| *known == value).unwrap().1
}

fn value<T: Copy>(table: &[(T, &str)], word: &str) -> T {
    table.iter().find(|(_, known)| *known == word).unwrap_or_else(|| panic!("`{word}` stands in the relay's log")).0
}

impl Log {
    pub(crate) fn new(path: &Path) -> Self {
        let file = OpenOptions::new().create_new(true).append(true).open(path).unwrap();
        Self { path: path.to_owned(), file: Mutex::new(file) }
    }

    /// Whole lines, one write each. `about`: the connection's number and what else helps to read the log.
    pub(crate) fn note(&self, about: &str, reader: &str, event: &Event) {
        let told = match event {
            Event::Named => "named".to_owned(),
            Event::Coming => "coming".to_owned(),
            Event::Unheard => "unheard".to_owned(),
            Event::Taken { message_id } => format!("taken {message_id}"),
            Event::Answered { stage, answer } => format!("answered {} {}", word(&STAGES, *stage), word(&ANSWERS, *answer)),
            Event::Broken { stage } => format!("broken {}", word(&STAGES, *stage)),
            Event::Told => "told".to_owned(),
        };
        self.file.lock().unwrap().write_all(format!("{reader}\t{told}\t{about}\n").as_bytes()).unwrap();
    }

    /// Each reader's events, in order, by the address in lower case.
    pub(crate) fn read(&self) -> BTreeMap<String, Vec<Event>> {
        let mut events: BTreeMap<String, Vec<Event>> = BTreeMap::new();
        for line in std::fs::read_to_string(&self.path).unwrap().lines() {
            let mut columns = line.split('\t');
            let (reader, told) = (columns.next().unwrap(), columns.next().unwrap());
            events.entry(reader.to_lowercase()).or_default().push(parse(told));
        }
        events
    }

    /// All lines about one reader, for a person who looks for the reason.
    pub(crate) fn lines_about(&self, reader: &str) -> String {
        let text = std::fs::read_to_string(&self.path).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| line.to_lowercase().starts_with(&format!("{reader}\t"))).collect();
        lines.join("\n")
    }
}

fn parse(told: &str) -> Event {
    let words: Vec<&str> = told.split(' ').collect();
    match words[..] {
        ["named"] => Event::Named,
        ["coming"] => Event::Coming,
        ["unheard"] => Event::Unheard,
        ["told"] => Event::Told,
        ["taken", message_id] => Event::Taken { message_id: message_id.to_owned() },
        ["answered", stage, answer] => Event::Answered { stage: value(&STAGES, stage), answer: value(&ANSWERS, answer) },
        ["broken", stage] => Event::Broken { stage: value(&STAGES, stage) },
        _ => panic!("`{told}` stands in the relay's log"),
    }
}
