//! Takes what names something out of code: the smallest element of a list, field, statement, arm or item that names it, with its
//! comments. A list or a block that is empty then goes with what it stands in.

use std::ops::Range;

use super::tokens::{Kind, Language, Token, tokens};

/// A text as tokens.
pub(super) struct Code<'a> {
    pub(super) text: &'a str,
    pub(super) language: Language,
    pub(super) tokens: Vec<Token>,
}

/// The text without what has a token for which `is_named`.
pub(super) fn without(
    text: &str,
    language: Language,
    is_named: impl Fn(&Code, usize) -> bool,
) -> String {
    let code = Code::new(text, language);
    let named: Vec<bool> = (0..code.tokens.len())
        .map(|at| code.tokens[at].kind != Kind::Comment && is_named(&code, at))
        .collect();
    if !named.contains(&true) {
        return text.to_owned();
    }
    let (all, mut cuts) = (0..code.tokens.len(), Vec::new());
    match language {
        // Statements of Python end with their lines: only what brackets hold is found.
        Language::Python => code.within_brackets(all, &named, &mut cuts),
        _ => {
            code.prune(all, &named, &mut cuts);
        }
    }
    let text = cut(text, cuts);
    match language {
        Language::Json => without_blank_lines(&without_last_commas(&text)),
        _ => text,
    }
}

/// JSON has no comma behind the last.
fn without_last_commas(text: &str) -> String {
    let code = Code::new(text, Language::Json);
    let is_last = |at: usize| {
        let next = code.tokens.get(at + 1);
        code.of(at) == "," && next.is_some_and(|next| next.kind == Kind::Close)
    };
    let last = (0..code.tokens.len()).filter(|at| is_last(*at));
    let last = last.map(|at| (code.tokens[at].at.clone(), String::new()));
    cut(text, last.collect())
}

/// JSON that is written by hand has none, and no command formats it.
fn without_blank_lines(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !line.trim().is_empty()).collect()
}

/// What to put in the place of what; mostly nothing.
pub(super) type Cuts = Vec<(Range<usize>, String)>;

/// The text with that done.
pub(super) fn cut(text: &str, mut cuts: Cuts) -> String {
    cuts.sort_by_key(|(range, _)| range.start);
    let (mut kept, mut at) = (String::new(), 0);
    for (range, new) in cuts {
        if range.start >= at {
            kept += &text[at..range.start];
            kept += &new;
        }
        at = at.max(range.end);
    }
    kept + &text[at..]
}

impl<'a> Code<'a> {
    pub(super) fn new(text: &'a str, language: Language) -> Self {
        let tokens = tokens(text, language);
        Self {
            text,
            language,
            tokens,
        }
    }

