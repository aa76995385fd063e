//! A function's metrics. Nobody can scrape it, so that they are lines of its log, from which CloudWatch reads them: the
//! [Embedded Metric Format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};

use super::FunctionConfig;

/// Those that CloudWatch is told of, and what it was told.
pub(super) struct Metrics {
    namespace: String,
    names: Vec<String>,
    /// What each series had come to.
    told: Mutex<BTreeMap<String, f64>>,
}

impl Metrics {
    pub(super) fn new(settings: &FunctionConfig) -> Self {
        Self {
            namespace: settings.namespace.clone(),
            names: settings.metrics.clone(),
            told: Mutex::default(),
        }
    }

    /// What is new in what a scrape is answered at this time (since 1970), a line each: what a counter has grown by, and what
    /// a gauge shows, unless it shows nothing and did before. Labels become dimensions.
    pub(super) fn news(&self, scrape: impl FnOnce() -> String, now: Duration) -> Vec<Value> {
        if self.names.is_empty() {
            return Vec::new();
        }
        let scrape = scrape();
        let gauges: BTreeSet<_> = scrape.lines().filter_map(gauge).collect();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = Vec::new();
        for (series, value) in scrape.lines().filter_map(sample) {
            let (name, labels) = parts(series);
            if !self.names.iter().any(|it| it == name) {
                continue;
            }
            let before = told.insert(series.to_owned(), value).unwrap_or_default();
            let (is_new, value) = match gauges.contains(name) {
                true => (value != 0.0 || before != 0.0, value),
                false => (value > before, value - before),
            };
            if is_new {
                lines.push(self.line(name, labels, value, now));
            }
        }
        lines
    }

    fn line(&self, name: &str, labels: Vec<(&str, &str)>, value: f64, now: Duration) -> Value {
        let dimensions: Vec<_> = labels.iter().map(|(label, _)| *label).collect();
        let mut line = json!({
            "_aws": {
                "Timestamp": now.as_millis() as u64,
                "CloudWatchMetrics": [{
                    "Namespace": self.namespace,
                    "Dimensions": [dimensions],
                    "Metrics": [{ "Name": name }],
                }],
            },
            name: value,
        });
        for (label, value) in labels {
            line[label] = value.into();
        }
        line
    }
}

/// The metric that a line says to be a gauge.
fn gauge(line: &str) -> Option<&str> {
    line.strip_prefix("# TYPE ")?.strip_suffix(" gauge")
}

/// A series and its value.
fn sample(line: &str) -> Option<(&str, f64)> {
    let (series, value) = line.rsplit_once(' ')?;
    let value = value.parse().ok()?;
    (!line.starts_with('#')).then_some((series, value))
}

/// The name and the labels of a series. Values of labels are from lists that the code knows: none has a quote.
fn parts(series: &str) -> (&str, Vec<(&str, &str)>) {
    let Some((name, labels)) = series.split_once('{') else {
        return (series, Vec::new());
    };
    let labels = labels.trim_end_matches('}').split("\",");
    let labels = labels.filter_map(|label| label.trim_end_matches('"').split_once("=\""));
    (name, labels.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_millis(1_790_000_000_123);

    fn metrics() -> Metrics {
        Metrics::new(&FunctionConfig {
            namespace: "shop".into(),
            metrics: vec![
                "steps_total".into(),
                "oldest_seconds".into(),
                "call_seconds_count".into(),
            ],
            ..FunctionConfig::default()
        })
    }

    fn scrape(steps: u32, oldest: f64) -> String {
        format!(
            "# TYPE steps_total counter\n\
             steps_total{{step=\"hold\",outcome=\"done\"}} {steps}\n\n\
             # TYPE other_total counter\n\
             other_total 7\n\n\
             # TYPE oldest_seconds gauge\n\
             oldest_seconds {oldest}\n"
        )
    }

    fn news(metrics: &Metrics, scrape: String) -> Vec<Value> {
        metrics.news(|| scrape, NOW)
    }

    #[test]
    fn a_metric_is_a_line_as_cloudwatch_reads_it() {
        let lines = news(&metrics(), scrape(3, 0.0));

        let line = json!({
            "_aws": {
                "Timestamp": 1_790_000_000_123_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "shop",
                    "Dimensions": [["step", "outcome"]],
                    "Metrics": [{ "Name": "steps_total" }],
                }],
            },
            "steps_total": 3.0,
            "step": "hold",
            "outcome": "done",
        });
        assert_eq!(lines, [line]);
    }

    #[test]
    fn a_counter_is_told_by_what_it_grew_and_a_gauge_until_it_shows_nothing() {
        let metrics = metrics();
        let told = [(3, 0.0), (3, 61.5), (5, 61.5), (5, 0.0), (5, 0.0)].map(|(steps, oldest)| {
            let lines = news(&metrics, scrape(steps, oldest));
            let values = lines.iter().map(|line| {
                let value = [&line["steps_total"], &line["oldest_seconds"]];
                value.into_iter().find_map(Value::as_f64).unwrap()
            });
            values.collect::<Vec<_>>()
        });

        let expected = [vec![3.0], vec![61.5], vec![2.0, 61.5], vec![0.0], vec![]];
        assert_eq!(told, expected);
    }

    #[test]
    fn of_a_histogram_the_count_is_told_and_nothing_of_metrics_that_nobody_asked_for() {
        let text = "# TYPE call_seconds histogram\n\
                    call_seconds_bucket{to=\"a\",le=\"0.1\"} 1\n\
                    call_seconds_sum{to=\"a\"} 0.25\n\
                    call_seconds_count{to=\"a\"} 2\n\
                    # TYPE nobody_asks gauge\n\
                    nobody_asks 4\n";

        let lines = news(&metrics(), text.to_owned());

        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(lines[0]["call_seconds_count"], 2.0);
        assert_eq!(lines[0]["to"], "a");
        let none = Metrics::new(&FunctionConfig::default());
        assert!(none.news(|| unreachable!("nobody asks"), NOW).is_empty());
    }
}
