//! What the staff's SQL must not do, tried on both databases: each statement is refused, or ends when its time or room
//! does, and nothing has changed after.

use std::time::{Duration, Instant};

use kit::store::StoreUrl;
use reports::{
    Error,
    reader::{Reader, postgres::PostgresReader, sqlite::SqliteReader},
    store::{postgres::PostgresStore, sqlite::SqliteStore},
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection, raw_sql};
use testkit::postgres::{Server, Sync};

/// On either database.
const HOSTILE: &[&str] = &[
    "insert into dim_customers values ('a', 'b')",
    "update fact_orders set total = 0",
    "delete from fact_orders",
    "drop table fact_orders",
    "alter table fact_orders add column x text",
    "create table x (y text)",
    "create view x as select 1",
    "create temporary table x (y text)",
    "create index x on fact_orders (total)",
    "create trigger x after insert on fact_orders begin select 1; end",
    "truncate fact_orders",
    "vacuum",
    "analyze",
    "reindex",
    "begin",
    "commit",
    "rollback",
    "savepoint x",
    "select 1; drop table fact_orders",
    "select 1; select 2",
    "select 1; commit; drop table fact_orders",
    "with gone as (delete from fact_orders returning order_id) select * from gone",
    "with new as (insert into dim_customers values ('a', 'b') returning 1) select * from new",
    "explain select 1",
    "select * from asked_query",
    "select count(*) from asked_query",
    "select sql from asked_query union all select day from dim_days",
    "select (select sql from asked_query limit 1) from dim_days",
    "select day from dim_days where exists (select 1 from asked_query)",
    "select * from departed_customer",
    "select * from migration",
    "select * from _sqlx_migrations",
    "select $1",
    "",
    " \n",
    ";",
    "-- nothing",
    "select * from nothing",
    "select 1 from dim_days group by nothing",
    "select * from dim_days where",
    "not sql at all",
    "/* select 1",
    "select 'unfinished",
    "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n",
    "select count(*) from dim_days a, dim_days b, dim_days c, dim_days d where a.year + b.year + c.year + d.year = 1",
    "with recursive n (i, s) as (select 1, 'xxxxxxxxxxxxxxxx' union all select i + 1, s || s from n)
       select max(length(s)) from n",
    "select a.day || b.day || c.day as d from dim_days a, dim_days b, dim_days c order by d desc",
];

const HOSTILE_TO_SQLITE: &[&str] = &[
    "select",
    "pragma query_only = 0",
    "pragma writable_schema = 1",
    "pragma table_info(asked_query)",
    "select * from pragma_table_info('asked_query')",
    "select * from pragma_database_list",
    "attach '/tmp/x.db' as x",
    "detach main",
    "vacuum into '/tmp/x.db'",
    "replace into dim_customers values ('a', 'b')",
    "create virtual table x using fts5 (y)",
    "select * from sqlite_master",
    "select * from sqlite_schema",
    "select * from temp.sqlite_master",
    "select * from main.asked_query",
    "select load_extension('/tmp/x.so')",
    "select readfile('/etc/passwd')",
    "select writefile('/tmp/x', 'y')",
    "select edit('x')",
    "select randomblob(1000000000)",
    "select zeroblob(1000000000)",
    "select hex(zeroblob(1000000000))",
    "select printf('%.*c', 1000000000, 'x')",
    "select format('%1000000000d', 1)",
    "select sqlite_version()",
    "select fts5(1)",
    "select group_concat(day) from dim_days",
    "select * from json_each('[1]')",
    "select * from dbstat",
    "select count(*) from dbstat",
    "select count(*) from json_each('[1]')",
    "select count(*) from SQLITE_MASTER",
    "select count(*) from Asked_Query",
    "select * from sqlite_dbpage",
    "select ?1",
    "explain query plan select 1",
];

