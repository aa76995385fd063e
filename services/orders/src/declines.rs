//! How many cards of one user may be declined: whoever tries out stolen cards is slowed down.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// After so many declined cards...
pub const MAX: usize = 5;
/// ...within this time, there is a wait: in the long run one card a minute.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// How long a user has to wait before the next card, who placed orders at these times, newest first,
/// that were declined.
pub fn wait(declined: &[Timestamp], now: Timestamp) -> Option<Duration> {
    let first = declined.get(MAX - 1)?;
    let wait = (*first + WINDOW).duration_since(now);
    wait.try_into().ok().filter(|wait| *wait > Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_card_waits_until_the_first_of_the_last_five_is_five_minutes_old() {
        let now = Timestamp::now();
        let ago = |seconds: i64| now - SignedDuration::from_secs(seconds);

        assert_eq!(wait(&[ago(1), ago(2), ago(3), ago(4)], now), None);
        let five = [ago(1), ago(2), ago(3), ago(4), ago(60)];
        assert_eq!(wait(&five, now), Some(Duration::from_secs(240)));
        let old = [ago(1), ago(2), ago(3), ago(4), ago(300)];
        assert_eq!(wait(&old, now), None);
    }
}
