//! Figures of several runs, and tables of them.

use std::fmt;

/// What several runs gave: the median, and between the lowest and the highest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figure {
    pub(super) median: f64,
    low: f64,
    high: f64,
}

impl Figure {
    /// Of at least one run.
    pub(super) fn of(runs: impl IntoIterator<Item = f64>) -> Self {
        let mut runs: Vec<f64> = runs.into_iter().collect();
        runs.sort_by(f64::total_cmp);
        let middle = runs.len() / 2;
        let median = match runs.len() % 2 {
            0 => f64::midpoint(runs[middle - 1], runs[middle]),
            _ => runs[middle],
        };
        Self {
            median,
            low: runs[0],
            high: runs[runs.len() - 1],
        }
    }
}

/// `12.3 (11.9–13.0)`; the precision applies to all three.
impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, low, high } = self;
        let digits = f.precision().unwrap_or(0);
        write!(f, "{median:.digits$} ({low:.digits$}–{high:.digits$})")
    }
}

/// Prints a table that is Markdown as well.
pub(super) fn print(title: &str, heads: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells
            .chain([heads[column].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded = cells
            .zip(&widths)
            .map(|(cell, width)| format!(" {cell:<width$} |"));
        println!("|{}", padded.collect::<String>());
    };
    println!("\n{title}\n");
    line(&mut heads.iter().copied());
    let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    line(&mut rules.iter().map(String::as_str));
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_the_median_between_the_lowest_and_the_highest() {
        let odd = Figure::of([3.0, 1.0, 2.0]);
        let even = Figure::of([4.0, 1.0, 2.0, 3.0]);

        assert_eq!(format!("{odd:.1}"), "2.0 (1.0–3.0)");
        assert_eq!(format!("{even:.1}"), "2.5 (1.0–4.0)");
    }
}
