//! What the DNS says of the domains in our mail: TXT, MX and addresses, and what a receiver makes of them (SPF, DKIM,
//! DMARC).
//!
//! Every question has its deadline, and *no answer* is never taken for *no such record*. It does not validate DNSSEC and sends nothing.

mod dkim;
mod dmarc;
mod spf;

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{RData, RecordType};

pub use dkim::{Dkim, find_dkim};
pub use dmarc::{Dmarc, DmarcPolicy, find_dmarc};
pub use spf::{Spf, SpfEnding, find_spf};

/// For one try; there are two.
const TRY_WAIT: Duration = Duration::from_secs(2);
/// For one question with all tries, over UDP and over TCP.
const QUESTION_WAIT: Duration = Duration::from_secs(5);

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked<T> {
    Found(T),
    /// The name has no such record.
    Nothing,
    /// There is no such name at all.
    NoSuchName,
    /// Nobody has answered, so nothing is known; why, in lower case.
    Silent(String),
}

/// Where mail for a domain goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailRoute {
    /// The hosts of its MX records.
    Hosts(Vec<String>),
    /// RFC 7505: it says that it takes no mail.
    NullMx,
    /// No MX, but an address: mail goes there (RFC 5321 §5.1).
    AddressOnly,
    /// Neither.
    Nowhere,
}

/// Asks the DNS.
pub struct Dns {
    resolver: Result<TokioResolver, String>,
}

impl Dns {
    /// Asks the server given, or those that this machine is set up with.
    #[must_use]
    pub fn new(server: Option<SocketAddr>) -> Self {
        let builder = match server {
            Some(server) => Ok(TokioResolver::builder_with_config(only(server), TokioRuntimeProvider::default())),
            None => TokioResolver::builder_tokio(),
        };
        let built = builder.and_then(|mut builder| {
            let options = builder.options_mut();
            options.timeout = TRY_WAIT;
            options.attempts = 2;
            builder.build()
        });
        Self { resolver: built.map_err(|error| format!("this machine is not set up to ask the DNS ({error})")) }
    }

    /// The texts of a name, each with its pieces joined (RFC 7208 §3.3).
    pub async fn texts(&self, name: &str) -> Asked<Vec<String>> {
        self.ask(name, RecordType::TXT, |data| {
            let RData::TXT(text) = data else { return None };
            Some(text.txt_data.iter().map(|piece| String::from_utf8_lossy(piece)).collect())
        })
        .await
    }

    /// Where mail for a domain goes.
    pub async fn mail_route(&self, domain: &str) -> Asked<MailRoute> {
        let hosts = self.ask(domain, RecordType::MX, |data| {
            let RData::MX(mx) = data else { return None };
            Some((mx.preference, mx.exchange.to_ascii()))
        });
        match hosts.await {
            Asked::Found(mut hosts) if hosts.iter().any(|(_, host)| host != ".") => {
                hosts.sort();
                Asked::Found(MailRoute::Hosts(hosts.into_iter().map(|(_, host)| host.trim_end_matches('.').to_owned()).collect()))
            }
            Asked::Found(_) => Asked::Found(MailRoute::NullMx),
            Asked::Nothing => match self.has_address(domain).await {
                Asked::Found(()) => Asked::Found(MailRoute::AddressOnly),
                Asked::Nothing | Asked::NoSuchName => Asked::Found(MailRoute::Nowhere),
                Asked::Silent(why) => Asked::Silent(why),
            },
            Asked::NoSuchName => Asked::NoSuchName,
            Asked::Silent(why) => Asked::Silent(why),
        }
    }

    async fn has_address(&self, domain: &str) -> Asked<()> {
        let is_address = |data: &RData| matches!(data, RData::A(_) | RData::AAAA(_)).then_some(());
        match self.ask(domain, RecordType::A, is_address).await {
            Asked::Found(_) => Asked::Found(()),
            Asked::Silent(why) => Asked::Silent(why),
            Asked::Nothing | Asked::NoSuchName => match self.ask(domain, RecordType::AAAA, is_address).await {
                Asked::Found(_) => Asked::Found(()),
                Asked::Nothing | Asked::NoSuchName => Asked::Nothing,
                Asked::Silent(why) => Asked::Silent(why),
            },
        }
    }

