//! A shop with many products, and everything that can be listed of it.

use std::sync::Arc;

use catalog::{
    product::{Details, Price, Slug},
    reservation::Line,
    search::{Filter, Sort, Words},
    store::{After, NewProduct, SortKey, Store, postgres::PostgresStore, sqlite::SqliteStore},
};
use kit::{http::Limit, store::StoreUrl};
use testkit::lists::{List, Lists};
use uuid::Uuid;

/// A page, and the product that tells whether there is another.
const PAGE: u64 = 25;

const CATEGORIES: u32 = 40;

/// How many different words the descriptions are made of.
const VOCABULARY: u64 = 4_000;

/// The store, to be asked for its lists.
pub(crate) struct Catalog(Arc<dyn Store>);

impl Lists for Catalog {
    async fn open(url: &StoreUrl) -> Self {
        Self(match url {
            StoreUrl::Sqlite(path) => Arc::new(SqliteStore::open(path).expect("it opens")),
            StoreUrl::Postgres(url) => {
                Arc::new(PostgresStore::open(url).await.expect("it connects"))
            }
        })
    }

    async fn seed(url: &StoreUrl, rows: u32) {
        let Self(store) = Self::open(url).await;
        let categories = (0..CATEGORIES)
            .map(|n| (format!("c{n}"), format!("Category {n}"), i64::from(n)))
            .collect();
        let products: Vec<NewProduct> = (0..rows).map(|n| product(n, rows)).collect();
        let sold: Vec<Line> = products
            .iter()
            .zip(0_u64..)
            .map(|(product, n)| Line {
                product_id: product.id,
                quantity: (random(n, 9) % 1_000) as i64,
            })
            .collect();
        store.seed(categories, products).await.expect("seeded");
        for sold in sold.chunks(1_000) {
            let event = (Uuid::now_v7(), sold.to_vec());
            store.count_sold(vec![event]).await.expect("counted");
        }
    }

    async fn lists(&self, rows: u32) -> Vec<List> {
        let mut lists = Vec::new();
        for (of, filter) in walks() {
            for (order, sort, middle) in orders(rows) {
                let filter = Filter {
                    sort,
                    ..filter.clone()
                };
                let name = format!("{of}, {order}");
                let pages = self.pages(&name, &filter, Some((middle, 0)));
                let index = match filter.category {
                    Some(_) => format!("product_of_category_by_{}", index(sort)),
                    None => format!("product_by_{}", index(sort)),
                };
                let by_price = matches!(sort, Sort::Price | Sort::PriceDescending);
                let passes_over = filter.in_stock || filter.min_price.is_some() && !by_price;
                lists.extend(pages.await.into_iter().map(|list| match passes_over {
                    true => list.that_passes_over(),
                    false => list.by(&*index),
                }));
            }
        }
        for (of, found, filter) in searches(rows) {
            for (order, sort, _) in orders(rows) {
                let filter = Filter {
                    sort,
                    ..filter.clone()
                };
                // A word is looked for once more in each place where it weighs.
                let found = match sort {
                    Sort::Relevance => 2 * found,
                    Sort::Name | Sort::Price | Sort::PriceDescending | Sort::Newest => found,
                };
                let pages = self.pages(&format!("{of}, {order}"), &filter, None).await;
                let pages = pages.into_iter();
                lists.extend(pages.map(|list| list.that_sorts_what_it_finds(found)));
            }
        }
        self.facets(&mut lists, rows);
        self.others(&mut lists).await;
        lists
    }
}

