//! What a config says and what is wrong with it, by example.

mod dkim;

use super::*;
use crate::domain::email::EmailAddress;
use crate::domain::newsletter::{EmptySlot, Signup, UncertainPolicy};
use crate::domain::people::{Role, Roles};
use crate::domain::time::SignedDuration;
use std::time::Duration;

const WHOLE: &str = r#"
[alliance]
name = "Lantern Alliance (example)"
host = "Example Institute for Learning"
postal_address = "100 Sample Street, Springfield"

[web]
url = "https://news.lantern.example.org/"
listen = "127.0.0.1:8080"

[[newsletter]]
id = "partners"
title = "Lantern Exchange"
from = "Lantern Exchange <exchange@lantern.example.org>"
reply_to = "editor@lantern.example.org"
schedule = "0 0 10 1 * *"
timezone = "America/New_York"
proof = "2d"
approvals = 2
hold = "20m"
grace = "6h"
uncertain = "resend"
empty = "features"
public = true
signup = "open"
retry = ["5m", "15m"]
dkim = "relay"
bounce_domain = "Bounces.lantern.example.org"

[[relay]]
url = "smtp://smtp.example.org:587"
user = "pressroom"
password_file = "$CREDENTIALS_DIRECTORY/smtp"
connections = 4
rate = "50/s"
rank = 3
weight = 20
messages_per_connection = 50
timeouts = { connect = "10s", final_dot = "20m" }

[[relay]]
url = "smtp://127.0.0.1:2525"

[store]
path = "subscribers/store"

[links]
allow_private = true
check = false

[[staff]]
email = "editor@lantern.example.org"
roles = ["approver", "editor", "editor"]
"#;

const LEAST: &str = r#"
alliance = { name = "Lantern Alliance", host = "Example Institute" }
[[newsletter]]
id = "partners"
title = "Lantern Exchange"
from = "exchange@lantern.example.org"
schedule = "0 10 1 * *"
timezone = "UTC"
"#;

/// Loads with these variables, and files whose paths are given in full.
fn load_with(text: &str, variables: &[(&str, &str)], files: &[(&str, &str)]) -> Result<Config, ConfigFaults> {
    let env = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    let read = |path: &Path| {
        let found = files.iter().find(|(known, _)| Path::new(known) == path);
        found.map(|(_, text)| (*text).to_owned()).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    };
    load(text, &env, &read)
}

/// Loads as whoever talks to the relays does.
fn load_to_deliver(text: &str, files: &[(&str, &str)]) -> Result<Config, ConfigFaults> {
    let config = load_with(text, &[], files)?;
    config.require_secrets().map(|()| config)
}

fn load_alone(text: &str) -> Result<Config, ConfigFaults> {
    load_with(text, &[], &[])
}

/// The faults of the smallest config with something added to it, as `code key: message`.
fn faults_of(text: &str) -> Vec<String> {
    let faults = load_alone(text).unwrap_err();
    faults.faults().iter().map(|fault| format!("{} {}: {}", fault.problem.rule.code, fault.key, fault.problem.message)).collect()
}

fn faults_with(added: &str) -> Vec<String> {
    faults_of(&format!("{LEAST}{added}"))
}

const CREDENTIALS: &[(&str, &str)] = &[("CREDENTIALS_DIRECTORY", "/run/credentials/x")];
const PASSWORD_FILE: &[(&str, &str)] = &[("/run/credentials/x/smtp", "hunter2\n")];

#[test]
fn every_key_is_understood() {
    let config = load_with(WHOLE, CREDENTIALS, PASSWORD_FILE).unwrap();
    assert_eq!(config.alliance.postal_address, "100 Sample Street, Springfield");
    assert_eq!(config.web.url.as_str(), "https://news.lantern.example.org");
    let newsletter = &config.newsletters[0];
    assert_eq!(newsletter.reply_to, EmailAddress::parse("editor@lantern.example.org").ok());
    assert_eq!(newsletter.schedule.as_str(), "0 0 10 1 * *");
    assert_eq!(newsletter.timezone.iana_name(), Some("America/New_York"));
    assert_eq!((newsletter.approvals, newsletter.public, newsletter.signup), (2, true, Signup::Open));
    assert_eq!((newsletter.uncertain, newsletter.empty), (UncertainPolicy::Resend, EmptySlot::Features));
    assert_eq!(newsletter.proof_lead, SignedDuration::from_hours(48));
    assert_eq!((newsletter.hold, newsletter.grace), (SignedDuration::from_mins(20), SignedDuration::from_hours(6)));
    assert_eq!(newsletter.bounce_domain.as_deref(), Some("bounces.lantern.example.org"));
    assert_eq!(config.store, StorePlace::Sled("subscribers/store".into()));
    assert_eq!(config.links, LinkRules { allow_private: true, check: false });
    assert_eq!(config.staff[0].roles, Roles::from_iter([Role::Editor, Role::Approver]));
}

