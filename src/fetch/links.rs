//! Looks whether links lead anywhere: HEAD, then GET where HEAD says no; redirects by hand, so that each hop is checked.
//!
//! Hosts are looked at side by side, the links of one host one after another with a pause. What was found is remembered for a while;
//! what could not be reached is tried again the next time.

use std::collections::{HashMap, HashSet};
use std::error::Error as StdError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Client, Method, StatusCode, redirect};
use tokio::task::JoinSet;
use url::Url;

use super::resolver::{Guard, PrivateAddress};
use crate::domain::time::{Clock, SignedDuration, Timestamp};

const REDIRECTS_MAX: usize = 5;
const CACHE_ENTRIES_MAX: usize = 10_000;
const WHY_LENGTH_MAX: usize = 200;

/// The HTTP client cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot prepare to follow links; are the system's CA certificates installed?")]
pub struct FetchError(#[source] reqwest::Error);

/// How links are looked at.
#[derive(Clone)]
pub struct LinkCheckerOptions {
    /// Whether private addresses may be connected to.
    pub allow_private: bool,
    /// Where a site's operator learns who asks; stands in the User-Agent. Empty: not said.
    pub about_url: String,
    /// Hosts looked at side by side.
    pub hosts_at_once: usize,
    /// Between two links of one host.
    pub pause: Duration,
    /// For one request, from the connection to the head of the reply.
    pub request_timeout: Duration,
    /// For all links of one call.
    pub total_timeout: Duration,
    /// How long what was found is remembered.
    pub remember: SignedDuration,
    pub clock: Arc<dyn Clock>,
}

impl LinkCheckerOptions {
    /// Eight hosts at once, half a second between links of one host, ten seconds a request, two minutes in all.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            allow_private: false,
            about_url: String::new(),
            hosts_at_once: 8,
            pause: Duration::from_millis(500),
            request_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(120),
            remember: SignedDuration::from_mins(15),
            clock,
        }
    }
}

/// What was found at a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkReport {
    /// As it was given.
    pub url: String,
    pub outcome: LinkOutcome,
}

/// What became of a look at a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkOutcome {
    Fine {
        status: u16,
    },
    /// Fine, but by permanent redirects only; `to` is where it ended.
    Moved {
        to: String,
    },
    /// 404 or 410.
    Gone {
        status: u16,
    },
    /// In lower case, without a full stop.
    Unreachable {
        why: String,
    },
    /// The link, or where it forwards to, is in a private address range.
    Private {
        host: String,
    },
}

/// Looks at links, and remembers what it found.
pub struct LinkChecker {
    look: Look,
    hosts_at_once: usize,
    pause: Duration,
    total_timeout: Duration,
    memory: Memory,
}

impl LinkChecker {
    /// [`super::install_tls`] must have been called.
    ///
    /// # Errors
    /// [`FetchError`] when the system has no certificates to check servers by.
    pub fn new(options: LinkCheckerOptions) -> Result<Self, FetchError> {
        let guard = Guard::new(options.allow_private);
        Self::guarded(options, guard)
    }

