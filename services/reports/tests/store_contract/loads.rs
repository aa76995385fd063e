//! What loading a warehouse guarantees, wherever a process ends.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::Poll::Ready,
};

use async_trait::async_trait;
use jiff::civil::Date;
use kit::store::StoreUrl;
use reports::{
    Error,
    fact::Status,
    files::{Files, Folder},
    store::{By, Dashboard, STAR, Store, Summary, postgres::PostgresStore, redshift::Stage},
};
use sqlx::{Connection, PgConnection, raw_sql};

use super::{
    ALL, became, fact, march,
    redshift::{StandIn, Warehouse},
};

/// Work that is dropped after so many times of going on; what it gave, where it came to its end.
async fn until_step<T>(steps: usize, work: impl Future<Output = T>) -> Option<T> {
    let (mut work, mut left) = (pin!(work), steps);
    poll_fn(move |context| match left.checked_sub(1) {
        None => Ready(None),
        Some(rest) => {
            left = rest;
            work.as_mut().poll(context).map(Some)
        }
    })
    .await
}

/// The steps of a load, of which a process does no more than so many.
struct Dying {
    files: Folder,
    stage: StandIn,
    lives_for: usize,
    steps: AtomicUsize,
}

impl Dying {
    fn step(&self) -> Result<(), Error> {
        match self.steps.fetch_add(1, SeqCst) < self.lives_for {
            true => Ok(()),
            false => Err(Error::Unavailable("the process is dead".into())),
        }
    }
}

#[async_trait]
impl Stage for Dying {
    async fn fill(&self, db: &mut PgConnection, day: &str) -> Result<(), Error> {
        self.step()?;
        self.stage.fill(db, day).await?;
        self.step()
    }
}

#[async_trait]
impl Files for Dying {
    async fn write(&self, path: &str, content: Vec<u8>) -> Result<(), Error> {
        self.files.write(path, content).await
    }

    async fn list(&self) -> Result<Vec<String>, Error> {
        self.step()?;
        self.files.list().await
    }

    async fn delete(&self, paths: &[String]) -> Result<(), Error> {
        for path in paths {
            self.step()?;
            self.files.delete(std::slice::from_ref(path)).await?;
        }
        self.step()
    }

