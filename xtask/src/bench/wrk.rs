//! Load by [wrk](https://github.com/wg/wrk): one thread, 16 connections, each sends its next
//! request when the last one is answered.

use std::{path::Path, process::Command};

use anyhow::{Context, bail};

use crate::{needs, run::command};

/// What wrk saw.
pub(super) struct Load {
    pub(super) answers: f64,
    /// The time after which 99 of 100 answers were there.
    pub(super) p99_ms: f64,
}

/// GETs a page for so many seconds; the number of answers. An answer that is no success is a
/// failure of the bench: refusals are cheap.
pub(super) fn get(url: &str, headers: &[String], seconds: u64) -> anyhow::Result<f64> {
    Ok(load(url, headers, seconds)?.answers)
}

/// The same, and how long it took.
pub(super) fn load(url: &str, headers: &[String], seconds: u64) -> anyhow::Result<Load> {
    let mut wrk = wrk(seconds)?;
    for header in headers {
        wrk.args(["-H", header]);
    }
    report(wrk.arg(url))
}

/// The same, with requests that a script makes.
pub(super) fn scripted(url: &str, script: &Path, seconds: u64) -> anyhow::Result<Load> {
    report(wrk(seconds)?.arg("-s").arg(script).arg(url))
}

fn wrk(seconds: u64) -> anyhow::Result<Command> {
    let duration = format!("{seconds}s");
    let options = ["-t1", "-c16", "--latency", "-d", &duration];
    Ok(command(&needs::program("wrk")?, &options))
}

fn report(wrk: &mut Command) -> anyhow::Result<Load> {
    let output = wrk.output().context("wrk cannot be started")?;
    let report = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || report.contains("Non-2xx") || report.contains("Socket errors") {
        bail!("not every request of {wrk:?} succeeded:\n{report}");
    }
    let lines = || report.lines().map(str::trim);
    let answers = lines()
        .find_map(|line| line.split_once(" requests in "))
        .and_then(|(count, _)| count.parse().ok());
    let p99_ms = lines()
        .find_map(|line| line.strip_prefix("99%"))
        .and_then(|time| milliseconds(time.trim()));
    let load = answers.zip(p99_ms);
    let load = load.map(|(answers, p99_ms)| Load { answers, p99_ms });
    load.with_context(|| format!("wrk's report is not understood:\n{report}"))
}

/// `634.00us`, `1.20ms`, `3.10s`, `1.02m`.
fn milliseconds(text: &str) -> Option<f64> {
    let at = text.find(|it: char| it.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(at);
    let factor = match unit {
        "us" => 1e-3,
        "ms" => 1.0,
        "s" => 1e3,
        "m" => 6e4,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn times_are_read_in_the_units_of_wrk() {
        for (text, ms) in [("634.00us", 0.634), ("1.20ms", 1.2), ("3.10s", 3100.0)] {
            assert_eq!(milliseconds(text), Some(ms), "{text}");
        }
        assert_eq!(milliseconds("1.2"), None);
    }
}
