//! How many products of each kind there are among those that a visitor looks for.

use std::collections::BTreeMap;

use super::Filter;

/// The prices, in cents, at which a price band begins, but for the first.
const BANDS: [i64; 5] = [1_000, 2_000, 3_000, 5_000, 10_000];

/// How many price bands there are.
const COUNT: usize = BANDS.len() + 1;

/// How many products of each kind there are. The counts of one kind honour every filter but its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// What all filters leave.
    pub total: i64,
    /// What can be bought now.
    pub in_stock: i64,
    categories: BTreeMap<String, i64>,
    prices: [i64; COUNT],
}

/// The prices from `min` to `max`, in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// The lowest price.
    pub min: Option<i64>,
    /// The highest price.
    pub max: Option<i64>,
}

/// Every price band, the cheapest first.
pub fn bands() -> impl Iterator<Item = Band> {
    (0..COUNT).map(|at| Band {
        min: at.checked_sub(1).map(|before| BANDS[before]),
        max: BANDS.get(at).map(|next| next - 1),
    })
}

/// How many products of a category have prices that are all alike for a filter, as a store counts them.
pub(crate) struct Group {
    /// The category's id.
    pub(crate) category: String,
    /// How many of [`bounds`] are no higher than these prices.
    pub(crate) segment: i32,
    /// How many products there are.
    pub(crate) all: i64,
    /// How many of them can be bought now.
    pub(crate) in_stock: i64,
}

/// The prices at which another segment begins, in their order: where a band begins, and where the range of the filter
/// does and ends. The prices of a segment are all in one band, and all within the range or all outside of it.
pub(crate) fn bounds(filter: &Filter) -> Vec<i64> {
    let mut bounds = BANDS.to_vec();
    bounds.extend(filter.min_price);
    bounds.extend(filter.max_price.map(|max| max + 1));
    bounds.sort_unstable();
    bounds.dedup();
    bounds
}

impl Facets {
    /// Of all groups that have the words, whatever the other filters are.
    pub(crate) fn of(filter: &Filter, groups: impl IntoIterator<Item = Group>) -> Self {
        let bounds = bounds(filter);
        let mut facets = Self::default();
        for group in groups {
            let lowest = usize::try_from(group.segment - 1).map_or(0, |at| bounds[at]);
            let is_priced = filter.min_price.is_none_or(|min| min <= lowest)
                && filter.max_price.is_none_or(|max| lowest <= max);
            let is_of_category = filter
                .category
                .as_ref()
                .is_none_or(|category| *category == group.category);
            let count = if filter.in_stock {
                group.in_stock
            } else {
                group.all
            };
            if is_of_category {
                facets.prices[BANDS.partition_point(|begin| *begin <= lowest)] += count;
            }
            if is_of_category && is_priced {
                facets.in_stock += group.in_stock;
                facets.total += count;
            }
            if is_priced {
                facets.add_category(group.category, count);
            }
        }
        facets
    }

    /// Of what somebody else has counted.
    #[cfg(feature = "opensearch")]
    pub(crate) fn counted(
        total: i64,
        in_stock: i64,
        categories: impl IntoIterator<Item = (String, i64)>,
        prices: impl IntoIterator<Item = i64>,
    ) -> Self {
        let mut facets = Self {
            total,
            in_stock,
            ..Self::default()
        };
        for (category, count) in categories {
            facets.add_category(category, count);
        }
        for (at, count) in facets.prices.iter_mut().zip(prices) {
            *at = count;
        }
        facets
    }

    fn add_category(&mut self, id: String, count: i64) {
        if count > 0 {
            *self.categories.entry(id).or_default() += count;
        }
    }

    /// How many there are in this category.
    pub fn of_category(&self, id: &str) -> i64 {
        self.categories.get(id).copied().unwrap_or(0)
    }

    /// How many there are in each price band.
    pub fn of_prices(&self) -> impl Iterator<Item = (Band, i64)> {
        bands().zip(self.prices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_price_is_in_one_band() {
        let mut next = None;
        for band in bands() {
            assert_eq!(band.min, next);
            next = band.max.map(|max| max + 1);
        }
        assert_eq!(next, None);
    }

    #[test]
    fn a_segment_is_in_one_band_and_within_the_range_or_outside_of_it() {
        let between = |min_price, max_price| Filter {
            min_price,
            max_price,
            ..Filter::default()
        };
        for (filter, expected) in [
            (between(None, None), BANDS.to_vec()),
            (between(Some(1_000), Some(1_999)), BANDS.to_vec()),
            (
                between(Some(1_500), Some(1_700)),
                [&[1_000, 1_500, 1_701][..], &BANDS[1..]].concat(),
            ),
        ] {
            assert_eq!(bounds(&filter), expected);
        }
    }
}
