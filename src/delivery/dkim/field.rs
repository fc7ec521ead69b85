//! The DKIM-Signature field as it stands in a message: folded, so that no line is longer than it must be.

/// A line's length wanted, without its end (RFC 5322 §2.1.1).
const COLUMNS: usize = 78;

/// What a signature says of itself (RFC 6376 §3.5).
pub(super) struct Tags<'a> {
    pub(super) algorithm: &'a str,
    pub(super) domain: &'a str,
    pub(super) selector: &'a str,
    /// When it was signed, in seconds since 1970.
    pub(super) seconds: i64,
    pub(super) names: &'a [&'static str],
    /// In base64.
    pub(super) body_hash: &'a str,
}

/// Appends the field up to `b=`, which is still empty.
pub(super) fn write_unsigned(tags: &Tags<'_>, out: &mut Vec<u8>) {
    let mut line = Line { column: 0, out };
    line.put("DKIM-Signature:");
    for tag in [
        "v=1;",
        &format!("a={};", tags.algorithm),
        "c=relaxed/relaxed;",
        &format!("d={};", tags.domain),
        &format!("s={};", tags.selector),
        &format!("t={};", tags.seconds.max(0)),
    ] {
        line.put_apart(tag);
    }
    for (place, name) in tags.names.iter().enumerate() {
        let end = if place + 1 == tags.names.len() { ";" } else { "" };
        match place {
            0 => line.put_apart(&format!("h={name}{end}")),
            _ => line.put_on(&format!(":{name}{end}")),
        }
    }
    line.put_apart(&format!("bh={};", tags.body_hash));
    line.put_apart("b=");
}

/// Appends the signature, in base64, and the end of the field, which begins at `start`.
pub(super) fn write_signature(signature: &str, start: usize, out: &mut Vec<u8>) {
    let line_start = out[start..].iter().rposition(|byte| *byte == b'\n').map_or(start, |at| start + at + 1);
    let mut room = COLUMNS.saturating_sub(out.len() - line_start);
    let mut rest = signature.as_bytes();
    while rest.len() > room {
        let (now, later) = rest.split_at(room);
        out.extend_from_slice(now);
        out.extend_from_slice(b"\r\n ");
        rest = later;
        room = COLUMNS - 1;
    }
    out.extend_from_slice(rest);
    out.extend_from_slice(b"\r\n");
}

/// A line that is folded before it grows too long.
struct Line<'a> {
    column: usize,
    out: &'a mut Vec<u8>,
}

impl Line<'_> {
    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
        self.column += text.len();
    }

    /// With a space before it.
    fn put_apart(&mut self, text: &str) {
        if self.column + 1 + text.len() > COLUMNS {
            self.fold();
        } else {
            self.put(" ");
        }
        self.put(text);
    }

    /// With nothing before it, where there is room.
    fn put_on(&mut self, text: &str) {
        if self.column + text.len() > COLUMNS {
            self.fold();
        }
        self.put(text);
    }

    fn fold(&mut self) {
        self.out.extend_from_slice(b"\r\n ");
        self.column = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_and_nothing_else_is_lost() {
        let names = ["From", "To", "Content-Transfer-Encoding", "List-Unsubscribe-Post", "From", "Subject", "Message-ID"];
        for domain in ["lantern.example.org", &"a.".repeat(120)] {
            let tags = Tags {
                algorithm: "rsa-sha256",
                domain,
                selector: "2027a",
                seconds: 1_800_000_000,
                names: &names,
                body_hash: &"h".repeat(44),
            };
            let mut out = b"Before: it\r\n".to_vec();
            write_unsigned(&tags, &mut out);
            write_signature(&"s".repeat(344), 12, &mut out);
            let text = String::from_utf8(out).unwrap();
            let lines: Vec<&str> = text.strip_suffix("\r\n").unwrap().split("\r\n").collect();
            let is_long = |line: &&&str| line.len() > COLUMNS;
            assert!(lines.iter().filter(is_long).all(|line| line.trim() == format!("d={domain};")), "{text}");
            assert!(lines[2..].iter().all(|line| line.starts_with(' ') && !line.trim().is_empty()), "{text}");
            let unfolded: String = text.split_whitespace().collect();
            let expected = format!(
                "Before:itDKIM-Signature:v=1;a=rsa-sha256;c=relaxed/relaxed;d={domain};s=2027a;t=1800000000;\
                 h={};bh={};b={}",
                names.join(":"),
                "h".repeat(44),
                "s".repeat(344)
            );
            assert_eq!(unfolded, expected);
        }
    }
}
