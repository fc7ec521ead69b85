//! The *relaxed* forms of RFC 6376 §3.4: what stays the same when a mail system folds lines anew or changes the space between words.

/// A header field: its name, and all of it with its line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub(super) name: &'a [u8],
    pub(super) bytes: &'a [u8],
}

/// The header with the end of its last line, and the body behind the empty line.
pub(super) fn split(message: &[u8]) -> (&[u8], &[u8]) {
    const EMPTY_LINE: &[u8] = b"\r\n\r\n";
    match message.windows(EMPTY_LINE.len()).position(|bytes| bytes == EMPTY_LINE) {
        Some(at) => (&message[..at + 2], &message[at + EMPTY_LINE.len()..]),
        None => (message, b""),
    }
}

/// The fields of a header, in order; a line that begins with white space goes on with the field before it.
pub(super) fn fields(head: &[u8]) -> Vec<Field<'_>> {
    let mut starts: Vec<usize> = Vec::with_capacity(24);
    let mut at = 0;
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        if !line.first().is_some_and(is_space) {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([head.len()]);
    let field = |(start, end): (&usize, usize)| {
        let bytes = &head[*start..end];
        let colon = bytes.iter().position(|byte| *byte == b':').unwrap_or(bytes.len());
        Field { name: bytes[..colon].trim_ascii_end(), bytes }
    };
    starts.iter().zip(ends).map(field).collect()
}

/// §3.4.2: the name in small letters, no space round the colon, the value in one line with single spaces, no end of line.
pub(super) fn field(bytes: &[u8], out: &mut Vec<u8>) {
    let colon = bytes.iter().position(|byte| *byte == b':').unwrap_or(bytes.len());
    let (name, value) = bytes.split_at(colon);
    out.extend(name.trim_ascii_end().iter().map(u8::to_ascii_lowercase));
    out.push(b':');
    let mut words = value.get(1..).unwrap_or_default().split(|byte| is_space(byte) || matches!(byte, b'\r' | b'\n'));
    let mut is_first = true;
    for word in words.by_ref().filter(|word| !word.is_empty()) {
        if !is_first {
            out.push(b' ');
        }
        is_first = false;
        out.extend_from_slice(word);
    }
}

/// §3.4.4: single spaces, none at the end of a line, no empty lines at the end; what is not empty ends with a line's end.
pub(super) fn body(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 2);
    let mut written_until = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        line_of_body(text, &mut out);
        if !text.iter().all(is_space) {
            written_until = out.len();
        }
        out.extend_from_slice(b"\r\n");
    }
    out.truncate(if written_until == 0 { 0 } else { written_until + 2 });
    out
}

fn line_of_body(text: &[u8], out: &mut Vec<u8>) {
    // Nearly every line of ours is as it should be already: our own encoders leave no space at the end.
    let is_plain = !text.last().is_some_and(is_space) && !text.contains(&b'\t') && !text.windows(2).any(|two| two == b"  ");
    if is_plain {
        out.extend_from_slice(text);
        return;
    }
    let mut has_space = false;
    for byte in text {
        if is_space(byte) {
            has_space = true;
        } else {
            if std::mem::take(&mut has_space) {
                out.push(b' ');
            }
            out.push(*byte);
        }
    }
}

fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_6376_comes_out_as_it_should() {
        // §3.4.5.
        let message = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
        let (head, rest) = split(message);
        let mut out = Vec::new();
        for one in fields(head) {
            field(one.bytes, &mut out);
            out.extend_from_slice(b"\r\n");
        }
        assert_eq!(out, b"a:X\r\nb:Y Z\r\n");
        assert_eq!(body(rest), b" C\r\nD E\r\n");
        assert_eq!(fields(head)[1].name, b"B");
    }

    #[test]
    fn bodies_end_where_their_last_text_ends() {
        for (given, expected) in [
            (&b""[..], &b""[..]),
            (b"\r\n", b""),
            (b" \r\n\t\r\n", b""),
            (b"a", b"a\r\n"),
            (b"a\r\n", b"a\r\n"),
            (b"\r\na\r\n \r\n\r\n", b"\r\na\r\n"),
            (b"a  b\tc \r\n", b"a b c\r\n"),
            (b"  a\r\n", b" a\r\n"),
            (b"\ta\r\n", b" a\r\n"),
        ] {
            assert_eq!(body(given), expected, "{}", String::from_utf8_lossy(given));
        }
    }

    #[test]
    fn a_message_without_body_is_all_header() {
        assert_eq!(split(b"A: b\r\n"), (&b"A: b\r\n"[..], &b""[..]));
        assert_eq!(split(b"A: b\r\n\r\n"), (&b"A: b\r\n"[..], &b""[..]));
        assert!(fields(b"").is_empty());
    }
}
