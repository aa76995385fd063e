//! What every place for pictures guarantees: the same cases for a folder and for a bucket, where there is one.

use uuid::Uuid;

use super::*;

/// A place with nothing in it, and what has to live as long.
async fn empty() -> (Arc<dyn Pictures>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = match std::env::var("TERRACE_TEST_S3") {
        Ok(endpoint) => {
            let part = Uuid::now_v7();
            format!("s3://garden/{part}?region=us-east-1&endpoint={endpoint}")
        }
        Err(_) => folder.path().join("images").display().to_string(),
    };
    let place = address::open(&url.parse().unwrap()).await.unwrap();
    (place, folder)
}

#[tokio::test]
async fn what_is_kept_is_there_and_nothing_else() {
    let (place, _folder) = empty().await;
    let bytes = Bytes::from_static(b"a picture");

    place
        .keep("a.webp", Kind::WebP, bytes.clone())
        .await
        .unwrap();

    assert_eq!(place.get("a.webp").await.unwrap(), Some(bytes));
    assert_eq!(place.get("b.webp").await.unwrap(), None);
}

#[tokio::test]
async fn a_name_is_written_once() {
    let (place, _folder) = empty().await;
    let (first, second) = (Bytes::from_static(b"first"), Bytes::from_static(b"second"));
    place
        .keep("a.webp", Kind::WebP, first.clone())
        .await
        .unwrap();

    place.keep("a.webp", Kind::WebP, second).await.unwrap();

    assert_eq!(place.get("a.webp").await.unwrap(), Some(first));
}

#[tokio::test]
async fn of_many_who_write_one_name_at_once_nobody_fails_and_no_picture_is_torn() {
    let (place, _folder) = empty().await;
    let write = |n: u8| {
        let place = place.clone();
        tokio::spawn(async move {
            let bytes = vec![n; 200_000].into();
            place.keep("a.webp", Kind::WebP, bytes).await
        })
    };

    let writes: Vec<_> = (0..8).map(write).collect();
    for write in writes {
        write.await.unwrap().unwrap();
    }

    let kept = place.get("a.webp").await.unwrap().unwrap();
    assert_eq!(kept.len(), 200_000);
    assert!(kept.iter().all(|byte| *byte == kept[0]));
}
