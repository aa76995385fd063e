//! Every letter that users write, notices can send: the two sides have types of their own; and where they go.

use std::time::{Duration, Instant};

use axum::http::Method;
use kit::store::StoreUrl;
use users::{
    letter::{Factor, Kind, Letter, Letters},
    user::{Email, Name, User},
};

use crate::visitor::open_with;

const KEY: &str = "a-key-of-letters-for-tests-alone";

fn kinds() -> Vec<Kind> {
    let token = || "t-o_ken".into();
    let text = || "Example".to_owned();
    vec![
        Kind::VerifyAddress { token: token() },
        Kind::ResetPassword { token: token() },
        Kind::PasswordChanged,
        Kind::AddressChangeAsked,
        Kind::ConfirmAddress { token: token() },
        Kind::AddressChanged,
        Kind::FactorAdded {
            factor: Factor::Authenticator,
        },
        Kind::FactorRemoved {
            factor: Factor::Passkey,
        },
        Kind::RecoveryCodesMade,
        Kind::TokenReused,
        Kind::ProviderLinked { provider: text() },
        Kind::ProviderUnlinked { provider: text() },
        Kind::AccountDeleted,
    ]
}

#[tokio::test]
async fn every_letter_of_users_is_sent_by_notices() {
    let folder = tempfile::tempdir().unwrap();
    let outbox = folder.path().join("outbox");
    let notices = notices::connect(&notices::Config {
        store: StoreUrl::Sqlite(folder.path().join("notices.db")),
        letter_keys: vec![KEY.into()],
        mail: notices::MailUrl::Folder(outbox.clone()),
        ..notices::Config::default()
    })
    .await
    .unwrap();
    let letters = Letters::new(&[KEY.into()]).unwrap();
    let email = Email::parse("rose@garden.example").unwrap();
    let rose = User::new(email, Name::parse("Rose").unwrap());
    for kind in kinds() {
        let letter = Letter::to(&rose, kind);
        let event = letters.event(&rose, &letter);

        notices
            .consumer()
            .consume(std::slice::from_ref(&event))
            .await
            .unwrap();
        notices.deliver().await.unwrap();

        let sent = std::fs::read_to_string(outbox.join(format!("{}.eml", event.id)));
        assert!(sent.unwrap().contains("Hello Rose,"), "{letter:?}");
    }
}

#[tokio::test]
async fn the_letters_of_the_shop_go_where_its_setting_says() {
    let outbox = tempfile::tempdir().unwrap();
    let shop = open_with(|config| {
        config.mail.url = Some(notices::MailUrl::Folder(outbox.path().to_owned()));
        config.mail.from = "Garden <garden@example.com>".into();
    })
    .await;
    let rose = shop.visitor.sign_up("rose").await;

    let path = "/v1/me/email/verification";
    rose.call(Method::POST, path, None).await.ok(202);

    let started = Instant::now();
    let letter = loop {
        let mut files = std::fs::read_dir(outbox.path()).unwrap();
        let letter = files.find_map(|file| std::fs::read_to_string(file.unwrap().path()).ok());
        if let Some(letter) = letter.filter(|it| it.contains("/verify#")) {
            break letter;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "no letter");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert!(letter.contains("garden@example.com"), "{letter}");
}
