//! Outlier detection, after Envoy's by success rate: an endpoint whose answers fail clearly more often than
//! those of its fellows is left alone for a while. One that fails now and then never opens its breaker,
//! because no five failures come in a row. When all fail alike none is worse, and none would help.

use std::sync::Arc;

use super::endpoint::Endpoint;

/// How much more often it fails: of each four answers one more.
const CLEARLY: f64 = 0.25;

/// How the last answers of an endpoint went, as many as there are bits: 1 for one that failed.
#[derive(Default)]
pub(super) struct Outcomes {
    failed: u128,
    seen: u32,
}

impl Outcomes {
    pub(super) fn note(&mut self, failed: bool) {
        self.failed = self.failed << 1 | u128::from(failed);
        self.seen = self.seen.saturating_add(1);
    }

    /// Which part of them failed; none while they are few: chance would decide.
    pub(super) fn failure_rate(&self) -> Option<f64> {
        let failed = f64::from(self.failed.count_ones());
        (self.seen >= u128::BITS).then(|| failed / f64::from(u128::BITS))
    }

    /// Whether there have been so many that earlier ones count no more.
    pub(super) fn are_many(&self) -> bool {
        self.seen >= 2 * u128::BITS
    }
}

/// Ejects an endpoint if it is an outlier; never more than half of all.
pub(super) fn judge(endpoints: &[Arc<Endpoint>], suspect: &Endpoint) -> bool {
    let out = endpoints.iter().filter(|it| it.breaker.is_out()).count();
    if (out + 1) * 2 > endpoints.len() {
        return false;
    }
    let fellows = endpoints.iter().filter(|it| it.address != suspect.address);
    let rates: Vec<f64> = fellows.filter_map(|it| it.breaker.failure_rate()).collect();
    let usual = rates.iter().sum::<f64>() / rates.len() as f64;
    let own = suspect.breaker.failure_rate();
    // Where no fellow is known this is not a number, and not worse than any.
    let is_outlier = own.is_some_and(|own| own - usual >= CLEARLY);
    if is_outlier {
        suspect.breaker.eject();
    }
    is_outlier
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Endpoints of whose answers one in so many has failed; none of those of 0.
    fn endpoints(one_in: &[u32]) -> Vec<Arc<Endpoint>> {
        let host = "plants".parse().unwrap();
        let endpoint = |(n, one_in): (usize, &u32)| {
            let endpoint = Endpoint::new(([127, 0, 0, 1], n as u16).into(), &host);
            for answer in 0..u128::BITS {
                let failed = answer.checked_rem(*one_in) == Some(0);
                endpoint.breaker.note(failed);
            }
            Arc::new(endpoint)
        };
        one_in.iter().enumerate().map(endpoint).collect()
    }

    fn judged(one_in: &[u32]) -> Vec<bool> {
        let endpoints = endpoints(one_in);
        endpoints.iter().map(|it| judge(&endpoints, it)).collect()
    }

    #[tokio::test]
    async fn one_that_fails_clearly_more_often_than_its_fellows_is_ejected() {
        assert_eq!(judged(&[2, 0]), [true, false]);
        assert_eq!(judged(&[0, 100, 3]), [false, false, true]);
        assert_eq!(
            judged(&[10, 0]),
            [false, false],
            "chance, or a few bad requests"
        );
    }

    #[tokio::test]
    async fn when_all_fail_alike_none_is_ejected() {
        assert_eq!(judged(&[1, 1]), [false, false]);
        assert_eq!(judged(&[2, 2, 2]), [false, false, false]);
        assert_eq!(judged(&[1]), [false], "it has no fellows");
    }

    #[tokio::test]
    async fn never_more_than_half_are_ejected() {
        assert_eq!(judged(&[1, 1, 1, 0, 0]), [true, true, false, false, false]);
        assert_eq!(judged(&[1, 1, 0]), [true, false, false]);
    }

    #[tokio::test]
    async fn few_answers_say_nothing() {
        let endpoints = endpoints(&[0, 0]);
        let new = Endpoint::new(([127, 0, 0, 1], 9).into(), &"plants".parse().unwrap());
        for _ in 1..u128::BITS {
            new.breaker.note(true);
        }
        assert!(!judge(&endpoints, &new));

        new.breaker.note(true);
        assert!(judge(&endpoints, &new));
    }
}
