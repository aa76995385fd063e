//! Takes what names a part out of YAML, by its indentation: the item of a list, the entry of a map with all below it, or the
//! whole document where it is the document's name.

/// The text without what has a text for which `is_named`. Comments go with what they stand before.
pub(super) fn without(text: &str, is_named: &dyn Fn(&str) -> bool) -> String {
    let mut kept = Vec::new();
    for document in text.split("---\n") {
        let name = document
            .split("metadata:\n")
            .nth(1)
            .and_then(|rest| rest.lines().next())
            .and_then(|line| line.trim().strip_prefix("name: "));
        if !name.is_some_and(is_named) {
            kept.push(pruned(document, is_named));
        }
    }
    kept.join("---\n")
}

fn pruned(document: &str, is_named: &dyn Fn(&str) -> bool) -> String {
    let lines: Vec<&str> = document.split_inclusive('\n').collect();
    let mut kept = String::new();
    nodes(&lines, is_named, &mut kept);
    kept
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_remark(line: &str) -> bool {
    line.trim().is_empty() || line.trim_start().starts_with('#')
}

/// Writes what is left of these lines; whether anything is.
fn nodes(lines: &[&str], is_named: &dyn Fn(&str) -> bool, kept: &mut String) -> bool {
    let (mut at, mut is_left) = (0, false);
    while at < lines.len() {
        let begun = at;
        while at < lines.len() && is_remark(lines[at]) {
            at += 1;
        }
        let remarks = lines[begun..at].concat();
        if at == lines.len() {
            *kept += &remarks;
            break;
        }
        let inner = lines[at + 1..].iter();
        let all = inner
            .take_while(|it| it.trim().is_empty() || depth(it) > depth(lines[at]))
            .count();
        // Lines and remarks at the end belong to what follows.
        let inner = lines[at + 1..=at + all].iter().rev();
        let all = all - inner.take_while(|it| it.trim().is_empty()).count();
        if let Some(node) = node(&lines[at..=at + all], is_named) {
            *kept += &remarks;
            *kept += &node;
            is_left = true;
        } else {
            // What stands apart from the next is no remark on this.
            let apart = remarks.rfind("\n\n").map_or(0, |it| it + 2);
            *kept += &remarks[..apart];
        }
        at += all + 1;
    }
    is_left
}

/// What is left of a line with all below it.
fn node(lines: &[&str], is_named: &dyn Fn(&str) -> bool) -> Option<String> {
    let line = lines[0];
    let trimmed = line.trim_start();
    // An item that is a map: its first entry stands on the same line.
    if let Some(first) = trimmed.strip_prefix("- ").filter(|_| lines.len() > 1) {
        let indented = format!("{}{first}", " ".repeat(depth(line) + 2));
        let mut map: Vec<&str> = vec![&indented];
        map.extend(&lines[1..]);
        return item(line, &map, is_named);
    }
    let own = kept_of(line, is_named)?;
    if lines.len() == 1 {
        return Some(own);
    }
    let mut below = String::new();
    nodes(&lines[1..], is_named, &mut below).then(|| own + &below)
}

fn item(line: &str, map: &[&str], is_named: &dyn Fn(&str) -> bool) -> Option<String> {
    let is_way = |it: &str| matches!(it.trim(), "to:" | "from:");
    let first = map[0].trim();
    let is_name = ["name: ", "job_name: "]
        .iter()
        .any(|key| first.starts_with(key));
    if is_name && kept_of(map[0], is_named).is_none() {
        return None;
    }
    let mut left = String::new();
    if !nodes(map, is_named, &mut left) {
        return None;
    }
    // A rule of a network without a peer would let everybody through.
    if map.iter().any(|it| is_way(it)) && !left.lines().any(is_way) {
        return None;
    }
    let dash = depth(line);
    Some(format!("{}- {}", &left[..dash], &left[dash + 2..]))
}

/// What is left of one line: without the named items of the lists on it, or nothing when it is named otherwise.
fn kept_of(line: &str, is_named: &dyn Fn(&str) -> bool) -> Option<String> {
    let (content, remark) = match line.find(" #") {
        Some(at) => line.split_at(at),
        None => (line, ""),
    };
    if !is_named(content) {
        return Some(line.to_owned());
    }
    let mut made = content.to_owned();
    let mut from = 0;
    while let Some(open) = made[from..].find('[').map(|it| it + from) {
        let Some(close) = made[open..].find(']').map(|it| it + open) else {
            break;
        };
        let items: Vec<&str> = made[open + 1..close].split(',').map(str::trim).collect();
        let left: Vec<&str> = items.iter().copied().filter(|it| !is_named(it)).collect();
        if left.is_empty() && !items.is_empty() && is_named(&made[open..close]) {
            return None;
        }
        let list = left.join(", ");
        made.replace_range(open + 1..close, &list);
        from = open + list.len() + 1;
    }
    // Alternatives of a regular expression.
    if made.contains('|') {
        let words = made.split_inclusive([' ', '\n']);
        made = words
            .map(|word| match word.contains('|') {
                true => {
                    let ends = word.len() - word.trim_end().len();
                    let all = word.trim_end().split('|').filter(|it| !is_named(it));
                    all.collect::<Vec<_>>().join("|") + &word[word.len() - ends..]
                }
                false => word.to_owned(),
            })
            .collect();
    }
    (!is_named(&made)).then(|| made + remark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_entries_and_documents_go_with_what_is_below_them_and_with_their_remarks() {
        let text = "\
# Of all.
services:
  # The warehouse.
  reports:
    image: x
    networks: [shop]

  edge:
    env:
      URL: http://reports:1
      OTHER: a
    networks: [shop, postgres-reports, redis]
  rules:
    - to:
        - pod: { name: reports }
      ports: [{ port: 8086 }]
    - to:
        - pod: { name: reports }
        - pod: { name: orders }
      ports: [{ port: 1 }]
  names: [reports]
  target: { kind: X, name: edge|reports|site }
---
kind: Policy
metadata:
  name: reports-to-postgres
---
kind: Policy
metadata:
  name: edge
";

        let left = without(text, &|it| it.contains("reports"));

        assert_eq!(
            left,
            "\
# Of all.
services:

  edge:
    env:
      OTHER: a
    networks: [shop, redis]
  rules:
    - to:
        - pod: { name: orders }
      ports: [{ port: 1 }]
  target: { kind: X, name: edge|site }
---
kind: Policy
metadata:
  name: edge
"
        );
    }
}
