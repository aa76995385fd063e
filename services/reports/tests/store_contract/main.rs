//! What every adapter of reports' store guarantees.

#![expect(clippy::unwrap_used, reason = "a failed test panics")]

mod loads;
mod redshift;

use jiff::{SignedDuration, Timestamp};
use kit::store::StoreUrl;
use reports::{
    customer::{Pseudonym, Pseudonyms},
    fact::{LineFact, OrderFact, Status},
    period::Period,
    store::{
        Asked, By, Ended, Outcome, Page, Sales, Store, Summary, postgres::PostgresStore,
        sqlite::SqliteStore,
    },
};
use uuid::Uuid;

/// SQLite, PostgreSQL, and what Redshift is asked, on a PostgreSQL.
macro_rules! on_all_three {
    ($($case:ident),* $(,)?) => {
        testkit::on_every_adapter!($($case),*);

        mod in_redshift {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let warehouse = super::redshift::Warehouse::empty().await;
                    super::$case(Box::new(warehouse)).await;
                }
            )*
        }
    };
}

on_all_three!(
    events_that_come_twice_and_at_once_are_counted_once,
    the_latest_status_stays_whichever_comes_last,
    sales_are_summed_in_the_same_way,
    lists_go_on_where_they_ended,
    what_became_of_orders_is_told,
    customers_come_back,
    a_customer_who_is_gone_is_nobody,
    an_order_and_the_end_of_its_customer_at_once_leave_no_link,
    queries_are_logged_newest_first_and_for_a_year,
    a_store_that_is_there_answers,
);

async fn open(url: &StoreUrl) -> Box<dyn Store> {
    match url {
        StoreUrl::Sqlite(path) => Box::new(SqliteStore::open(path).unwrap()),
        StoreUrl::Postgres(url) => Box::new(PostgresStore::open(url).await.unwrap()),
    }
}

fn customer() -> Pseudonym {
    let key = "a-key-of-pseudonyms-for-tests-01";
    Pseudonyms::new(&key.into()).unwrap().of(Uuid::now_v7())
}

/// A confirmed order of two trowels and a pot, placed on this day of March 2026.
fn fact(day: u8) -> OrderFact {
    let line = |product, name: &str, category: &str, quantity| LineFact {
        product_id: Uuid::from_u128(product),
        name: name.to_owned(),
        category: category.to_owned(),
        quantity,
        unit_price: 1_000,
    };
    let placed_at: Timestamp = format!("2026-03-{day:02}T12:00:00Z").parse().unwrap();
    OrderFact {
        event_id: Uuid::now_v7(),
        topic: "order.confirmed".to_owned(),
        order_id: Uuid::now_v7(),
        customer: customer(),
        status: Status::Confirmed,
        reason: None,
        at: placed_at,
        placed_at,
        currency: "USD".to_owned(),
        subtotal: 3_000,
        shipping: 595,
        tax: 240,
        total: 3_835,
        lines: vec![line(2, "Trowel", "tools", 2), line(1, "Pot", "pots", 1)],
    }
}

/// Another event of the same order.
fn became(fact: &OrderFact, status: Status) -> OrderFact {
    OrderFact {
        event_id: Uuid::now_v7(),
        topic: format!("order.{}", <&str>::from(status)),
        status,
        reason: (status == Status::Cancelled).then(|| "shopper".to_owned()),
        ..fact.clone()
    }
}

fn march() -> Period {
    Period {
        from: "2026-03-01".parse().unwrap(),
        to: "2026-03-31".parse().unwrap(),
    }
}

const ALL: Page = Page {
    offset: 0,
    limit: 100,
};

fn sales(id: &str, name: &str, orders: i64, units: i64, revenue: i64) -> Sales {
    Sales {
        id: id.to_owned(),
        name: name.to_owned(),
        orders,
        units,
        revenue,
    }
}

async fn events_that_come_twice_and_at_once_are_counted_once(store: Box<dyn Store>) {
    for _ in 0..10 {
        let confirmed = fact(5);
        let shipped = became(&confirmed, Status::Shipped);

        let (one, two, three, four) = tokio::join!(
            store.count(confirmed.clone()),
            store.count(shipped.clone()),
            store.count(confirmed.clone()),
            store.count(shipped.clone()),
        );

        for counted in [one, two, three, four] {
            counted.unwrap();
        }
    }
    let summary = store.summary(march()).await.unwrap();
    assert_eq!((summary.orders, summary.units), (10, 30));
    let outcomes = store.outcomes(march()).await.unwrap();
    assert_eq!((outcomes.len(), &*outcomes[0].status), (1, "shipped"));
    let products = store.sales(By::Product, march(), ALL).await.unwrap();
    let trowels = Uuid::from_u128(2).to_string();
    assert_eq!(products[0], sales(&trowels, "Trowel", 10, 20, 20_000));
}

async fn the_latest_status_stays_whichever_comes_last(store: Box<dyn Store>) {
    let order = fact(5);
    let delivered = became(&order, Status::Delivered);
    let cancelled = fact(6);

    for fact in [
        delivered,
        order.clone(),
        became(&order, Status::Shipped),
        became(&cancelled, Status::Cancelled),
        cancelled,
    ] {
        store.count(fact).await.unwrap();
    }

    let outcomes = store.outcomes(march()).await.unwrap();
    let outcome = |status: &str, reason: Option<&str>| Outcome {
        status: status.to_owned(),
        reason: reason.map(str::to_owned),
        orders: 1,
        total: 3_835,
    };
    let expected = [
        outcome("cancelled", Some("shopper")),
        outcome("delivered", None),
    ];
    assert_eq!(outcomes, expected);
}

