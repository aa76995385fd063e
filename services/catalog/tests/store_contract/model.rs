//! Whatever happens in which order, no piece is made or lost: both adapters against the rules.

use std::{collections::HashMap, sync::Arc};

use catalog::{Error, reservation::Line, store::Store};
use kit::store::StoreUrl;
use proptest::{
    prelude::*,
    test_runner::{TestCaseError, TestRunner},
};
use testkit::postgres::database;
use uuid::Uuid;

use crate::{later, open, seed, soon, stock};

/// One thing that happens to one of a few orders.
#[derive(Clone, Debug)]
enum Step {
    Reserve(usize, Vec<(usize, i64)>),
    Commit(usize),
    Release(usize),
    ExpireAll,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let lines = prop::collection::btree_map(0..3_usize, 1..5_i64, 1..3);
    let step = prop_oneof![
        4 => (0..6_usize, lines)
            .prop_map(|(order, lines)| Step::Reserve(order, lines.into_iter().collect())),
        2 => (0..6_usize).prop_map(Step::Commit),
        2 => (0..6_usize).prop_map(Step::Release),
        1 => Just(Step::ExpireAll),
    ];
    prop::collection::vec(step, 1..60)
}

/// What the rules say about an order, without a database.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Held,
    Sold,
    Released,
    Lapsed,
}

/// The shop as the rules tell it: free stock, and where every order stands.
struct Model {
    stock: [i64; 3],
    orders: HashMap<usize, (Stage, Vec<(usize, i64)>)>,
}

impl Model {
    fn take(&mut self, lines: &[(usize, i64)]) -> bool {
        let enough = lines.iter().all(|(product, n)| self.stock[*product] >= *n);
        if enough {
            lines
                .iter()
                .for_each(|(product, n)| self.stock[*product] -= n);
        }
        enough
    }

    fn give_back(&mut self, lines: &[(usize, i64)]) {
        lines
            .iter()
            .for_each(|(product, n)| self.stock[*product] += n);
    }

    /// Whether the step succeeds.
    fn apply(&mut self, step: &Step) -> bool {
        match step {
            Step::Reserve(order, lines) => match self.orders.get(order) {
                Some((Stage::Released, _)) => false,
                Some((_, known)) if known != lines => false,
                Some((Stage::Held | Stage::Sold, _)) => true,
                Some((Stage::Lapsed, _)) | None => {
                    let taken = self.take(lines);
                    if taken {
                        self.orders.insert(*order, (Stage::Held, lines.clone()));
                    }
                    taken
                }
            },
            Step::Commit(order) => match self.orders.get(order).cloned() {
                Some((Stage::Held | Stage::Sold, lines)) => {
                    self.orders.insert(*order, (Stage::Sold, lines));
                    true
                }
                Some((Stage::Lapsed, lines)) if self.take(&lines) => {
                    self.orders.insert(*order, (Stage::Sold, lines));
                    true
                }
                _ => false,
            },
            Step::Release(order) => {
                if let Some((Stage::Held | Stage::Sold, lines)) = self.orders.get(order).cloned() {
                    self.give_back(&lines);
                }
                let entry = self
                    .orders
                    .entry(*order)
                    .or_insert((Stage::Released, vec![]));
                entry.0 = Stage::Released;
                true
            }
            Step::ExpireAll => {
                let held = self
                    .orders
                    .values_mut()
                    .filter(|(stage, _)| *stage == Stage::Held);
                let mut back = Vec::new();
                for (stage, lines) in held {
                    *stage = Stage::Lapsed;
                    back.extend_from_slice(lines);
                }
                self.give_back(&back);
                true
            }
        }
    }
}

async fn act(store: &dyn Store, step: &Step, orders: &[Uuid], products: [Uuid; 3]) -> bool {
    let result = match step {
        Step::Reserve(order, lines) => {
            let lines = lines.iter().map(|(product, quantity)| Line {
                product_id: products[*product],
                quantity: *quantity,
            });
            store.reserve(orders[*order], lines.collect(), soon()).await
        }
        Step::Commit(order) => store.commit(orders[*order]).await,
        Step::Release(order) => store.release(orders[*order]).await,
        Step::ExpireAll => store.expire(later()).await.map(drop),
    };
    assert!(!matches!(result, Err(Error::Unavailable(_))), "{result:?}");
    result.is_ok()
}

const START: [i64; 3] = [8, 5, 3];

/// Takes the steps on an empty store, and compares it with the model after each.
async fn follows_the_rules(store: Arc<dyn Store>, steps: &[Step]) -> Result<(), TestCaseError> {
    let products = seed(&store, START).await;
    let orders: Vec<Uuid> = (0..6).map(|_| Uuid::now_v7()).collect();
    let mut model = Model {
        stock: START,
        orders: HashMap::new(),
    };

    for step in steps {
        let done = act(&*store, step, &orders, products).await;

        prop_assert_eq!(done, model.apply(step), "{:?}", step);
        let mut free = START;
        for (at, id) in products.into_iter().enumerate() {
            free[at] = stock(&store, id).await;
        }
        prop_assert_eq!(free, model.stock, "{:?}", step);
        let mut all = free;
        for (stage, lines) in model.orders.values() {
            if matches!(stage, Stage::Held | Stage::Sold) {
                lines.iter().for_each(|(product, n)| all[*product] += n);
            }
        }
        prop_assert_eq!(all, START);
    }
    Ok(())
}

/// Whatever happens in which order, no piece is made or lost.
fn no_piece_is_made_or_lost(
    cases: u32,
    follow: impl AsyncFn(&[Step]) -> Result<(), TestCaseError>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(ProptestConfig::with_cases(cases));
    let result = runner.run(&steps(), |steps| runtime.block_on(follow(&steps)));
    result.unwrap();
}

#[test]
fn no_piece_is_made_or_lost_in_sqlite() {
    no_piece_is_made_or_lost(48, async |steps| {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("catalog.db"));
        follows_the_rules(open(&url).await, steps).await
    });
}

#[test]
fn no_piece_is_made_or_lost_in_postgres() {
    no_piece_is_made_or_lost(16, async |steps| {
        let database = database().await;
        follows_the_rules(open(&database.url()).await, steps).await
    });
}