    async fn ask<T>(&self, name: &str, kind: RecordType, read: impl Fn(&RData) -> Option<T>) -> Asked<Vec<T>> {
        let resolver = match &self.resolver {
            Ok(resolver) => resolver,
            Err(why) => return Asked::Silent(why.clone()),
        };
        // The dot keeps the machine's search list out of it.
        let answer = resolver.lookup(format!("{}.", name.trim_end_matches('.')), kind);
        match tokio::time::timeout(QUESTION_WAIT, answer).await {
            Ok(Ok(found)) => {
                let rows: Vec<T> = found.answers().iter().filter_map(|record| read(&record.data)).collect();
                if rows.is_empty() { Asked::Nothing } else { Asked::Found(rows) }
            }
            Ok(Err(NetError::Dns(DnsError::NoRecordsFound(none)))) => {
                let code = none.response_code;
                if code == ResponseCode::NXDomain {
                    Asked::NoSuchName
                } else if code == ResponseCode::NoError {
                    Asked::Nothing
                } else {
                    Asked::Silent(format!("the DNS server answers {code}"))
                }
            }
            Ok(Err(error)) => Asked::Silent(format!("the DNS server gives no answer ({error})")),
            Err(_) => Asked::Silent("the DNS server does not answer in time".to_owned()),
        }
    }
}

fn only(server: SocketAddr) -> ResolverConfig {
    let mut ways = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
    for way in &mut ways {
        way.port = server.port();
    }
    ResolverConfig::from_name_servers(vec![NameServerConfig::new(server.ip(), true, ways.into())])
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::testing::dns::DnsServer;

    #[tokio::test]
    async fn no_record_no_name_and_no_answer_are_three_things() {
        let server =
            DnsServer::start(&[("lantern.example.org", "TXT", "v=spf1 -all"), ("lantern.example.org", "TXT", "other")]).await;
        let dns = Dns::new(Some(server.address));
        let mut texts = dns.texts("lantern.example.org").await;
        if let Asked::Found(texts) = &mut texts {
            texts.sort();
        }
        assert_eq!(texts, Asked::Found(vec!["other".to_owned(), "v=spf1 -all".to_owned()]));
        assert_eq!(dns.mail_route("lantern.example.org").await, Asked::Found(MailRoute::Nowhere));
        assert_eq!(dns.texts("nobody.example.org").await, Asked::NoSuchName);
        assert!(matches!(dns.texts("broken.example.org").await, Asked::Silent(_)), "SERVFAIL says nothing about the name");
    }

    #[tokio::test]
    async fn a_server_that_never_answers_costs_seconds_and_is_not_believed() {
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let dns = Dns::new(Some(socket.local_addr().unwrap()));
        let begun = tokio::time::Instant::now();
        assert!(matches!(dns.texts("lantern.example.org").await, Asked::Silent(_)));
        assert!(begun.elapsed() < QUESTION_WAIT + Duration::from_secs(1), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn mail_goes_to_its_hosts_in_order_or_to_an_address_or_nowhere() {
        let server = DnsServer::start(&[
            ("hosts.example.org", "MX", "20 b.example.net"),
            ("hosts.example.org", "MX", "10 a.example.net"),
            ("null.example.org", "MX", "0 ."),
            ("address.example.org", "A", "192.0.2.1"),
            ("address6.example.org", "AAAA", "2001:db8::1"),
        ])
        .await;
        let dns = Dns::new(Some(server.address));
        let hosts = vec!["a.example.net".to_owned(), "b.example.net".to_owned()];
        assert_eq!(dns.mail_route("hosts.example.org").await, Asked::Found(MailRoute::Hosts(hosts)));
        assert_eq!(dns.mail_route("null.example.org").await, Asked::Found(MailRoute::NullMx));
        assert_eq!(dns.mail_route("address.example.org").await, Asked::Found(MailRoute::AddressOnly));
        assert_eq!(dns.mail_route("address6.example.org").await, Asked::Found(MailRoute::AddressOnly));
        assert_eq!(dns.mail_route("nobody.example.org").await, Asked::NoSuchName);
    }
}
