//! The addresses of the rooms: their doors, and what lies behind each.

use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};

use super::super::rooms::features::{self, own, review};
use super::super::rooms::issues::steps;
use super::super::rooms::profile::logo;
use super::super::rooms::{consents, issues, pledge, profile, record, registry, rotation, submission};
use super::super::{join, rooms, sign_in};
use super::{FORM, Handlers, READ, Route, Who};

/// A message with its form. What is posted within the rooms bounds itself.
const FORM_BYTES_MAX: usize = 256 * 1024;

pub(super) fn doors() -> Vec<(Route, Handlers)> {
    [at_the_doors(), of_staff(), of_partners()].into_iter().flatten().collect()
}

fn at_the_doors() -> Vec<(Route, Handlers)> {
    let form = |path, who, handlers| (Route { path, methods: FORM, who }, handlers);
    vec![
        form("/join", Who::Anyone, long(get(join::form).post(join::ask))),
        form("/desk/sign-in", Who::Anyone, get(sign_in::staff_form).post(sign_in::ask_staff)),
        form("/partner/sign-in", Who::Anyone, get(sign_in::partner_form).post(sign_in::ask_partner)),
        form("/desk/in/{token}", Who::Holder, get(sign_in::staff_link).post(sign_in::enter_staff)),
        form("/partner/in/{token}", Who::Holder, get(sign_in::partner_link).post(sign_in::enter_partner)),
    ]
}

fn of_staff() -> Vec<(Route, Handlers)> {
    let read = |path, handlers| (Route { path, methods: READ, who: Who::Staff }, handlers);
    let act = |path, handlers: MethodRouter<_>| (Route { path, methods: "POST", who: Who::Staff }, handlers);
    let form = |path, handlers: MethodRouter<_>| (Route { path, methods: FORM, who: Who::Staff }, handlers);
    vec![
        read("/desk", get(rooms::desk)),
        act("/desk/out", post(sign_in::leave_staff)),
        read("/desk/partners", get(registry::list)),
        form("/desk/partners/{partner}", get(registry::partner).post(registry::change_standing)),
        act("/desk/partners/{partner}/contacts", post(record::change_contact)),
        act("/desk/partners/{partner}/record", post(record::change_record)),
        act("/desk/partners/{partner}/invite", post(registry::invite)),
        read("/desk/issues", get(issues::list)),
        read("/desk/issues/{issue}", get(issues::issue)),
        read("/desk/issues/{issue}/proof/mail", get(issues::proof)),
        act("/desk/issues/{issue}/approve", post(issues::approve)),
        act("/desk/issues/{issue}/pause", post(steps::pause)),
        act("/desk/issues/{issue}/resume", post(steps::resume)),
        act("/desk/issues/{issue}/cancel", post(steps::cancel)),
        act("/desk/issues/{issue}/correct", post(steps::correct)),
        read("/desk/rotation", get(rotation::room)),
        act("/desk/rotation/invite", post(rotation::invite)),
        read("/desk/inquiries", get(registry::inquiries)),
        read("/desk/consents", get(consents::board)),
        act("/desk/consents/ask", post(consents::ask)),
        act("/desk/consents/record", post(consents::record)),
        act("/desk/consents/rule", post(consents::rule)),
        act("/desk/inquiries/{number}", post(registry::settle_inquiry)),
        read("/desk/features", get(features::list)),
        read("/desk/features/{partner}/{slug}", get(review::show)),
        read("/desk/features/{partner}/{slug}/preview/mail", get(review::preview)),
        act("/desk/features/{partner}/{slug}/begin", post(review::begin)),
        act("/desk/features/{partner}/{slug}/edit", post(review::edit)),
        act("/desk/features/{partner}/{slug}/approve", post(review::approve)),
        act("/desk/features/{partner}/{slug}/agreed", post(review::agreed)),
        act("/desk/features/{partner}/{slug}/decline", post(review::decline)),
        act("/desk/features/{partner}/{slug}/comment", post(review::comment)),
        act("/desk/features/{partner}/{slug}/withdraw", post(review::withdraw)),
        act("/desk/features/{partner}/{slug}/later", post(review::later)),
    ]
}

fn of_partners() -> Vec<(Route, Handlers)> {
    let read = |path, handlers| (Route { path, methods: READ, who: Who::Partner }, handlers);
    let act = |path, handlers: MethodRouter<_>| (Route { path, methods: "POST", who: Who::Partner }, handlers);
    vec![
        read("/partner", get(rooms::partner)),
        act("/partner/out", post(sign_in::leave_partner)),
        act("/partner/accept", post(rooms::accept)),
        (Route { path: "/partner/pledge", methods: FORM, who: Who::Partner }, get(pledge::form).post(pledge::give)),
        (Route { path: "/partner/profile", methods: FORM, who: Who::Partner }, get(profile::show).post(profile::save)),
        (Route { path: "/partner/logo", methods: "POST", who: Who::Partner }, post(logo::give)),
        act("/partner/logo/remove", post(logo::remove)),
        read("/partner/consents", get(consents::asked)),
        read("/partner/features/{slug}", get(own::show)),
        act("/partner/features/{slug}/answer", post(own::answer)),
        act("/partner/features/{slug}/comment", post(own::comment)),
        act("/partner/features/{slug}/withdraw", post(own::withdraw)),
        act("/partner/features/{slug}/later", post(own::later)),
        (Route { path: "/partner/features/new", methods: FORM, who: Who::Partner }, get(submission::new).post(submission::begin)),
        read("/partner/features/{slug}/edit", get(submission::edit)),
        act("/partner/features/{slug}/draft", post(submission::save)),
        (Route { path: "/partner/features/{slug}/picture", methods: "POST", who: Who::Partner }, post(submission::picture)),
        read("/partner/features/{slug}/preview", get(submission::preview)),
        read("/partner/features/{slug}/preview/mail", get(submission::preview_mail)),
        act("/partner/features/{slug}/submit", post(submission::submit)),
        act("/partner/features/{slug}/drop", post(submission::drop_it)),
        (
            Route { path: "/partner/consents/{ask}", methods: FORM, who: Who::Partner },
            get(consents::question_page).post(consents::answer),
        ),
    ]
}

fn long(handlers: Handlers) -> Handlers {
    handlers.layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
}
