//! Load by [wrk](https://github.com/wg/wrk): one thread, 16 connections, each sends its next
//! request when the last one is answered.

use anyhow::{Context, bail};

use crate::{needs, run::command};

/// GETs a page for so many seconds; the number of answers. An answer that is no success is a
/// failure of the bench: refusals are cheap.
pub(super) fn get(url: &str, headers: &[String], seconds: u64) -> anyhow::Result<f64> {
    let duration = format!("{seconds}s");
    let mut wrk = command(&needs::program("wrk")?, &["-t1", "-c16", "-d", &duration]);
    for header in headers {
        wrk.args(["-H", header]);
    }
    let output = wrk.arg(url).output().context("wrk cannot be started")?;
    let report = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || report.contains("Non-2xx") || report.contains("Socket errors") {
        bail!("not every request to {url} succeeded:\n{report}");
    }
    let answers = report
        .lines()
        .find_map(|line| line.trim().split_once(" requests in "))
        .and_then(|(count, _)| count.parse().ok());
    answers.with_context(|| format!("wrk's report is not understood:\n{report}"))
}
