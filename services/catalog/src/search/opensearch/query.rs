//! A list, as OpenSearch is asked for it.

use serde_json::{Value, json};

use crate::{
    search::{Filter, Sort, Word, Words},
    store::{After, SortKey},
    terms::{HEAD, index_form},
};

/// A page of what has every word, each with its key and its `seq`.
pub(super) fn page(filter: &Filter, words: &Words, after: Option<&After>, size: usize) -> Value {
    let of_filter = [of_category(filter), of_price(filter), of_stock(filter)];
    let must: Vec<Value> = every(words)
        .chain(of_filter.into_iter().flatten())
        .collect();
    let weights: Vec<Value> = match filter.sort {
        Sort::Relevance => weights(words),
        Sort::Name | Sort::Price | Sort::PriceDescending | Sort::Newest => Vec::new(),
    };
    let (key, direction, then) = match filter.sort {
        Sort::Relevance => ("_score", "desc", "asc"),
        Sort::Name => ("name_key", "asc", "asc"),
        Sort::Price => ("price", "asc", "asc"),
        Sort::PriceDescending => ("price", "desc", "desc"),
        Sort::Newest => ("seq", "desc", "desc"),
    };
    let mut page = json!({
        "size": size,
        "_source": false,
        "track_total_hits": false,
        "query": { "bool": { "filter": must, "should": weights, "minimum_should_match": 0 } },
        "sort": [{ key: direction }, { "seq": then }],
    });
    if let Some((last, seq)) = after {
        let last = match last {
            SortKey::Text(text) => json!(text),
            SortKey::Number(number) => json!(number),
            // A score of 0 must not become -0.0, behind which OpenSearch finds no other 0.
            SortKey::Rank(bits) => json!(0.0 - f64::from_bits(*bits)),
        };
        page["search_after"] = json!([last, seq]);
    }
    page
}

/// Every word, wherever it stands.
pub(super) fn every(words: &Words) -> impl Iterator<Item = Value> {
    words.iter().map(|word| any(word, "all"))
}

/// What the filter's category asks for.
pub(super) fn of_category(filter: &Filter) -> Option<Value> {
    let category = filter.category.as_ref();
    category.map(|category| json!({ "term": { "category_id": category } }))
}

/// What the filter's prices ask for.
pub(super) fn of_price(filter: &Filter) -> Option<Value> {
    let between = json!({ "gte": filter.min_price, "lte": filter.max_price });
    let is_any = filter.min_price.or(filter.max_price).is_none();
    (!is_any).then(|| json!({ "range": { "price": between } }))
}

/// What is asked for when it has to be in stock.
pub(super) fn of_stock(filter: &Filter) -> Option<Value> {
    filter.in_stock.then(in_stock)
}

/// What can be bought now.
pub(super) fn in_stock() -> Value {
    json!({ "term": { "in_stock": true } })
}

/// The key that a product was sorted by; none of another kind.
pub(super) fn key(filter: &Filter, value: &Value) -> Option<SortKey> {
    let key = match (filter.sort, value) {
        // The better the smaller, as the stores have it.
        (Sort::Relevance, Value::Number(score)) => SortKey::Rank((0.0 - score.as_f64()?).to_bits()),
        (Sort::Name, Value::String(name)) => SortKey::Text(name.clone()),
        (Sort::Price | Sort::PriceDescending | Sort::Newest, Value::Number(number)) => {
            SortKey::Number(number.as_i64()?)
        }
        _ => return None,
    };
    Some(key)
}

/// How well a product matches: the weights of the stores, each with what it has to match for it.
fn weights(words: &Words) -> Vec<Value> {
    let weigh = |weight: u32, matching: Value| json!({ "constant_score": { "filter": matching, "boost": weight } });
    let of_word = words.iter().flat_map(|word| {
        [
            weigh(8, any(word, "name")),
            weigh(8, exactly(word, "")),
            weigh(4, exactly(word, HEAD.encode_utf8(&mut [0; 4]))),
            weigh(4, any(word, "botanical_name")),
            weigh(2, any(word, "category")),
            weigh(1, any(word, "summary")),
        ]
    });
    let of_pair = words.pairs().map(|pair| weigh(4, any(&pair, "all")));
    of_word.chain(of_pair).collect()
}

/// The word, what it may go on to, and what counts as it, in this field.
fn any(word: &Word, field: &str) -> Value {
    let term = index_form(&word.term);
    let term = match word.goes_on {
        true => json!({ "prefix": { field: term } }),
        false => json!({ "term": { field: term } }),
    };
    if word.others.is_empty() {
        return term;
    }
    let others: Vec<_> = word.others.iter().map(|other| index_form(other)).collect();
    json!({ "bool": { "should": [term, { "terms": { field: others } }] } })
}

/// The word or what counts as it, in the name.
fn exactly(word: &Word, mark: &str) -> Value {
    let terms = std::iter::once(&word.term).chain(&word.others);
    let terms: Vec<_> = terms
        .map(|it| format!("{mark}{}", index_form(it)))
        .collect();
    json!({ "terms": { "name": terms } })
}
