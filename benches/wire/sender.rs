//! One round of ours: the real store, the real composer, the real engine, over SMTP. Prints messages, seconds and processor seconds of
//! the sending alone.

use std::io::BufRead as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use pressroom::delivery::compose::Composer;
use pressroom::delivery::dkim::{NamedKey, Signer};
use pressroom::delivery::engine::{Ended, Engine, Job, Progress, Tuning};
use pressroom::delivery::traffic::Traffic;
use pressroom::delivery::transport::{Deadlines, Route};
use pressroom::domain::dkim::{KeyKind, Selector, SigningKey, fresh};
use pressroom::domain::id::IssueId;
use pressroom::domain::time::{SystemEntropy, World};
use tokio::sync::watch;

use crate::figures::Processor;
use crate::newsroom::{self, Audience};
use crate::proof;

/// What to send, over what.
#[derive(Debug, Clone)]
pub(crate) struct Errand {
    pub(crate) folder: PathBuf,
    pub(crate) issue: String,
    pub(crate) relay: String,
    pub(crate) connections: usize,
    pub(crate) readers: usize,
    pub(crate) audience: Audience,
    /// With RSA-2048 DKIM.
    pub(crate) signed: bool,
}

impl Errand {
    pub(crate) fn read(arguments: &[String]) -> Self {
        let [folder, issue, relay, connections, readers, audience, rest @ ..] = arguments else {
            panic!("six words: {arguments:?}")
        };
        Self {
            folder: folder.into(),
            issue: issue.clone(),
            relay: relay.clone(),
            connections: connections.parse().unwrap(),
            readers: readers.parse().unwrap(),
            audience: Audience::read(audience),
            signed: rest == ["signed"],
        }
    }

    pub(crate) fn words(&self) -> Vec<String> {
        let folder = self.folder.to_str().unwrap().to_owned();
        let (connections, readers) = (self.connections.to_string(), self.readers.to_string());
        let audience = self.audience.word().to_owned();
        let mut words = vec!["send".to_owned(), folder, self.issue.clone(), self.relay.clone(), connections, readers, audience];
        words.extend(self.signed.then(|| "signed".to_owned()));
        words
    }
}

/// Sends, until all is sent or whoever started it closes its input.
pub(crate) fn run(errand: &Errand) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::real();
        let store = newsroom::open(&errand.folder, &world);
        newsroom::fill(&store, errand.readers, errand.audience, &world).await;
        let issue = IssueId::parse(&errand.issue).unwrap();
        newsroom::open_issue(&store, &issue, &world).await;

        let config = newsroom::config(&errand.relay, errand.connections);
        let newsletter = config.newsletters.iter().find(|newsletter| newsletter.id == proof::newsletter()).unwrap();
        let routes = newsroom::relays(&config)
            .into_iter()
            .map(|relay| Route::new(relay, "lantern.example.org", Deadlines::default()))
            .collect();
        let traffic = Arc::new(Traffic::begin(routes, &*store, world.now()).await.unwrap());
        let engine = Engine::new(Arc::clone(&store), world, traffic, Tuning::default());
        let copies = Arc::new(composer(errand.signed));
        let job =
            Arc::new(Job { issue: issue.clone(), newsletter: newsletter.id.clone(), retry: newsletter.retry.clone(), copies });
        let (stop, stopped) = watch::channel(false);
        stop_with_input(stop);

        let (began, processor) = (Instant::now(), Processor::mine().own);
        let ended = engine.run(&job, stopped, &watch::Sender::new(Progress::default())).await.unwrap();
        let (seconds, processor) = (began.elapsed().as_secs_f64(), Processor::mine().own - processor);
        let tally = store.tally(&issue).await.unwrap();
        let all = matches!(ended, Ended::NothingDue { next: None }) && tally.accepted == errand.readers as u64;
        assert!(all || matches!(ended, Ended::Stopped), "{ended:?}: {tally:?}");
        println!("{} {seconds} {processor}", tally.accepted);
    });
}

/// Writes the bench's issue of 30 kB.
pub(crate) fn composer(signed: bool) -> Composer {
    let composer = proof::composer(&proof::full_issue());
    if !signed {
        return composer;
    }
    let key = SigningKey::from_pem(&fresh::make(KeyKind::Rsa, &SystemEntropy)).unwrap();
    let key = NamedKey { selector: Selector::parse("bench").unwrap(), key: Arc::new(key) };
    composer.signed_by(Arc::new(Signer::new("lantern.example.org".to_owned(), key, None)), proof::date())
}

fn stop_with_input(stop: watch::Sender<bool>) {
    std::thread::spawn(move || {
        let mut line = String::new();
        while std::io::stdin().lock().read_line(&mut line).is_ok_and(|bytes| bytes > 0) {}
        stop.send_replace(true);
    });
}
