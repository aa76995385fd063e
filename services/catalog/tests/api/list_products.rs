//! `GET /v1/products`.

use catalog::{product::Price, store::NewProduct};

use crate::shop::{Shop, product};

/// A product whose name or description may be looked for.
pub(crate) fn said(
    name: &str,
    botanical_name: &str,
    summary: &str,
    description: &str,
) -> NewProduct {
    let mut new = product(name);
    new.details.botanical_name = Some(botanical_name.to_owned());
    new.details.summary = summary.to_owned();
    new.details.description = description.to_owned();
    new
}

/// By each way to find products.
async fn searchable() -> Vec<Shop> {
    Shop::on_all(vec![
        said(
            "Clay pot",
            "",
            "Holds a monstera.",
            "Any monstera stands well in it, and monstera cuttings too.",
        ),
        said(
            "Swiss cheese plant",
            "Monstera deliciosa",
            "Bold.",
            "Split leaves.",
        ),
        said("Monstera", "", "Green.", "Climbs."),
        said(
            "Purple coneflower",
            "Échinacea purpurea",
            "Bees love it.",
            "Crème brûlée of flowers.",
        ),
        said(
            "Lady's mantle",
            "Alchemilla mollis",
            "Dew stands on it.",
            "Lime-green froth.",
        ),
    ])
    .await
}

#[tokio::test]
async fn a_name_is_a_better_match_than_a_botanical_name_and_both_than_a_description() {
    for shop in searchable().await {
        let names = shop.names("?q=monstera").await;

        assert_eq!(names, ["Monstera", "Swiss cheese plant", "Clay pot"]);
    }
}

#[tokio::test]
async fn a_word_weighs_by_where_it_stands() {
    let mut products = vec![
        said("Trowel", "", "Cuts.", "Nice to herbs."),
        said("Spade", "", "For herbs.", "Digs."),
        said("Mint", "", "Cool.", "Green."),
        said("Fern", "Herbs domesticus", "Soft.", "Green."),
        said("Herbs", "", "A mixture.", "Green."),
    ];
    products[2].details.category = "herbs".to_owned();

    for shop in Shop::on_all(products).await {
        let names = shop.names("?q=herbs").await;

        // The name, the botanical name, the category, the summary, the rest.
        assert_eq!(names, ["Herbs", "Fern", "Mint", "Spade", "Trowel"]);
    }
}

#[tokio::test]
async fn every_word_has_to_occur_and_the_last_may_be_unfinished() {
    for shop in searchable().await {
        for found in [
            "swiss",
            "swiss%20chee",
            "CHEESE%20sw",
            "s",
            "plant%20deliciosa%20split%20b",
        ] {
            let names = shop.names(&format!("?q={found}")).await;
            assert!(
                names.contains(&"Swiss cheese plant".to_owned()),
                "{found}: {names:?}"
            );
        }
        for lost in ["swi%20cheese", "swiss%20monsoon", "heese"] {
            assert!(shop.names(&format!("?q={lost}")).await.is_empty(), "{lost}");
        }
    }
}

#[tokio::test]
async fn a_word_is_found_with_and_without_its_accents() {
    for shop in searchable().await {
        // Plain, composed, decomposed, in capitals.
        for typed in [
            "echinacea",
            "%C3%A9chinacea",
            "e%CC%81chinacea",
            "%C3%89CHINACEA",
            "creme%20bru",
        ] {
            assert_eq!(
                shop.names(&format!("?q={typed}")).await,
                ["Purple coneflower"],
                "{typed}"
            );
        }
    }
}

