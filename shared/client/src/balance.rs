//! Which endpoint gets a request: of two drawn at random the one with less to do, by Peak EWMA, as Finagle
//! balances. What an endpoint has to do is the time that its answers take, times the requests that wait
//! for one.
//!
//! tower's `PeakEwma` measures whatever a wrapped service does. Here not all of that is the endpoint's: a
//! client may send its body slowly, and what fails quickly is not quick.

use std::{
    cmp::Ordering,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::endpoint::Endpoint;

/// What a new endpoint's answers are taken to need, and all that need less: whose are quicker by so little
/// is chance.
const SHORTEST: Duration = Duration::from_millis(1);

/// What a failed answer is taken to need at least: it is quick, and yet nobody is to be sent after it.
const FAILED: Duration = Duration::from_millis(100);

/// After this time a third of a peak is left of it (1/e).
const DECAY: Duration = Duration::from_secs(10);

/// How long an endpoint's answers take: the longest, which is forgotten little by little. One that was slow
/// is asked again some day.
pub(super) struct Latency(Mutex<Peak>);

#[derive(Clone, Copy)]
struct Peak {
    at: Instant,
    seconds: f64,
}

impl Latency {
    pub(super) fn new() -> Self {
        let (at, seconds) = (Instant::now(), SHORTEST.as_secs_f64());
        Self(Mutex::new(Peak { at, seconds }))
    }

    /// An answer took so long, and was good or failed.
    pub(super) fn note(&self, took: Duration, failed: bool) {
        let least = if failed { FAILED } else { Duration::ZERO };
        let seconds = took.max(least).as_secs_f64();
        let mut peak = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Of what was there before as much is left as after this time, and the rest is as the latest.
        let left = peak.left();
        *peak = Peak {
            at: Instant::now(),
            seconds: seconds.max(peak.seconds * left + seconds * (1.0 - left)),
        };
    }

    fn seconds(&self) -> f64 {
        let peak = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (peak.seconds * peak.left()).max(SHORTEST.as_secs_f64())
    }
}

impl Peak {
    fn left(&self) -> f64 {
        (-self.at.elapsed().div_duration_f64(DECAY)).exp()
    }
}

/// What one more request would wait for.
fn cost(endpoint: &Endpoint) -> f64 {
    endpoint.latency.seconds() * (endpoint.in_flight() + 1) as f64
}

/// Of two endpoints drawn at random from all that are `usable`, the one where a request costs less ("The
/// Power of Two Choices in Randomized Load Balancing", Mitzenmacher 2001). Each pair is as likely as any
/// other, so that nobody inherits the requests of a neighbour that is out.
pub(super) fn less_busy<'a>(
    endpoints: &'a [Arc<Endpoint>],
    usable: impl Fn(&Endpoint) -> bool,
    random: &mut fastrand::Rng,
) -> Option<&'a Arc<Endpoint>> {
    // Reservoir sampling: after each step the pair is a fair draw of all seen so far.
    let mut pair = [None; 2];
    for (seen, endpoint) in endpoints.iter().filter(|it| usable(it)).enumerate() {
        let at = if seen < 2 {
            seen
        } else {
            random.usize(..=seen)
        };
        if let Some(drawn) = pair.get_mut(at) {
            *drawn = Some(endpoint);
        }
    }
    let [one, Some(other)] = pair else {
        return pair[0];
    };
    let one = one?;
    match cost(one).total_cmp(&cost(other)) {
        Ordering::Less => Some(one),
        Ordering::Greater => Some(other),
        Ordering::Equal => Some(if random.bool() { one } else { other }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering::Relaxed;

    use tokio::time::advance;

    use super::*;

    const SEED: u64 = 42;
    const DRAWS: usize = 5_000;

    fn endpoints(count: usize) -> Vec<Arc<Endpoint>> {
        let host: http::uri::Authority = "plants".parse().unwrap();
        (0..count)
            .map(|n| Arc::new(Endpoint::new(([127, 0, 0, 1], n as u16).into(), &host)))
            .collect()
    }

    /// How often each of `count` endpoints is picked, of which those in `out` cannot be used.
    fn picks(count: usize, out: &[usize], busy: Option<usize>) -> Vec<usize> {
        let endpoints = endpoints(count);
        let mut random = fastrand::Rng::with_seed(SEED);
        if let Some(busy) = busy {
            endpoints[busy].in_flight.fetch_add(1, Relaxed);
        }
        let mut picks = vec![0; count];
        for _ in 0..DRAWS {
            let usable = |it: &Endpoint| !out.contains(&usize::from(it.address.port()));
            let picked = less_busy(&endpoints, usable, &mut random).unwrap();
            picks[usize::from(picked.address.port())] += 1;
        }
        picks
    }

    #[test]
    fn endpoints_that_are_in_share_alike_whoever_is_out() {
        for count in 2..=8 {
            for out in 0..1_usize << count {
                let out: Vec<_> = (0..count).filter(|n| out >> n & 1 == 1).collect();
                let left = count - out.len();
                if left == 0 || out.len() > 3 {
                    continue;
                }

                for (n, picked) in picks(count, &out, None).into_iter().enumerate() {
                    let share = picked as f64 / DRAWS as f64;
                    let fair = if out.contains(&n) {
                        0.0
                    } else {
                        1.0 / left as f64
                    };
                    // Six standard deviations of the widest, which is 0.0071.
                    assert!(
                        (share - fair).abs() < 0.042,
                        "{n} of {count} without {out:?} got {share}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_busier_of_two_is_never_picked_and_its_requests_are_shared_alike() {
        for count in 2..=8 {
            for (n, picked) in picks(count, &[], Some(0)).into_iter().enumerate() {
                let share = picked as f64 / DRAWS as f64;
                let fair = if n == 0 {
                    0.0
                } else {
                    1.0 / (count - 1) as f64
                };
                assert!((share - fair).abs() < 0.042, "{n} of {count} got {share}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_one_gets_a_request_when_the_quick_one_has_as_much_to_do() {
        let endpoints = endpoints(2);
        let [slow, quick] = &*endpoints else {
            unreachable!("there are two")
        };
        slow.latency.note(Duration::from_millis(70), false);
        quick.latency.note(Duration::from_millis(20), false);
        let mut random = fastrand::Rng::with_seed(SEED);

        for waiting in 0..4 {
            quick.in_flight.store(waiting, Relaxed);
            let picked = less_busy(&endpoints, |_| true, &mut random).unwrap();
            assert_eq!(picked.address == slow.address, waiting == 3, "{waiting}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peak_counts_at_once_and_is_forgotten_little_by_little() {
        let latency = Latency::new();
        assert_eq!(latency.seconds(), 0.001);

        latency.note(Duration::from_millis(2), true);
        assert_eq!(latency.seconds(), 0.1, "a failure is never quick");
        latency.note(Duration::from_secs(1), false);
        latency.note(Duration::from_millis(10), false);
        assert_eq!(latency.seconds(), 1.0);

        advance(DECAY).await;
        latency.note(Duration::from_millis(10), false);
        let after = latency.seconds();
        assert!((0.37..0.38).contains(&after), "{after}");
        advance(DECAY * 20).await;
        assert_eq!(latency.seconds(), 0.001);
    }
}
