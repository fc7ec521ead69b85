//! The pledge to the charter in the portal: the same words and the same form, without the mail in between, for who has signed in has shown
//! whose mailbox it is. A copy comes by mail all the same. It is the person's pledge, and no consent of their organisation.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;

use super::super::answer::Answer;
use super::super::archive::foreign;
use super::super::asker::Fields;
use super::super::charter::{paragraphs, principles};
use super::super::pledge::{fields_of_form, pledging};
use super::super::session::{PartnerDoor, Posted, Seat, Seated, see_other};
use super::super::words::Words;
use super::{proof_field, refused_keeping, shown, told};
use crate::desk::reply::{OwnPledge, PledgeAsked, PledgeFault, PledgeForm};

const PLEDGE: &str = "/partner/pledge";

/// GET `/partner/pledge`.
pub(in super::super) async fn form(Seated(seat, ..): Seated<PartnerDoor>) -> Response {
    let found = seat.room.desk.own_pledge(&seat.visit).await;
    told(&seat, found, |found, words| match found {
        OwnPledge::Closed => said(&seat, words, (&words.text("pledge-closed"), &words.text("pledge-closed-about"))),
        OwnPledge::Given => said(&seat, words, (&words.text("pledged"), &words.text("pledged-before"))),
        OwnPledge::Open { form, name } => {
            let typed = [("name".to_owned(), name.clone()), ("organisation".to_owned(), seat.visit.house.clone())];
            form_page(&seat, words, form, (&Fields::from_pairs(typed.into()), &[]))
        }
    })
}

fn said(seat: &Seat, words: &Words, (title, about): (&str, &str)) -> Answer {
    shown(
        seat,
        words,
        title,
        &html! { h1 { (title) } p { (about) } p { a href=(seat.room.site.link("/charter")) { (words.text("charter")) } } },
    )
}

fn form_page(seat: &Seat, words: &Words, form: &PledgeForm, (typed, faults): (&Fields, &[PledgeFault])) -> Answer {
    let charter = &form.charter;
    let own = foreign(words, charter.language.as_str());
    let title = words.text("pledge");
    let main = html! {
        h1 { (title) }
        p.lead { a href=(seat.room.site.link("/charter")) lang=[own.as_ref()] { (charter.title) } }
        @if !faults.is_empty() { p.fault role="alert" { (words.text("pledge-faults")) } }
        div.card { (paragraphs(&charter.pledge, own.as_ref())) (principles(charter, own.as_ref())) }
        form method="post" action=(seat.room.site.link(PLEDGE)) {
            (proof_field(seat))
            (fields_of_form(words, form, (typed, faults), false))
            button type="submit" { (words.text("pledge-give")) }
        }
        p.quiet { (words.text("pledge-own-mail")) }
    };
    shown(seat, words, &title, &main)
}

/// POST `/partner/pledge`.
pub(in super::super) async fn give(Posted(seat, fields, _): Posted<PartnerDoor>) -> Response {
    let words = seat.room.site.words();
    match seat.room.desk.give_own_pledge(&seat.visit, pledging(&fields, &words)).await {
        Ok(PledgeAsked::Asked) => {
            seat.front.wake();
            see_other(&seat.room, PLEDGE)
        }
        Ok(PledgeAsked::Faults(faults)) => match seat.room.desk.pledge_form() {
            Some(form) => {
                let page = form_page(&seat, &words, &form, (&fields, &faults));
                Answer { status: StatusCode::UNPROCESSABLE_ENTITY, ..page }.into_response()
            }
            None => see_other(&seat.room, PLEDGE),
        },
        Ok(PledgeAsked::Closed) => {
            let page = said(&seat, &words, (&words.text("pledge-closed"), &words.text("pledge-closed-about")));
            Answer { status: StatusCode::CONFLICT, ..page }.into_response()
        }
        Err(failure) => refused_keeping(&seat, &failure, &fields),
    }
}