#[tokio::test]
async fn nothing_that_is_typed_breaks_the_search() {
    for shop in searchable().await {
        let everything = shop.names("").await;

        for (typed, found) in [
            ("\"", vec![]),
            (
                "monstera\"",
                vec!["Monstera", "Swiss cheese plant", "Clay pot"],
            ),
            (
                "\"monstera",
                vec!["Monstera", "Swiss cheese plant", "Clay pot"],
            ),
            (
                "monstera*",
                vec!["Monstera", "Swiss cheese plant", "Clay pot"],
            ),
            ("name:monstera", vec![]),
            ("{name description}:monstera", vec![]),
            ("monstera NOT pot", vec![]),
            // A word like any other: the pot has an "and".
            ("monstera AND pot", vec!["Clay pot"]),
            ("monstera OR nothing", vec![]),
            ("NEAR(monstera pot, 5)", vec![]),
            (
                "^monstera",
                vec!["Monstera", "Swiss cheese plant", "Clay pot"],
            ),
            (
                "-monstera",
                vec!["Monstera", "Swiss cheese plant", "Clay pot"],
            ),
            ("monstera + climbs", vec!["Monstera"]),
            ("lady's", vec!["Lady's mantle"]),
            ("lady's'; drop table product; --", vec![]),
            ("%_", vec![]),
            ("mon%", vec!["Monstera", "Swiss cheese plant", "Clay pot"]),
            ("\u{0}", vec![]),
            ("mon\u{0}stera", vec![]),
            (
                "monstera\u{0}",
                vec!["Monstera", "Swiss cheese plant", "Clay pot"],
            ),
            ("\u{1fab4}", vec![]),
            (
                "\u{1fab4} monstera \u{1fab4}",
                vec!["Monstera", "Swiss cheese plant", "Clay pot"],
            ),
            ("\u{301}", vec![]),
            ("\u{24d0}", vec![]),
            (
                "ⓐ monstera",
                vec!["Monstera", "Swiss cheese plant", "Clay pot"],
            ),
            ("植物", vec![]),
            ("\u{202e}\u{feff}", vec![]),
            ("((((((((((", vec![]),
            ("\\", vec![]),
        ] {
            assert_eq!(
                shop.names(&format!("?q={}", escaped(typed))).await,
                found,
                "{typed:?}"
            );
        }
        // Nothing typed is no search.
        for blank in ["", "%20", "%09%0A"] {
            assert_eq!(shop.names(&format!("?q={blank}")).await, everything);
        }
    }
}

#[tokio::test]
async fn a_question_out_of_bounds_is_refused() {
    for shop in searchable().await {
        let anybody = shop.anybody();
        let long = |name: &str, n: usize| format!("{name}={}", "a".repeat(n));

        for query in [
            long("q", 201),
            long("q", 10_240),
            long("category", 81),
            "min_price=-1".to_owned(),
            "max_price=4294967296".to_owned(),
            "min_price=1.5".to_owned(),
            "min_price=".to_owned(),
            "in_stock=yes".to_owned(),
            "sort=rating".to_owned(),
            "sort=".to_owned(),
            "limit=0".to_owned(),
            "limit=101".to_owned(),
            "limit=many".to_owned(),
            "q=a&q=b".to_owned(),
            "colour=green".to_owned(),
        ] {
            let answer = anybody.get(&format!("/v1/products?{query}")).await;
            answer.refused(400, "bad-parameter");
        }
        for query in [
            long("q", 200),
            format!("q={}", "%F0%9F%AA%B4".repeat(200)),
            long("category", 80),
            "max_price=4294967295".to_owned(),
            "limit=100".to_owned(),
            "min_price=9&max_price=1".to_owned(),
        ] {
            anybody.get(&format!("/v1/products?{query}")).await.ok(200);
        }
    }
}

#[tokio::test]
async fn filters_hold_together_and_every_sort_sorts() {
    let mut products = vec![
        product("Fern"),
        product("ivy"),
        product("Basil"),
        product("Spade"),
    ];
    for (new, (price, stock, category)) in products.iter_mut().zip([
        (900, 3, "houseplants"),
        (500, 0, "houseplants"),
        (300, 7, "herbs"),
        (2500, 1, "tools"),
    ]) {
        new.details.price = Price::cents(price).unwrap();
        new.stock = stock;
        new.details.category = category.to_owned();
    }
    products[1].rating = 5.0;
    for shop in Shop::on_all(products).await {
        for (query, names) in [
            ("", vec!["ivy", "Spade", "Basil", "Fern"]),
            ("?sort=relevance", vec!["ivy", "Spade", "Basil", "Fern"]),
            ("?sort=name", vec!["Basil", "Fern", "ivy", "Spade"]),
            ("?sort=price", vec!["Basil", "ivy", "Fern", "Spade"]),
            ("?sort=-price", vec!["Spade", "Fern", "ivy", "Basil"]),
            ("?sort=newest", vec!["Spade", "Basil", "ivy", "Fern"]),
            ("?category=houseplants&sort=name", vec!["Fern", "ivy"]),
            ("?category=moon", vec![]),
            ("?category=", vec![]),
            ("?in_stock=true&sort=name", vec!["Basil", "Fern", "Spade"]),
            (
                "?in_stock=false&sort=name",
                vec!["Basil", "Fern", "ivy", "Spade"],
            ),
            (
                "?min_price=500&max_price=900&sort=price",
                vec!["ivy", "Fern"],
            ),
            ("?min_price=501&max_price=899", vec![]),
            (
                "?category=houseplants&in_stock=true&max_price=900",
                vec!["Fern"],
            ),
            ("?q=ivy&in_stock=true", vec![]),
            (
                "?q=grows&sort=-price&category=houseplants",
                vec!["Fern", "ivy"],
            ),
        ] {
            assert_eq!(shop.names(query).await, names, "{query}");
        }
    }
}

/// Text as a query's value.
pub(crate) fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