#[test]
fn a_relay_has_a_rank_a_share_and_time_for_each_step() {
    let config = load_with(WHOLE, CREDENTIALS, PASSWORD_FILE).unwrap();
    let [first, second] = config.relays.as_slice() else { panic!("two relays") };
    assert_eq!((first.rank, first.weight, first.messages_per_connection), (3, 20, 50));
    assert_eq!((second.rank, second.weight, second.messages_per_connection), (2, 1, 100), "its place in the file is its rank");
    let rfc = Deadlines::default();
    let expected = Deadlines { connect: Duration::from_secs(10), final_dot: Duration::from_mins(20), ..rfc };
    assert_eq!((first.deadlines, second.deadlines), (expected, rfc));
}

#[test]
fn what_a_relay_cannot_be_given_is_told_with_the_step() {
    let with = |line: &str| faults_with(&format!("[[relay]]\nurl = \"smtp://127.0.0.1\"\n{line}\n"));
    for (line, expected) in [
        ("rank = 0", "CONF004 relay[1].rank: expected 1 to 100, found 0"),
        ("weight = 1001", "CONF004 relay[1].weight: expected 1 to 1000, found 1001"),
        ("messages_per_connection = 0", "CONF004 relay[1].messages_per_connection: expected 1 to 10000, found 0"),
        ("timeouts = \"5m\"", "CONF004 relay[1].timeouts: expected a table in braces, found text"),
        ("timeouts = { final_dot = \"2h\" }", "CONF004 relay[1].timeouts.final_dot: expected 1s to 1h"),
        ("timeouts = { dot = \"5m\" }", "CONF002 relay[1].timeouts.dot: is not a known key"),
    ] {
        assert_eq!(with(line), [expected]);
    }
}

#[test]
fn a_login_to_another_machine_makes_tls_required() {
    let config = load_with(WHOLE, CREDENTIALS, PASSWORD_FILE).unwrap();
    let [first, second] = config.relays.as_slice() else { panic!("two relays") };
    assert_eq!((first.name.as_str(), first.tls, first.connections), ("smtp.example.org:587", RelayTls::Required, 4));
    assert_eq!(first.login.as_ref().unwrap().password.secret().unwrap().expose(), "hunter2");
    assert_eq!(first.rate.unwrap().to_string(), "50/s");
    assert_eq!((second.tls, second.connections, second.rate), (RelayTls::Opportunistic, 8, None));
    assert!(second.login.is_none());
}

#[test]
fn what_is_left_out_takes_the_careful_default() {
    let config = load_alone(LEAST).unwrap();
    let newsletter = &config.newsletters[0];
    assert!(!newsletter.public, "what is not said to be public is restricted");
    assert_eq!((newsletter.approvals, newsletter.signup, newsletter.uncertain), (1, Signup::Invite, UncertainPolicy::Hold));
    assert_eq!(newsletter.empty, EmptySlot::Skip);
    assert_eq!(config.web.url.as_str(), "http://127.0.0.1:8080");
    assert!(config.alliance.postal_address.is_empty() && config.relays.is_empty() && config.staff.is_empty());
    assert_eq!(config.links, LinkRules { allow_private: false, check: true });
    assert!(config.find_newsletter(&newsletter.id).is_some());
}

#[test]
fn all_faults_are_told_together() {
    let text = r#"
[aliance]
name = "Lantern"

[web]
url = "news.example.org"
listen = 8080
colour = "blue"

[[newsletter]]
id = "Partners"
title = ""
from = "nobody"
schedule = "0 10 * * 1"
timezone = "America/NewYork"
hold = "20x"
aprovals = 1
approvals = 12
uncertain = "guess"
empty = "fill"
retry = ["5m", 15]
dkim = "own"

[[relay]]
url = "smtp://mail.example.org?tls=none"
user = "pressroom"
password = "hunter2"

[store]
url = "postgres://u:hunter3@db.example.org"

[[staff]]
email = "editor@lantern.example.org"
roles = ["editor", "aprover"]
"#;
    let faults = load_with(text, &[("PRESSROOM_LINKS_CHECK", "maybe")], &[]).unwrap_err();
    insta::assert_snapshot!(faults);
    assert!(!faults.shown_text().contains("hunter"), "no secret in what is shown");
    assert_eq!(faults.shown_text().len(), text.len(), "spans still fit");
}

