#!/usr/bin/env python3
"""Reads composed mails with Python's strict parser and checks them against the rules for what we send.

    mail.py [--html DIR] DIR_OR_FILE...

A folder is searched for *.eml. Prints each fault with its file, then "N passed, M failed"; exits 1 when any failed, 2 when there was
nothing to read. A mail with Auto-Submitted is a notice: what binds issues only (List-*) must be absent from it, and it may bring files.
With --html DIR the HTML part of each notice is written there, for other checkers.
It does not look at pictures, wording or HTML quality: other checkers do.
"""

import email
import email.policy
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

POLICY = email.policy.default.clone(raise_on_defect=True)
ONE_EACH = ["From", "Date", "Message-ID", "To", "Subject", "MIME-Version", "Content-Type"]
ONE_EACH_ISSUE = ["List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"]
NEVER = ["Return-Path", "Bcc", "Cc", "User-Agent", "X-Mailer", "Sender"]
AT_MOST_ONE = ["Reply-To", "Precedence", "Feedback-ID", "Auto-Submitted", "Content-Transfer-Encoding"]
# One address or opaque id that must not be folded may need more than 78 columns.
UNFOLDABLE = re.compile(rb"^(List-Unsubscribe|Feedback-ID|Message-ID|To|From|Reply-To|List-Id):|^ <[^ ]+>$", re.I)
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag in ("a", "area"):
            self.found += [value for name, value in attrs if name == "href" and value]


def wire_faults(raw):
    """A1, A2, A6, and that no line needs dot-stuffing."""
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        yield "a bare CR or LF"
    if b"\0" in raw:
        yield "a NUL"
    if any(byte > 126 for byte in raw):
        yield "a byte that is not 7-bit"
    if not raw.endswith(b"\r\n"):
        yield "the last line has no end"
    head, _, body = raw.partition(b"\r\n\r\n")
    for part, lines in (("head", head.split(b"\r\n")), ("body", body.split(b"\r\n"))):
        for line in lines:
            if len(line) > 998:
                yield f"a line of {len(line)} octets in the {part}"
            elif len(line) > 78 and not (part == "head" and UNFOLDABLE.match(line)):
                yield f"a line of {len(line)} columns in the {part}"
            if line.startswith(b".") or (part == "body" and line.startswith(b"From ")):
                yield f"a line in the {part} that begins with a dot or From"
            if part == "head" and not line.strip():
                yield "a header line of white space only"
            if part == "head" and b"=?" in line and (len(line) > 76 or any(len(w) > 75 for w in re.findall(rb"=\?\S*", line))):
                yield "an encoded word or its line is too long (RFC 2047)"


def header_faults(message, automatic):
    """A3, A4, A10, A11, A13, A14."""
    for name in ONE_EACH + ([] if automatic else ONE_EACH_ISSUE):
        if len(message.get_all(name, [])) != 1:
            yield f"{len(message.get_all(name, []))} {name} fields"
    for name in AT_MOST_ONE:
        if len(message.get_all(name, [])) > 1:
            yield f"more than one {name} field"
    for name in NEVER:
        if name in message:
            yield f"a {name} field"
    if len(message["To"].addresses) != 1 or len(message["From"].addresses) != 1:
        yield "not exactly one address in To and in From"
    own = message["From"].addresses[0].domain
    if not re.fullmatch(r"<[^<>@\s]{20,}@" + re.escape(own) + ">", message["Message-ID"].strip()):
        yield "the Message-ID is too short or not of the From address's domain"
    if message["Date"].datetime is None or message["Date"].datetime.tzinfo is None:
        yield "the Date cannot be read"
    if not str(message["Subject"]).strip():
        yield "the Subject is empty"
    if message.get("Precedence", "bulk") != "bulk":
        yield "a Precedence other than bulk"


