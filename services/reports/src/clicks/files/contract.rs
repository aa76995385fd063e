//! What every place for files guarantees: the same cases for a folder and for a bucket, where there is one.

use std::{io::Read, path::PathBuf, sync::Arc};

use flate2::read::GzDecoder;
use uuid::Uuid;

use super::*;
use crate::{
    click::Seen,
    clicks::address::{self, ClicksUrl},
    files::Folder,
};

/// A place with nothing in it, how a file of it is read, and what has to live as long.
async fn empty() -> (Arc<dyn Files>, Place) {
    let folder = tempfile::tempdir().unwrap();
    // A bucket that is served from a folder of this machine.
    let (url, at) = match std::env::var("TERRACE_TEST_S3_FOLDER") {
        Ok(buckets) => {
            let part = Uuid::now_v7();
            (
                format!("s3://garden/{part}"),
                PathBuf::from(buckets).join(format!("garden/{part}")),
            )
        }
        Err(_) => (
            folder.path().display().to_string(),
            folder.path().to_owned(),
        ),
    };
    let url: ClicksUrl = url.parse().unwrap();
    let files = address::files_at(&url).await.unwrap();
    (
        files,
        Place {
            at,
            _folder: folder,
        },
    )
}

struct Place {
    at: PathBuf,
    _folder: tempfile::TempDir,
}

impl Place {
    /// The lines of a file.
    fn read(&self, path: &str) -> String {
        let file = std::fs::File::open(self.at.join(path)).unwrap();
        let mut text = String::new();
        GzDecoder::new(file).read_to_string(&mut text).unwrap();
        text
    }

    fn days(&self) -> Vec<String> {
        let days = self.at.read_dir().unwrap();
        let mut days: Vec<_> = days
            .map(|day| day.unwrap().file_name().into_string().unwrap())
            .collect();
        days.sort();
        days
    }
}

fn click(at: &str) -> Click {
    let seen = Seen::Search {
        words: Some("tomato".to_owned()),
        found: 3,
    };
    Click::new(seen, at.parse().unwrap(), jiff::SignedDuration::ZERO)
}

#[tokio::test]
async fn clicks_of_two_days_are_two_files_that_are_written_once() {
    let (files, place) = empty().await;
    let (late, early) = (click("2026-03-02T00:00:00Z"), click("2026-03-01T23:59:59Z"));

    for clicks in [
        vec![late.clone(), early.clone()],
        vec![early.clone(), early.clone()],
    ] {
        write(&*files, "name", &clicks).await.unwrap();
    }

    assert_eq!(place.days(), ["day=2026-03-01", "day=2026-03-02"]);
    let line = |click| format!("{}\n", serde_json::to_string(click).unwrap());
    assert_eq!(place.read("day=2026-03-01/name.jsonl.gz"), line(&early));
    assert_eq!(place.read("day=2026-03-02/name.jsonl.gz"), line(&late));
}

#[tokio::test]
async fn files_are_listed_until_they_are_deleted() {
    let (files, _place) = empty().await;
    assert!(files.list().await.unwrap().is_empty());
    let clicks = ["2026-03-02T12:00:00Z", "2026-03-01T12:00:00Z"].map(click);
    write(&*files, "name", &clicks).await.unwrap();

    let listed = files.list().await.unwrap();

    let days = ["2026-03-01", "2026-03-02"].map(|day| path(day, "name"));
    assert_eq!(listed, days);
    for _ in 0..2 {
        files.delete(&days[..1]).await.unwrap();
        assert_eq!(files.list().await.unwrap(), days[1..]);
    }
}

#[tokio::test]
async fn a_file_that_is_written_twice_at_once_is_there_whole() {
    let (files, place) = empty().await;
    let click = [click("2026-03-01T12:00:00Z")];

    let (one, two) = tokio::join!(
        write(&*files, "name", &click),
        write(&*files, "name", &click)
    );

    one.unwrap();
    two.unwrap();
    assert_eq!(files.list().await.unwrap(), [path("2026-03-01", "name")]);
    let text = place.read("day=2026-03-01/name.jsonl.gz");
    assert_eq!(text.lines().count(), 1);
}

#[tokio::test]
async fn a_folder_forgets_old_days_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let files = Folder::open(folder.path()).unwrap();
    let clicks = ["2026-02-28T12:00:00Z", "2026-03-01T12:00:00Z"].map(click);
    write(&files, "name", &clicks).await.unwrap();
    std::fs::create_dir(folder.path().join("notes")).unwrap();

    files
        .forget_before("2026-03-01".parse().unwrap())
        .await
        .unwrap();

    let place = Place {
        at: folder.path().to_owned(),
        _folder: folder,
    };
    assert_eq!(place.days(), ["day=2026-03-01", "notes"]);
}
