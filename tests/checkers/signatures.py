#!/usr/bin/env python3
"""Signed mails before two verifiers that are not ours, dkimpy and opendkim; and variants of them for any verifier.

    signatures.py variants MAIL DIR            writes pass-*.eml and fail-*.eml: what may happen on the way, and what must break a signature
    signatures.py verify RECORDS FILE...       all signatures of each file hold, or, where its name begins with fail-, none does
    signatures.py opendkim RECORDS FILE...     the same with opendkim, which looks for one signature that holds

RECORDS is a folder of what `pressroom dkim keygen --json` has printed. Prints each file that is judged otherwise, then "N passed, M
failed"; exits 1 when any failed, 2 when there was nothing to judge.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# standards.md B3, and what else says how a body is to be read.
GUARDED = [
    "From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
]
GUARDED_WHERE_IT_IS = ["List-Unsubscribe", "List-Unsubscribe-Post"]
# standards.md B2: signed in every mail, and signed where they occur.
ALWAYS_SIGNED = GUARDED
SIGNED_WHERE_IT_IS = GUARDED_WHERE_IT_IS + ["List-Id", "Feedback-ID"]


def records(folder):
    found = [json.loads(file.read_text()) for file in sorted(Path(folder).glob("*.json"))]
    return {record["name"]: record["value"] for record in found}


def split(raw):
    head, _, body = raw.partition(b"\r\n\r\n")
    return re.split(rb"\r\n(?![ \t])", head), body


def name_of(field):
    return field.partition(b":")[0].strip().decode().lower()


def refolded(field):
    """The field in other lines: one break after the colon, one at every space."""
    name, _, value = field.partition(b":")
    return name + b":\r\n\t" + b"\r\n  ".join(value.split())


def signed_names(raw):
    for field in split(raw)[0]:
        if name_of(field) == "dkim-signature":
            tag = re.search(rb"\bh=([^;]*)", field)
            yield [name.decode().lower() for name in re.sub(rb"\s", b"", tag[1]).split(b":")]


def variants(raw):
    fields, body = split(raw)
    join = lambda fields, body=body: b"\r\n".join(fields) + b"\r\n\r\n" + body
    yield "pass-whole", raw
    yield "pass-refolded", join([refolded(field) for field in fields])
    yield "pass-received", b"Received: from a by b; Tue, 02 Feb 2027 15:00:01 +0000\r\n" + raw
    yield "pass-empty-lines", raw + b"\r\n\r\n"
    signatures = [place for place, field in enumerate(fields) if name_of(field) == "dkim-signature"]
    yield "pass-first-alone", join([field for place, field in enumerate(fields) if place not in signatures[1:]])
    yield "fail-body-longer", raw + b"more\r\n"
    middle = body.index(b"\r\n", len(body) // 2)
    yield "fail-body-word", join(fields, body[:middle] + b"x" + body[middle:])
    signed = next(signed_names(raw))
    for name in GUARDED + SIGNED_WHERE_IT_IS:
        places = [place for place, field in enumerate(fields) if name_of(field) == name.lower()]
        if places:
            changed = list(fields)
            changed[places[-1]] += b"x"
            yield f"fail-{name}-altered", join(changed)
        if signed.count(name.lower()) > len(places):
            second = f"{name}: <other@example.net>".encode()
            yield f"fail-{name}-before", join([second] + fields)
            yield f"fail-{name}-behind", join(fields + [second])


def field_faults(raw):
    """What a verifier does not mind: B2 to B5."""
    fields, _ = split(raw)
    present = [name_of(field) for field in fields]
    lists = list(signed_names(raw))
    if not lists or b"a=rsa-sha256;" not in fields[0]:
        yield "the first field is no RSA signature"
    for names in lists:
        for name in ALWAYS_SIGNED + [name for name in SIGNED_WHERE_IT_IS if name.lower() in present]:
            if name.lower() not in names:
                yield f"h= has no {name}"
        for name in GUARDED + [name for name in GUARDED_WHERE_IT_IS if name.lower() in present]:
            if names.count(name.lower()) != present.count(name.lower()) + 1:
                yield f"{name} is not named once more than it occurs"
    for field in fields:
        if name_of(field) == "dkim-signature":
            if b" c=relaxed/relaxed;" not in field or not re.search(rb"\bt=\d+;", field) or re.search(rb"\b[lx]=", field):
                yield "not relaxed/relaxed with t= and without l="
            if any(len(line) > 78 for line in field.split(b"\r\n")):
                yield "a line of a signature is longer than it need be"


def by_dkimpy(raw, known):
    import dkim

    def look_up(name, timeout=5):
        return known.get(name.decode().rstrip("."), "").encode()

    count = sum(name_of(field) == "dkim-signature" for field in split(raw)[0])
    verifier = dkim.DKIM(raw)
    for place in range(count):
        try:
            yield verifier.verify(idx=place, dnsfunc=look_up)
        except dkim.DKIMException:
            yield False


def judge(files, verdicts):
    failed = 0
    for file in files:
        raw = file.read_bytes()
        found = list(verdicts(file, raw))
        bad = [] if file.name.startswith("fail-") else list(field_faults(raw)) if file.name[:5] != "pass-" else []
        expected = not file.name.startswith("fail-")
        if bad or not found or any(holds != expected for holds in found):
            failed += 1
            print(f"{file}: {bad or found}")
    print(f"{len(files) - failed} passed, {failed} failed")
    return 1 if failed else 0 if files else 2


def opendkim(known, files):
    with tempfile.TemporaryDirectory() as folder:
        data, conf = Path(folder) / "records", Path(folder) / "conf"
        data.write_text("".join(f"{name} {value}\n" for name, value in known.items()))
        conf.write_text(f"Mode v\nTestDNSData {data}\n")

        def verdicts(file, raw):
            ran = subprocess.run(["opendkim", "-x", conf, "-t", file], capture_output=True, text=True, timeout=30)
            yield ran.returncode == 0 and "succeeded" in ran.stdout + ran.stderr

        return judge(files, verdicts)


def main(arguments):
    match arguments:
        case ["variants", mail, folder]:
            Path(folder).mkdir(parents=True, exist_ok=True)
            for name, raw in variants(Path(mail).read_bytes()):
                (Path(folder) / f"{name}.eml").write_bytes(raw)
            return 0
        case ["verify", folder, *files]:
            known = records(folder)
            return judge([Path(file) for file in files], lambda file, raw: by_dkimpy(raw, known))
        case ["opendkim", folder, *files]:
            return opendkim(records(folder), [Path(file) for file in files])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
