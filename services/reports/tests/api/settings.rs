use std::path::PathBuf;

use kit::store::StoreUrl;
use reports::{Config, store::redshift::WarehouseUrl};

use crate::app::config;

const WAREHOUSE: &str = "redshift://reports@warehouse.example:5439/garden";

#[tokio::test]
async fn settings_that_cannot_be_used_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let good = config(&folder);
    let elsewhere = StoreUrl::Sqlite("elsewhere.db".into());
    let warehouse: WarehouseUrl = WAREHOUSE.parse().unwrap();

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
            "clicks: /dev/null/clicks: ",
            Config {
                clicks: Some(PathBuf::from("/dev/null/clicks").into()),
                ..good.clone()
            },
        ),
        (
            "facts: expected s3://<bucket>/<prefix>",
            Config {
                warehouse: Some(warehouse.clone()),
                ..good.clone()
            },
        ),
        (
            "facts: expected a warehouse",
            Config {
                facts: Some("s3://garden/facts".parse().unwrap()),
                ..good.clone()
            },
        ),
        (
            "reader: expected warehouse_reader",
            Config {
                warehouse: Some(warehouse.clone()),
                facts: Some("s3://garden/facts".parse().unwrap()),
                reader: Some(StoreUrl::Sqlite("elsewhere.db".into())),
                ..good.clone()
            },
        ),
        (
            "warehouse_reader: expected a warehouse",
            Config {
                warehouse_reader: Some(warehouse.clone()),
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

/// The program that serves a laptop brings no adapter of AWS along.
#[cfg(not(any(feature = "s3", feature = "kinesis")))]
#[tokio::test]
async fn what_is_not_built_is_refused_by_the_name_of_its_feature() {
    let folder = tempfile::tempdir().unwrap();
    let bucket = Config {
        clicks: Some("s3://garden/clicks".parse().unwrap()),
        ..config(&folder)
    };
    let stream = "arn:aws:kinesis:eu-central-1:000000000000:stream/clicks".to_owned();
    let stream = Config {
        clicks_stream: Some(stream.try_into().unwrap()),
        ..config(&folder)
    };

    let warehouse = Config {
        warehouse: Some(WAREHOUSE.parse().unwrap()),
        facts: Some("s3://garden/facts".parse().unwrap()),
        ..config(&folder)
    };

    for (config, setting, feature) in [
        (bucket, "clicks", "s3"),
        (warehouse, "facts", "s3"),
        (stream, "clicks_stream", "kinesis"),
    ] {
        let refused = reports::connect(&config).await.err().unwrap().to_string();
        let expected = format!("{setting}: this program was built without the feature {feature}");
        assert_eq!(refused, expected);
    }
}
