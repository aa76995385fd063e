//! Takes what names a part out of the pages: the section whose heading names it, the row, the line of a drawing, the item, and
//! in running text the sentence, or of a sentence the part between semicolons or the entry of an enumeration.

/// What pages may not name any more.
pub(super) struct Gone<'a> {
    /// A text of a heading or a drawing.
    pub(super) words: &'a dyn Fn(&str) -> bool,
    /// What stands in backticks.
    pub(super) code: &'a dyn Fn(&str) -> bool,
    /// What a link leads to.
    pub(super) link: &'a dyn Fn(&str) -> bool,
}

impl Gone<'_> {
    fn is_in(&self, text: &str) -> bool {
        let code = text.split('`').skip(1).step_by(2).any(self.code);
        let mut links = text
            .split("](")
            .skip(1)
            .filter_map(|it| it.split(')').next());
        code || links.any(self.link)
    }
}

/// The page without what is gone.
pub(super) fn without(page: &str, gone: &Gone) -> String {
    let lines: Vec<&str> = page.split_inclusive('\n').collect();
    let (mut kept, mut at, mut is_cut) = (String::new(), 0, false);
    while at < lines.len() {
        let line = lines[at];
        let level = heading(line);
        if level > 0 && (gone.is_in(line) || (level > 1 && (gone.words)(line))) {
            at += 1;
            let mut is_code = false;
            while at < lines.len() {
                is_code ^= lines[at].starts_with("```");
                let next = heading(lines[at]);
                if !is_code && (1..=level).contains(&next) {
                    break;
                }
                at += 1;
            }
            continue;
        }
        let end = at + block(&lines[at..]);
        let text = lines[at..end].concat();
        let is_drawing = line.starts_with("```");
        if !text.trim().is_empty() {
            // A paragraph that goes on from commands that are gone.
            let goes_on = is_cut && line.starts_with(|c: char| c.is_lowercase());
            is_cut = is_drawing && drawing(&lines[at..end], gone).is_empty();
            if goes_on {
                at = end;
                continue;
            }
        }
        kept += &match line {
            _ if is_drawing => drawing(&lines[at..end], gone),
            _ if line.starts_with('|') => row(&text, gone),
            _ if level > 0 || text.trim().is_empty() => text,
            _ => prose(&text, gone),
        };
        at = end;
    }
    while kept.contains("\n\n\n") {
        kept = kept.replace("\n\n\n", "\n\n");
    }
    while kept.ends_with("\n\n") {
        kept.pop();
    }
    kept
}

fn heading(line: &str) -> usize {
    let marks = line.len() - line.trim_start_matches('#').len();
    if line[marks..].starts_with(' ') {
        marks
    } else {
        0
    }
}

/// How many lines belong together.
fn block(lines: &[&str]) -> usize {
    let first = lines[0];
    let rest = &lines[1..];
    if first.starts_with("```") {
        return rest
            .iter()
            .position(|it| it.starts_with("```"))
            .map_or(lines.len(), |it| it + 2);
    }
    if first.starts_with('|') || heading(first) > 0 || first.trim().is_empty() {
        return 1;
    }
    let ends = |it: &&str| {
        it.trim().is_empty() || is_item(it) || it.starts_with(['|', '#']) || it.starts_with("```")
    };
    rest.iter().position(ends).unwrap_or(rest.len()) + 1
}

fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("- ") || (number.len() < line.len() && number.starts_with(". "))
}

/// Commands and drawings, without lines that name it.
fn drawing(lines: &[&str], gone: &Gone) -> String {
    // Of a sequence, what comes from and goes to who is gone.
    let who = lines
        .iter()
        .filter(|line| (gone.words)(line))
        .filter_map(|line| line.trim().strip_prefix("participant ")?.split(' ').next());
    let who: Vec<&str> = who.collect();
    let is_with = |line: &str| {
        let ends = line.split(':').next().unwrap_or_default();
        let mut names = ends.split(|c: char| !c.is_alphanumeric());
        ends.len() < line.len() && names.any(|name| who.contains(&name))
    };
    let is_named = |it: &str| (gone.words)(it) || (gone.code)(it) || is_with(it);
    let kept: String = lines
        .iter()
        .filter_map(|line| {
            if line.starts_with("```") || !is_named(line) {
                return Some((*line).to_owned());
            }
            if let Some(left) = looped(line, is_named) {
                return Some(left);
            }
            let several: Vec<&str> = line.trim_end().split(" & ").collect();
            let left: Vec<&str> = several.iter().copied().filter(|it| !is_named(it)).collect();
            // Of the first, what leads to it stands before.
            let is_left = left.first() == several.first() && !left.is_empty();
            is_left.then(|| left.join(" & ") + "\n")
        })
        .collect();
    let is_empty = kept
        .lines()
        .all(|it| it.starts_with("```") || it.trim().is_empty());
    if is_empty && lines.len() > 2 {
        String::new()
    } else {
        kept
    }
}

/// What is left of `for each in some words; do`; nothing where it is no such line, or no word is left.
fn looped(line: &str, is_named: impl Fn(&str) -> bool) -> Option<String> {
    let (each, rest) = line.split_once(" in ")?;
    let (words, rest) = rest.split_once(';')?;
    let words: Vec<&str> = words.split(' ').filter(|it| !is_named(it)).collect();
    let is_left = each.starts_with("for ") && !is_named(each) && !words.is_empty();
    is_left.then(|| format!("{each} in {};{rest}", words.join(" ")))
}

