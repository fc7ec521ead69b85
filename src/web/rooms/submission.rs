//! A piece in a partner's room, from its headline to the button that sends it in: the form, what is saved of it, its picture, and how the
//! mail will show it. Whose piece it is comes from the session alone, never from an address.

mod fields;
mod form;

use axum::extract::{Path, Query};
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::super::answer::{Answer, Keep};
use super::super::asker::Fields;
use super::super::error;
use super::super::page;
use super::super::session::{PartnerDoor, Posted, PostedFile, Seat, Seated, see_other};
use super::super::words::Words;
use super::{no, own_partner, proof_field, refused, refused_keeping, shown, status_of, told, unclear};
use crate::content::feature_form::FeatureForm;
use crate::content::look::PageWords;
use crate::desk::{DeskError, DraftPage, PictureEnd, Sending, TypedDraft};
use crate::domain::feature::{FeatureRow, FeatureState};
use crate::domain::id::{FeatureId, PictureHash, RevisionHash};

use fields::Offers;
use form::{Around, deadlines, form_page, place};

const NEW: &str = "/partner/features/new";

/// How a page of the form was come to.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in super::super) struct Shown {
    /// Whether it says what is not right yet.
    check: bool,
}

/// A partner's pieces on the first page of its room.
pub(super) fn own_list(seat: &Seat, words: &PageWords, features: &[FeatureRow], may_write: bool) -> Markup {
    let link = |row: &FeatureRow, what: &str| seat.room.site.link(&format!("/partner/features/{}{what}", row.id.slug()));
    html! {
        h2 { (words.text("pieces")) }
        @if may_write {
            (deadlines(seat, words))
            p { a.button href=(seat.room.site.link(NEW)) { (words.text("piece-new")) } }
        }
        @if features.is_empty() { p { (words.text("pieces-none")) } } @else {
            table.lines {
                thead { tr {
                    th scope="col" { (words.text("piece-title")) }
                    th scope="col" { (words.text("standing")) }
                    @if may_write { th scope="col" { (words.text("piece-do")) } }
                } }
                tbody {
                    @for row in features {
                        tr {
                            th scope="row" data-label=(words.text("piece-title")) {
                                @if row.state == FeatureState::Draft { (row.card.title) } @else { a href=(link(row, "")) { (row.card.title) } }
                            }
                            td data-label=(words.text("standing")) { (state_word(&row.state, words)) }
                            @if may_write {
                                td data-label=(words.text("piece-do")) {
                                    @if is_open(&row.state) { a href=(link(row, "/edit")) { (words.text("piece-edit")) span.unseen { ": " (row.card.title) } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whether its partner can send another text.
fn is_open(state: &FeatureState) -> bool {
    match state {
        FeatureState::Draft
        | FeatureState::Submitted
        | FeatureState::InReview
        | FeatureState::Edited
        | FeatureState::Approved
        | FeatureState::Declined { .. }
        | FeatureState::Withdrawn => true,
        FeatureState::Placed { .. } | FeatureState::Published { .. } => false,
    }
}

/// Where a piece stands, for its partner.
pub(super) fn state_word(state: &FeatureState, words: &PageWords) -> String {
    match state {
        FeatureState::Draft => words.text("state-draft"),
        FeatureState::Submitted => words.text("state-submitted"),
        FeatureState::InReview => words.text("state-in-review"),
        FeatureState::Edited => words.text("state-edited"),
        FeatureState::Approved => words.text("state-approved"),
        FeatureState::Placed { .. } => words.text("state-placed"),
        FeatureState::Published { .. } => words.text("state-published"),
        FeatureState::Declined { .. } => words.text("state-declined"),
        FeatureState::Withdrawn => words.text("state-withdrawn"),
    }
}

/// A piece of the session's own partner.
fn own(seat: &Seat, slug: &str) -> Option<FeatureId> {
    FeatureId::new(own_partner(seat)?, slug).ok()
}

/// GET `/partner/features/new`.
pub(in super::super) async fn new(Seated(seat, ..): Seated<PartnerDoor>) -> Response {
    let Some(partner) = own_partner(&seat) else { return unclear(&seat) };
    match seat.room.desk.allowed(seat.visit.who.clone(), crate::desk::Deed::WriteFeature(&partner)) {
        Ok(_) => new_page(&seat, None).into_response(),
        Err(failure) => refused(&seat, &failure),
    }
}

/// With a headline that was not taken, and why.
fn new_page(seat: &Seat, back: Option<(&str, &Markup)>) -> Answer {
    let words = seat.room.site.words();
    let title = words.text("piece-new");
    let described = if back.is_some() { "title-about title-problem" } else { "title-about" };
    let (typed, wrong) = (back.map(|(typed, _)| typed), back.map(|_| "true"));
    let main = html! {
        h1 { (title) }
        (deadlines(seat, &words))
        form method="post" action=(seat.room.site.link(NEW)) {
            (proof_field(seat))
            div.field {
                label for="title" { (words.text("piece-title")) }
                p.quiet #title-about { (words.text("piece-title-about")) " " (words.text("piece-title-first")) }
                @if let Some((_, fault)) = back { div.fault #title-problem role="alert" { (fault) } }
                input #title type="text" name="title" value=[typed] required maxlength="200" aria-describedby=(described) aria-invalid=[wrong];
            }
            button type="submit" { (words.text("piece-begin")) }
        }
    };
    shown(seat, &words, &title, &main)
}

/// POST `/partner/features/new`.
pub(in super::super) async fn begin(Posted(seat, fields, _): Posted<PartnerDoor>) -> Response {
    let Some(partner) = own_partner(&seat) else { return unclear(&seat) };
    let title = fields.typed("title").unwrap_or_default();
    let failure = match seat.room.desk.begin_draft(&seat.visit.who, &partner, title).await {
        Ok(id) => return see_other(&seat.room, &format!("/partner/features/{}/edit", id.slug())),
        Err(failure) => failure,
    };
    let Some(status) = status_of(&failure) else { return refused_keeping(&seat, &failure, &fields) };
    let wanting = seat.room.site.words().text("piece-title-wanting");
    let fault = if title.trim().is_empty() {
        html! { p { (wanting) } }
    } else {
        no(&failure)
    };
    Answer { status, ..new_page(&seat, Some((title, &fault))) }.into_response()
}

/// GET `/partner/features/{slug}/edit`.
pub(in super::super) async fn edit(
    Seated(seat, ..): Seated<PartnerDoor>,
    Path(slug): Path<String>,
    Query(asked): Query<Shown>,
) -> Response {
    let Some(id) = own(&seat, &slug) else { return error::not_found(&seat.room.site) };
    let page = seat.room.desk.open_draft(&seat.visit.who, &id).await;
    answered(&seat, page, &Around { is_checked: asked.check, ..Around::default() }).await
}

/// The form, when there is something to fill in.
async fn answered(seat: &Seat, page: Result<DraftPage, DeskError>, around: &Around) -> Response {
    let found = async { Ok((page?, offers(seat).await?)) }.await;
    match found {
        Ok((page, offers)) => form_page(seat, &seat.room.site.words(), (&page, around, offers)).into_response(),
        Err(failure) => refused(seat, &failure),
    }
}

async fn offers(seat: &Seat) -> Result<Offers, DeskError> {
    Ok(Offers { principles: seat.room.desk.principles(), partners: seat.room.desk.partners_to_name().await? })
}

fn typed(fields: &Fields) -> TypedDraft {
    // What is ticked more than once comes more than once.
    let mut gathered: Vec<(&str, String)> = Vec::new();
    for (name, value) in fields.pairs() {
        match gathered.iter_mut().find(|(known, _)| *known == name) {
            Some((_, before)) => *before = format!("{before}, {value}"),
            None => gathered.push((name, value.to_owned())),
        }
    }
    TypedDraft {
        version: fields.one("version").and_then(|version| version.parse().ok()).unwrap_or_default(),
        sent: fields.one("sent").and_then(|hash| RevisionHash::parse(&hash).ok()),
        picture: fields.one("shown_picture").and_then(|hash| PictureHash::parse(&hash).ok()),
        form: FeatureForm::from_fields(gathered.iter().map(|(name, text)| (*name, text.as_str()))),
        removes_picture: fields.one("remove_picture").is_some(),
    }
}

/// What the script is told after it has saved.
#[derive(Serialize)]
struct Saved {
    version: u64,
    counts: std::collections::BTreeMap<&'static str, usize>,
}

/// POST `/partner/features/{slug}/draft`.
pub(in super::super) async fn save(
    Path(slug): Path<String>,
    headers: HeaderMap,
    Posted(seat, fields, _): Posted<PartnerDoor>,
) -> Response {
    let Some(id) = own(&seat, &slug) else { return error::not_found(&seat.room.site) };
    let typed = typed(&fields);
    let is_script = headers.get(ACCEPT).is_some_and(|accepts| accepts == "application/json");
    match seat.room.desk.save_draft(&seat.visit.who, &id, &typed).await {
        Ok(page) if is_script => json(&page),
        Ok(_) if fields.one("then").as_deref() == Some("preview") => {
            see_other(&seat.room, &format!("/partner/features/{slug}/preview"))
        }
        Ok(_) => see_other(&seat.room, &format!("/partner/features/{slug}/edit?check=true")),
        Err(failure) => unsaved(&seat, (&id, &typed, &fields), failure).await,
    }
}

fn json(page: &DraftPage) -> Response {
    let counts = &page.counts;
    let counts = [
        ("title", counts.title),
        ("summary", counts.summary),
        ("image_description", counts.description),
        ("brief", counts.brief),
        ("story", counts.story),
    ];
    let saved = Saved { version: page.version, counts: counts.into_iter().collect() };
    let text = serde_json::to_string(&saved).expect("numbers under names");
    Answer::text("application/json", text).into_response()
}

/// The form again with what was typed and why it was not kept, so that nothing typed is lost; what was typed alone, where there is no form
/// for it any more.
async fn unsaved(seat: &Seat, (id, typed, fields): (&FeatureId, &TypedDraft, &Fields), failure: DeskError) -> Response {
    let Some(status) = status_of(&failure) else { return refused_keeping(seat, &failure, fields) };
    let page = match seat.room.desk.typed_draft(&seat.visit.who, id, typed).await {
        Ok(page) => page,
        Err(failure) => return refused_keeping(seat, &failure, fields),
    };
    let fault = if matches!(failure, DeskError::Temporary { .. }) {
        html! { p { (seat.room.site.words().text("piece-changed-meanwhile")) } }
    } else {
        no(&failure)
    };
    with_status(status, answered(seat, Ok(page), &Around { fault: Some(fault), ..Around::default() }).await)
}

fn with_status(status: StatusCode, mut answer: Response) -> Response {
    *answer.status_mut() = status;
    answer
}

/// POST `/partner/features/{slug}/picture`.
pub(in super::super) async fn picture(Path(slug): Path<String>, PostedFile(seat, upload, _): PostedFile<PartnerDoor>) -> Response {
    let Some(id) = own(&seat, &slug) else { return error::not_found(&seat.room.site) };
    let (typed, bytes) = (typed(&upload.fields), upload.file.map(|bytes| bytes.to_vec()).unwrap_or_default());
    match seat.room.desk.add_picture(&seat.visit.who, &id, (&typed, bytes)).await {
        Ok(PictureEnd::Kept) => see_other(&seat.room, &format!("/partner/features/{slug}/edit#image_file")),
        Ok(PictureEnd::Refused { what, help }) => {
            let page = seat.room.desk.open_draft(&seat.visit.who, &id).await;
            let around = Around { picture: Some(format!("{what}; {help}")), ..Around::default() };
            with_status(StatusCode::UNPROCESSABLE_ENTITY, answered(&seat, page, &around).await)
        }
        Err(failure) => unsaved(&seat, (&id, &typed, &upload.fields), failure).await,
    }
}

/// GET `/partner/features/{slug}/preview`.
pub(in super::super) async fn preview(Seated(seat, ..): Seated<PartnerDoor>, Path(slug): Path<String>) -> Response {
    let Some(id) = own(&seat, &slug) else { return error::not_found(&seat.room.site) };
    let found = seat.room.desk.open_draft(&seat.visit.who, &id).await;
    told(&seat, found, |page, words| preview_page(&seat, page, words))
}

fn preview_page(seat: &Seat, page: &DraftPage, words: &Words) -> Answer {
    let title = words.text("piece-shown");
    let main = html! {
        p { a href=(place(seat, page, "edit?check=true")) { (words.text("piece-to-form")) } }
        h1 { (title) }
        p { (words.text("piece-shown-about")) }
        p { (if page.is_whole() { words.text("piece-ready") } else { words.text("piece-not-ready") }) }
        iframe title=(title) src=(place(seat, page, "preview/mail")) sandbox="allow-popups" {}
    };
    shown(seat, words, &title, &main)
}

/// GET `/partner/features/{slug}/preview/mail`.
pub(in super::super) async fn preview_mail(Seated(seat, ..): Seated<PartnerDoor>, Path(slug): Path<String>) -> Response {
    let Some(id) = own(&seat, &slug) else { return error::not_found(&seat.room.site) };
    match seat.room.desk.preview_draft(&seat.visit.who, &id).await {
        Ok(Some(html)) => page::mail(html, Keep::Never).into_response(),
        Ok(None) => {
            let words = seat.room.site.words();
            let language = words.language();
            let html = html! { (maud::DOCTYPE) html lang=(language) { head { title { (words.text("piece-shown")) } } body { p { (words.text("piece-unreadable")) } } } };
            page::mail(html.into_string(), Keep::Never).into_response()
        }
        Err(failure) => refused(&seat, &failure),
    }
}

/// POST `/partner/features/{slug}/submit`.
pub(in super::super) async fn submit(Path(slug): Path<String>, Posted(seat, fields, _): Posted<PartnerDoor>) -> Response {
    let Some(id) = own(&seat, &slug) else { return error::not_found(&seat.room.site) };
    let (typed, is_authorised) = (typed(&fields), fields.one("authorised").is_some());
    match seat.room.desk.submit_draft(&seat.visit.who, &id, (&typed, is_authorised)).await {
        Ok(Sending::Sent) => {
            seat.front.wake();
            see_other(&seat.room, "/partner")
        }
        Ok(Sending::Wanting(page)) => {
            let around = Around { is_checked: true, ..Around::default() };
            with_status(StatusCode::UNPROCESSABLE_ENTITY, answered(&seat, Ok(*page), &around).await)
        }
        Ok(Sending::Overtaken(page)) => with_status(StatusCode::CONFLICT, answered(&seat, Ok(*page), &Around::default()).await),
        Err(failure) => unsaved(&seat, (&id, &typed, &fields), failure).await,
    }
}

/// POST `/partner/features/{slug}/drop`.
pub(in super::super) async fn drop_it(Path(slug): Path<String>, Posted(seat, fields, _): Posted<PartnerDoor>) -> Response {
    let Some(id) = own(&seat, &slug) else { return error::not_found(&seat.room.site) };
    let version = typed(&fields).version;
    match seat.room.desk.drop_draft(&seat.visit.who, &id, version).await {
        Ok(()) => see_other(&seat.room, "/partner"),
        Err(failure) => refused(&seat, &failure),
    }
}