const HOSTILE_TO_POSTGRES: &[&str] = &[
    "select pg_sleep(60)",
    "select pg_sleep_for('1 minute')",
    "values (pg_sleep(60))",
    "select * from dim_days where pg_sleep(60) is null",
    "select pg_read_file('/etc/passwd')",
    "select pg_read_binary_file('/etc/passwd')",
    "select * from pg_ls_dir('/')",
    "select * from pg_stat_file('/etc/passwd')",
    "select lo_import('/etc/passwd')",
    "select lo_create(1)",
    "select lo_export(1, '/tmp/x')",
    "select * from dblink('host=127.0.0.1', 'select 1') as t (x int)",
    "select set_config('statement_timeout', '0', false)",
    "select set_config('role', 'postgres', false)",
    "select set_config('transaction_read_only', 'off', true), query_to_xml('delete from fact_orders', true, true, '')",
    "select query_to_xml('select * from asked_query', true, true, '')",
    "select table_to_xml('asked_query', true, true, '')",
    "select schema_to_xml('public', true, true, '')",
    "select database_to_xml(true, true, '')",
    "copy fact_orders to program 'id'",
    "copy fact_orders to stdout",
    "copy dim_customers from stdin",
    "do $$ begin perform pg_sleep(60); end $$",
    "call x()",
    "set role postgres",
    "reset role",
    "set session authorization postgres",
    "set statement_timeout = 0",
    "show all",
    "listen x",
    "notify x",
    "select pg_notify('outbox', 'x')",
    "select pg_advisory_lock(1)",
    "select pg_advisory_xact_lock(1)",
    "select pg_terminate_backend(1)",
    "select pg_cancel_backend(1)",
    "select pg_reload_conf()",
    "select pg_switch_wal()",
    "select pg_export_snapshot()",
    "select pg_logical_emit_message(false, 'x', 'y')",
    "select nextval('x')",
    "select * into x from fact_orders",
    "select * from fact_orders for update",
    "select * from fact_orders for key share",
    "lock table fact_orders",
    "prepare x as select 1",
    "execute x",
    "declare x cursor for select 1",
    "fetch all from answer",
    "create function x() returns int language sql as 'select 1'",
    "grant select on asked_query to public",
    "load 'x'",
    "checkpoint",
    "table asked_query",
    "select * from pg_authid",
    "select * from pg_shadow",
    "select * from pg_roles",
    "select * from pg_settings",
    "select * from pg_stat_activity",
    "select * from pg_class",
    "select * from pg_attribute",
    "select * from pg_catalog.pg_proc",
    "select * from pg_stats",
    "select * from information_schema.tables",
    "select * from other.fact_orders",
    "select length(repeat('x', 1000000000))",
    "select length(lpad('x', 1000000000, 'y'))",
    "select count(*) from generate_series(1, 1000000000000)",
];

/// What is asked as usual, and has to work on both.
const HARMLESS: &[&str] = &[
    "select 1",
    "select status, count(*) from fact_orders group by status having count(*) > 0 order by 2 desc",
    "select d.month, sum(o.total) from fact_orders o join dim_days d on d.day = o.day group by d.month",
    "select coalesce(customer_key, 'nobody'), row_number() over (order by total) from fact_orders",
    "select upper(name), lower(category), length(name), round(1.5), abs(-1) from dim_products",
    "select case when total > 1000 then 'much' else 'little' end from fact_orders where day like '2026-%'",
    "with recursive n (i) as (select 1 union all select i + 1 from n where i < 100) select count(*) from n",
    "values (1, 'a'), (2, 'b')",
];

