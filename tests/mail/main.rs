//! The mail as readers get it: golden files, what must hold for any issue, and files for the outside checkers.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod sample;

use std::fs;
use std::path::Path;

use pressroom::content::look::Look;
use pressroom::domain::template::Filling;
use pressroom::render;

fn write(name: &str, text: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mail");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name), text).unwrap();
}

#[test]
fn the_sample_is_written_for_the_outside_checkers() {
    let look = Look::builtin();
    let proof = render::mail(&sample::issue(), &look);
    for (name, reader) in [("plain", &sample::Stranger as &dyn Filling), ("hostile", &sample::Hostile)] {
        write(&format!("{name}.html"), &proof.html.fill(reader));
        write(&format!("{name}.txt"), &proof.text.fill(reader));
    }
}
