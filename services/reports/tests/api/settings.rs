use kit::store::StoreUrl;
use reports::Config;

use crate::app::config;

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let good = config(&folder);
    let elsewhere = StoreUrl::Sqlite("elsewhere.db".into());

    for (named, config) in [
        (
            "pseudonym_key: ",
            Config {
                pseudonym_key: "short".into(),
                ..good.clone()
            },
        ),
        (
            "invoke_keys: ",
            Config {
                invoke_keys: vec!["short".into()],
                ..good.clone()
            },
        ),
        (
            "reader: ",
            Config {
                reader: Some(elsewhere),
                ..good.clone()
            },
        ),
        (
            "sqlite:/dev/null/reports.db: ",
            Config {
                store: StoreUrl::Sqlite("/dev/null/reports.db".into()),
                ..good.clone()
            },
        ),
    ] {
        let refused = reports::connect(&config).await.err().unwrap().to_string();
        assert!(refused.starts_with(named), "{refused}");
    }
    let ready = reports::connect(&good).await.unwrap().ready();
    assert_eq!(ready().await, Ok(()));
}
