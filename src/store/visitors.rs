//! What is kept of those who come into the rooms: who wants in and is not answered yet, and who is in.
//!
//! Whether a session still counts is the desk's to say, which knows the roles of this moment.

use async_trait::async_trait;

use crate::domain::email::EmailAddress;
use crate::domain::session::{Session, SessionHash, SignInAsked};
use crate::domain::signup::{Link, LinkHash};
use crate::domain::time::Timestamp;

use super::{Asking, Cursor, Page, Promise, Result};

/// How many may want in at once. The clock answers them within seconds; more are a flood.
pub const SIGN_IN_ASKED_MAX: u64 = 2_000;
/// More sessions than these nobody has at once; the oldest ends.
pub const SESSIONS_EACH_MAX: usize = 8;
/// So many partners' rooms one address can be let into by one ask.
pub const PROMISES_EACH_MAX: usize = 10;

/// What became of a link that was to sign somebody in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedIn {
    Done(Session),
    Used,
    Expired,
    Unknown,
}

/// The doors of the rooms.
#[async_trait]
pub trait Visitors: Send + Sync {
    /// Notes that somebody wants in, in place of what they asked before at the same door. Whatever the address is, this is the same work.
    async fn ask_in(&self, asked: SignInAsked) -> Result<Asking>;

    /// Some who want in, in no order. One that cannot be read is given up.
    async fn page_ask_in(&self, rows: usize) -> Result<Vec<SignInAsked>>;

    /// Forgets what was asked and keeps the promises made for it, in one act; where the address has had its mails for now
    /// ([`crate::domain::signup::one_more_mail`]) nothing is promised. What nobody asks any more is promised nothing. At most
    /// [`PROMISES_EACH_MAX`], all to one address.
    async fn answer_ask_in(&self, asked: SignInAsked, promises: Vec<Promise>) -> Result<()>;

    /// Puts a link that no mail carries.
    async fn put_link(&self, hash: &LinkHash, link: Link) -> Result<()>;

    /// Spends a link of [`crate::domain::signup::LinkFor::SignIn`] and opens the session it is for, in one act. Of the visitor's sessions the
    /// oldest end, so that [`SESSIONS_EACH_MAX`] are open.
    async fn sign_in(&self, link: &LinkHash, session: &SessionHash, until: Timestamp, at: Timestamp) -> Result<SignedIn>;

    async fn find_session(&self, hash: &SessionHash) -> Result<Option<Session>>;

    /// `false`: there is none.
    async fn end_session(&self, hash: &SessionHash) -> Result<bool>;

    /// Ends all sessions of an address, and answers how many there were.
    async fn end_sessions(&self, address: &EmailAddress) -> Result<u64>;

    /// In no order. One that cannot be read is ended.
    async fn page_sessions(&self, from: Cursor, rows: usize) -> Result<Page<(SessionHash, Session)>>;
}
