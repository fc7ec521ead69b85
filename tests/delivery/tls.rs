//! TLS towards a relay: verified, or nothing is sent (standards.md B10).

use std::sync::Arc;

use pressroom::config::RelayTls;
use pressroom::delivery::message::{Message, Shared};
use pressroom::delivery::reply::Stage;
use pressroom::delivery::transport::{RelayTrouble, Route, Sent};
use pressroom::testing::smtp::{Deed, Script, SmtpServer, Turn};
use rcgen::CertificateParams;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::transport::{message, quick, to};

/// A certificate for the server at 127.0.0.1, and the root that vouches for it.
fn certificate() -> (Arc<ServerConfig>, CertificateDer<'static>) {
    certificate_with(|_| {})
}

fn certificate_with(change: impl Fn(&mut CertificateParams)) -> (Arc<ServerConfig>, CertificateDer<'static>) {
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root_key = rcgen::KeyPair::generate().unwrap();
    let root_certificate = root.self_signed(&root_key).unwrap();
    let issuer = rcgen::Issuer::new(root, root_key);
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    change(&mut params);
    let leaf = params.signed_by(&key, &issuer).unwrap();
    (serving(leaf.der().clone(), &key), root_certificate.der().clone())
}

fn self_signed() -> Arc<ServerConfig> {
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    serving(leaf.der().clone(), &key)
}

fn serving(leaf: CertificateDer<'static>, key: &rcgen::KeyPair) -> Arc<ServerConfig> {
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    Arc::new(config)
}

fn offering(tls: &Arc<ServerConfig>) -> Script {
    Script { offers: vec!["PIPELINING", "STARTTLS"], tls: Some(Arc::clone(tls)), ..Script::default() }
}

fn route(server: &SmtpServer, tls: RelayTls, root: Option<CertificateDer<'static>>) -> Route {
    Route::new(server.relay(tls, 1), "client.example.org", quick()).with_extra_roots(root.into_iter().collect())
}

/// Sends one message, which the server refuses in Latin-1; gives the commands it heard.
async fn send(script: Script, tls: RelayTls, root: Option<CertificateDer<'static>>) -> Vec<String> {
    let script = script.turn("reader", &[Turn::Rcpt(b"550 Bo\xeete inconnue\r\n")]);
    let server = SmtpServer::start(script).await;
    let connection = route(&server, tls, root).open().await.unwrap();
    let (sent, _) = connection.send(&to("reader"), &message()).await;
    assert!(matches!(sent, Sent::Rejected { ref reply, .. } if reply.code == Some(550)), "{sent:?}");
    server.commands()
}

/// Cannot open; says why, and that nothing but a greeting went over the wire.
async fn trouble(script: Script, tls: RelayTls, root: Option<CertificateDer<'static>>) -> RelayTrouble {
    let server = SmtpServer::start(script).await;
    let trouble = route(&server, tls, root).open().await.unwrap_err();
    let commands = server.commands();
    assert!(commands.iter().all(|line| line.starts_with("EHLO ") || line == "STARTTLS"), "{commands:?}");
    trouble
}

#[tokio::test]
async fn tls_is_used_as_the_url_says_and_replies_stay_readable_above_it() {
    let (config, root) = certificate();
    for tls in [RelayTls::Required, RelayTls::Opportunistic] {
        let commands = send(offering(&config), tls, Some(root.clone())).await;
        assert!(commands.contains(&"STARTTLS".to_owned()), "{commands:?}");
    }
    let implicit = Script { implicit_tls: true, ..offering(&config) };
    let commands = send(implicit, RelayTls::Implicit, Some(root)).await;
    assert!(!commands.contains(&"STARTTLS".to_owned()), "{commands:?}");
}

#[tokio::test]
async fn a_long_message_of_many_pieces_arrives_as_it_is_plain_and_through_tls() {
    let (config, root) = certificate();
    // More than a socket takes at once, in more pieces than one write has.
    let mut message = Message::default();
    for number in 0..200_u32 {
        message.own().extend_from_slice(format!("{number} is its own\r\n").as_bytes());
        message.share(&Shared::new(&b"0123456789012345678901234567890123456789\r\n".repeat(10 * (number as usize + 1))));
    }
    message.own().extend_from_slice(b"the end\r\n");
    for (script, tls) in [(offering(&config), RelayTls::Required), (Script::pipelining(), RelayTls::None)] {
        let server = SmtpServer::start(script).await;
        let connection = route(&server, tls, Some(root.clone())).open().await.unwrap();
        let (sent, connection) = connection.send(&to("reader"), &message).await;
        assert!(matches!(sent, Sent::Accepted { .. }) && connection.is_some(), "{sent:?}");
        assert!(server.taken()[0].bytes == message.to_vec());
    }
}