impl Catalog {
    /// The first page of a list, the second, and one in the middle.
    async fn pages(&self, name: &str, filter: &Filter, middle: Option<After>) -> Vec<List> {
        let first = self.0.list(filter, None, Limit::default()).await;
        let first = first.expect("a page");
        // The product that tells of another page is not on this one.
        let last = (first.len() as u64 == PAGE).then(|| &first[first.len() - 2]);
        let second = last.map(|(key, product)| (key.clone(), product.seq));
        let pages = [("page 1", None), ("page 2", second), ("half-way", middle)].into_iter();
        let pages = pages.filter(|(page, after)| *page == "page 1" || after.is_some());
        let pages = pages.map(|(page, after)| {
            let (store, filter) = (self.0.clone(), filter.clone());
            List::new(format!("{name}, {page}"), PAGE, move || {
                let (store, filter, after) = (store.clone(), filter.clone(), after.clone());
                async move {
                    let page = store.list(&filter, after, Limit::default()).await;
                    page.expect("a page").len()
                }
            })
        });
        pages.collect()
    }

    /// The counts of all there is and of what is found. All of it is read once, in an index of SQLite and where the planner of
    /// PostgreSQL finds it cheaper, which in a small table it does not.
    fn facets(&self, lists: &mut Vec<List>, rows: u32) {
        let found = searches(rows).map(|(of, _, filter)| (of.to_owned(), filter));
        for (of, filter) in walks().chain(found) {
            let store = self.0.clone();
            let list = List::new(format!("facets of {of}"), u64::from(rows), move || {
                let (store, filter) = (store.clone(), filter.clone());
                async move {
                    let facets = store.facets(&filter).await.expect("counts");
                    facets.of_prices().count()
                }
            });
            lists.push(list.that_sorts_what_it_finds(2 * u64::from(rows)));
        }
    }

    async fn others(&self, lists: &mut Vec<List>) {
        let all = Filter::default();
        let first = self.0.list(&all, None, Limit::default()).await;
        let first = first.expect("a page");
        let ids: Vec<Uuid> = first.iter().map(|(_, product)| product.id).collect();
        let slug = first[0].1.slug.as_str().to_owned();
        for (name, key) in [
            ("product by id", ids[0].to_string()),
            ("product by slug", slug),
        ] {
            let store = self.0.clone();
            lists.push(List::new(name, 1, move || {
                let (store, key) = (store.clone(), key.clone());
                async move { usize::from(store.find(&key).await.expect("an answer").is_some()) }
            }));
        }
        let store = self.0.clone();
        lists.push(List::new("quote of a cart", PAGE, move || {
            let (store, ids) = (store.clone(), ids.clone());
            async move { store.quote(&ids).await.expect("quotes").len() }
        }));
        let store = self.0.clone();
        let categories = u64::from(CATEGORIES);
        let list = List::new("names", 20_000, move || {
            let store = store.clone();
            async move { store.names(20_000).await.expect("names").len() }
        });
        lists.push(list.by("product_by_popularity"));
        let store = self.0.clone();
        // It counts the products of each, in an index.
        let list = List::new("categories", categories, move || {
            let store = store.clone();
            async move { store.categories().await.expect("categories").len() }
        });
        lists.push(list.that_passes_over());
    }
}

/// Every order, and a key in its middle.
fn orders(rows: u32) -> [(&'static str, Sort, SortKey); 5] {
    [
        ("by relevance", Sort::Relevance, SortKey::Number(540)),
        ("by name", Sort::Name, SortKey::Text("m".to_owned())),
        ("by price", Sort::Price, SortKey::Number(5_000)),
        (
            "dearest first",
            Sort::PriceDescending,
            SortKey::Number(5_000),
        ),
        ("newest", Sort::Newest, SortKey::Number(i64::from(rows / 2))),
    ]
}

/// What the indexes of this order are called.
fn index(sort: Sort) -> &'static str {
    match sort {
        Sort::Relevance => "popularity",
        Sort::Name => "name_key",
        Sort::Price | Sort::PriceDescending => "price",
        Sort::Newest => "age",
    }
}

