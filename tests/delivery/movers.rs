//! A reader takes another address while their issue goes out.

use pressroom::domain::outbox::{MailPurpose, OutboxKey, OutboxMail};
use pressroom::domain::signup::{Link, LinkFor, LinkHash, LinkPurpose, Shown};
use pressroom::domain::subscriber::SuppressionReason;
use pressroom::domain::time::Timestamp;
use pressroom::store::{Moved, Promise};
use pressroom::testing::smtp::{Script, SmtpServer, Turn};

use super::newsroom::{Newsroom, address, start};

fn mail(key: &str, to: &str) -> OutboxMail {
    OutboxMail {
        key: OutboxKey::parse(key).unwrap(),
        purpose: MailPurpose::Confirm,
        sender: address("news"),
        to: address(to),
        message: b"Subject: a link\r\n\r\n".to_vec(),
        created: start(),
        due: start(),
        expires: Timestamp::MAX,
        attempts: 0,
    }
}

/// By a link that was mailed there, as readers do it.
async fn moves(newsroom: &Newsroom, from: &str, to: &str) {
    let (store, hash) = (&newsroom.store, LinkHash::from_bytes([1; 32]));
    let what = LinkFor::NewAddress { reader: newsroom.reader(from).await, address: address(to) };
    let link = Link { what, until: Timestamp::MAX };
    store.promise(Promise { hash, purpose: LinkPurpose::NewAddress, link, mail: mail("link", to) }).await.unwrap();
    let shown = Shown { at: start(), place: "a test".to_owned(), wording: None, network: None };
    assert_eq!(store.change_address(&hash, shown, mail("moved", from)).await.unwrap(), Moved::Done);
}

/// One moves while their copy is written and another one's is on the wire; nobody is at the old address any more.
async fn one_moves(script: Script) {
    let names = ["r00@example.net".to_owned(), "r01".to_owned(), "r02".to_owned()];
    let newsroom = Newsroom::with_local_parts(&names).await;
    let script = script.turn("r00", &[Turn::Hold]).turn("r01", &[Turn::Rcpt(b"550 5.1.1 no such user\r\n")]);
    let server = SmtpServer::start(script).await;
    let moving = async {
        server.held(1).await;
        while newsroom.begun().await < 2 {
            tokio::task::yield_now().await;
        }
        moves(&newsroom, "r01", "moved@example.com").await;
        server.release(1);
    };
    let (ended, ()) = tokio::join!(newsroom.send(&server, 1), moving);
    assert!(matches!(ended, pressroom::delivery::engine::Ended::NothingDue { next: None }), "{ended:?}");
    let mut taken = server.taken_for();
    taken.sort();
    assert_eq!(taken, ["moved", "r00", "r02"]);
    assert_eq!(newsroom.tally().await.accepted, 3);
    let suppressed = async |name| newsroom.store.find_suppression(&address(name)).await.unwrap().map(|one| one.reason);
    assert_eq!(suppressed("moved@example.com").await, None, "nothing of the old address is held against the new one");
    assert_eq!(suppressed("r01").await, Some(SuppressionReason::Moved));
}

#[tokio::test]
async fn a_copy_follows_its_reader_to_another_address() {
    one_moves(Script::pipelining()).await;
}

#[tokio::test]
async fn a_copy_follows_its_reader_where_nothing_is_announced() {
    one_moves(Script::default()).await;
}
