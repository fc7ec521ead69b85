//! A partner's logo in its own room: the file, what it shows in words, and where and how long it may stand. What a file has to be is known to
//! the desk, whose reasons are said here as they are.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};

use super::super::super::asker::Fields;
use super::super::super::session::{PartnerDoor, Posted, PostedFile, Seat, see_other};
use super::super::{own_partner, proof_field, refused, refused_keeping, unclear};
use super::{Around, PLACE, answered, version_field};
use crate::content::look::PageWords;
use crate::desk::request::{LogoBytes, RemoveLogo, SaveLogo};
use crate::desk::{DeskError, Result};
use crate::domain::partner::{GrantScope, Logo, Partner};

const GIVE: &str = "/partner/logo";
/// Said of every grant that somebody gives while signed in.
const HOW: &str = "in the portal";

/// What stands in the logo's form, and why it was not taken.
#[derive(Default)]
pub(super) struct LogoSheet {
    dark: bool,
    description: String,
    scopes: Vec<String>,
    from: String,
    until: String,
    fault: Option<LogoFault>,
}

enum LogoFault {
    /// In the desk's words, in English.
    Refused(String),
    /// Somebody else was faster.
    Late,
}

impl LogoSheet {
    fn of(logo: Option<&Logo>) -> Self {
        let Some(Logo { description, grant, .. }) = logo else { return Self::default() };
        Self {
            description: description.clone(),
            scopes: grant.scopes.iter().map(|scope| scope.word().to_owned()).collect(),
            from: grant.from.to_string(),
            until: grant.until.map(|until| until.to_string()).unwrap_or_default(),
            ..Self::default()
        }
    }

    fn typed(fields: &Fields) -> Self {
        let text = |name: &str| fields.one(name).unwrap_or_default();
        Self {
            dark: fields.one("for").as_deref() == Some("dark"),
            description: text("description"),
            scopes: fields.all("scope"),
            from: text("from"),
            until: text("until"),
            fault: None,
        }
    }
}

/// POST `/partner/logo`.
pub(in super::super::super) async fn give(PostedFile(seat, upload, _): PostedFile<PartnerDoor>) -> Response {
    let (fields, file) = (upload.fields, upload.file);
    let (Some(partner), Some(version)) = (own_partner(&seat), version(&fields)) else { return unclear(&seat) };
    let typed = LogoSheet::typed(&fields);
    let request = SaveLogo {
        partner: partner.to_string(),
        version: Some(version),
        file: file.map(|bytes| LogoBytes(bytes.to_vec())),
        dark: typed.dark,
        description: typed.description.clone(),
        scopes: typed.scopes.clone(),
        from: fields.one("from"),
        until: fields.one("until"),
        given_by: seat.visit.who.actor().as_str().to_owned(),
        how: HOW.to_owned(),
    };
    let end = seat.room.desk.save_logo(seat.visit.who.clone(), request).await.map(drop);
    done(&seat, &fields, (end, typed)).await
}

/// POST `/partner/logo/remove`.
pub(in super::super::super) async fn remove(Posted(seat, fields, _): Posted<PartnerDoor>) -> Response {
    let (Some(partner), Some(version)) = (own_partner(&seat), version(&fields)) else { return unclear(&seat) };
    let request = RemoveLogo { partner: partner.to_string(), version: Some(version) };
    match seat.room.desk.remove_logo(seat.visit.who.clone(), request).await {
        Ok(_) => see_other(&seat.room, &format!("{PLACE}?saved=true")),
        Err(failure) => refused(&seat, &failure),
    }
}

fn version(fields: &Fields) -> Option<u64> {
    fields.one("version").and_then(|version| version.parse().ok())
}

/// The page again with what was typed, when the logo was not taken for a reason that can be mended.
async fn done(seat: &Seat, fields: &Fields, (end, typed): (Result<()>, LogoSheet)) -> Response {
    let (status, fault) = match end {
        Ok(()) => return see_other(&seat.room, &format!("{PLACE}?saved=true")),
        Err(DeskError::Temporary { .. }) => (StatusCode::CONFLICT, LogoFault::Late),
        Err(failure @ DeskError::Usage { .. }) => {
            (StatusCode::UNPROCESSABLE_ENTITY, LogoFault::Refused(format!("{failure}; {}", failure.help())))
        }
        Err(failure) => return refused_keeping(seat, &failure, fields),
    };
    let logo = Some(LogoSheet { fault: Some(fault), ..typed });
    answered(seat, status, &Around { logo, ..Around::default() }).await
}