/// A row of a table; none when its first cell, its second or its last is only of what is gone.
fn row(line: &str, gone: &Gone) -> String {
    if !gone.is_in(line) {
        return line.to_owned();
    }
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    let cells = parts(inner, &["|"]);
    if cells.first().is_some_and(|it| gone.is_in(it)) {
        return String::new();
    }
    let last = cells.len() - 1;
    let mut left = Vec::new();
    for (place, cell) in cells.iter().enumerate() {
        let cell = cell.trim_matches(['|', ' ']);
        let mut kept = prose(cell, gone).trim().to_owned();
        if kept.is_empty() && !cell.is_empty() {
            if place == 1 || place == last {
                return String::new();
            }
            "–".clone_into(&mut kept);
        }
        left.push(kept);
    }
    format!("| {} |\n", left.join(" | ")).replace("|  |", "| |")
}

/// Running text, without the sentences that name it.
fn prose(text: &str, gone: &Gone) -> String {
    if !gone.is_in(text) {
        return text.to_owned();
    }
    let ends = if text.ends_with('\n') { "\n" } else { "" };
    let mut kept = String::new();
    for sentence in parts(text, &[". ", ".\n"]) {
        kept += &clauses(sentence, gone);
    }
    let kept = kept.trim_end();
    // A mark of an item alone.
    let bare = kept
        .trim()
        .trim_end_matches('.')
        .trim_matches(|c: char| c.is_ascii_digit());
    if matches!(bare, "" | "-" | ".") {
        String::new()
    } else {
        format!("{kept}{ends}")
    }
}

fn clauses(sentence: &str, gone: &Gone) -> String {
    if !gone.is_in(sentence) {
        return sentence.to_owned();
    }
    let sentence = &*without_asides(sentence, gone);
    if !gone.is_in(sentence) {
        return sentence.to_owned();
    }
    let mut left = Vec::new();
    let mut is_first = true;
    for clause in parts(sentence, &["; "]) {
        if !gone.is_in(clause) {
            left.push(clause.to_owned());
            continue;
        }
        match entries(clause, gone) {
            Some(kept) => left.push(kept),
            None if is_first => {
                // The mark of an item stays until it is known that nothing else does.
                let mark = clause.len() - clause.trim_start_matches(['-', ' ']).len();
                left.push(clause[..mark].to_owned());
            }
            None => {}
        }
        is_first = false;
    }
    let mut made = left.concat();
    let was_whole = sentence.trim_end().ends_with('.');
    let end = made.trim_end().trim_end_matches([';', ',']).len();
    if was_whole && !made[..end].trim().is_empty() && !made[..end].ends_with(['.', '-']) {
        made = format!("{}. ", &made[..end]);
    } else if end < made.trim_end().len() {
        made.truncate(end);
        made.push(' ');
    }
    made
}

/// The text without what it says in parentheses of what is gone.
fn without_asides(text: &str, gone: &Gone) -> String {
    let mut kept = text.to_owned();
    let mut from = 0;
    while let Some(open) = kept[from..].find(" (").map(|it| it + from) {
        let mut depth = 0_usize;
        let close = kept[open..].char_indices().find(|(_, c)| {
            match c {
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            *c == ')' && depth == 0
        });
        match close.map(|(at, _)| open + at + 1) {
            Some(close) if gone.is_in(&kept[open..close]) => kept.replace_range(open..close, ""),
            _ => from = open + 2,
        }
    }
    kept
}

/// What is left of an enumeration, each entry of which begins with what it tells of; nothing where it is none.
fn entries(clause: &str, gone: &Gone) -> Option<String> {
    let begins = |it: &str| {
        it.trim_start()
            .trim_start_matches("and ")
            .starts_with(['[', '`'])
    };
    let mut entries: Vec<Vec<&str>> = Vec::new();
    for part in parts(clause, &[", ", ",\n", " and ", " and\n"]) {
        match entries.last_mut() {
            Some(entry) if !begins(part) => entry.push(part),
            _ => entries.push(vec![part]),
        }
    }
    let is_gone = |entry: &Vec<&str>| gone.is_in(&entry.concat());
    if entries.len() < 2 || entries.iter().all(is_gone) {
        return None;
    }
    let last = entries.len() - 1;
    let mut kept = String::new();
    for (place, entry) in entries.iter().enumerate() {
        if !is_gone(entry) {
            kept += &entry.concat();
        } else if place == last {
            // What follows the last tells of all of them.
            let tail: String = entry[1..].concat();
            let end = kept
                .trim_end()
                .trim_end_matches("and")
                .trim_end()
                .trim_end_matches(',')
                .len();
            kept.truncate(end);
            let is_of_it = tail.starts_with("which ") || tail.is_empty() || gone.is_in(&tail);
            if !is_of_it {
                kept += ", ";
                kept += &tail;
            } else if entry.concat().trim_end().ends_with('.') {
                kept.push('.');
            }
            kept.push(' ');
        }
    }
    Some(kept)
}

/// The parts that these ends make, with their ends; what stands in backticks, brackets or parentheses is not parted.
fn parts<'a>(text: &'a str, ends: &[&str]) -> Vec<&'a str> {
    let (mut found, mut begun, mut depth, mut is_code) = (Vec::new(), 0, 0_usize, false);
    let mut skip = 0;
    for (at, c) in text.char_indices() {
        if at < skip {
            continue;
        }
        match c {
            '`' => is_code = !is_code,
            '(' | '[' if !is_code => depth += 1,
            ')' | ']' if !is_code => depth = depth.saturating_sub(1),
            _ => {}
        }
        if is_code || depth > 0 {
            continue;
        }
        if let Some(end) = ends.iter().find(|end| text[at..].starts_with(**end)) {
            skip = at + end.len();
            found.push(&text[begun..skip]);
            begun = skip;
        }
    }
    if begun < text.len() {
        found.push(&text[begun..]);
    }
    found
}

#[cfg(test)]
mod tests;
