//! Where something goes in a file that is there: into a list that the file has, found by how it begins.

use anyhow::Context;

/// Adds lines to the end of the list that begins with the line `opener` (without its indentation) and ends with the first
/// line of the same indentation that begins with `closer`; or of the list on one line, as rustfmt writes a short one.
pub(super) fn at_end_of(
    text: &str,
    opener: &str,
    closer: char,
    added: &str,
) -> anyhow::Result<String> {
    let mut lines = text.split_inclusive('\n');
    let mut at = 0;
    let begins = lines.by_ref().find(|line| {
        at += line.len();
        line.trim() == opener
    });
    let Some(begins) = begins else {
        return within_a_line(text, opener, closer, added);
    };
    let indentation = &begins[..begins.len() - begins.trim_start().len()];
    for line in lines {
        if line
            .strip_prefix(indentation)
            .is_some_and(|rest| rest.starts_with(closer))
        {
            return Ok(format!("{}{added}{}", &text[..at], &text[at..]));
        }
        at += line.len();
    }
    anyhow::bail!("what begins with `{opener}` has no end")
}

fn within_a_line(text: &str, opener: &str, closer: char, added: &str) -> anyhow::Result<String> {
    let mut lines = text.split_inclusive('\n');
    let line = lines.find(|it| it.trim_start().starts_with(opener));
    let line = line.with_context(|| format!("there is no line `{opener}`"))?;
    let ends = line.rfind(closer);
    let ends = ends.with_context(|| format!("what begins with `{opener}` has no end"))?;
    let (list, rest) = line.split_at(ends);
    let member = added.trim().trim_end_matches(',');
    once(text, line, &format!("{list}, {member}{rest}"))
}

/// Adds lines before the first line that begins with `beginning`, whatever its indentation.
pub(super) fn before(text: &str, beginning: &str, added: &str) -> anyhow::Result<String> {
    put(text, beginning, added, |lines| {
        lines
            .iter()
            .position(|line| line.trim_start().starts_with(beginning))
    })
}

/// Adds lines after the last line that contains `part`.
pub(super) fn after_last(text: &str, part: &str, added: &str) -> anyhow::Result<String> {
    put(text, part, added, |lines| {
        lines
            .iter()
            .rposition(|line| line.contains(part))
            .map(|at| at + 1)
    })
}

/// Puts `new` in place of `old`, which must be there once.
pub(super) fn once(text: &str, old: &str, new: &str) -> anyhow::Result<String> {
    let count = text.matches(old).count();
    anyhow::ensure!(count == 1, "`{old}` is there {count} times, not once");
    Ok(text.replacen(old, new, 1))
}

fn put(
    text: &str,
    what: &str,
    added: &str,
    find: impl FnOnce(&[&str]) -> Option<usize>,
) -> anyhow::Result<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let at = find(&lines).with_context(|| format!("there is no line with `{what}`"))?;
    Ok(lines[..at].concat() + added + &lines[at..].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "let all = [\n    one(\n        1,\n    ),\n];\nlet more = [\n];\n";

    #[test]
    fn a_list_grows_at_its_end() {
        let added = at_end_of(LIST, "let all = [", ']', "    two,\n").unwrap();

        assert_eq!(added, LIST.replacen("    ),\n", "    ),\n    two,\n", 1));
    }

    #[test]
    fn a_list_on_one_line_grows_too() {
        let text = "    ready: vec![users.ready()],\n    rest,\n";

        let added = at_end_of(text, "ready: vec![", ']', "        site.ready(),\n").unwrap();

        assert_eq!(added, text.replace("()]", "(), site.ready()]"));
    }

    #[test]
    fn what_is_not_there_is_named() {
        for fault in [
            at_end_of(LIST, "let none = [", ']', "").unwrap_err(),
            at_end_of("let none = [\n", "let none = [", ']', "").unwrap_err(),
            before(LIST, "let none", "").unwrap_err(),
            after_last(LIST, "let none", "").unwrap_err(),
            once(LIST, "let none", "").unwrap_err(),
        ] {
            assert!(fault.to_string().contains("let none"), "{fault}");
        }
        once("a a", "a", "b").unwrap_err();
    }
}
