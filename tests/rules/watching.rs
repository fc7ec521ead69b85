//! The watch over a real folder: files are saved, renamed, broken, taken away with their folder, and what becomes of them is seen at the
//! desk.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pressroom::daemon::watch::Watch;
use pressroom::desk::FrontDesk;
use pressroom::desk::request::NameIssue;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::newsroom::{Newsroom, issue_file};

const QUIET: Duration = Duration::from_millis(60);
const PATIENCE: Duration = Duration::from_secs(30);

struct Scene {
    newsroom: Newsroom,
    front: Arc<FrontDesk>,
    scratch: tempfile::TempDir,
    stop: watch::Sender<bool>,
    running: JoinHandle<()>,
}

impl Scene {
    /// A watch over a folder with these ready files in it.
    async fn watching(names: &[&str]) -> Self {
        let newsroom = Newsroom::open().await;
        let front = newsroom.front();
        let scratch = tempfile::tempdir().unwrap();
        let (stop, stopped) = watch::channel(false);
        fs::create_dir(scratch.path().join("issues")).unwrap();
        for name in names {
            fs::write(scratch.path().join(format!("issues/{name}.md")), ready(name, "It was there before.")).unwrap();
        }
        let watch = Watch::new(scratch.path().join("issues"), QUIET);
        let running = tokio::spawn(watch.run(Arc::clone(&front), stopped));
        Self { newsroom, front, scratch, stop, running }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join("issues").join(name)
    }

    /// Waits until the issue's subject is this one.
    async fn on_the_shelf(&self, issue: &str, subject: &str) {
        let told = tokio::time::timeout(PATIENCE, async {
            loop {
                let found = self.front.desk().show_issue(NameIssue { issue: issue.into() }).await;
                if found.is_ok_and(|found| found.line.subject == subject) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        });
        told.await.unwrap_or_else(|_| panic!("{issue} never came to the shelf as {subject}"));
    }

    async fn issues(&self) -> Vec<String> {
        let mut ids: Vec<String> = self.newsroom.issue_ids().await;
        ids.sort();
        ids
    }

    async fn end(self) {
        self.stop.send(true).unwrap();
        tokio::time::timeout(PATIENCE, self.running).await.unwrap().unwrap();
    }
}

/// An issue file marked as ready, with another subject.
fn ready(name: &str, subject: &str) -> String {
    let text = String::from_utf8(issue_file(name, "partners", "## News\n\nA short sentence.").bytes).unwrap();
    text.replace("subject = \"Coordinators at the centre\"", &format!("subject = \"{subject}\"\nready = true"))
}

#[tokio::test]
async fn what_is_saved_is_queued_and_what_is_saved_again_is_queued_again() {
    let scene = Scene::watching(&["before"]).await;
    scene.on_the_shelf("before", "It was there before.").await;
    fs::write(scene.path("after.md"), ready("after", "A file of today")).unwrap();
    scene.on_the_shelf("after", "A file of today").await;
    // As editors save: beside it, then over it.
    fs::write(scene.path(".after.md.new"), ready("after", "A better title")).unwrap();
    fs::rename(scene.path(".after.md.new"), scene.path("after.md")).unwrap();
    scene.on_the_shelf("after", "A better title").await;
    fs::remove_file(scene.path("after.md")).unwrap();
    fs::write(scene.path("last.md"), ready("last", "One more")).unwrap();
    scene.on_the_shelf("last", "One more").await;
    assert_eq!(scene.issues().await, ["after", "before", "last"], "a file that goes takes nothing with it");
    scene.end().await;
}

#[tokio::test]
async fn drafts_features_and_broken_files_stay_outside() {
    let scene = Scene::watching(&[]).await;
    fs::create_dir(scene.path("features")).unwrap();
    fs::write(scene.path("draft.md"), ready("draft", "Not yet").replace("ready = true", "ready = false")).unwrap();
    fs::write(scene.path("broken.md"), ready("broken", "Broken").replace("preheader", "preheeder")).unwrap();
    fs::write(scene.path("features/piece.md"), ready("piece", "A piece")).unwrap();
    fs::write(scene.path("sound.md"), ready("sound", "A sound one")).unwrap();
    scene.on_the_shelf("sound", "A sound one").await;
    assert_eq!(scene.issues().await, ["sound"]);
    // Mended, it comes in.
    fs::write(scene.path("broken.md"), ready("broken", "Mended")).unwrap();
    scene.on_the_shelf("broken", "Mended").await;
    scene.end().await;
}

#[tokio::test]
async fn a_folder_that_goes_and_comes_back_is_watched_again() {
    let scene = Scene::watching(&["one"]).await;
    scene.on_the_shelf("one", "It was there before.").await;
    let away = scene.scratch.path().join("away");
    fs::rename(scene.path(""), &away).unwrap();
    fs::create_dir(scene.path("")).unwrap();
    fs::write(scene.path("two.md"), ready("two", "In the new folder")).unwrap();
    scene.on_the_shelf("two", "In the new folder").await;
    fs::write(scene.path("three.md"), ready("three", "Heard there as well")).unwrap();
    scene.on_the_shelf("three", "Heard there as well").await;
    scene.end().await;
}