/// What is listed in an index's order: by every set of filters.
fn walks() -> impl Iterator<Item = (String, Filter)> {
    let prices = [None, Some((2_000, 6_000)), Some((5_000, 5_010))];
    (0..12).map(move |n| {
        let (of_category, in_stock, prices) = (n & 1 != 0, n & 2 != 0, prices[n / 4]);
        let filter = Filter {
            category: of_category.then(|| "c3".to_owned()),
            min_price: prices.map(|(from, _)| from),
            max_price: prices.map(|(_, to)| to),
            in_stock,
            ..Filter::default()
        };
        let mut name = if of_category { "a category" } else { "all" }.to_owned();
        if let Some((from, to)) = prices {
            name += &format!(" of {from} to {to} cents");
        }
        if in_stock {
            name += " in stock";
        }
        (name, filter)
    })
}

/// What is searched for, and how many rows may be read to find it: a word's own, or those of a
/// category or of a range of prices that stand in an index too.
fn searches(rows: u32) -> [(&'static str, u64, Filter); 6] {
    let rows = u64::from(rows);
    let typed = |text| Filter {
        words: Words::typed(text),
        ..Filter::default()
    };
    [
        ("a common word", rows, typed("garden")),
        ("a rare word", 10 * PAGE, typed("wollemi")),
        ("two words", rows, typed("garden sunny")),
        ("a beginning of three letters", rows, typed("gar")),
        (
            "a common word in a category",
            rows,
            Filter {
                category: Some("c3".to_owned()),
                ..typed("garden")
            },
        ),
        (
            "a rare word, priced and in stock",
            rows / 2,
            Filter {
                min_price: Some(2_000),
                max_price: Some(6_000),
                in_stock: true,
                ..typed("wollemi")
            },
        ),
    ]
}

/// A product as there are many: one in five is sold out, every second is for the garden, ten in
/// all are rare.
fn product(n: u32, rows: u32) -> NewProduct {
    let seed = u64::from(n);
    let words = |from: u64, count: u64| {
        let words = (from..from + count).map(|at| word(random(seed, at)));
        words.collect::<Vec<_>>().join(" ")
    };
    let name = format!("{} {n}", words(100, 2));
    let rare = if n.is_multiple_of((rows / 10).max(1)) {
        " wollemi"
    } else {
        ""
    };
    let place = match n % 4 {
        0 => "For the garden",
        1 => "For a sunny window",
        2 => "For the garden or a sunny window",
        _ => "For the shade",
    };
    NewProduct {
        id: Uuid::now_v7(),
        slug: Slug::from_name(&name),
        stock: (random(seed, 1) % 5) as i64 * 20,
        rating: (random(seed, 2) % 51) as f64 / 10.0,
        image: "pot.svg".to_owned(),
        details: Details {
            name,
            botanical_name: Some(words(200, 2)),
            summary: format!("{place}, with {}.", words(300, 6)),
            description: format!("Grows {}{rare}.", words(400, 40)),
            category: format!("c{}", random(seed, 3) % u64::from(CATEGORIES)),
            price: Price::cents(1 + (random(seed, 4) % 10_000) as i64).expect("it is one"),
            care: "Water when the top of the mix is dry.".to_owned(),
            attributes: Default::default(),
        },
    }
}

/// A word, the more often the smaller the cube of a random number is.
fn word(random: u64) -> String {
    const SYLLABLES: [&str; 16] = [
        "al", "bo", "cus", "den", "el", "fo", "ga", "hi", "lim", "mon", "na", "pe", "ros", "ti",
        "vi", "zan",
    ];
    let share = (random % 1_000_000) as f64 / 1e6;
    let mut rest = (share * share * share * VOCABULARY as f64) as usize + 17;
    let mut word = String::new();
    while rest > 0 {
        word.push_str(SYLLABLES[rest % 16]);
        rest /= 16;
    }
    word
}

/// Always the same of the same (SplitMix64).
fn random(seed: u64, at: u64) -> u64 {
    let mut x = (seed << 20 | at).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
