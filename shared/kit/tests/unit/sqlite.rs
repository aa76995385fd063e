//! SQLite: one writer, commits in groups, readers that cannot write.

use std::{sync::mpsc, time::Duration};

use kit::store::{Migration, Sqlite, StoreError};
use rusqlite::{Connection, ErrorCode, StatementStatus};

const NOTES: &[Migration] = &[Migration {
    name: "0001_create_notes",
    sql: "create table note (id integer primary key, text text not null unique) strict",
}];

fn open(dir: &tempfile::TempDir) -> Sqlite {
    Sqlite::open(&dir.path().join("notes.db"), NOTES).unwrap()
}

fn insert(text: &'static str) -> impl FnOnce(&Connection) -> Result<usize, rusqlite::Error> {
    move |db| db.execute("insert into note (text) values (?1)", [text])
}

fn texts(store: &Sqlite) -> Vec<String> {
    store
        .read(|db| {
            let mut rows = db.prepare("select text from note order by id")?;
            rows.query_map([], |row| row.get(0))?
                .collect::<Result<_, rusqlite::Error>>()
        })
        .unwrap()
}

#[tokio::test]
async fn a_failed_write_leaves_the_others_of_its_group_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);

    let (first, twice, other) = tokio::join!(
        store.write(insert("one")),
        store.write(|db| insert("two")(db).and_then(|_| insert("one")(db))),
        store.write(insert("three")),
    );

    assert!(first.is_ok() && twice.is_err() && other.is_ok());
    assert_eq!(texts(&store), ["one", "three"]);
}

#[test]
fn programs_that_open_a_new_file_at_once_make_its_tables_once() {
    for _ in 0..20 {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| open(&dir));
            }
        });
        assert!(texts(&open(&dir)).is_empty());
    }
}

#[tokio::test]
async fn a_damaged_file_is_no_passing_fault_and_the_ping_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    for text in 0..500 {
        let insert = move |db: &Connection| {
            let text = format!("{text:0>100}");
            db.execute("insert into note (text) values (?1)", [text])
        };
        store.write::<_, rusqlite::Error>(insert).await.unwrap();
    }
    drop(store);
    let path = dir.path().join("notes.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let end = bytes.len() - 4096;
    bytes[3 * 4096..end].fill(0xA5);
    std::fs::write(&path, bytes).unwrap();
    let store = open(&dir);
    store.ping().await.unwrap();

    let all = |db: &Connection| {
        let mut rows = db.prepare("select text from note order by id")?;
        rows.query_map([], |row| row.get(0))?.collect()
    };
    let fault = store.read::<Vec<String>, rusqlite::Error>(all).unwrap_err();

    assert!(!kit::store::is_unavailable(&fault), "{fault}");
    let fault = store.ping().await.unwrap_err().to_string();
    assert!(fault.contains("notes.db is damaged"), "{fault}");
}

#[tokio::test]
async fn a_kept_statement_is_not_prepared_again_for_other_values() {
    const LEAVES: &[Migration] = &[Migration {
        name: "0001_create_leaves",
        sql: "create table leaf (plant integer not null, place integer not null,
              primary key (plant, place)) strict",
    }];
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&dir.path().join("leaves.db"), LEAVES).unwrap();

    let prepared_again = store.read(|db| {
        let mut leaves = db.prepare("select place from leaf where plant = ?1 order by place")?;
        for plant in 0..5 {
            leaves.exists([plant])?;
        }
        Ok::<_, rusqlite::Error>(leaves.get_status(StatementStatus::RePrepare))
    });

    assert_eq!(prepared_again.unwrap(), 0);
}

#[tokio::test]
async fn writes_that_wait_together_share_one_commit() {
    let dir = tempfile::tempdir().unwrap();
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let store = metrics::with_local_recorder(&recorder, || open(&dir));
    let (go, wait) = mpsc::channel();

    let (first, second, ()) = tokio::join!(
        store.write(move |db| {
            wait.recv().unwrap();
            insert("one")(db)
        }),
        store.write(insert("two")),
        async { go.send(()).unwrap() },
    );

    assert!(first.is_ok() && second.is_ok());
    let counted = recorder.handle().render();
    assert!(counted.contains("store_writes_total{store=\"notes\"} 2"));
    assert!(counted.contains("store_commits_total{store=\"notes\"} 1"));
}

#[tokio::test]
async fn a_panic_in_a_write_fails_that_write_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);

    let fault = store
        .write::<(), rusqlite::Error>(|_| panic!("a defect"))
        .await;

    assert!(fault.is_err());
    store.write(insert("still here")).await.unwrap();
    assert_eq!(texts(&store), ["still here"]);
}

#[tokio::test]
async fn a_full_disk_fails_the_whole_group_and_nothing_of_it_remains() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let (go, wait) = mpsc::channel();
    let limit = |pages: u32| {
        move |db: &Connection| db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
    };
    store.write(limit(10)).await.unwrap();

    let (first, large, third, ()) = tokio::join!(
        store.write(move |db| {
            wait.recv().unwrap();
            insert("one")(db)
        }),
        store.write(|db| {
            let sql = "insert into note (text) values (hex(zeroblob(1000000)))";
            db.execute(sql, [])
        }),
        store.write(insert("three")),
        async { go.send(()).unwrap() },
    );

    assert_eq!(code(&large), Some(ErrorCode::DiskFull));
    assert_eq!(code(&first), Some(ErrorCode::OperationAborted));
    // The next group's.
    assert!(third.is_ok());
    assert_eq!(texts(&store), ["three"]);
    store.write(limit(1000)).await.unwrap();
    store.write(insert("room again")).await.unwrap();
}

#[tokio::test]
async fn a_write_that_cannot_begin_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let impatient = |db: &Connection| db.busy_timeout(Duration::ZERO);
    store.write(impatient).await.unwrap();
    let other = Connection::open(dir.path().join("notes.db")).unwrap();
    other.execute_batch("begin immediate").unwrap();

    let refused = store.write(insert("one")).await;

    assert_eq!(code(&refused), Some(ErrorCode::DatabaseBusy));
    other.execute_batch("rollback").unwrap();
    store.write(insert("one")).await.unwrap();
    assert_eq!(texts(&store), ["one"]);
}

fn code(result: &Result<usize, rusqlite::Error>) -> Option<ErrorCode> {
    result.as_ref().err()?.sqlite_error_code()
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(&dir));

    let fault = Sqlite::open(&dir.path().join("notes.db"), &[]).unwrap_err();

    assert!(matches!(fault, StoreError::NewerDatabase(name) if name == "0001_create_notes"));
}

#[test]
fn a_read_cannot_write() {
    let dir = tempfile::tempdir().unwrap();

    let result = open(&dir).read(insert("no"));

    assert!(result.is_err());
}
