//! The sample newsroom at the repository's root goes the whole road.

use std::fs;
use std::path::Path;

use pressroom::desk::bundle::{FileBundle, PictureFile};
use pressroom::desk::request::{BuildFile, CheckFiles, ImportPartners, PartnerFormat};

use super::newsroom::{Newsroom, editor};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn bundle(path: &str) -> FileBundle {
    let path = root().join(path);
    let bytes = fs::read(&path).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let folder = path.parent().unwrap();
    let picture = |name: String| PictureFile { bytes: fs::read(folder.join(&name)).unwrap(), path: name };
    let pictures = pressroom::content::picture_files(&text).into_iter().map(picture).collect();
    FileBundle { name: path.file_name().unwrap().to_string_lossy().into_owned(), bytes, pictures }
}

fn files(folder: &str) -> Vec<FileBundle> {
    let mut names: Vec<_> = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    names.sort();
    names.iter().map(|path| bundle(path.strip_prefix(root()).unwrap().to_str().unwrap())).collect()
}

#[tokio::test]
async fn the_sample_passes_check_and_builds_the_same_bytes_twice() {
    let mut room = Newsroom::open().await;
    let toml = fs::read_to_string(root().join("pressroom.toml")).unwrap();
    room.with_config(|_| toml.clone());
    let all: Vec<_> = files("issues").into_iter().chain(files("issues/features")).collect();
    let bytes = fs::read(root().join("subscribers/partners.csv")).unwrap();
    let imported = room
        .desk
        .import_partners(
            &editor(),
            ImportPartners { file_name: "partners.csv".into(), bytes, format: PartnerFormat::Csv, dry_run: false },
        )
        .await
        .unwrap();
    assert_eq!(imported.bad, []);
    let reports = room.desk.check(CheckFiles { files: all, offline: true }).await.unwrap();
    for report in &reports {
        assert!(!report.has_errors(), "{}: {:#?}", report.name, report.problems);
    }
    let build = || room.desk.build(BuildFile { file: bundle("issues/2027-02-partners.md"), at: None });
    let (first, second) = (build().await.unwrap(), build().await.unwrap());
    assert_eq!(serde_json::to_string(&first).unwrap(), serde_json::to_string(&second).unwrap());
}
