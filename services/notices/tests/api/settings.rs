use std::{fs, path::Path};

use notices::{Config, MailUrl};

use crate::app::{config, event, letter};

async fn refused(config: &Config) -> String {
    let refused = notices::connect(config).await.err();
    refused.unwrap().to_string()
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let good = config(&folder);
    let missing = folder.path().join("missing.pem");
    let root = format!("smtps://mail.example?root={}", missing.display());
    for (named, config) in [
        (
            "letter_keys: ",
            Config {
                letter_keys: vec![],
                ..good.clone()
            },
        ),
        (
            "letter_keys: ",
            Config {
                letter_keys: vec!["short".into()],
                ..good.clone()
            },
        ),
        (
            "from: ",
            Config {
                from: "nobody".into(),
                ..good.clone()
            },
        ),
        (
            "site: ",
            Config {
                site: "terrace.example".into(),
                ..good.clone()
            },
        ),
        (
            "mail: ",
            Config {
                mail: root.parse().unwrap(),
                ..good.clone()
            },
        ),
        (
            "mail: ",
            Config {
                mail: MailUrl::Folder("/dev/null/outbox".into()),
                ..good.clone()
            },
        ),
    ] {
        let refused = refused(&config).await;
        assert!(refused.starts_with(named), "{refused}");
    }
    let ready = notices::connect(&good).await.unwrap().ready();
    assert_eq!(ready().await, Ok(()));
}

#[tokio::test]
async fn by_default_a_letter_becomes_a_file_for_the_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let state = notices::connect(&config(&folder)).await.unwrap();
    let event = event(&letter("password-changed"));

    state
        .consumer()
        .consume(std::slice::from_ref(&event))
        .await
        .unwrap();
    state.deliver().await.unwrap();

    let outbox = folder.path().join("outbox");
    let files: Vec<_> = fs::read_dir(&outbox).unwrap().collect();
    assert_eq!(files.len(), 1);
    let file = outbox.join(format!("{}.eml", event.id));
    assert!(
        fs::read_to_string(&file)
            .unwrap()
            .contains("rose@garden.example")
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&outbox), mode(&file)), (0o700, 0o600));
    }
}
