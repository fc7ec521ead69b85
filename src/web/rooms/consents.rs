//! Consents in the rooms: what a partner is asked, with its own answers; and for staff the board of all positions that wait, where they ask
//! again, write down a yes that came otherwise, and rule on names that were found.
//!
//! The board says *yes* or *no yes recorded* and nothing else (rule *refusal_is_private*); a no is written down at the command line alone.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::super::asker::Fields;
use super::super::consent::{buttons, question};
use super::super::session::{PartnerDoor, Posted, Seat, Seated, StaffDoor, see_other};
use super::moments::{day, minute};
use super::{own_partner, proof_field, refused_keeping, shown, told, unclear};
use crate::content::look::PageWords;
use crate::desk::reply::{AskedText, BoardIssue, PolicyLine, StandingLine};
use crate::desk::request::{AnswerConsent, AskConsents, RecordConsent, RuleOnMatch, TextSource};

const BOARD: &str = "/desk/consents";
const ASKED: &str = "/partner/consents";

/// GET `/partner/consents`.
pub(in super::super) async fn asked(Seated(seat, ..): Seated<PartnerDoor>) -> Response {
    let Some(partner) = own_partner(&seat) else { return unclear(&seat) };
    let found = seat.room.desk.asks_of(&seat.visit.who, &partner).await;
    told(&seat, found, |asked, words| {
        let title = words.text("asked-of-us");
        let main = html! {
            h1 { (title) }
            p { (words.text("asked-of-us-about")) }
            @if asked.is_empty() { p { (words.text("asked-nothing")) } }
            ul {
                @for ask in asked {
                    li { a href=(seat.room.site.link(&format!("{ASKED}/{}", ask.ask))) { (ask.title) } ": " (own_answer(ask, words)) }
                }
            }
        };
        shown(&seat, words, &title, &main)
    })
}

fn own_answer(asked: &AskedText, words: &PageWords) -> String {
    match asked.answer {
        None => words.text("answered-not"),
        Some(true) => words.text("answered-yes"),
        Some(false) => words.text("answered-no"),
    }
}

/// GET `/partner/consents/{ask}`.
pub(in super::super) async fn question_page(Seated(seat, ..): Seated<PartnerDoor>, Path(ask): Path<String>) -> Response {
    let Some(partner) = own_partner(&seat) else { return unclear(&seat) };
    let found = seat.room.desk.ask_of(&seat.visit.who, &partner, &ask).await;
    told(&seat, found, |asked, words| {
        let title = words.with("consent-asks", &[("partner", &asked.partner)]);
        let main = html! {
            p { a href=(seat.room.site.link(ASKED)) { (words.text("asked-back")) } }
            h1 { (title) }
            (question(words, asked))
            p { (own_answer(asked, words)) }
            form method="post" action=(seat.room.site.link(&format!("{ASKED}/{}", asked.ask))) {
                (proof_field(&seat)) (buttons(words, asked))
            }
        };
        shown(&seat, words, &title, &main)
    })
}

/// POST `/partner/consents/{ask}`.
pub(in super::super) async fn answer(Path(ask): Path<String>, Posted(seat, fields, _): Posted<PartnerDoor>) -> Response {
    let Some(partner) = own_partner(&seat) else { return unclear(&seat) };
    let yes = match fields.one("answer").as_deref() {
        Some("yes") => true,
        Some("no") => false,
        None | Some(_) => return unclear(&seat),
    };
    let request = AnswerConsent { yes, name: fields.one("name").unwrap_or_default() };
    match seat.room.desk.answer_in_portal(&seat.visit.who, &partner, &ask, request).await {
        Ok(()) => see_other(&seat.room, ASKED),
        Err(failure) => refused_keeping(&seat, &failure, &fields),
    }
}

/// GET `/desk/consents`.
pub(in super::super) async fn board(Seated(seat, ..): Seated<StaffDoor>) -> Response {
    let found = seat.room.desk.consents_board(&seat.visit.who).await;
    told(&seat, found, |issues, words| {
        let title = words.text("consents");
        let main = html! {
            h1 { (title) }
            p { (words.text("consents-about")) }
            @if issues.is_empty() { p { (words.text("consents-none")) } }
            @for issue in issues { (issue_part(&seat, issue, words)) }
        };
        shown(&seat, words, &title, &main)
    })
}

fn issue_part(seat: &Seat, issue: &BoardIssue, words: &PageWords) -> Markup {
    html! {
        section.card {
            h2 { (issue.subject) }
            p.quiet { (issue.issue) ", " (minute(&issue.slot)) }
            @if let Some(trouble) = &issue.trouble {
                p.fault { (words.text("consents-unreadable")) }
                ul lang="en" { @for what in &trouble.what { li { (what) } } }
                p lang="en" { (trouble.help) }
            }
            @for policy in &issue.policies { (policy_part(seat, (issue, policy), words)) }
            @if issue.may_ask {
                form method="post" action=(seat.room.site.link(&format!("{BOARD}/ask"))) {
                    (proof_field(seat)) (hidden("issue", &issue.issue))
                    button type="submit" { (words.text("consents-ask")) }
                }
            }
        }
    }
}

fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

