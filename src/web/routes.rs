//! The public door: every address, what may be asked of it, and by whom, in one list; and what all answers share.

mod rooms;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, STRICT_TRANSPORT_SECURITY};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router, body::Body};

use super::answer::{Answer, Keep};
use super::metrics::Started;
use super::peers::Peers;
use super::room::Room;
use super::{about, answer, archive, charter, confirm, consent, directory, door, error, feeds, pledge, preferences, probe, reader};
use crate::desk::FrontDesk;
use crate::fetch::OURS;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Anyone,
    /// Whoever holds a token of ours: it stands in the address, and there is no other way in.
    Holder,
    /// Staff who have signed in.
    Staff,
    /// Contacts of partners who have signed in.
    Partner,
    /// This machine, or anyone where the config opens the probes.
    Watcher,
}

/// An address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    pub path: &'static str,
    /// As `Allow` names them.
    pub methods: &'static str,
    pub who: Who,
}

const READ: &str = "GET,HEAD";
const FORM: &str = "GET,HEAD,POST";

type Handlers = MethodRouter<Arc<FrontDesk>>;

/// Every address of the public door. What is not here is not there.
fn doors() -> Vec<(Route, Handlers)> {
    let mut all = of_readers();
    all.extend(rooms::doors());
    all
}

fn of_readers() -> Vec<(Route, Handlers)> {
    let read = |path, who, handlers| (Route { path, methods: READ, who }, handlers);
    let act = |path, handlers| (Route { path, methods: "POST", who: Who::Holder }, handlers);
    vec![
        read("/", Who::Anyone, get(archive::front)),
        read("/style.css", Who::Anyone, get(archive::style)),
        read("/room.js", Who::Anyone, get(rooms_script)),
        read("/privacy", Who::Anyone, get(about::privacy)),
        read("/robots.txt", Who::Anyone, get(about::robots)),
        read("/sitemap.xml", Who::Anyone, get(about::sitemap)),
        read("/feed.atom", Who::Anyone, get(feeds::atom_of_all)),
        read("/feed.json", Who::Anyone, get(feeds::json_of_all)),
        read("/pictures/{hash}", Who::Anyone, get(archive::picture)),
        (Route { path: "/sign-up", methods: FORM, who: Who::Anyone }, get(door::form).post(door::ask)),
        (Route { path: "/{newsletter}/sign-up", methods: FORM, who: Who::Anyone }, get(door::form_of_one).post(door::ask_for_one)),
        (Route { path: "/confirm/{token}", methods: FORM, who: Who::Holder }, get(confirm::confirm_page).post(confirm::confirm)),
        read("/charter", Who::Anyone, get(charter::current)),
        read("/charter/{id}", Who::Anyone, get(charter::version)),
        (Route { path: "/pledge", methods: FORM, who: Who::Anyone }, get(pledge::form).post(pledge::ask)),
        (Route { path: "/pledge/{token}", methods: FORM, who: Who::Holder }, get(pledge::link).post(pledge::give)),
        // The directory shares its address with the newsletter of that id, whose own addresses are named one by one.
        read("/partners", Who::Anyone, get(directory::list)),
        read("/partners.json", Who::Anyone, get(directory::directory_json)),
        read("/partners/map.json", Who::Anyone, get(directory::map_json)),
        read("/partners/feed.atom", Who::Anyone, get(directory::newsletter_atom)),
        read("/partners/feed.json", Who::Anyone, get(directory::newsletter_json)),
        (Route { path: "/partners/sign-up", methods: FORM, who: Who::Anyone }, get(directory::sign_up).post(directory::ask)),
        read("/partners/{name}", Who::Anyone, get(directory::one)),
        read("/partners/{partner}/feed.atom", Who::Anyone, get(directory::partner_atom)),
        read("/partners/{partner}/feed.json", Who::Anyone, get(directory::partner_json)),
        read("/map", Who::Anyone, get(directory::map)),
        read("/{newsletter}", Who::Anyone, get(archive::list)),
        read("/{newsletter}/feed.atom", Who::Anyone, get(feeds::atom_of_one)),
        read("/{newsletter}/feed.json", Who::Anyone, get(feeds::json_of_one)),
        read("/{newsletter}/{issue}", Who::Anyone, get(archive::issue)),
        read("/{newsletter}/{issue}/mail", Who::Anyone, get(archive::mail)),
        read("/{newsletter}/{issue}/{file}", Who::Anyone, get(archive::calendar)),
        read("/{newsletter}/{issue}/{partner}/{slug}", Who::Anyone, get(archive::story)),
        (Route { path: "/u/{token}", methods: FORM, who: Who::Holder }, get(reader::leave_page).post(reader::leave)),
        act("/u/{token}/reason", post(reader::reason)),
        act("/u/{token}/less", post(reader::less)),
        act("/u/{token}/back", post(reader::back)),
        (Route { path: "/r/{token}", methods: FORM, who: Who::Holder }, get(preferences::preferences).post(preferences::save)),
        act("/r/{token}/link", post(preferences::mail_link)),
        read("/own/{token}", Who::Holder, get(preferences::own)),
        read("/own/{token}/data.json", Who::Holder, get(preferences::data)),
        act("/own/{token}/address", post(preferences::new_address)),
        act("/own/{token}/erase", post(preferences::erase)),
        (
            Route { path: "/new-address/{token}", methods: FORM, who: Who::Holder },
            get(preferences::new_address_page).post(preferences::take_new_address),
        ),
        (Route { path: "/consent/{token}", methods: FORM, who: Who::Holder }, get(consent::asked).post(consent::answer)),
        read("/livez", Who::Watcher, get(probe::live)),
        read("/readyz", Who::Watcher, get(probe::ready)),
        read("/metrics", Who::Watcher, get(probe::metrics)),
    ]
}