    fn guarded(options: LinkCheckerOptions, guard: Guard) -> Result<Self, FetchError> {
        let about = if options.about_url.is_empty() { String::new() } else { format!("; +{}", options.about_url) };
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"));
        let client = Client::builder()
            .user_agent(format!("Pressroom/{} (link check{about})", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .dns_resolver(guard.clone())
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .timeout(options.request_timeout)
            .build()
            .map_err(FetchError)?;
        Ok(Self {
            look: Look { client, guard, request_timeout: options.request_timeout },
            hosts_at_once: options.hosts_at_once.max(1),
            pause: options.pause,
            total_timeout: options.total_timeout,
            memory: Memory { remember: options.remember, clock: options.clock, found: Mutex::default() },
        })
    }

    /// Looks at each distinct http and https address once; addresses of other kinds get no report. Reports come in the order in which
    /// the addresses were first given. Dropping the future ends all requests.
    pub async fn check(&self, urls: &[String]) -> Vec<LinkReport> {
        let wanted = distinct_web_addresses(urls);
        let mut found: HashMap<String, LinkOutcome> = HashMap::new();
        let mut lanes: HashMap<String, Vec<Url>> = HashMap::new();
        for (_, page) in &wanted {
            if let Some(outcome) = self.memory.recall(page.as_str()) {
                found.insert(page.as_str().to_owned(), outcome);
            } else {
                let lane = lanes.entry(page.host_str().unwrap_or_default().to_owned()).or_default();
                if !lane.contains(page) {
                    lane.push(page.clone());
                }
            }
        }
        self.visit(lanes, &mut found).await;
        let why = || format!("not looked at, since all links together took longer than {} s", self.total_timeout.as_secs());
        let outcome_of = |page: &Url| found.get(page.as_str()).cloned().unwrap_or_else(|| LinkOutcome::Unreachable { why: why() });
        wanted.into_iter().map(|(url, page)| LinkReport { outcome: outcome_of(&page), url }).collect()
    }

    /// Looks at the pages of each host in turn, some hosts at once, until all are done or time is up.
    async fn visit(&self, lanes: HashMap<String, Vec<Url>>, found: &mut HashMap<String, LinkOutcome>) {
        let pages: usize = lanes.values().map(Vec::len).sum();
        let (report, mut reports) = tokio::sync::mpsc::channel(pages.max(1));
        let mut waiting = lanes.into_values();
        let mut running = JoinSet::new();
        let mut start_next = |running: &mut JoinSet<()>| {
            if let Some(lane) = waiting.next() {
                running.spawn(walk_lane(self.look.clone(), lane, self.pause, report.clone()));
            }
        };
        for _ in 0..self.hosts_at_once {
            start_next(&mut running);
        }
        let all_done = async {
            while running.join_next().await.is_some() {
                start_next(&mut running);
            }
        };
        // Time being up is told by the missing reports.
        let _ = tokio::time::timeout(self.total_timeout, all_done).await;
        while let Ok((page, outcome)) = reports.try_recv() {
            self.memory.keep(&page, &outcome);
            found.insert(page, outcome);
        }
    }
}

/// The http and https addresses as given and as requested, that is without fragment.
fn distinct_web_addresses(urls: &[String]) -> Vec<(String, Url)> {
    let mut seen = HashSet::new();
    let mut wanted = Vec::new();
    for url in urls {
        let Ok(mut page) = Url::parse(url) else { continue };
        if matches!(page.scheme(), "http" | "https") && seen.insert(url) {
            page.set_fragment(None);
            wanted.push((url.clone(), page));
        }
    }
    wanted
}

type Report = tokio::sync::mpsc::Sender<(String, LinkOutcome)>;

async fn walk_lane(look: Look, pages: Vec<Url>, pause: Duration, report: Report) {
    for (index, page) in pages.into_iter().enumerate() {
        if index > 0 {
            tokio::time::sleep(pause).await;
        }
        let key = page.as_str().to_owned();
        let outcome = look.at(page).await;
        if report.send((key, outcome)).await.is_err() {
            return;
        }
    }
}

/// One look at one link.
#[derive(Clone)]
struct Look {
    client: Client,
    guard: Guard,
    request_timeout: Duration,
}

/// The head of a reply: its status, and where it forwards to.
struct Reply {
    status: StatusCode,
    location: Option<String>,
}

impl Look {
    async fn at(&self, page: Url) -> LinkOutcome {
        let mut page = page;
        let mut hops = 0;
        let mut for_good = true;
        loop {
            let reply = match self.ask(&page).await {
                Ok(reply) => reply,
                Err(outcome) => return outcome,
            };
            let Some(location) = reply.location else {
                return if hops > 0 && for_good && reply.status.is_success() {
                    LinkOutcome::Moved { to: page.into() }
                } else {
                    outcome_of(reply.status)
                };
            };
            hops += 1;
            if hops > REDIRECTS_MAX {
                return LinkOutcome::Unreachable { why: format!("it forwards more than {REDIRECTS_MAX} times") };
            }
            for_good &= matches!(reply.status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
            page = match page.join(&location) {
                Ok(next) if matches!(next.scheme(), "http" | "https") && next.username().is_empty() => next,
                Ok(_) | Err(_) => {
                    return LinkOutcome::Unreachable { why: "it forwards to what is no plain web address".to_owned() };
                }
            };
        }
    }

    /// HEAD; then GET when the answer to HEAD is a refusal or none, since many servers treat it wrongly.
    async fn ask(&self, page: &Url) -> Result<Reply, LinkOutcome> {
        if !self.guard.allows_literal(page) {
            return Err(private(page));
        }
        match self.request(Method::HEAD, page).await {
            Ok(reply) if is_final(reply.status) => return Ok(reply),
            Ok(_) => {}
            Err(error) if error.is_connect() || error.is_timeout() => return Err(self.outcome_of_error(page, &error)),
            Err(_) => {}
        }
        self.request(Method::GET, page).await.map_err(|error| self.outcome_of_error(page, &error))
    }

    /// The reply's body is never read: dropping the reply closes the connection.
    async fn request(&self, method: Method, page: &Url) -> reqwest::Result<Reply> {
        let reply = self.client.request(method, page.clone()).send().await?;
        let location = reply.headers().get(LOCATION).filter(|_| reply.status().is_redirection());
        let location = location.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        Ok(Reply { status: reply.status(), location })
    }

    fn outcome_of_error(&self, page: &Url, error: &reqwest::Error) -> LinkOutcome {
        let mut is_private = false;
        // The last cause is the one that says something: a refused connection, an unknown name, a bad certificate.
        let mut last: &dyn StdError = error;
        while let Some(cause) = last.source() {
            is_private |= cause.is::<PrivateAddress>();
            last = cause;
        }
        if is_private {
            return private(page);
        }
        if error.is_timeout() {
            return LinkOutcome::Unreachable { why: format!("no answer within {} s", self.request_timeout.as_secs_f32()) };
        }
        let cause = last.to_string();
        let one_line = cause.split_whitespace().collect::<Vec<_>>().join(" ");
        let cause: String = one_line.chars().filter(|c| !c.is_control()).take(WHY_LENGTH_MAX).collect();
        let what = if error.is_connect() { "no connection" } else { "no proper answer" };
        LinkOutcome::Unreachable { why: format!("{what}: {cause}") }
    }
}

/// Whether the answer to HEAD needs no second question. Who asks for slower questions is not asked again.
fn is_final(status: StatusCode) -> bool {
    !status.is_client_error() && !status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

fn private(page: &Url) -> LinkOutcome {
    LinkOutcome::Private { host: page.host_str().unwrap_or_default().to_owned() }
}

fn outcome_of(status: StatusCode) -> LinkOutcome {
    match status {
        StatusCode::NOT_FOUND | StatusCode::GONE => LinkOutcome::Gone { status: status.as_u16() },
        _ if status.is_success() => LinkOutcome::Fine { status: status.as_u16() },
        _ => LinkOutcome::Unreachable { why: format!("the server answers {}", status.as_u16()) },
    }
}

/// What was found lately.
struct Memory {
    remember: SignedDuration,
    clock: Arc<dyn Clock>,
    found: Mutex<HashMap<String, (Timestamp, LinkOutcome)>>,
}

impl Memory {
    fn is_fresh(&self, kept_at: Timestamp) -> bool {
        self.clock.now().duration_since(kept_at) < self.remember
    }

    fn recall(&self, page: &str) -> Option<LinkOutcome> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.get(page).filter(|(kept_at, _)| self.is_fresh(*kept_at)).map(|(_, outcome)| outcome.clone())
    }

    /// Keeps what was found, unless it may be a passing trouble or there is no room.
    fn keep(&self, page: &str, outcome: &LinkOutcome) {
        match outcome {
            LinkOutcome::Unreachable { .. } => {}
            LinkOutcome::Fine { .. } | LinkOutcome::Moved { .. } | LinkOutcome::Gone { .. } | LinkOutcome::Private { .. } => {
                let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
                if found.len() >= CACHE_ENTRIES_MAX {
                    found.retain(|_, (kept_at, _)| self.is_fresh(*kept_at));
                }
                if found.len() < CACHE_ENTRIES_MAX {
                    found.insert(page.to_owned(), (self.clock.now(), outcome.clone()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