fn policy_part(seat: &Seat, (issue, policy): (&BoardIssue, &PolicyLine), words: &PageWords) -> Markup {
    html! {
        h3 { (policy.title) }
        table.lines {
            thead { tr {
                th scope="col" { (words.text("partner")) }
                th scope="col" { (words.text("standing")) }
                th scope="col" { (words.text("consents-asked")) }
            } }
            tbody {
                @for line in &policy.partners {
                    tr {
                        th scope="row" data-label=(words.text("partner")) { (line.name) }
                        td data-label=(words.text("standing")) { (standing(line, words)) }
                        td data-label=(words.text("consents-asked")) { @if let Some(at) = &line.asked_at { (day(at)) } }
                    }
                }
            }
        }
        @for line in policy.partners.iter().filter(|line| line.is_in_the_way()) {
            @if issue.may_record || (issue.may_rule && !line.signatory) { (acts(seat, (issue, policy, line), words)) }
        }
    }
}

fn standing(line: &StandingLine, words: &PageWords) -> String {
    let names = line.names_quoted();
    match (line.standing.as_str(), line.signatory, line.not_meant) {
        ("yes", _, _) => words.text("standing-yes"),
        (_, _, true) => words.with("standing-not-meant", &[("names", &names)]),
        (_, true, false) => words.text("standing-no-yes"),
        (_, false, false) => words.with("standing-found", &[("names", &names)]),
    }
}

/// What staff can do about one partner that stands in the way.
fn acts(seat: &Seat, (issue, policy, line): (&BoardIssue, &PolicyLine, &StandingLine), words: &PageWords) -> Markup {
    let site = &seat.room.site;
    let id = |field: &str| format!("{field}-{}-{}", &policy.policy[..8], line.partner);
    let about = html! {
        (proof_field(seat)) (hidden("issue", &issue.issue)) (hidden("policy", &policy.policy)) (hidden("partner", &line.partner))
    };
    html! {
        details {
            summary { (words.with("consents-for", &[("partner", &line.name)])) }
            @if issue.may_record {
                form method="post" action=(site.link(&format!("{BOARD}/record"))) {
                    (about)
                    p.field {
                        label for=(id("by")) { (words.text("consents-by")) }
                        input id=(id("by")) type="text" name="given_by" required maxlength="120";
                    }
                    p.field {
                        label for=(id("how")) { (words.text("consents-how")) }
                        input id=(id("how")) type="text" name="how" required maxlength="200";
                    }
                    p.field {
                        label for=(id("on")) { (words.text("consents-on")) }
                        input id=(id("on")) type="date" name="given_on" required;
                    }
                    button type="submit" { (words.text("consents-record")) }
                }
            }
            @if issue.may_ask && !line.signatory {
                form method="post" action=(site.link(&format!("{BOARD}/ask"))) {
                    (about)
                    button type="submit" { (words.with("consents-ask-one", &[("partner", &line.name)])) }
                }
            }
            @if issue.may_rule && !line.signatory {
                form method="post" action=(site.link(&format!("{BOARD}/rule"))) {
                    (about)
                    p.field {
                        label for=(id("why")) { (words.text("consents-why")) }
                        input id=(id("why")) type="text" name="why" required maxlength="200";
                    }
                    button type="submit" { (words.text("consents-rule")) }
                }
            }
        }
    }
}

/// POST `/desk/consents/ask`.
pub(in super::super) async fn ask(Posted(seat, fields, _): Posted<StaffDoor>) -> Response {
    let Some(issue) = fields.one("issue") else { return unclear(&seat) };
    let request = AskConsents { issue, partner: fields.one("partner") };
    done(&seat, &fields, seat.room.desk.ask_consents(seat.visit.who.clone(), request).await.map(drop))
}

/// POST `/desk/consents/rule`.
pub(in super::super) async fn rule(Posted(seat, fields, _): Posted<StaffDoor>) -> Response {
    let (Some(issue), Some(partner)) = (fields.one("issue"), fields.one("partner")) else { return unclear(&seat) };
    let why = fields.one("why").unwrap_or_default();
    let request = RuleOnMatch { issue, policy: fields.one("policy"), partner, why };
    done(&seat, &fields, seat.room.desk.rule_on_match(seat.visit.who.clone(), request).await.map(drop))
}

/// POST `/desk/consents/record`.
pub(in super::super) async fn record(Posted(seat, fields, _): Posted<StaffDoor>) -> Response {
    let (Some(issue), Some(partner)) = (fields.one("issue"), fields.one("partner")) else { return unclear(&seat) };
    let request = RecordConsent {
        source: TextSource::Issue(issue),
        policy: fields.one("policy"),
        partner,
        yes: true,
        given_by: fields.one("given_by").unwrap_or_default(),
        given_on: Some(fields.one("given_on").unwrap_or_default()),
        how: fields.one("how").unwrap_or_default(),
    };
    done(&seat, &fields, seat.room.desk.record_consent(seat.visit.who.clone(), request).await.map(drop))
}

fn done(seat: &Seat, fields: &Fields, end: crate::desk::Result<()>) -> Response {
    match end {
        Ok(()) => {
            seat.front.wake();
            see_other(&seat.room, BOARD).into_response()
        }
        Err(failure) => refused_keeping(seat, &failure, fields),
    }
}
