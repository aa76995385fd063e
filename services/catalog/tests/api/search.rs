//! `GET /v1/products?q=…`: what shoppers type, and what they mean.

use crate::{
    list_products::{escaped, said},
    shop::{Shop, product},
};

/// By each way to find products.
async fn garden() -> Vec<Shop> {
    let mut products = vec![
        said(
            "Granular rose food, 2 kg",
            "",
            "For roses.",
            "Each rose loves it, rose after rose.",
        ),
        said("Rosemary", "Salvia rosmarinus", "Evergreen.", "Resin."),
        said("Shrub rose 'Iceberg'", "Rosa", "White.", "Flowers."),
        said("Cox's Orange Pippin", "Malus", "An apple.", "Crisp."),
        said("O\u{2019}Brien potato", "Solanum", "Floury.", "Late."),
        said("\u{7ea2}\u{73ab}\u{7470}\u{82b1}", "", "Red.", "Sweet."),
        said(
            "Cherry tomato 'Gardener's Delight'",
            "",
            "Sweet.",
            "Long trusses.",
        ),
        said("Bypass secateurs", "", "Clean cuts.", "Pruning shears."),
        said(
            "Swiss cheese plant",
            "Monstera deliciosa",
            "Bold.",
            "Split leaves.",
        ),
        said("Boston fern", "", "Soft.", "Fronds."),
        said("Peace lily", "", "White.", "Spathes."),
    ];
    let facts = |facts: &[(&str, &str)]| {
        let facts = facts
            .iter()
            .map(|(fact, value)| ((*fact).to_owned(), (*value).to_owned()));
        facts.collect()
    };
    products[9].details.attributes = facts(&[
        ("light", "Bright, indirect"),
        ("water", "Low in winter"),
        ("pet_safe", "yes"),
    ]);
    products[10].details.attributes = facts(&[("light", "Low to medium"), ("pet_safe", "no")]);
    Shop::on_all(products).await
}

#[tokio::test]
async fn what_shoppers_type_finds_what_they_mean() {
    for shop in garden().await {
        for (typed, found) in [
            // Apostrophes.
            ("coxs", vec!["Cox's Orange Pippin"]),
            ("cox's", vec!["Cox's Orange Pippin"]),
            ("cox\u{2019}s", vec!["Cox's Orange Pippin"]),
            ("cox orange", vec!["Cox's Orange Pippin"]),
            ("obrien", vec!["O\u{2019}Brien potato"]),
            ("o'brien", vec!["O\u{2019}Brien potato"]),
            ("brien potato", vec!["O\u{2019}Brien potato"]),
            ("gardeners", vec!["Cherry tomato 'Gardener's Delight'"]),
            // A part of a name without spaces.
            ("\u{73ab}\u{7470}", vec!["\u{7ea2}\u{73ab}\u{7470}\u{82b1}"]),
            ("\u{7470}", vec!["\u{7ea2}\u{73ab}\u{7470}\u{82b1}"]),
            (
                "\u{73ab}\u{7470}\u{82b1}",
                vec!["\u{7ea2}\u{73ab}\u{7470}\u{82b1}"],
            ),
            ("\u{73ab}\u{82b1}", vec![]),
            // Stems.
            ("tomatoes", vec!["Cherry tomato 'Gardener's Delight'"]),
            (
                "tomatoes cherry",
                vec!["Cherry tomato 'Gardener's Delight'"],
            ),
            ("potatoes", vec!["O\u{2019}Brien potato"]),
            // What is mistyped.
            ("tomatos", vec!["Cherry tomato 'Gardener's Delight'"]),
            ("tometo", vec!["Cherry tomato 'Gardener's Delight'"]),
            ("monstra", vec!["Swiss cheese plant"]),
            ("monstera deliciosia", vec!["Swiss cheese plant"]),
            ("pruner", vec!["Bypass secateurs"]),
            ("pippni", vec!["Cox's Orange Pippin"]),
            ("tomatoe", vec!["Cherry tomato 'Gardener's Delight'"]),
            ("secatuers", vec!["Bypass secateurs"]),
            // Facts: what is said of one by its name first, and nothing by what it is not.
            ("pet safe", vec!["Boston fern"]),
            ("low light", vec!["Peace lily", "Boston fern"]),
            ("bright light", vec!["Boston fern"]),
            // The name before the text, and what it ends in before the rest of it.
            (
                "rose",
                vec![
                    "Shrub rose 'Iceberg'",
                    "Granular rose food, 2 kg",
                    "Rosemary",
                ],
            ),
            ("rose food", vec!["Granular rose food, 2 kg"]),
        ] {
            let path = format!("?q={}", escaped(typed));
            assert_eq!(shop.names(&path).await, found, "{typed}");
        }
    }
}

#[tokio::test]
async fn names_are_sorted_alike_in_whatever_script() {
    let names = [
        "zinnia",
        "\u{c4}hre",
        "Apple",
        "\u{c9}clat",
        "'Ebony'",
        "fern",
        "\u{c6}ther",
        "\u{82b1}",
    ];
    let products = names.map(|name| said(name, "", "Grows.", ""));

    for shop in Shop::on_all(products.to_vec()).await {
        for query in [
            "?sort=name",
            "?sort=name&q=grows",
            "?sort=name&category=houseplants",
        ] {
            assert_eq!(
                shop.names(query).await,
                [
                    "\u{c6}ther",
                    "\u{c4}hre",
                    "Apple",
                    "'Ebony'",
                    "\u{c9}clat",
                    "fern",
                    "\u{82b1}",
                    "zinnia"
                ]
            );
        }
    }
}

#[tokio::test]
async fn what_an_older_version_wrote_is_found_once_it_was_looked_at() {
    let potato = said("O'Brien potato", "", "Grows.", "");
    let id = potato.id;
    let shop = Shop::with(vec![potato, product("Zinnia")]).await;
    shop.write_as_before(id);
    assert!(shop.names("?q=obrien").await.is_empty());

    shop.state.reindex().await.unwrap();

    assert_eq!(shop.names("?q=obrien").await, ["O'Brien potato"]);
    assert_eq!(shop.names("?sort=name").await, ["O'Brien potato", "Zinnia"]);
}