/// The logo that there is, and the forms to give one and to take it back.
pub(super) fn logo_part(seat: &Seat, words: &PageWords, (partner, typed): (&Partner, Option<&LogoSheet>)) -> Markup {
    let kept = LogoSheet::of(partner.logo.as_ref());
    let sheet = typed.unwrap_or(&kept);
    html! {
        h2 #logo { (words.text("logo")) }
        @match &partner.logo {
            Some(logo) => { (as_kept(seat, logo, words)) }
            None => p { (words.text("logo-none")) },
        }
        @match &sheet.fault {
            Some(LogoFault::Refused(why)) => p.fault #logo-problem role="alert" lang="en" { (why) },
            Some(LogoFault::Late) => p.fault #logo-problem role="alert" { (words.text("logo-changed-meanwhile")) },
            None => {}
        }
        form method="post" action=(seat.room.site.link(GIVE)) enctype="multipart/form-data" {
            (proof_field(seat)) (version_field(partner))
            (about_the_file(sheet, partner.logo.is_some(), words))
            (about_the_grant(sheet, words))
            button type="submit" { (words.text("logo-give")) }
        }
        @if partner.logo.is_some() {
            form method="post" action=(seat.room.site.link("/partner/logo/remove")) {
                (proof_field(seat)) (version_field(partner))
                p.quiet { (words.text("logo-remove-about")) }
                button.quiet type="submit" { (words.text("logo-remove")) }
            }
        }
    }
}

/// At half its pixels, as everywhere.
fn as_kept(seat: &Seat, logo: &Logo, words: &PageWords) -> Markup {
    let picture = &logo.light.picture;
    html! {
        img.logo src=(seat.room.site.link(&format!("/pictures/{}", picture.hash))) alt=(logo.description)
            width=(picture.width_px.div_ceil(2)) height=(picture.height_px.div_ceil(2));
        p { (words.with("logo-given", &[("who", &logo.grant.given_by)])) }
    }
}

fn about_the_file(sheet: &LogoSheet, has_one: bool, words: &PageWords) -> Markup {
    let described = if sheet.fault.is_some() { "logo-file-about logo-problem" } else { "logo-file-about" };
    let choices = [(false, "light", words.text("logo-light")), (true, "dark", words.text("logo-dark"))];
    html! {
        div.field {
            label for="logo-file" { (words.text("logo-file")) }
            p.quiet #logo-file-about { (words.text("logo-file-about")) @if has_one { " " (words.text("logo-file-keep")) } }
            input #logo-file type="file" name="logo" required[!has_one] accept=".svg,image/svg+xml,image/png,image/jpeg,image/gif,image/webp"
                aria-describedby=(described);
        }
        // There is nothing yet that another one could be the dark variant of.
        @if has_one {
            fieldset {
                legend { (words.text("logo-for")) }
                @for (dark, word, said) in &choices {
                    p.check {
                        input id={ "logo-" (word) } type="radio" name="for" value=(word) checked[sheet.dark == *dark];
                        " " label for={ "logo-" (word) } { (said) }
                    }
                }
            }
        }
        div.field {
            label for="logo-description" { (words.text("logo-description")) }
            p.quiet #logo-description-about { (words.text("logo-description-about")) }
            input #logo-description type="text" name="description" value=(sheet.description) required maxlength="150"
                aria-describedby="logo-description-about";
        }
    }
}

fn about_the_grant(sheet: &LogoSheet, words: &PageWords) -> Markup {
    html! {
        fieldset {
            legend { (words.text("logo-scopes")) }
            @for scope in GrantScope::ALL {
                p.check {
                    input id={ "scope-" (scope.word()) } type="checkbox" name="scope" value=(scope.word())
                        checked[sheet.scopes.iter().any(|word| word == scope.word())];
                    " " label for={ "scope-" (scope.word()) } { (scope_word(scope, words)) }
                }
            }
        }
        p.field {
            label for="logo-from" { (words.text("logo-from")) }
            input #logo-from type="date" name="from" value=(sheet.from);
        }
        p.field {
            label for="logo-until" { (words.text("logo-until")) }
            input #logo-until type="date" name="until" value=(sheet.until);
        }
    }
}

fn scope_word(scope: GrantScope, words: &PageWords) -> String {
    match scope {
        GrantScope::Directory => words.text("logo-scope-directory"),
        GrantScope::Newsletter => words.text("logo-scope-newsletter"),
        GrantScope::Positions => words.text("logo-scope-positions"),
    }
}
