//! MAIL, RCPT, DATA and the message, as the recipient's turn has it.

use std::collections::VecDeque;
use std::io;

use tokio::io::{AsyncBufReadExt, AsyncReadExt};

use super::{Go, Guest};
use crate::delivery::reply::Stage;
use crate::testing::smtp::{Taken, Turn, locked};

impl Guest {
    pub(super) async fn mail(&mut self, line: &str) -> io::Result<()> {
        let (wants_login, refusal) = {
            let mut script = locked(&self.shared.script);
            (script.login.is_some(), script.mail.pop_front().filter(|reply| !reply.is_empty()))
        };
        if wants_login && !self.logged_in {
            return self.say(b"530 5.7.0 log in first\r\n").await;
        }
        if let Some(refusal) = refusal {
            return self.say(refusal).await;
        }
        if self.has_enough() {
            return self.say(b"421 4.4.2 enough messages for one connection\r\n").await;
        }
        if !self.sender.is_empty() {
            return self.say(b"503 5.5.1 nested MAIL\r\n").await;
        }
        self.sender = path(line);
        self.say(b"250 2.1.0 ok\r\n").await
    }

    pub(super) async fn rcpt(&mut self, line: &str) -> io::Result<Go> {
        if self.sender.is_empty() {
            self.say(b"503 5.5.1 MAIL first\r\n").await?;
            return Ok(Go::On);
        }
        let recipient = path(line);
        let local_part = recipient.split('@').next().unwrap_or_default();
        let turn = locked(&self.shared.script).turns.get_mut(local_part).and_then(VecDeque::pop_front).unwrap_or(Turn::Take);
        match turn {
            Turn::DropAtRcpt => return Ok(Go::Away),
            Turn::Rcpt(reply) => self.say(reply).await?,
            Turn::RcptThenGo(reply) => {
                self.recipient = Some((recipient, turn));
                self.say(reply).await?;
            }
            Turn::Take
            | Turn::Data(_)
            | Turn::Message(_)
            | Turn::DropMidMessage(_)
            | Turn::TakeAndDrop
            | Turn::SilentAfterDot
            | Turn::SpeakAfterGo(_)
            | Turn::SpeakMidMessage(..)
            | Turn::Sip(..)
            | Turn::Hold => {
                self.recipient = Some((recipient, turn));
                self.say(b"250 2.1.5 ok\r\n").await?;
            }
        }
        Ok(Go::On)
    }

    pub(super) async fn data(&mut self) -> io::Result<Go> {
        let Some((recipient, turn)) = self.recipient.take() else {
            self.say(b"503 5.5.1 RCPT first\r\n").await?;
            return Ok(Go::On);
        };
        if let Turn::Data(reply) = turn {
            self.say(reply).await?;
            return Ok(Go::On);
        }
        if let Turn::SpeakAfterGo(reply) = turn {
            self.say(&[b"354 go on\r\n", reply].concat()).await?;
            return std::future::pending().await;
        }
        self.say(b"354 go on\r\n").await?;
        if matches!(turn, Turn::RcptThenGo(_)) {
            let mut stray = String::new();
            self.stream.read_line(&mut stray).await?;
            if !stray.is_empty() {
                locked(&self.shared.seen).commands.push(format!("after 354: {stray}"));
            }
            return Ok(Go::Away);
        }
        let sender = std::mem::take(&mut self.sender);
        match self.message(turn).await? {
            None => Ok(Go::Away),
            Some(bytes) => self.end_of_message(Taken { sender, recipient, bytes }, turn).await,
        }
    }

    /// The message without its dot; `None` when it did not come to its end.
    async fn message(&mut self, turn: Turn) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        if let Turn::Sip(size, pause) = turn {
            let mut paused_at = 0;
            let mut sip = vec![0; size];
            while !bytes.ends_with(b"\r\n.\r\n") {
                let read = self.stream.read(&mut sip).await?;
                if read == 0 {
                    return Ok(None);
                }
                bytes.extend_from_slice(&sip[..read]);
                if bytes.len() - paused_at >= size {
                    paused_at = bytes.len();
                    tokio::time::sleep(pause).await;
                }
            }
            bytes.truncate(bytes.len() - 3);
            return Ok(Some(bytes));
        }
        loop {
            let start = bytes.len();
            if self.stream.read_until(b'\n', &mut bytes).await? == 0 {
                locked(&self.shared.seen).unfinished.push(bytes);
                return Ok(None);
            }
            match turn {
                Turn::DropMidMessage(after) if bytes.len() >= after => return Ok(None),
                Turn::SpeakMidMessage(after, reply) if bytes.len() >= after => {
                    self.say(reply).await?;
                    return std::future::pending().await;
                }
                Turn::Take
                | Turn::Rcpt(_)
                | Turn::RcptThenGo(_)
                | Turn::Data(_)
                | Turn::Message(_)
                | Turn::DropAtRcpt
                | Turn::DropMidMessage(_)
                | Turn::TakeAndDrop
                | Turn::SilentAfterDot
                | Turn::Hold
                | Turn::SpeakAfterGo(_)
                | Turn::SpeakMidMessage(..)
                | Turn::Sip(..) => {}
            }
            if &bytes[start..] == b".\r\n" {
                bytes.truncate(start);
                return Ok(Some(bytes));
            }
        }
    }

    async fn end_of_message(&mut self, message: Taken, turn: Turn) -> io::Result<Go> {
        let behind = self.stream.buffer().len();
        if behind > 0 {
            locked(&self.shared.seen).announced += 1;
        }
        if locked(&self.shared.script).loses_what_follows {
            self.stream.consume(behind);
        }
        if let Some(go) = self.deed(Stage::Message).await? {
            return Ok(go);
        }
        let mut reply: &[u8] = b"250 2.0.0 queued as 12345\r\n";
        match turn {
            Turn::Message(given) => reply = given,
            Turn::SilentAfterDot => std::future::pending::<()>().await,
            Turn::Hold => {
                self.shared.held.send_modify(|held| *held += 1);
                let permit = self.shared.releases.acquire().await.map_err(io::Error::other)?;
                permit.forget();
            }
            Turn::Take
            | Turn::TakeAndDrop
            | Turn::Rcpt(_)
            | Turn::RcptThenGo(_)
            | Turn::Data(_)
            | Turn::DropAtRcpt
            | Turn::DropMidMessage(_)
            | Turn::SpeakAfterGo(_)
            | Turn::SpeakMidMessage(..)
            | Turn::Sip(..) => {}
        }
        if reply.starts_with(b"2") {
            locked(&self.shared.seen).taken.push(message);
        }
        if turn == Turn::TakeAndDrop {
            return Ok(Go::Away);
        }
        self.say(reply).await?;
        self.messages += 1;
        let says_goodbye = locked(&self.shared.script).says_goodbye;
        Ok(if self.has_enough() && !says_goodbye { Go::Away } else { Go::On })
    }

    fn has_enough(&self) -> bool {
        locked(&self.shared.script).messages_per_connection.is_some_and(|most| self.messages >= most)
    }
}

fn path(line: &str) -> String {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(path, _)| path.to_owned()).unwrap_or_default()
}
