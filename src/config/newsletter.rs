//! `[[newsletter]]`: what is published, when, from whom, and by which rules.

use toml::de::DeValue;

use super::newsroom::{address, name};
use super::reading::{About, Key, Reading, Section};
use super::value::{self, Bad, nearest};
use crate::domain::delivery::RetryPolicy;
use crate::domain::email::{EmailAddress, Mailbox};
use crate::domain::id::NewsletterId;
use crate::domain::newsletter::{DkimSigner, EmptySlot, Newsletter, Signup, UncertainPolicy};
use crate::domain::rule;
use crate::domain::schedule::Schedule;
use crate::domain::time::{SignedDuration, TimeZone};

const ID: Key = Key::required("id", "\"partners\"");
const TITLE: Key = Key::required("title", "\"Lantern Exchange\"");
const FROM: Key = Key::required("from", "\"Lantern Exchange <exchange@lantern.example.org>\"");
const REPLY_TO: Key = Key::optional("reply_to", "\"editor@lantern.example.org\"");
const SCHEDULE: Key = Key::required(
    "schedule",
    "\"0 0 10 1-7 * TUE\"` (second minute hour day month weekday), or without the second as `schedule = \"0 10 1-7 * TUE\"",
);
const TIMEZONE: Key = Key::required("timezone", "\"America/New_York\"");
const PROOF: Key = Key::with_default("proof", "\"2d\"");
const APPROVALS: Key = Key::with_default("approvals", "1");
const HOLD: Key = Key::with_default("hold", "\"20m\"");
const GRACE: Key = Key::with_default("grace", "\"6h\"");
const UNCERTAIN: Key = Key::with_default("uncertain", "\"hold\"");
const EMPTY: Key = Key::with_default("empty", "\"skip\"");
// What is not said to be public stays restricted: the other way round, one forgotten line would publish a closed newsletter.
const PUBLIC: Key = Key::with_default("public", "false");
const SIGNUP: Key = Key::with_default("signup", "\"invite\"");
const RETRY: Key = Key::with_default("retry", r#"["5m", "15m", "30m", "1h", "2h", "4h", "8h", "16h", "16h"]"#);
const DKIM: Key = Key::with_default("dkim", "\"relay\"");
const BOUNCE_DOMAIN: Key = Key::optional("bounce_domain", "\"bounces.lantern.example.org\"");

/// `signing`: the domains that `[[dkim]]` has keys for.
pub(super) fn all(reading: &mut Reading<'_>, root: &mut Section<'_, '_>, signing: &[String]) -> Option<Vec<Newsletter>> {
    let sections = reading.sections(root, "newsletter");
    if sections.is_empty() && root.span_of("newsletter").is_none() {
        let help = "add a table [[newsletter]] with id, title, from, schedule and timezone";
        reading.missing(About { key: "newsletter".to_owned(), at: None }, help);
        return None;
    }
    let mut ids: Vec<NewsletterId> = Vec::new();
    let mut all = Vec::new();
    for section in sections {
        let section = match section.peek_text("id") {
            Some(id) if NewsletterId::parse(id).is_ok_and(|id| !ids.contains(&id)) => section.renamed(format!("newsletter[{id}]")),
            Some(_) | None => section,
        };
        all.push(one(reading, section, &mut ids, signing));
    }
    all.into_iter().collect()
}

fn one(
    reading: &mut Reading<'_>,
    mut section: Section<'_, '_>,
    ids: &mut Vec<NewsletterId>,
    signing: &[String],
) -> Option<Newsletter> {
    let section = &mut section;
    let id = reading.take(section, ID, own_address);
    if let Some(id) = &id {
        tell_apart(reading, section, id, ids);
    }
    let title = reading.take(section, TITLE, name);
    let from = reading.take(section, FROM, |value| Mailbox::parse(value::text(value)?).map_err(|error| error.to_string()));
    let reply_to = reading.take(section, REPLY_TO, address);
    let schedule = reading.take(section, SCHEDULE, |value| Schedule::parse(value::text(value)?).map_err(|error| error.to_string()));
    let timezone = reading.take(section, TIMEZONE, timezone);
    let proof_lead = reading.take(section, PROOF, value::duration);
    let approvals = reading.take(section, APPROVALS, |value| value::number(value, 0, 9));
    let hold = reading.take(section, HOLD, value::duration);
    let grace = reading.take(section, GRACE, value::duration);
    let uncertain = reading.take(section, UNCERTAIN, |value| {
        value::choice(value, &[("hold", UncertainPolicy::Hold), ("resend", UncertainPolicy::Resend)])
    });
    let empty =
        reading.take(section, EMPTY, |value| value::choice(value, &[("skip", EmptySlot::Skip), ("features", EmptySlot::Features)]));
    let public = reading.take(section, PUBLIC, value::switch);
    let signup = reading.take(section, SIGNUP, |value| value::choice(value, &[("open", Signup::Open), ("invite", Signup::Invite)]));
    let retry = reading.take(section, RETRY, retry);
    let dkim = reading.take(section, DKIM, |value| value::choice(value, &[("relay", DkimSigner::Relay), ("own", DkimSigner::Own)]));
    let bounce_domain = reading.take(section, BOUNCE_DOMAIN, domain);
    reading.close(section);
    fit_together(reading, section, hold, grace);
    if let (Some(DkimSigner::Own), Some(from)) = (dkim, &from) {
        require_keys(reading, section, &from.address.domain(), signing);
    }
    Some(Newsletter {
        id: id?,
        title: title?,
        from: from?,
        reply_to,
        schedule: schedule?,
        timezone: timezone?,
        proof_lead: proof_lead?,
        approvals: u8::try_from(approvals?).expect("at most 9"),
        hold: hold?,
        grace: grace?,
        uncertain: uncertain?,
        empty: empty?,
        public: public?,
        signup: signup?,
        retry: retry?,
        dkim: dkim?,
        bounce_domain,
    })
}

/// The first words of addresses that are not a newsletter's (product.md section 10).
const TAKEN: [&str; 19] = [
    "u",
    "r",
    "confirm",
    "privacy",
    "sign-up",
    "own",
    "new-address",
    "pictures",
    "desk",
    "partner",
    "join",
    "charter",
    "pledge",
    "consent",
    "map",
    "livez",
    "readyz",
    "metrics",
    "inbox",
];

fn own_address(value: &DeValue<'_>) -> Result<NewsletterId, Bad> {
    let id = NewsletterId::parse(value::text(value)?).map_err(|error| error.to_string())?;
    if TAKEN.contains(&id.as_str()) {
        return Err(format!("`{id}` is the address of something else on the web; call the newsletter otherwise"));
    }
    Ok(id)
}

fn tell_apart(reading: &mut Reading<'_>, section: &Section<'_, '_>, id: &NewsletterId, ids: &mut Vec<NewsletterId>) {
    if ids.contains(id) {
        super::given_twice(reading, section, "id", "give each newsletter an id of its own");
    } else if let Some(other) = ids.iter().find(|other| other.tag() == id.tag()) {
        let message = format!("`{id}` has by chance the same tag in links as `{other}`");
        let help = "change one of the two ids, at least by a letter";
        reading.fault(rule::CONF008, section.about("id"), message, help);
    }
    ids.push(id.clone());
}

fn fit_together(reading: &mut Reading<'_>, section: &Section<'_, '_>, hold: Option<SignedDuration>, grace: Option<SignedDuration>) {
    if hold.zip(grace).is_some_and(|(hold, grace)| hold >= grace) {
        let key = if section.peek_text("grace").is_some() { "grace" } else { "hold" };
        let message = "the grace must be longer than the hold, since both begin at the slot".to_owned();
        let help = "write for example `hold = \"20m\"` and `grace = \"6h\"`";
        reading.fault(rule::CONF010, section.about(key), message, help);
    }
}

// RFC 7489 §3.1.1: a signature counts for DMARC only in the name of the From domain.
fn require_keys(reading: &mut Reading<'_>, section: &Section<'_, '_>, domain: &str, signing: &[String]) {
    if !signing.iter().any(|known| known == domain) {
        let message = format!("the newsletter signs its own mail, but there is no [[dkim]] for {domain}");
        let help = format!(
            "make a key with `pressroom dkim keygen --domain {domain} --selector NAME --out FILE` and name it in a table [[dkim]], or \
             write `dkim = \"relay\"`"
        );
        reading.fault(rule::CONF011, section.about("dkim"), message, &help);
    }
}

fn timezone(value: &DeValue<'_>) -> Result<TimeZone, Bad> {
    let given = value::text(value)?;
    TimeZone::get(given).map_err(|_| {
        let names: Vec<_> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        match nearest(given, names.iter().map(String::as_str)) {
            Some(near) => format!("there is no time zone \"{given}\"; did you mean \"{near}\"?"),
            None => format!("there is no time zone \"{given}\""),
        }
    })
}

fn retry(value: &DeValue<'_>) -> Result<RetryPolicy, Bad> {
    RetryPolicy::new(value::list(value, value::duration)?).map_err(|error| error.to_string())
}

pub(super) fn domain(value: &DeValue<'_>) -> Result<String, Bad> {
    let given = value::text(value)?;
    // What may stand behind the @ of an address is a domain that mail can go to.
    let as_address = EmailAddress::parse(&format!("bounce@{given}")).ok().filter(|_| !given.contains('@'));
    let address = as_address.ok_or_else(|| format!("expected a domain such as bounces.example.org, found \"{given}\""))?;
    Ok(address.domain().into_owned())
}
