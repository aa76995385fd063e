use kit::store::StoreUrl;
use testkit::postgres::database;

use super::*;

#[tokio::test]
async fn a_claimer_passes_over_what_another_is_claiming() {
    let database = database().await;
    let StoreUrl::Postgres(url) = database.url() else {
        panic!("no PostgreSQL")
    };
    let store = PostgresStore::open(&url).await.unwrap();
    let mut db = store.db.get().await.unwrap();
    db.batch_execute(
        r#"insert into purchase
           select gen_random_uuid(), 'T-' || n, gen_random_uuid(), n, '', 'placed', 'placed',
             null, null, 'USD', 1000, 0, 0, 1000, '{"name": "", "line1": "", "line2": null,
             "city": "", "region": "", "postal_code": "", "country": ""}', null, null, null,
             'pending', n, false, null, n, 0
           from generate_series(1, 3) n"#,
    )
    .await
    .unwrap();
    let lease = Lease {
        owner: Uuid::now_v7(),
        until: Timestamp::now() + jiff::SignedDuration::from_secs(60),
    };

    let tx = db.transaction().await.unwrap();
    let values: &[&(dyn ToSql + Sync)] = &[&Uuid::max(), &60_000_i64, &0_i64, &2_i64];
    let first = tx.all(&claim_statement(), values).await.unwrap();
    let second = store.claim_due(Timestamp::now(), &lease, 9).await.unwrap();
    tx.commit().await.unwrap();
    let third = store.claim_due(Timestamp::now(), &lease, 9).await.unwrap();

    assert_eq!((first.len(), second.len(), third.len()), (2, 1, 0));
}