    async fn forget_before(&self, day: Date) -> Result<(), Error> {
        self.files.forget_before(day).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_ends_between_two_steps_loses_nothing_and_counts_nothing_twice() {
    let warehouse = Warehouse::empty().await;
    let mut orders = 0;
    loop {
        let confirmed = fact(3);
        let shipped = became(&confirmed, Status::Shipped);
        for fact in [&confirmed, &shipped] {
            warehouse.store.count(fact.clone()).await.unwrap();
        }

        let dying = Arc::new(Dying {
            files: warehouse.files(),
            stage: StandIn(warehouse.facts()),
            lives_for: orders,
            steps: AtomicUsize::new(0),
        });
        let load = warehouse.process_with(dying.clone(), dying).load().await;

        orders += 1;
        // The queue brings again whatever was not answered, even when it was counted.
        warehouse.store.count(confirmed).await.unwrap();
        warehouse.store.load().await.unwrap();
        warehouse.has(orders, 2 * orders).await;
        if load.is_ok() {
            break;
        }
    }
    // The list; before and after the lines are staged; before each file is deleted, and after.
    assert_eq!(orders, 7);
    assert!(warehouse.files().list().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_ends_at_any_moment_loses_nothing_and_counts_nothing_twice() {
    let warehouse = Warehouse::empty().await;
    for orders in 1..=24 {
        warehouse.store.count(fact(3)).await.unwrap();

        until_step(orders % 12, warehouse.process().load()).await;

        warehouse.process().load().await.unwrap();
        warehouse.has(orders, orders).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_loads_at_once_count_each_event_once() {
    let warehouse = Warehouse::empty().await;
    let processes = [(); 4].map(|()| warehouse.process());
    let [one, two, three, four] = &processes;
    for round in 1..=5 {
        for day in 1..=4 {
            warehouse.store.count(fact(day)).await.unwrap();
        }

        let loads = tokio::join!(one.load(), two.load(), three.load(), four.load());

        for load in [loads.0, loads.1, loads.2, loads.3] {
            load.unwrap();
        }
        warehouse.has(4 * round, 4 * round).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_an_order_come_in_any_files_and_any_order() {
    let warehouse = Warehouse::empty().await;
    let order = fact(3);
    let became = |status| became(&order, status);

    for facts in [
        vec![became(Status::Delivered), became(Status::Shipped)],
        vec![order.clone()],
        vec![became(Status::Cancelled)],
    ] {
        for fact in facts {
            warehouse.store.count(fact).await.unwrap();
        }
        warehouse.store.load().await.unwrap();
    }

    warehouse.has(1, 4).await;
    let at = order.at.as_millisecond();
    let told = warehouse.rows(
        "select status, reason, confirmed_at, shipped_at, delivered_at, cancelled_at from fact_orders",
    );
    let expected = format!("(cancelled,shopper,{at},{at},{at},{at})");
    assert_eq!(told.await, [expected]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_cannot_be_read_stays_and_holds_up_no_other() {
    let warehouse = Warehouse::empty().await;
    let broken = "day=2026-03-02/broken.jsonl.gz";
    let files = warehouse.files();
    files.write(broken, b"no gzip".to_vec()).await.unwrap();
    for day in 1..=3 {
        warehouse.store.count(fact(day)).await.unwrap();
    }

    assert!(warehouse.store.load().await.is_err());

    warehouse.has(2, 2).await;
    assert_eq!(files.list().await.unwrap().len(), 2);
    files.delete(&[broken.to_owned()]).await.unwrap();
    assert_eq!(warehouse.store.load().await.unwrap(), 1);
    warehouse.has(3, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_no_table_takes_is_refused_and_no_file_is_written() {
    let warehouse = Warehouse::empty().await;
    let named = |name: String| {
        let mut fact = fact(3);
        fact.lines[0].name = name;
        fact
    };
    for name in ["ä".repeat(2_001), "a\0b".to_owned()] {
        let refused = warehouse.store.count(named(name)).await;
        assert!(refused.unwrap_err().to_string().contains("name: expected"));
    }
    assert_eq!(warehouse.store.load().await.unwrap(), 0);

    let name = "\"ä\", \\ and 👍\n".to_owned();
    warehouse.store.count(named(name.clone())).await.unwrap();
    warehouse.store.load().await.unwrap();

    let sales = warehouse.store.sales(By::Product, march(), ALL).await;
    assert!(sales.unwrap().iter().any(|sold| sold.name == name));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_calendar_is_that_of_the_store_whoever_makes_it_first() {
    let warehouse = Warehouse::empty().await;
    let processes = [(); 3].map(|()| warehouse.process());
    let [one, two, three] = &processes;

    let asked = tokio::join!(
        one.summary(march()),
        two.summary(march()),
        three.summary(march())
    );

    for answer in [asked.0, asked.1, asked.2] {
        assert_eq!(answer.unwrap(), Summary::default());
    }
    let days = "select day, year, quarter, month, week, weekday from dim_days order by day";
    let made = warehouse.rows(days).await;
    let store = Warehouse::empty().await;
    let StoreUrl::Postgres(url) = store.database.url() else {
        panic!("it is a PostgreSQL");
    };
    PostgresStore::open(&url).await.unwrap();
    assert_eq!(made.len(), 7_305);
    assert_eq!(made, store.rows(days).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_is_made_later_may_read_the_star_and_nothing_else() {
    let warehouse = Warehouse::empty().await;
    warehouse.store.summary(march()).await.unwrap();
    let url = warehouse.database.url_text();
    let mut db = PgConnection::connect(&url).await.unwrap();
    // Other tests may have made it: a role is of the whole server.
    let make =
        "do $$ begin create role reports_reader login; exception when others then null; end $$";
    raw_sql(make).execute(&mut db).await.unwrap();

    warehouse.process().summary(march()).await.unwrap();

    let may = warehouse.rows(
        "select relname from pg_class
         where relnamespace = 'public'::regnamespace and relkind = 'r'
           and has_table_privilege('reports_reader', oid, 'select') order by 1",
    );
    let mut star = STAR.map(|table| format!("({table})"));
    star.sort();
    assert_eq!(may.await, star);
}
