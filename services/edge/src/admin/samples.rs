//! Metrics in Prometheus' text format, read back: that is where every figure is.

use std::collections::BTreeMap;

use serde::Serialize;

/// What the names of the edge's own metrics begin with.
const OWN: [&str; 3] = ["edge_", "upstream_", "reload"];

/// One figure.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// The figures of the edge.
pub(super) fn samples(text: &str) -> Vec<Sample> {
    let lines = text.lines();
    let own = lines.filter(|line| OWN.iter().any(|name| line.starts_with(name)));
    own.filter_map(sample).collect()
}

fn sample(line: &str) -> Option<Sample> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let labels = labels.trim_end_matches('}').split("\",");
    let labels = labels.filter_map(|label| label.split_once("=\""));
    let labels =
        labels.map(|(key, value)| (key.to_owned(), value.trim_end_matches('"').to_owned()));
    Some(Sample {
        name: name.to_owned(),
        labels: labels.collect(),
        value: value.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_names_labels_and_values() {
        let text = "# TYPE edge_in_flight gauge\nedge_in_flight 2\n\
                    edge_request_seconds_bucket{operation=\"list\",class=\"2xx\",le=\"0.5\"} 7\n\
                    process_threads 3\n";

        let read = samples(text);

        let of = |labels: &[(&str, &str)]| {
            let labels = labels.iter();
            labels
                .map(|(key, value)| (key.to_string(), value.to_string()))
                .collect()
        };
        let sample = |name: &str, labels: &[(&str, &str)], value| Sample {
            name: name.to_owned(),
            labels: of(labels),
            value,
        };
        let bucket = [("operation", "list"), ("class", "2xx"), ("le", "0.5")];
        let expected = [
            sample("edge_in_flight", &[], 2.0),
            sample("edge_request_seconds_bucket", &bucket, 7.0),
        ];
        assert_eq!(read, expected);
    }
}