/// `/room.js`: what makes the rooms' forms easier to fill in. They work without it.
async fn rooms_script() -> Answer {
    Answer { keep: Keep::Briefly, ..Answer::text("text/javascript; charset=utf-8", include_str!("room.js").to_owned()) }
}

/// What [`public_router`] serves.
#[must_use]
pub fn public_routes() -> Vec<Route> {
    doors().into_iter().map(|(route, _)| route).collect()
}

/// Where the addresses begin that are one reader's own, and the rooms, with the `/` behind.
pub(super) fn personal_places() -> BTreeSet<&'static str> {
    let of_holders = of_readers().into_iter().map(|(route, _)| route).filter(|route| route.who == Who::Holder);
    of_holders.filter_map(|route| route.path.split('{').next()).chain(["/desk/", "/partner/"]).collect()
}

/// The public door of a newsroom.
pub fn public_router(front: Arc<FrontDesk>) -> Router {
    let started = Started(front.desk().now());
    let routes = doors().into_iter().fold(Router::new(), |router, (route, handlers)| router.route(route.path, handlers));
    routes
        .fallback(async |room: Room| room.not_found())
        .layer(Extension(started))
        .layer(Extension(Arc::new(Peers::default())))
        .layer(from_fn_with_state(Arc::clone(&front), finish))
        .with_state(front)
}

/// What every answer is given on its way out: a page where the router itself refused, nothing where the asker has the same bytes, and
/// word that the next visit is to be over TLS as well.
pub(super) async fn finish(State(front): State<Arc<FrontDesk>>, request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let (parts, body) = request.into_parts();
    let asked = parts.clone();
    let mut response = next.run(Request::from_parts(parts, body)).await;
    // Each answer of ours has a policy; what has none was said by the router.
    if !response.headers().contains_key(CONTENT_SECURITY_POLICY) {
        let allow = response.headers().get(ALLOW).cloned();
        // What cannot be an address of ours, such as a page number that is none, leads nowhere.
        let status = if response.status() == StatusCode::BAD_REQUEST { StatusCode::NOT_FOUND } else { response.status() };
        response = error::told_in(&Room::of(&front, &asked).site, status);
        response.headers_mut().extend(allow.map(|allow| (ALLOW, allow)));
    }
    if is_read && response.status() == StatusCode::OK && answer::is_known(&asked.headers, response.headers()) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(CONTENT_TYPE);
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    response.headers_mut().insert(HeaderName::from_static(OURS), HeaderValue::from_static("1"));
    if front.desk().config().web.url.is_https() {
        // RFC 6797 §6.1; a year, and nothing is said of other names under ours.
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}
