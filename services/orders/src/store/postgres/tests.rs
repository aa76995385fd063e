use kit::store::StoreUrl;
use testkit::{
    plan::{assert_indexed, steps},
    postgres::database,
};

use super::*;

const TABLES: &[&str] = &["purchase", "purchase_line", "timeline", "cart_item"];

/// A page, and the order that tells whether there is another.
const PAGE: u32 = 25;

#[tokio::test]
async fn every_query_finds_its_rows_by_an_index() {
    let database = database().await;
    let StoreUrl::Postgres(url) = database.url() else {
        panic!("no PostgreSQL")
    };
    let db = Postgres::open(&session(&url), MIGRATIONS).await.unwrap();
    let db = db.get().await.unwrap();
    // One user has a twentieth of the orders, the others have a few; most are settled.
    db.batch_execute(
        "create function id(n int) returns uuid immutable language sql
           return md5(n::text)::uuid;
         insert into purchase
         select id(n), 'T-' || n, id(case when n % 20 = 0 then 0 else n % 1000 end), n, '',
           case when n % 100 = 0 then 'placed' else 'delivered' end, 'settled', null, null,
           'USD', 1000, 0, 0, 1000, '{}', null, null, null, 'captured', n, n % 100 <> 0, null,
           n, 0
         from generate_series(1, 6000) n;
         insert into purchase_line select id(n), place, id(place), 'Trowel', 500, 1
         from generate_series(1, 6000) n, generate_series(1, 2) place;
         insert into timeline select id(n), sequence, 'delivered', n
         from generate_series(1, 6000) n, generate_series(1, 4) sequence;
         insert into cart_item select id(n), id(place), 1, n
         from generate_series(1, 1000) n, generate_series(1, 3) place;
         analyze",
    )
    .await
    .unwrap();
    let known: Uuid = db.one("select id(0)", &[]).await.unwrap().get(0);
    let rare: Uuid = db.one("select id(7)", &[]).await.unwrap().get(0);
    let (status, limit) = (Status::Placed.name(), i64::from(PAGE));

    for before in [Uuid::max(), Uuid::from_u128(u128::MAX / 2)] {
        let all = steps(&*db, &list_statement(false, false), &[&before, &limit]).await;
        assert_indexed(&all, TABLES, PAGE);
        let sql = list_statement(false, true);
        let of_status = steps(&*db, &sql, &[&before, &limit, &status]).await;
        assert_indexed(&of_status, TABLES, PAGE);
        for user in [known, rare] {
            let sql = list_statement(true, false);
            let of_user = steps(&*db, &sql, &[&before, &limit, &user]).await;
            assert_indexed(&of_user, TABLES, PAGE);
            let sql = list_statement(true, true);
            let of_both = steps(&*db, &sql, &[&before, &limit, &user, &status]).await;
            assert_indexed(&of_both, TABLES, PAGE);
        }
    }
    let claim = claim_statement();
    let due = steps(&*db, &claim, &[&Uuid::max(), &60_000_i64, &0_i64, &32_i64]).await;
    assert_indexed(&due, TABLES, PAGE);
    assert!(
        due.iter().any(|step| step.index == "purchase_due"),
        "{due:#?}"
    );
}

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