def leave_faults(message, raw):
    """C1."""
    lines = [line for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n") if line.lower().startswith(b"list-unsubscribe:")]
    one = re.fullmatch(rb"List-Unsubscribe: <(https?://[!-;=?-~]+)>(, <mailto:[!-;=?-~]+>)?", lines[0]) if len(lines) == 1 else None
    if not one:
        yield "List-Unsubscribe is not one line with one web address first"
    else:
        address = urlsplit(one[1].decode())
        if address.scheme != "https" and address.hostname not in LOOPBACK:
            yield "List-Unsubscribe is not https"
        for part in message.iter_parts():
            if one[1].decode() not in part.get_content():
                yield f"the {part.get_content_type()} part does not show the unsubscribe link"
    if b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" not in raw:
        yield "List-Unsubscribe-Post is not the exact text of RFC 8058"


def list_faults(message, raw):
    """A10, C1, F8."""
    yield from leave_faults(message, raw)
    if not re.search(r"<[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+>$", str(message["List-Id"])):
        yield "List-Id has no <id.domain>"
    if "Feedback-ID" in message and not re.fullmatch(r"([^:\s]+:){3}[^:\s]{5,15}", message["Feedback-ID"]):
        yield "Feedback-ID is not issue:list:type:sender"


def part_faults(message):
    """A6, A7."""
    parts = list(message.iter_parts())
    if message.get_content_type() != "multipart/alternative" or [p.get_content_type() for p in parts] != ["text/plain", "text/html"]:
        yield "not multipart/alternative with text first and HTML last"
        return
    for part in parts:
        yield from encoding_faults(part)
    text, html = (part.get_content() for part in parts)
    if "\ufffd" in text or "\ufffd" in html:
        yield "a character did not survive"
    links = Links()
    links.feed(html)
    for link in links.found:
        if link.removeprefix("mailto:").removeprefix("tel:") not in text:
            yield f"a link of the HTML is not in the text: {link}"


def encoding_faults(part):
    if part.get_content_charset() != "utf-8":
        yield f"{part.get_content_type()} is not UTF-8"
    if str(part["Content-Transfer-Encoding"]) not in ("7bit", "quoted-printable", "base64"):
        yield f"{part.get_content_type()} has a transfer encoding that needs 8BITMIME"


def notice_faults(message, raw):
    """A11, and that nobody, filters least of all, takes a notice for an issue."""
    if str(message["Auto-Submitted"]) != "auto-generated":
        yield "Auto-Submitted is not auto-generated (RFC 3834)"
    # A welcome to one newsletter can be left by.
    if "List-Unsubscribe" in message or "List-Unsubscribe-Post" in message:
        yield from leave_faults(message, raw)
    for name in ["List-Id", "Precedence", "Feedback-ID"]:
        if name in message:
            yield f"a {name} field, which is for issues"
    body = message
    if message.get_content_type() == "multipart/mixed":
        body, *files = message.iter_parts()
        for file in files:
            yield from encoding_faults(file)
            if file.get_content_disposition() != "attachment" or not file.get_filename():
                yield "a file that is not attached by its name"
            if not file.get_content().strip():
                yield f"{file.get_filename()} is empty"
    yield from part_faults(body)
    html = message.get_body(("html",)).get_content()
    personal = set(re.findall(r"/[ur]/[a-z2-7]{20,}", html))
    # A welcome is for the reader whom its header would take off the list, and has their own links.
    leave = re.sub(r"\s", "", str(message["List-Unsubscribe"] or ""))
    is_welcome = len(personal) <= 2 and all(link in leave for link in personal if link.startswith("/u/"))
    if personal and not (leave and is_welcome):
        yield f"a reader's own link: {min(personal)[:8]}…"
    for picture in re.findall(r'<img[^>]* src="([^"]*)"', html):
        if not re.fullmatch(r"https?://[^/]+/pictures/[0-9a-f]{64}", picture):
            yield f"a picture that is not one of ours: {picture}"
    if re.match(r"\[proof ", str(message["Subject"])) and message.get_content_type() != "multipart/mixed":
        yield "a proof without its files"


def faults(raw):
    yield from wire_faults(raw)
    try:
        message = email.message_from_bytes(raw, policy=POLICY)
        for _ in message.items():
            pass
        automatic = "Auto-Submitted" in message
        yield from header_faults(message, automatic)
        if automatic:
            yield from notice_faults(message, raw)
        else:
            yield from part_faults(message)
            yield from list_faults(message, raw)
    except Exception as defect:  # any of email.errors, or what a broken header makes of the checks above
        yield f"strict parser: {type(defect).__name__}: {defect}"


def write_html(file, folder):
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    if "Auto-Submitted" in message:
        html = message.get_body(("html",))
        (folder / f"{file.stem}.html").write_text(html.get_content(), encoding="utf-8")


def main(arguments):
    folder = None
    if arguments[:1] == ["--html"]:
        folder = Path(arguments[1])
        arguments = arguments[2:]
    files = []
    for argument in map(Path, arguments):
        files += sorted(argument.rglob("*.eml")) if argument.is_dir() else [argument]
    if not files:
        print("no mails to check; give a folder with *.eml or files", file=sys.stderr)
        return 2
    failed = 0
    for file in files:
        found = list(faults(file.read_bytes()))
        if folder:
            write_html(file, folder)
        failed += bool(found)
        for fault in found[:20]:
            print(f"{file}: {fault}")
    print(f"{len(files) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
