//! Who comes into a room: the cookie of its door, read and written; and for what is sent there, the proof that a page of ours sent it.
//! A handler that takes one of these has somebody signed in before it runs. What they may do there is the desk's to say.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::answer::Answer;
use super::asker::{Fields, Sent};
use super::kept::Why;
use super::listener::Peer;
use super::peers::{FAIR_COST, Peers, network_of};
use super::room::Room;
use super::upload::{self, Upload, whole};
use super::{csrf, error, kept};
use crate::config::WebUrl;
use crate::desk::{FrontDesk, Visit};
use crate::domain::feature::DRAFT_BYTES_MAX;
use crate::domain::session::{RoomDoor, SessionSecret};
use crate::domain::time::SignedDuration;

/// A long text with its form: what a draft may hold, each of its bytes written as three.
const FORM_BYTES_MAX: usize = 3 * DRAFT_BYTES_MAX + 128 * 1024;

/// A door, as a type, so that a room says by its handler's arguments who comes in.
pub(super) trait Doorway: Send + Sync {
    const DOOR: RoomDoor;
}

/// `/desk`.
pub(super) struct StaffDoor;
/// `/partner`.
pub(super) struct PartnerDoor;

impl Doorway for StaffDoor {
    const DOOR: RoomDoor = RoomDoor::Staff;
}

impl Doorway for PartnerDoor {
    const DOOR: RoomDoor = RoomDoor::Partner;
}

/// Somebody in a room.
pub(super) struct Seat {
    pub(super) room: Room,
    pub(super) front: Arc<FrontDesk>,
    pub(super) visit: Visit,
    pub(super) door: RoomDoor,
    pub(super) secret: SessionSecret,
    /// Where what they ask for stands.
    pub(super) path: String,
}

/// Who has signed in at a door.
pub(super) struct Seated<D>(pub(super) Seat, pub(super) PhantomData<D>);

/// What somebody who has signed in sent by a form of ours.
pub(super) struct Posted<D>(pub(super) Seat, pub(super) Fields, pub(super) PhantomData<D>);

/// The same, with a file.
pub(super) struct PostedFile<D>(pub(super) Seat, pub(super) Upload, pub(super) PhantomData<D>);

/// What anybody sent by a form of ours.
pub(super) struct OwnForm(pub(super) Fields);

// RFC 6265bis §4.1.3.2: `__Host-` makes browsers refuse a cookie that another host or an unprotected page has set. They take it over TLS
// alone, so a newsroom on this machine does without.
fn cookie_name(door: RoomDoor, url: &WebUrl) -> String {
    let door = match door {
        RoomDoor::Staff => "desk",
        RoomDoor::Partner => "partner",
    };
    if url.is_https() { format!("__Host-pressroom-{door}") } else { format!("pressroom-{door}") }
}

fn cookie(door: RoomDoor, url: &WebUrl, (value, seconds): (&str, i64)) -> HeaderValue {
    let (name, secure) = (cookie_name(door, url), if url.is_https() { "; Secure" } else { "" });
    // Lax and not Strict: people come by links in mail.
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(text).expect("letters and digits")
}

fn secret_in(headers: &HeaderMap, door: RoomDoor, url: &WebUrl) -> Option<SessionSecret> {
    let name = cookie_name(door, url);
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut values = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(known, _)| *known == name);
    values.find_map(|(_, value)| SessionSecret::read(value).ok())
}

/// The way on after a POST.
pub(super) fn see_other(room: &Room, below: &str) -> Response {
    let answer = Answer { status: StatusCode::SEE_OTHER, ..Answer::text("text/plain; charset=utf-8", String::new()) };
    let mut response = answer.into_response();
    let place = HeaderValue::try_from(room.site.link(below)).expect("our own addresses are visible ASCII");
    response.headers_mut().insert(LOCATION, place);
    response
}

/// Into the rooms with a new cookie.
pub(super) fn let_in(room: &Room, door: RoomDoor, secret: &SessionSecret, life: SignedDuration) -> Response {
    let mut response = see_other(room, door.path());
    let cookie = cookie(door, &room.desk.config().web.url, (&secret.text(), life.as_secs()));
    response.headers_mut().insert(SET_COOKIE, cookie);
    response
}

/// Out of them; the cookie goes.
pub(super) fn let_out(room: &Room, door: RoomDoor) -> Response {
    let mut response = see_other(room, &format!("{}/sign-in", door.path()));
    response.headers_mut().insert(SET_COOKIE, cookie(door, &room.desk.config().web.url, ("", 0)));
    response
}

async fn seat(front: Arc<FrontDesk>, parts: &Parts, door: RoomDoor) -> Result<Seat, Response> {
    let room = Room::of(&front, parts);
    let turned_away = |room: &Room| {
        let is_read = matches!(parts.method, Method::GET | Method::HEAD);
        let sign_in = format!("{}/sign-in", door.path());
        if is_read { see_other(room, &sign_in) } else { error::told_in(&room.site, StatusCode::FORBIDDEN) }
    };
    let Some(secret) = secret_in(&parts.headers, door, &room.desk.config().web.url) else { return Err(turned_away(&room)) };
    match room.desk.visit(door, &secret).await {
        Ok(Some(visit)) => Ok(Seat { room, front, visit, door, secret, path: parts.uri.path().to_owned() }),
        Ok(None) => Err(turned_away(&room)),
        Err(failure) => Err(error::failed(&room.site, &failure)),
    }
}