#[test]
fn what_is_not_toml_is_told_once_a_line_and_nothing_is_called_missing() {
    let faults = load_alone("[alliance]\nname = Lantern\nhost = \"Example\ncolour = 1\n").unwrap_err();
    let places: Vec<_> = faults.faults().iter().map(|fault| (fault.problem.rule.code, fault.place.line())).collect();
    assert_eq!(places, [("CONF001", Some(2)), ("CONF001", Some(3)), ("CONF002", Some(4))], "{faults}");
}

#[test]
fn a_secret_on_a_broken_line_is_not_shown() {
    for line in ["password = hunter2", "  password=\"hunter2", "password = \"\"\"hunter2"] {
        let faults = load_alone(&format!("{LEAST}[[relay]]\n{line}\n")).unwrap_err();
        assert!(!faults.shown_text().contains("hunter2") && !faults.to_string().contains("hunter2"), "{line}: {faults}");
    }
}

#[test]
fn an_empty_file_lacks_what_is_required() {
    let expected = ["CONF003 alliance.host: is missing", "CONF003 alliance.name: is missing", "CONF003 newsletter: is missing"];
    let mut found = faults_of("");
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn tables_are_not_values_and_lists_of_tables_not_tables() {
    assert_eq!(faults_with("web = 1"), ["CONF002 newsletter[partners].web: is not a known key"]);
    assert_eq!(faults_of(&format!("web = 1\n{LEAST}")), ["CONF004 web: expected the table [web]"]);
    assert_eq!(faults_with("[relay]\nurl = \"smtp://127.0.0.1\""), ["CONF004 relay: expected one or more tables [[relay]]"]);
}

#[test]
fn names_are_given_once() {
    let again = r#"
[[newsletter]]
id = "partners"
title = "Another"
from = "exchange@lantern.example.org"
schedule = "0 10 1 * *"
timezone = "UTC"
[[staff]]
email = "editor@example.org"
roles = ["editor"]
[[staff]]
email = "Editor@Example.org"
roles = ["approver"]
[[relay]]
url = "smtp://127.0.0.1"
[[relay]]
url = "smtp://127.0.0.1:25"
"#;
    let expected = [
        "CONF008 newsletter[2].id: is given a second time",
        "CONF008 staff[2].email: is given a second time",
        "CONF008 relay[2].url: is given a second time",
    ];
    assert_eq!(faults_with(again), expected);
}

#[test]
fn a_network_editor_is_named_with_their_network_and_nobody_else_is() {
    let staff = |role: &str, more: &str| format!("[[staff]]\nemail = \"net@example.org\"\nroles = [\"{role}\"]\n{more}");
    let network = "network = \"southwest\"\n";
    let config = load_alone(&format!("{LEAST}{}", staff("network-editor", network))).unwrap();
    assert_eq!(config.staff[0].network.as_ref().map(ToString::to_string).as_deref(), Some("southwest"));
    let without = "CONF013 staff[1].network: a network editor edits for a network";
    assert_eq!(faults_with(&staff("network-editor", "")), [without]);
    assert_eq!(faults_with(&staff("editor", network)), ["CONF013 staff[1].network: only a network editor has a network"]);
}

#[test]
fn a_system_user_is_one_member_of_staff() {
    let staff = |email: &str, user: &str| format!("[[staff]]\nemail = \"{email}\"\nroles = [\"editor\"]\nuser = \"{user}\"\n");
    let config = load_alone(&format!("{LEAST}{}", staff("anna@example.org", "anna"))).unwrap();
    assert_eq!(config.staff[0].user, crate::domain::people::Actor::parse("anna").ok());
    let twice = format!("{}{}", staff("anna@example.org", "anna"), staff("ben@example.org", "Anna"));
    assert_eq!(faults_with(&twice), ["CONF008 staff[2].user: is given a second time"]);
    let address = "CONF004 staff[1].user: expected the name of a user of this system, found an address";
    assert_eq!(faults_with(&staff("anna@example.org", "ben@example.org")), [address]);
}

#[test]
fn two_newsletters_with_one_tag_are_refused() {
    let wanted = NewsletterId::parse("partners").unwrap().tag();
    let twin = (0..1_000_000).map(|n| format!("n{n}")).find(|id| NewsletterId::parse(id).unwrap().tag() == wanted).unwrap();
    let second = LEAST.split_once("[[newsletter]]").unwrap().1.replace("\"partners\"", &format!("\"{twin}\""));
    let faults = faults_with(&format!("[[newsletter]]{second}"));
    assert_eq!(faults, [format!("CONF008 newsletter[{twin}].id: `{twin}` has by chance the same tag in links as `partners`")]);
}

#[test]
fn the_hold_ends_before_the_grace() {
    let expected = ["CONF010 newsletter[partners].grace: the grace must be longer than the hold, since both begin at the slot"];
    assert_eq!(faults_with("hold = \"1h\"\ngrace = \"60m\""), expected);
    assert_eq!(faults_with("hold = \"6h\"").len(), 1);
    assert!(load_alone(&format!("{LEAST}hold = \"0s\"\ngrace = \"1s\"")).is_ok());
}

#[test]
fn mail_leaves_the_machine_only_with_public_links() {
    let relay = "[[relay]]\nurl = \"smtp://mail.example.org\"\n";
    for web in ["", "[web]\nurl = \"https://localhost\"\n", "[web]\nurl = \"http://news.example.org\"\n"] {
        let faults = faults_with(&format!("{web}{relay}"));
        assert!(faults.len() == 1 && faults[0].starts_with("CONF006 relay[1].url"), "{web} {faults:?}");
    }
    let public = "[web]\nurl = \"https://news.example.org\"\n";
    assert!(load_alone(&format!("{LEAST}{public}{relay}")).is_ok());
    assert!(load_alone(&format!("{LEAST}[[relay]]\nurl = \"smtp://[::1]\"\n")).is_ok());
}

#[test]
fn a_password_goes_only_over_tls_except_to_this_machine() {
    let base = format!("{LEAST}[web]\nurl = \"https://news.example.org\"\n[[relay]]\nuser = \"u\"\n");
    let password = &[("PRESSROOM_RELAY_PASSWORD", "hunter2")];
    let faults = load_with(&format!("{base}url = \"smtp://mail.example.org?tls=none\""), password, &[]).unwrap_err();
    assert_eq!(faults.faults()[0].problem.rule.code, "CONF007");
    let config = load_with(&format!("{base}url = \"smtp://127.0.0.1?tls=none\""), password, &[]).unwrap();
    assert_eq!(config.relays[0].tls, RelayTls::None);
}

#[test]
fn a_login_needs_both_halves() {
    let relay = "[[relay]]\nurl = \"smtp://127.0.0.1\"\n";
    let no_password = load_to_deliver(&format!("{LEAST}{relay}user = \"u\""), &[]).unwrap_err();
    assert_eq!((no_password.faults()[0].key.as_str(), no_password.faults().len()), ("relay[1].password_file", 1));
    let second = format!("{relay}[[relay]]\nurl = \"smtp://127.0.0.2\"\nuser = \"u\"");
    assert_eq!(faults_with(&second), ["CONF003 relay[2].password_file: is missing"], "no variable can set it");
    let no_user = load_with(&format!("{LEAST}{relay}password_file = \"pw\""), &[], &[("pw", "x")]).unwrap_err();
    assert_eq!((no_user.faults()[0].key.as_str(), no_user.faults().len()), ("relay[1].user", 1));
    let variable = load_with(&format!("{LEAST}{relay}"), &[("PRESSROOM_RELAY_PASSWORD", "x")], &[]).unwrap_err();
    assert_eq!(variable.faults()[0].place, Place::Environment("PRESSROOM_RELAY_PASSWORD".to_owned()));
}

#[test]
fn a_password_file_holds_one_line() {
    let text = format!("{LEAST}[[relay]]\nurl = \"smtp://127.0.0.1\"\nuser = \"u\"\npassword_file = \"pw\"");
    for bad in ["", "\n", "two\nlines\n", "nul\0"] {
        let faults = load_to_deliver(&text, &[("pw", bad)]).unwrap_err();
        assert_eq!((faults.faults()[0].key.as_str(), faults.faults().len()), ("relay[1].password_file", 1), "{bad:?}");
    }
    assert!(load_to_deliver(&text, &[]).unwrap_err().to_string().contains("cannot be read"));
    let credentials = text.replace("\"pw\"", "\"$CREDENTIALS_DIRECTORY/pw\"");
    assert!(load_to_deliver(&credentials, &[]).unwrap_err().to_string().contains("CREDENTIALS_DIRECTORY is not set"));
    let config = load_with(&text, &[], &[("pw", " with space \r\n")]).unwrap();
    assert_eq!(config.relays[0].login.as_ref().unwrap().password.secret().unwrap().expose(), " with space ");
}

#[test]
fn a_secret_that_cannot_be_read_is_no_fault_for_who_needs_none() {
    let config = load_alone(WHOLE).unwrap();
    assert!(matches!(config.relays[0].login.as_ref().unwrap().password, Password::InService));
    assert_eq!(config.relays[0].tls, RelayTls::Required);
    assert!(config.settings.iter().any(|setting| setting.value == "(not readable here)"));
    let faults = load_alone(&WHOLE.replace("connections = 4", "connections = 0")).unwrap_err();
    assert_eq!(faults.faults().len(), 2, "with another fault it is told too: {faults}");
}

#[test]
fn what_a_later_version_will_do_is_said_to_be_missing() {
    assert!(faults_with("[store]\nurl = \"postgres://db.example.org\"")[0].starts_with("CONF009 store.url"));
}

#[test]
fn the_environment_comes_before_the_file() {
    let variables = [
        ("PRESSROOM_WEB_URL", "https://other.example.org"),
        ("PRESSROOM_LINKS_CHECK", "true"),
        ("PRESSROOM_STORE_PATH", ""),
        ("CREDENTIALS_DIRECTORY", "/run/credentials/x"),
    ];
    let config = load_with(WHOLE, &variables, PASSWORD_FILE).unwrap();
    assert_eq!((config.web.url.as_str(), config.links.check), ("https://other.example.org", true));
    assert_eq!(config.store, StorePlace::Sled("subscribers/store".into()), "an empty variable is none");
    assert_eq!(
        faults_of(LEAST.replace("\"Lantern Alliance\"", "1").as_str()),
        ["CONF004 alliance.name: expected text in double quotes, found a whole number"]
    );
}

#[test]
fn settings_say_where_they_came_from_and_no_secret() {
    let mut variables = CREDENTIALS.to_vec();
    variables.push(("PRESSROOM_ALLIANCE_NAME", "Other"));
    let config = load_with(WHOLE, &variables, PASSWORD_FILE).unwrap();
    let line = |setting: &Setting| format!("{} = {}  # {}", setting.key, setting.value, setting.origin);
    let shown: Vec<_> = config.settings.iter().map(line).collect();
    for expected in [
        "alliance.name = \"Other\"  # environment PRESSROOM_ALLIANCE_NAME",
        "newsletter[partners].retry = [\"5m\", \"15m\"]  # pressroom.toml line 26",
        "relay[1].password = (set)  # file $CREDENTIALS_DIRECTORY/smtp",
        "relay[2].connections = 8  # default",
        "relay[2].rank = 2  # default",
        "relay[1].timeouts.final_dot = \"20m\"  # pressroom.toml line 39",
        "relay[1].timeouts.block = \"3m\"  # default",
    ] {
        assert!(shown.iter().any(|line| line == expected), "{expected} in {shown:#?}");
    }
    assert!(!format!("{shown:?}{config:?}").contains("hunter2"));
}

#[test]
fn the_sample_newsrooms_config_is_whole() {
    let text = include_str!("../../pressroom.toml");
    let config = load_alone(text).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(config.newsletters.len(), 3);
}

proptest::proptest! {
    #[test]
    fn whatever_is_cut_out_or_put_in_faults_can_be_shown(at in 0..WHOLE.len(), cut in 0..60_usize, put in "[a-z\"\\[\\]={}#.,\n0-9é]{0,6}") {
        let end = (at + cut).min(WHOLE.len());
        let text = format!("{}{put}{}", &WHOLE[..at], &WHOLE[end..]);
        if let Err(faults) = load_with(&text, CREDENTIALS, PASSWORD_FILE) {
            proptest::prop_assert!(!faults.faults().is_empty());
            proptest::prop_assert_eq!(faults.shown_text().len(), text.len());
            for fault in faults.faults() {
                let span = fault.problem.span;
                let fits = |span: crate::domain::prose::Span| text.get(span.start..span.start + span.length).is_some();
                proptest::prop_assert!(span.is_none_or(fits), "{fault}");
            }
        }
    }
}
