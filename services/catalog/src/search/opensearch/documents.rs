//! What is indexed of a product: its terms, which are the shop's own, and what lists are filtered and sorted by.

use serde_json::{Value, json};

use crate::{
    product::name_key,
    store::Indexable,
    terms::{Terms, index_form},
};

/// Counts the forms that documents have had. An index of another form is made anew.
pub(super) const FORM: u32 = 1;

/// What an index is made with.
pub(super) fn settings() -> Value {
    let keyword = json!({ "type": "keyword" });
    json!({
        "settings": { "number_of_shards": 1 },
        "mappings": {
            "dynamic": "strict",
            "properties": {
                "seq": { "type": "long" },
                "all": keyword,
                "name": keyword,
                "botanical_name": keyword,
                "category": keyword,
                "summary": keyword,
                "category_id": keyword,
                "name_key": keyword,
                "price": { "type": "long" },
                "in_stock": { "type": "boolean" },
            },
        },
    })
}

/// A product's document. One that is sold no more keeps its place, without anything to be found by: were it deleted,
/// OpenSearch would forget its version, and an older document could come back.
pub(super) fn document(indexable: &Indexable) -> Value {
    let product = &indexable.product;
    if indexable.is_retired {
        return json!({ "seq": product.seq });
    }
    let details = &product.details;
    let terms = Terms::of(details, &indexable.category);
    let form =
        |terms: &[String]| -> Vec<String> { terms.iter().map(|it| index_form(it)).collect() };
    let [name, botanical_name, category, summary, rest] = [
        &terms.name,
        &terms.botanical_name,
        &terms.category,
        &terms.summary,
        &terms.rest,
    ]
    .map(|terms| form(terms));
    let all = [&name[..], &botanical_name, &category, &summary, &rest].concat();
    json!({
        "seq": product.seq,
        "all": all,
        "name": name,
        "botanical_name": botanical_name,
        "category": category,
        "summary": summary,
        "category_id": details.category,
        "name_key": index_form(&name_key(&details.name)),
        "price": details.price.get(),
        "in_stock": product.stock > 0,
    })
}

/// The lines of a bulk request that has these products indexed: an older version replaces no newer one.
pub(super) fn bulk(products: &[Indexable]) -> String {
    let mut lines = String::new();
    for indexable in products {
        let (id, version) = (indexable.product.id, indexable.version);
        let index =
            json!({ "index": { "_id": id, "version": version, "version_type": "external" } });
        lines += &format!("{index}\n{}\n", document(indexable));
    }
    lines
}