impl<S, D: Doorway> FromRequestParts<S> for Seated<D>
where
    S: Send + Sync,
    Arc<FrontDesk>: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        seat(Arc::from_ref(state), parts, D::DOOR).await.map(|seat| Self(seat, PhantomData))
    }
}

impl<S, D: Doorway> FromRequest<S> for Posted<D>
where
    S: Send + Sync,
    Arc<FrontDesk>: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let sender = Sender::of(Arc::from_ref(state), &parts, D::DOOR).await?;
        let fields = whole(body, FORM_BYTES_MAX).await.and_then(|body| Fields::of_long(&body));
        let fields = fields.map_err(|status| kept::too_large(&sender.room().site, status, FORM_BYTES_MAX))?;
        let seat = sender.proved(&fields).map_err(|told| *told)?;
        Ok(Self(seat, fields, PhantomData))
    }
}

impl<S, D: Doorway> FromRequest<S> for PostedFile<D>
where
    S: Send + Sync,
    Arc<FrontDesk>: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let sender = Sender::of(Arc::from_ref(state), &parts, D::DOOR).await?;
        let request = Request::from_parts(parts, body);
        // Of whom nobody knows no file is taken: what was typed comes back.
        let upload = if sender.seat.is_ok() { upload::read(request).await } else { upload::read_text(request).await };
        let upload = upload.map_err(|status| kept::too_large(&sender.room().site, status, upload::FORM_BYTES_MAX))?;
        let seat = sender.proved(&upload.fields).map_err(|told| *told)?;
        Ok(Self(seat, upload, PhantomData))
    }
}

/// Who sends a form: somebody in a room, or somebody who was there when they opened it.
struct Sender {
    /// Or the room without them, and what they are told.
    seat: Result<Seat, (Room, Response)>,
    door: RoomDoor,
    is_from_here: bool,
    path: String,
}

impl Sender {
    /// Whoever is neither in a room nor on a page of ours is not listened to, nor is a network that was on too many of them lately.
    async fn of(front: Arc<FrontDesk>, parts: &Parts, door: RoomDoor) -> Result<Self, Response> {
        let room = Room::of(&front, parts);
        let is_from_here = csrf::is_from_here(&parts.headers, room.desk.config().web.url.as_str());
        let path = parts.uri.path().to_owned();
        let may_ask = || {
            let network = network_of(parts.extensions.get::<Peer>().copied(), &parts.headers);
            let spends = |peers: &Arc<Peers>| network.is_none_or(|network| peers.spend(network, FAIR_COST, room.desk.now()));
            parts.extensions.get::<Arc<Peers>>().is_some_and(spends)
        };
        let seat = match seat(front, parts, door).await {
            Ok(seat) => Ok(seat),
            Err(told) if is_from_here && told.status() == StatusCode::FORBIDDEN && may_ask() => Err((room, told)),
            Err(told) => return Err(told),
        };
        Ok(Self { seat, door, is_from_here, path })
    }

    fn room(&self) -> &Room {
        match &self.seat {
            Ok(seat) => &seat.room,
            Err((room, _)) => room,
        }
    }

    /// Who they are, when the form was shown to this session. Else what they typed comes back to them, and to nobody else's page.
    fn proved(self, fields: &Fields) -> Result<Seat, Box<Response>> {
        match self.seat {
            Ok(seat) if seat.is_proved(self.is_from_here, fields) => Ok(seat),
            Ok(seat) => {
                let site = &seat.room.site;
                let (proof, who) = (seat.visit.proof.text(), seat.visit.who.actor());
                let old = Why::Old { proof: &proof, who: who.as_str(), house: &seat.visit.house };
                let again = kept::again(site, (old, &self.path), fields).filter(|_| self.is_from_here);
                Err(Box::new(again.unwrap_or_else(|| error::told_in(site, StatusCode::FORBIDDEN))))
            }
            Err((room, told)) => {
                let again = kept::again(&room.site, (Why::SignedOut(self.door), &self.path), fields);
                Err(Box::new(again.unwrap_or(told)))
            }
        }
    }
}

impl Seat {
    /// Whether a form was shown to this session, by a page of ours.
    fn is_proved(&self, is_from_here: bool, fields: &Fields) -> bool {
        let is_proved = fields.one(csrf::FIELD).is_some_and(|given| self.visit.proof.is(&given));
        if !(is_from_here && is_proved) {
            tracing::warn!(is_from_here, is_proved, "a form for the rooms came from elsewhere and does nothing");
        }
        is_from_here && is_proved
    }
}

impl<S> FromRequest<S> for OwnForm
where
    S: Send + Sync,
    Arc<FrontDesk>: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let room = Room::of(&Arc::from_ref(state), &parts);
        if !csrf::is_from_here(&parts.headers, room.desk.config().web.url.as_str()) {
            return Err(error::told_in(&room.site, StatusCode::FORBIDDEN));
        }
        Sent::from_request(Request::from_parts(parts, body), state).await.map(|Sent(body)| Self(Fields::of(&body)))
    }
}
