//! Every letter that users write, notices can send: the two sides have types of their own.

use kit::store::StoreUrl;
use users::{
    letter::{Factor, Kind, Letter, Letters},
    user::{Email, Name, User},
};

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
        Kind::SignedIn { device: text() },
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
