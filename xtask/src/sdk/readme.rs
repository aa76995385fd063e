//! What a client says of itself, and by which licence: `xtask/sdk/<language>/README.md` with what docs/sdks.md says to all.

use std::{fs, path::Path};

use anyhow::{Context, ensure};

use crate::run::root;

/// Completes `README.md` of the client in this folder, and puts the licences beside it.
pub(super) fn complete(language: &str, folder: &Path) -> anyhow::Result<()> {
    let page = fs::read_to_string(root().join("docs/sdks.md"))?;
    let begin = format!("```{language}\n{}```", quick_start(&page, language)?);
    let readme = folder.join("README.md");
    let text = fs::read_to_string(&readme)?
        .replace("{{begin}}", &begin)
        .replace(
            "{{by itself}}",
            &without_links(section(&page, "What they do by themselves")?),
        );
    fs::write(readme, text)?;
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(root().join(licence), folder.join(licence))?;
    }
    Ok(())
}

/// The first block of a language on the page; its lines are few, beside those of brackets alone.
pub(super) fn quick_start(page: &str, language: &str) -> anyhow::Result<String> {
    let (_, rest) = page
        .split_once(&format!("```{language}\n"))
        .with_context(|| format!("docs/sdks.md has no beginning in {language}"))?;
    let text = rest.split("```").next().unwrap_or_default();
    let lines = text.lines();
    ensure!(
        lines.filter(|it| it.contains(char::is_alphabetic)).count() <= 15,
        "the beginning in {language} has over 15 lines"
    );
    Ok(text.to_owned())
}

/// What stands under a heading of the page.
fn section<'a>(page: &'a str, heading: &str) -> anyhow::Result<&'a str> {
    let (_, rest) = page
        .split_once(&format!("\n## {heading}\n"))
        .with_context(|| format!("docs/sdks.md has no section {heading:?}"))?;
    Ok(rest.split("\n## ").next().unwrap_or_default().trim())
}

/// The text with the words of links alone: the pages that they lead to are not in a client.
fn without_links(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, link)) = rest.split_once('[') {
        plain += before;
        let parts = link
            .split_once("](")
            .filter(|(words, _)| !words.contains([']', '[']))
            .and_then(|(words, to)| Some((words, to.split_once(')')?.1)));
        let (words, after) = parts.unwrap_or(("[", link));
        plain += words;
        rest = after;
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_links_keeps_their_words() {
        let text = "A [signature](sigv4.md), an array [0] and ([all](problems.md)).";

        assert_eq!(without_links(text), "A signature, an array [0] and (all).");
    }
}
