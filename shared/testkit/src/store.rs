//! One contract for all adapters of a store.

/// Makes a test of each case for each adapter: SQLite, on a file of its own, and PostgreSQL, on a
/// database of its own. A case is a function of the caller, `async fn(Store)`; what it is given is
/// made by the caller's `async fn open(&StoreUrl) -> Store`, whatever `Store` is.
#[macro_export]
macro_rules! on_every_adapter {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let folder = tempfile::tempdir().unwrap();
                    let url = kit::store::StoreUrl::Sqlite(folder.path().join("store.db"));
                    super::$case(super::open(&url).await).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let database = $crate::postgres::database().await;
                    super::$case(super::open(&database.url()).await).await;
                }
            )*
        }
    };
}
