//! The composed copy beside the same mail from a plain MIME builder that is not ours: whoever reads both reads the same.

use mail_builder::MessageBuilder;
use mail_builder::headers::raw::Raw;
use mail_parser::HeaderValue;
use pressroom::content::reader_csv;

use super::*;

/// The mail as a builder writes it who knows nothing of slots and pieces.
fn built(proof: &Proof, reader: &Reader) -> Vec<u8> {
    let plain = Plain::new(reader);
    let content = &proof.content;
    let (name, to) = (reader.fields.full_name(), reader.address.for_wire());
    let from = &content.from;
    let from_name = from.name.as_ref().map(DisplayName::as_str).unwrap_or_default();
    let builder = MessageBuilder::new()
        .from((from_name.to_owned(), from.address.for_wire()))
        .reply_to(content.reply_to.as_ref().unwrap().for_wire())
        .subject(content.subject.fill(&plain).trim().to_owned())
        .date(date().as_second())
        .message_id(parse(&compose(proof, reader)).message_id().unwrap().to_owned())
        .header("List-Id", Raw::new(content.list_id.clone()))
        .header("List-Unsubscribe", Raw::new(format!("<{}>", plain.unsubscribe)))
        .header("List-Unsubscribe-Post", Raw::new("List-Unsubscribe=One-Click"))
        .header("Precedence", Raw::new("bulk"))
        .text_body(crlf(&content.text.fill(&plain)))
        .html_body(crlf(&content.html.fill(&plain)));
    let builder = match &name {
        Some(name) => builder.to((name.clone(), to)),
        None => builder.to(to),
    };
    builder.write_to_vec().unwrap()
}

fn crlf(text: &str) -> String {
    lines(text).replace('\n', "\r\n")
}

/// What a reader of the mail gets to know of it.
fn read(message: &mail_parser::Message<'_>) -> Vec<(&'static str, String)> {
    let text = |name: &'static str| match message.header(name) {
        Some(HeaderValue::Text(text)) => text.trim().to_owned(),
        other => format!("{other:?}"),
    };
    let mut read: Vec<_> = ["Subject", "Message-ID", "List-Unsubscribe-Post", "Precedence"].map(|name| (name, text(name))).to_vec();
    for name in ["From", "To", "Reply-To", "Date", "List-Id", "List-Unsubscribe", "MIME-Version"] {
        read.push((name, format!("{:?}", message.header(name))));
    }
    let body = |text: Option<std::borrow::Cow<'_, str>>| lines(&text.unwrap()).trim_end_matches('\n').to_owned();
    read.push(("text", body(message.body_text(0))));
    read.push(("html", body(message.body_html(0))));
    read
}

fn check_alike(proof: &Proof, reader: &Reader) {
    let (ours, theirs) = (compose(proof, reader), built(proof, reader));
    check_wire(&ours);
    let (ours, theirs) = (parse(&ours), parse(&theirs));
    let kinds =
        |message: &mail_parser::Message<'_>| (message.text_body_count(), message.html_body_count(), message.attachment_count());
    assert_eq!(kinds(&ours), kinds(&theirs));
    for (ours, theirs) in read(&ours).into_iter().zip(read(&theirs)) {
        assert_eq!(ours, theirs, "{:?}", reader.fields.name);
    }
}

#[test]
fn hostile_names_and_a_word_of_100_kb_read_the_same() {
    let word = "é.".repeat(33_334);
    let body = Template(vec![literal("Dear "), field(Field::Name, "partner", Escape::Plain), literal(&format!("\n{word}\n"))]);
    let subject = Template(vec![literal("For "), field(Field::Name, "you", Escape::Plain)]);
    let long = proof(subject, body.clone(), body);
    // The builder writes what looks like an encoded word as it stands, so whoever reads its mail reads another name.
    let names = NAMES.iter().filter(|name| !name.contains("=?")).map(|name| (*name).to_owned());
    for name in names.chain(["Ü".repeat(120), "w".repeat(200), "\\\"".repeat(60)]) {
        check_alike(&long, &named(&name));
        check_alike(&greeting(), &named(&name));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn the_fast_copy_reads_like_the_one_of_a_plain_builder(
        html in pieces(Escape::Html),
        text in pieces(Escape::Plain),
        name in "(\\PC|[ ,;:=?_<>()@\"\\\\.]|[\u{590}-\u{6ff}]|[🎒👩🏽‍🏫]|Ü{60}){1,120}",
        here: bool,
    ) {
        prop_assume!(DisplayName::parse(&name).is_ok() && !name.contains("=?"));
        let mut reader = named(&name);
        reader.fields.state = here.then(|| State::parse("NM").unwrap());
        let subject = Template(vec![literal("For "), field(Field::Name, "you", Escape::Plain), literal(" and all")]);
        check_alike(&proof(subject, Template(html), Template(text)), &reader);
    }

    /// RFC 5322 §2.2: where a line break or a NUL would come in, that row is refused, and the rows round it are taken.
    #[test]
    fn a_name_that_could_end_a_line_fails_its_own_reader_alone(
        before in "[a-zé,]{0,20}",
        hostile in "[\r\n\0\u{7f}\u{85}\u{2028}\u{202e}]",
        after in "[a-z:@,]{0,20}",
    ) {
        let name = format!("x{before}{hostile}{after}x");
        prop_assert!(DisplayName::parse(&name).is_err());
        let csv = format!("email,name\nfirst@example.org,First\nbad@example.org,\"{name}\"\nlast@example.org,Last\n");
        let read = reader_csv::parse(csv.as_bytes());
        prop_assert_eq!(read.bad.len(), 1, "{:?}", read.bad);
        prop_assert_eq!(read.rows.len(), 2, "{:?}", name);
    }
}