#[tokio::test]
async fn a_certificate_that_proves_nothing_stops_everything() {
    let (good, root) = certificate();
    let (stranger, _) = certificate();
    let wrong_name = |params: &mut CertificateParams| {
        params.subject_alt_names = vec![rcgen::SanType::DnsName("127.0.0.1.example.net".try_into().unwrap())];
    };
    let expired = |params: &mut CertificateParams| {
        (params.not_before, params.not_after) = (rcgen::date_time_ymd(2019, 1, 1), rcgen::date_time_ymd(2020, 1, 1));
    };
    let not_yet = |params: &mut CertificateParams| {
        (params.not_before, params.not_after) = (rcgen::date_time_ymd(4000, 1, 1), rcgen::date_time_ymd(4001, 1, 1));
    };
    let of = |change: &dyn Fn(&mut CertificateParams)| certificate_with(change);
    for (what, (config, root)) in [
        ("a stranger's", (stranger, root.clone())),
        ("self-signed", (self_signed(), root.clone())),
        ("for another name", of(&wrong_name)),
        ("expired", of(&expired)),
        ("not valid yet", of(&not_yet)),
    ] {
        for tls in [RelayTls::Required, RelayTls::Opportunistic, RelayTls::Implicit] {
            let script = Script { implicit_tls: tls == RelayTls::Implicit, ..offering(&config) };
            let trouble = trouble(script, tls, Some(root.clone())).await;
            assert!(matches!(trouble, RelayTrouble::Tls { .. }) && trouble.needs_a_person(), "{what}: {trouble:?}");
        }
    }
    send(offering(&good), RelayTls::Required, Some(root)).await;
}

#[tokio::test]
async fn where_tls_is_required_a_missing_or_refused_offer_stops_everything() {
    let stripped = trouble(Script::pipelining(), RelayTls::Required, None).await;
    assert!(matches!(stripped, RelayTrouble::NoStartTls { .. }) && stripped.needs_a_person(), "{stripped:?}");
    assert!(stripped.to_string().contains("does not offer STARTTLS"));
    let (config, root) = certificate();
    for tls in [RelayTls::Required, RelayTls::Opportunistic] {
        let script = offering(&config).deed(Stage::StartTls, Deed::Say(b"454 4.7.0 TLS not available\r\n"));
        let refused = trouble(script, tls, Some(root.clone())).await;
        assert!(matches!(refused, RelayTrouble::Refused { stage: Stage::StartTls, .. }), "{refused:?}");
    }
}

#[tokio::test]
async fn without_the_offer_an_opportunistic_relay_gets_mail_in_clear() {
    send(Script::pipelining(), RelayTls::Opportunistic, None).await;
}

// CVE-2011-0411.
#[tokio::test]
async fn what_is_slipped_in_behind_the_yes_to_starttls_is_noticed() {
    let (config, root) = certificate();
    for injected in [&b"220 go on\r\n250 injected\r\n"[..], b"220 go on\r\n250-inj", b"220 go on\r\n\r\n2"] {
        let script = offering(&config).deed(Stage::StartTls, Deed::Say(injected));
        let trouble = trouble(script, RelayTls::Required, Some(root.clone())).await;
        assert!(matches!(trouble, RelayTrouble::Tls { .. }), "{trouble:?}");
    }
}

#[tokio::test]
async fn tls_older_than_1_2_is_refused() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = SmtpServer::start(Script::default()).await;
    let mut relay = server.relay(RelayTls::Implicit, 1);
    relay.port = listener.local_addr().unwrap().port();
    let old = async {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut hello = [0; 1024];
        assert!(tcp.read(&mut hello).await.unwrap() > 0);
        // ServerHello of TLS 1.1: no session, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, no compression, no extensions.
        let body = [&[0x03, 0x02][..], &[7; 32], &[0, 0xc0, 0x13, 0]].concat();
        let handshake = [&[2, 0, 0, u8::try_from(body.len()).unwrap()][..], &body].concat();
        let record = [&[0x16, 0x03, 0x02, 0, u8::try_from(handshake.len()).unwrap()][..], &handshake].concat();
        tcp.write_all(&record).await.unwrap();
        // Until the client has hung up.
        while tcp.read(&mut hello).await.is_ok_and(|read| read > 0) {}
    };
    let route = Route::new(relay, "client.example.org", quick());
    let (opened, ()) = tokio::join!(route.open(), old);
    assert!(matches!(opened, Err(RelayTrouble::Tls { .. })), "{opened:?}");
}