async fn sales_are_summed_in_the_same_way(store: Box<dyn Store>) {
    for day in [1, 2, 2] {
        store.count(fact(day)).await.unwrap();
    }
    store
        .count(became(&fact(2), Status::Cancelled))
        .await
        .unwrap();

    let by = async |by| store.sales(by, march(), ALL).await.unwrap();

    let day = |day: &str, orders| sales(day, day, orders, 3 * orders, 3_000 * orders);
    assert_eq!(
        by(By::Day).await,
        [day("2026-03-01", 1), day("2026-03-02", 2)]
    );
    // The first of March 2026 is a Sunday.
    assert_eq!(by(By::Week).await, [day("2026-W09", 1), day("2026-W10", 2)]);
    assert_eq!(
        by(By::Category).await,
        [
            sales("tools", "tools", 3, 6, 6_000),
            sales("pots", "pots", 3, 3, 3_000)
        ]
    );
    let [trowel, pot] = [2, 1].map(|id| Uuid::from_u128(id).to_string());
    assert_eq!(
        by(By::Product).await,
        [
            sales(&trowel, "Trowel", 3, 6, 6_000),
            sales(&pot, "Pot", 3, 3, 3_000)
        ]
    );
    let summary = store.summary(march()).await.unwrap();
    let expected = Summary {
        orders: 3,
        units: 9,
        revenue: 9_000,
        shipping: 1_785,
        tax: 720,
        customers: 3,
        returning_customers: 0,
    };
    assert_eq!(summary, expected);
    let april = Period {
        from: "2026-04-01".parse().unwrap(),
        to: "2026-04-30".parse().unwrap(),
    };
    assert_eq!(store.summary(april).await.unwrap(), Summary::default());
}

async fn lists_go_on_where_they_ended(store: Box<dyn Store>) {
    for day in 1..=5 {
        store.count(fact(day)).await.unwrap();
    }

    let page = Page {
        offset: 3,
        limit: 10,
    };
    let rest = store.sales(By::Day, march(), page).await.unwrap();

    let days: Vec<&str> = rest.iter().map(|sales| &*sales.id).collect();
    assert_eq!(days, ["2026-03-04", "2026-03-05"]);
}

async fn what_became_of_orders_is_told(store: Box<dyn Store>) {
    assert!(store.outcomes(march()).await.unwrap().is_empty());
    for day in [3, 4] {
        let order = fact(day);
        store.count(order.clone()).await.unwrap();
        store
            .count(became(&order, Status::Cancelled))
            .await
            .unwrap();
    }

    let outcomes = store.outcomes(march()).await.unwrap();

    assert_eq!(outcomes.len(), 1);
    assert_eq!((outcomes[0].orders, outcomes[0].total), (2, 7_670));
    assert_eq!(store.summary(march()).await.unwrap(), Summary::default());
}

async fn customers_come_back(store: Box<dyn Store>) {
    let late = fact(20);
    let early = OrderFact {
        customer: late.customer.clone(),
        ..fact(3)
    };
    store.count(late).await.unwrap();
    store.count(early).await.unwrap();
    store.count(fact(21)).await.unwrap();

    let second_half = Period {
        from: "2026-03-15".parse().unwrap(),
        ..march()
    };
    let summary = store.summary(second_half).await.unwrap();

    assert_eq!((summary.customers, summary.returning_customers), (2, 1));
}

async fn a_customer_who_is_gone_is_nobody(store: Box<dyn Store>) {
    let order = fact(3);
    store.count(order.clone()).await.unwrap();
    store.count(fact(3)).await.unwrap();
    let gone = Uuid::now_v7();

    for _ in 0..2 {
        store.unlink(&order.customer, gone).await.unwrap();
    }

    let late = OrderFact {
        customer: order.customer.clone(),
        ..fact(4)
    };
    store.count(late).await.unwrap();
    store.count(became(&order, Status::Shipped)).await.unwrap();
    let summary = store.summary(march()).await.unwrap();
    assert_eq!((summary.orders, summary.customers), (3, 1));
}

async fn an_order_and_the_end_of_its_customer_at_once_leave_no_link(store: Box<dyn Store>) {
    for _ in 0..20 {
        let order = fact(3);
        let customer = order.customer.clone();

        let (counted, unlinked) =
            tokio::join!(store.count(order), store.unlink(&customer, Uuid::now_v7()));

        counted.unwrap();
        unlinked.unwrap();
    }
    let summary = store.summary(march()).await.unwrap();
    assert_eq!((summary.orders, summary.customers), (20, 0));
}

async fn queries_are_logged_newest_first_and_for_a_year(store: Box<dyn Store>) {
    let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond()).unwrap();
    let asked = |at: Timestamp, sql: &str| Asked {
        id: Uuid::now_v7(),
        asked_by: Uuid::now_v7(),
        at,
        sql: sql.to_owned(),
        ended: None,
    };
    let old = asked(now - SignedDuration::from_hours(366 * 24), "select 'old'");
    let first = asked(now, "select 'first'");
    let second = asked(now, "select 'second'");
    for asked in [&old, &first, &second] {
        store.note(asked).await.unwrap();
    }
    let ended = Ended {
        outcome: "answered".to_owned(),
        rows: 1,
        took_ms: 2,
    };
    store.note_end(first.id, &ended).await.unwrap();

    let log = store.asked(None, 10).await.unwrap();

    let first = Asked {
        ended: Some(ended),
        ..first
    };
    assert_eq!(log, [second.clone(), first.clone()]);
    assert_eq!(store.asked(Some(second.id), 10).await.unwrap(), [first]);
    assert_eq!(store.asked(None, 1).await.unwrap(), [second]);
}

async fn a_store_that_is_there_answers(store: Box<dyn Store>) {
    store.ping().await.unwrap();
}