async fn try_all(reader: &dyn Reader, own: &[&str]) {
    for sql in HARMLESS {
        let answer = reader.read(sql).await;
        assert!(answer.is_ok(), "{sql}: {:?}", answer.err());
    }
    for sql in HOSTILE.iter().chain(own) {
        let started = Instant::now();

        let answer = reader.read(sql).await;

        let held = matches!(answer, Err(Error::QueryRefused(_) | Error::QueryTooCostly));
        // A sorted list without end may have been answered as far as it goes.
        let is_bounded = answer.as_ref().is_ok_and(|table| table.is_truncated);
        assert!(held || is_bounded, "{sql}: {answer:?}");
        assert!(started.elapsed() < Duration::from_secs(12), "{sql}");
        if let Err(Error::QueryRefused(words)) = answer {
            assert!(
                !words.is_empty() && !words.contains("declare answer"),
                "{sql}: {words}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_statements_come_to_nothing_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("reports.db");
    let _store = SqliteStore::open(&path).unwrap();
    let tables = || {
        let db = rusqlite::Connection::open(&path).unwrap();
        let tables = "select count(*) from sqlite_master";
        db.query_row(tables, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let before = tables();
    let reader = SqliteReader::new(path.clone());

    try_all(&reader, HOSTILE_TO_SQLITE).await;

    assert_eq!(tables(), before);
    let days = reader.read("select count(*) from dim_days").await.unwrap();
    assert_eq!(days.rows, [[Value::from(7_305)]]);
    assert!(!std::path::Path::new("/tmp/x.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_statements_come_to_nothing_in_postgres() {
    let database = testkit::postgres::database().await;
    let StoreUrl::Postgres(url) = database.url() else {
        panic!("it is a PostgreSQL");
    };
    let _store = PostgresStore::open(&url).await.unwrap();
    let mut admin = PgConnection::connect(&database.url_text()).await.unwrap();
    let password = "alter role reports_reader password 'reads'";
    // As often as wanted.
    for sql in [
        include_str!("../../../../k8s/overlays/local/postgres/reports/reader.psql"),
        include_str!("../../../../k8s/overlays/local/postgres/reports/reader.psql"),
        password,
    ] {
        raw_sql(AssertSqlSafe(sql))
            .execute(&mut admin)
            .await
            .unwrap();
    }
    let (_, server) = database
        .url_text()
        .split_once('@')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let url: StoreUrl = format!("postgres://reports_reader:reads@{server}")
        .parse()
        .unwrap();
    let StoreUrl::Postgres(url) = url else {
        panic!("it is a PostgreSQL");
    };
    let reader = PostgresReader::new(&url).unwrap();

    try_all(&reader, HOSTILE_TO_POSTGRES).await;

    let days = reader.read(
        "select count(*), true, 1.5, null, day from dim_days where day = '2026-03-01' group by day",
    );
    let days = days.await.unwrap();
    assert_eq!(
        json!(days.rows),
        json!([[1, true, 1.5, null, "2026-03-01"]])
    );
    let nothing = reader
        .read("select day from dim_days where day = 'none'")
        .await
        .unwrap();
    assert_eq!(
        (nothing.columns[0].name.as_str(), nothing.rows.len()),
        ("day", 0)
    );
    // The words for Redshift, which has its own rights and limits: a select alone is answered.
    let url = format!("redshift://reports_reader:reads@{server}");
    let reader = PostgresReader::of_warehouse(&url.parse().unwrap()).unwrap();
    let days = reader.read("select day, year from dim_days where day = '2026-03-01'");
    assert_eq!(
        json!(days.await.unwrap().rows),
        json!([["2026-03-01", 2026]])
    );
    for sql in [
        "delete from fact_orders",
        "with gone as (delete from fact_orders returning order_id) select * from gone",
        "select 1; drop table fact_orders",
        "select 1; commit",
        "select * from asked_query",
        "select day from dim_days where day = $1",
        "select count(*) from dim_days a, dim_days b, dim_days c, dim_days d where a.year + b.year + c.year + d.year = 1",
        "",
    ] {
        let refused = reader.read(sql).await;
        let held = matches!(refused, Err(Error::QueryRefused(_) | Error::QueryTooCostly));
        assert!(held, "{sql}: {refused:?}");
    }
    // The owner's rights are as they were.
    let kept = "select count(*) from pg_settings; select set_config('a.b', 'c', true); select count(*) from asked_query";
    raw_sql(kept).execute(&mut admin).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_is_a_superuser_the_reader_still_changes_nothing_and_waits_for_nobody() {
    let server = Server::start(Sync::Off);
    let database = server.database().await;
    let at = |who: &str| database.url_text().replace("postgres@", &format!("{who}@"));
    let run = async |who: &str, sql: &str| {
        let mut db = PgConnection::connect(&at(who)).await.unwrap();
        let ran = raw_sql(AssertSqlSafe(sql)).execute(&mut db).await;
        ran.unwrap();
    };
    let roles = "create role keeper login createrole; create role reports login; \
        grant reports to keeper; do $$ begin \
        execute format('alter database %I owner to reports', current_database()); end $$";
    run("postgres", roles).await;
    let script = include_str!("../../../../k8s/overlays/local/postgres/reports/reader.psql");
    run("keeper", script).await;
    let StoreUrl::Postgres(url) = at("reports").parse().unwrap() else {
        panic!("it is a PostgreSQL");
    };
    let _store = PostgresStore::open(&url).await.unwrap();
    let StoreUrl::Postgres(url) = at("reports_reader").parse().unwrap() else {
        panic!("it is a PostgreSQL");
    };
    let reader = PostgresReader::new(&url).unwrap();

    let days = reader.read("select count(*) from dim_days").await.unwrap();
    assert_eq!(days.rows, [[Value::from(7_305)]]);
    for sql in [
        "delete from fact_orders",
        "with gone as (delete from fact_orders returning 1) select * from gone",
        "select * from asked_query",
        "select * from pg_authid",
        "select pg_read_file('/etc/passwd')",
        "select set_config('statement_timeout', '0', false), pg_sleep(60)",
    ] {
        let started = Instant::now();
        let refused = reader.read(sql).await;
        assert!(
            matches!(refused, Err(Error::QueryRefused(_) | Error::QueryTooCostly)),
            "{sql}: {refused:?}"
        );
        assert!(started.elapsed() < Duration::from_secs(12), "{sql}");
    }
}