    pub(super) fn of(&self, at: usize) -> &'a str {
        self.tokens
            .get(at)
            .map_or("", |token| &self.text[token.at.clone()])
    }

    /// The token before or after, without comments.
    pub(super) fn next(&self, at: usize) -> Option<usize> {
        (at + 1..self.tokens.len()).find(|it| self.tokens[*it].kind != Kind::Comment)
    }

    pub(super) fn before(&self, at: usize) -> Option<usize> {
        (0..at)
            .rev()
            .find(|it| self.tokens[*it].kind != Kind::Comment)
    }

    /// Finds what to cut of the elements of this range; whether all of them go.
    fn prune(&self, range: Range<usize>, named: &[bool], cuts: &mut Cuts) -> bool {
        let elements = self.elements(range.clone());
        let mut left = elements.len();
        for element in &elements {
            let mut own = Vec::new();
            if self.goes(element.clone(), named, &mut own) {
                cuts.push((self.bytes(element.clone(), &range), String::new()));
                left -= 1;
            } else {
                cuts.append(&mut own);
            }
        }
        if left < elements.len() {
            cuts.extend(self.counted(range.start, left));
        }
        left == 0 && !elements.is_empty()
    }

    /// The length in the type of an array that is written out: `[&str; 3] = […]`.
    fn counted(&self, start: usize, left: usize) -> Option<(Range<usize>, String)> {
        let open = start.checked_sub(1).filter(|open| self.of(*open) == "[")?;
        let close = open.checked_sub(2).filter(|_| self.of(open - 1) == "=")?;
        let length = close.checked_sub(1)?;
        let is_length = self.of(close) == "]" && self.of(length - 1) == ";";
        let is_number = self.of(length).parse::<usize>().is_ok();
        (is_length && is_number).then(|| (self.tokens[length].at.clone(), left.to_string()))
    }

    /// Whether the whole element goes; if not, what of it is in `cuts`.
    fn goes(&self, element: Range<usize>, named: &[bool], cuts: &mut Cuts) -> bool {
        let mut at = element.start;
        while at < element.end {
            if named[at] {
                return true;
            }
            let token = &self.tokens[at];
            if token.kind == Kind::Open && self.is_container(at) {
                if self.prune(at + 1..token.other, named, cuts) {
                    return true;
                }
                at = token.other;
            }
            at += 1;
        }
        false
    }

    fn within_brackets(&self, range: Range<usize>, named: &[bool], cuts: &mut Cuts) {
        let mut at = range.start;
        while at < range.end {
            if self.tokens[at].kind == Kind::Open && self.is_container(at) {
                self.prune(at + 1..self.tokens[at].other, named, cuts);
                at = self.tokens[at].other;
            }
            at += 1;
        }
    }

    /// Whether what stands between these brackets can go one by one: not arguments, an index, an attribute, types.
    fn is_container(&self, open: usize) -> bool {
        let before = self.before(open);
        match self.of(open) {
            // Of an object in a list all goes.
            "{" => match self.language {
                Language::Json => false,
                Language::Script => before.is_none_or(|it| !matches!(self.of(it), "[" | ",")),
                Language::Rust | Language::Python => true,
            },
            "[" => before.is_none_or(|before| {
                let sign = self.of(before);
                let is_keyword = matches!(sign, "in" | "return" | "else" | "mut" | "let");
                let is_index = self.tokens[before].kind == Kind::Word && !is_keyword;
                let is_indexed = matches!(sign, "]" | ")" | "#") && self.language != Language::Json;
                let is_of_all =
                    sign == "!" && self.before(before).is_some_and(|it| self.of(it) == "#");
                !is_index && !is_indexed && !is_of_all && sign != "#"
            }),
            _ => false,
        }
    }

    /// The elements of this range: what commas, semicolons and ends of blocks part.
    pub(super) fn elements(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let opener = range.start.checked_sub(1).map_or("{", |open| self.of(open));
        let is_file = range.start == 0;
        let by_comma = !is_file && (opener != "{" || self.is_list(range.clone()));
        let mut elements = Vec::new();
        let mut at = range.start;
        let mut begun = None;
        while at < range.end {
            let token = &self.tokens[at];
            if token.kind == Kind::Comment {
                at += 1;
                continue;
            }
            let start = *begun.get_or_insert(at);
            let (mut last, mut is_end) = (at, false);
            match self.of(at) {
                "," => is_end = by_comma,
                ";" => is_end = opener == "{",
                // `#![…]` stands alone.
                "[" if token.kind == Kind::Open => {
                    last = token.other;
                    is_end = at == start + 2 && self.of(start) == "#" && self.of(at - 1) == "!";
                }
                "{" if token.kind == Kind::Open => {
                    last = token.other;
                    is_end = opener == "{" && self.ends_after(last, range.end);
                }
                _ if token.kind == Kind::Open => last = token.other,
                _ => {}
            }
            at = last + 1;
            if is_end {
                elements.push(start..at);
                begun = None;
            }
        }
        if let Some(start) = begun {
            elements.push(start..range.end);
        }
        elements
    }

    /// Whether a statement, arm or item ends with the `}` at `close`.
    fn ends_after(&self, close: usize, end: usize) -> bool {
        let Some(next) = self.next(close).filter(|next| *next < end) else {
            return true;
        };
        let goes_on = [
            ".", "?", ",", ";", ")", "]", "=", "|", "else", "as", "&", "+", "-", "/", "<", ">",
            ":", "catch", "finally", "from",
        ];
        !goes_on.contains(&self.of(next))
    }

    /// Whether `{ … }` has elements with commas between them.
    fn is_list(&self, range: Range<usize>) -> bool {
        let open = range.start - 1;
        if self.before(open).is_some_and(|it| self.of(it) == ":")
            && self
                .before(open)
                .and_then(|it| self.before(it))
                .is_some_and(|it| self.of(it) == ":")
        {
            return true;
        }
        let mut has_comma = false;
        let mut at = range.start;
        while at < range.end {
            let is_arm = self.of(at) == "=" && self.of(at + 1) == ">";
            if is_arm && self.language == Language::Rust {
                return true;
            }
            match self.of(at) {
                ";" => return false,
                "," => has_comma = true,
                "let" | "const" | "return" if self.language != Language::Json => return false,
                _ => {}
            }
            let token = &self.tokens[at];
            at = if token.kind == Kind::Open {
                token.other
            } else {
                at
            } + 1;
        }
        has_comma
    }

    /// What is cut for an element: with the comments before it, what follows on its line, and the comma before it when it is
    /// the last.
    pub(super) fn bytes(&self, element: Range<usize>, within: &Range<usize>) -> Range<usize> {
        let mut first = element.start;
        let line = |from: usize, to: usize| self.text[from..to].matches('\n').count();
        while first > within.start && self.tokens[first - 1].kind == Kind::Comment {
            let comment = &self.tokens[first - 1].at;
            let is_apart = line(comment.end, self.tokens[first].at.start) > 1;
            let ends = first.checked_sub(2).map_or(0, |it| self.tokens[it].at.end);
            let is_of_before = first >= 2 && line(ends, comment.start) == 0;
            if is_apart || is_of_before || self.text[comment.clone()].starts_with("//!") {
                break;
            }
            first -= 1;
        }
        let mut start = self.tokens[first].at.start;
        let mut end = self.tokens[element.end - 1].at.end;
        let is_last = self.next(element.end - 1).is_none_or(|it| it >= within.end);
        if is_last && self.of(element.end - 1) != "," {
            let before = self.before(element.start);
            if let Some(comma) = before.filter(|it| *it >= within.start && self.of(*it) == ",") {
                start = self.tokens[comma].at.start;
                return start..end;
            }
        }
        // Whole lines, when nothing else is on them.
        let begins = self.text[..start].rfind('\n').map_or(0, |it| it + 1);
        let ends = self.text[end..].find('\n').map(|it| end + it + 1);
        let is_blank = |range: Range<usize>| self.text[range].trim().is_empty();
        let has_rest = ends.is_some_and(|ends| {
            let rest = self.text[end..ends].trim();
            !(rest.is_empty() || rest.starts_with("//") || rest.starts_with("# "))
        });
        if is_blank(begins..start) && !has_rest {
            start = begins;
            end = ends.unwrap_or(self.text.len());
        } else {
            end += self.text[end..].len() - self.text[end..].trim_start_matches(' ').len();
        }
        start..end
    }
}
