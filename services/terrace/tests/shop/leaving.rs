//! Somebody leaves: what the shop keeps of them goes everywhere, and nothing of anybody else; also when the shop is
//! killed meanwhile: who has bought something is in `orders`. Letters that were sent are the mail server's: `outbox` stands for
//! it here.

mod orders;

use std::{
    fs,
    io::{Cursor, Read},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use axum::http::Method;
use rusqlite::{Connection, OpenFlags, types::ValueRef};
use serde_json::{Value, json};
use terrace::data::DemoAccount;
use testkit::service::Answer;

use crate::{
    process::{Process, free_ports},
    visitor::Visitor,
};

/// Stands in everything that is of who leaves, and of who stays.
const LEAVES: &str = "zqleaver";
const STAYS: &str = "zqstayer";

const TIMEOUT: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn an_account_leaves_nothing_behind_and_others_keep_all() {
    let (folder, ports) = (tempfile::tempdir().unwrap(), free_ports());
    let data = folder.path();
    let mut shop = Process::start(data, ports);
    shop.wait().await;
    let (rose, account) = live(&shop.visitor(), LEAVES).await;
    let (_, others) = live(&shop.visitor(), STAYS).await;
    assert!(!marked(data, LEAVES).is_empty());

    let archive = rose.call(Method::GET, "/v1/me/export", None).await;
    let [own, of_others] = [LEAVES, STAYS].map(|mark| files_with(&archive, mark));
    assert!(own.contains(&"account.json".to_owned()), "{own:?}");
    assert!(of_others.is_empty(), "{of_others:?}");
    rose.call(Method::DELETE, "/v1/me", None).await.ok(204);

    until("nothing is left", || marked(data, LEAVES).is_empty()).await;
    // The databases' logs begin anew with the process.
    assert_eq!(shop.interrupt(), Some(0));
    let mut shop = Process::start(data, ports);
    shop.wait().await;
    for file in files(data) {
        let bytes = fs::read(&file).unwrap();
        assert!(!has(&bytes, LEAVES), "{}", file.display());
    }
    let gone = json!({ "email": account.email, "password": account.password });
    let gone = shop
        .visitor()
        .call(Method::POST, "/v1/sessions", Some(&gone))
        .await;
    gone.refused(401, "wrong-credentials");
    let lily = shop.visitor().sign_in(&others).await;
    let book = lily.call(Method::GET, "/v1/me/addresses", None).await;
    assert_eq!(book.ok(200)["items"].as_array().unwrap().len(), 1);
    shop.kill();
}

/// Somebody new with this mark in everything that users are told; and their account.
async fn live(visitor: &Visitor, mark: &str) -> (Visitor, DemoAccount) {
    let account = DemoAccount {
        email: format!("{mark}@garden.example"),
        password: format!("{mark} is a long password"),
    };
    let sign_up = json!({ "email": account.email, "password": account.password, "name": mark });
    let made = visitor.call(Method::POST, "/v1/users", Some(&sign_up));
    made.await.ok(201);
    let credentials = json!({ "email": account.email, "password": account.password });
    let agent = format!("{mark}/1.0");
    let agent = [("user-agent", agent.as_str())];
    let signed_in = visitor.call_with(Method::POST, "/v1/sessions", &agent, Some(&credentials));
    let token = signed_in.await.ok(201)["access_token"].clone();
    let rose = visitor.with_token(token.as_str().unwrap());
    let asked = json!({ "email": account.email });
    let asked = rose.call(Method::POST, "/v1/password-resets", Some(&asked));
    asked.await.ok(202);

    let home = home(mark);
    let kept = rose.call(Method::POST, "/v1/me/addresses", Some(&home));
    kept.await.ok(201);
    (rose, account)
}

/// An address with this mark.
fn home(mark: &str) -> Value {
    json!({
        "name": mark, "line1": format!("1 {mark} Lane"), "line2": mark, "city": mark,
        "region": "OR", "postal_code": mark, "country": "US",
    })
}

/// The names of an archive's files that have the mark.
fn files_with(archive: &Answer, mark: &str) -> Vec<String> {
    assert_eq!(archive.status, 200, "{}", archive.text());
    let mut archive = zip::ZipArchive::new(Cursor::new(archive.body.to_vec())).unwrap();
    let mut found = Vec::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let mut text = Vec::new();
        file.read_to_end(&mut text).unwrap();
        if has(&text, mark) {
            found.push(file.name().unwrap().into_owned());
        }
    }
    found.sort();
    found
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < TIMEOUT, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn database(data: &Path, service: &str) -> Connection {
    // Not read-only: a reader of the log may have to make its index.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let file = data.join(format!("{service}.db"));
    let db = Connection::open_with_flags(file, flags).unwrap();
    db.busy_timeout(TIMEOUT).unwrap();
    db
}

/// The services whose databases are here.
fn owners(data: &Path) -> Vec<String> {
    let files = fs::read_dir(data).unwrap().map(|file| file.unwrap().path());
    let databases = files.filter(|path| path.extension().is_some_and(|it| it == "db"));
    let names: Vec<_> = databases
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert!(names.len() > 1, "{names:?}");
    names
}

/// Every column of every table of every database that has the mark, as `users.user.email`.
fn marked(data: &Path, mark: &str) -> Vec<String> {
    let mut found = Vec::new();
    for service in owners(data) {
        let db = database(data, &service);
        let sql = "select name from sqlite_schema where type = 'table'";
        let mut tables = db.prepare(sql).unwrap();
        let tables = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
        for table in tables.map(Result::unwrap) {
            let mut rows = db.prepare(&format!("select * from \"{table}\"")).unwrap();
            let names: Vec<String> = rows
                .column_names()
                .iter()
                .map(|it| it.to_string())
                .collect();
            let mut rows = rows.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                for (at, name) in names.iter().enumerate() {
                    let bytes = match row.get_ref(at).unwrap() {
                        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
                        ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => continue,
                    };
                    if has(bytes, mark) {
                        found.push(format!("{service}.{table}.{name}"));
                    }
                }
            }
        }
    }
    found
}

/// All files of the shop, but for letters that were sent.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true if path.ends_with("outbox") => {}
            true => files.extend(self::files(&path)),
            false => files.push(path),
        }
    }
    files
}

fn has(bytes: &[u8], mark: &str) -> bool {
    let mark = mark.as_bytes();
    let mut windows = bytes.windows(mark.len());
    windows.any(|it| it.eq_ignore_ascii_case(mark))
}
