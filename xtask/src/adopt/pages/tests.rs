//! What stays of a page.

use super::*;

fn left(page: &str) -> String {
    let named = |it: &str| it.to_lowercase().contains("reports");
    let gone = Gone {
        words: &named,
        code: &named,
        link: &named,
    };
    without(page, &gone)
}

#[test]
fn sections_rows_items_and_sentences_go() {
    let page = "\
# Shop

It sells. [The reports](reports.md) count; all else is sold. `orders` call `users`.
See [a](a.md) for one, [b](reports/b.md) for two, and [c](c.md) for three.

- `reports`: counts.
- **Of it.** More.

```sh
cargo xtask reports
```

counts them.
Then goes on.

```sh
cargo run
```

opens it.

| what | who |
|---|---|
| `reports` | x |
| sells | `orders`; on its side [reports](reports.md) |
| counts | [reports](reports.md) |

```mermaid
    edge --> users & reports & site
    reports --> db
```

## Reports of the staff

Gone.

### More

## Last
";

    assert_eq!(
        left(page),
        "\
# Shop

It sells. all else is sold. `orders` call `users`.
See [a](a.md) for one, and [c](c.md) for three.

- **Of it.** More.

```sh
cargo run
```

opens it.

| what | who |
|---|---|
| sells | `orders` |

```mermaid
    edge --> users & site
```

## Last
"
    );
}

#[test]
fn a_loop_goes_on_over_what_is_left() {
    let page = "```sh\nfor service in edge orders reports; do\n  build $service\ndone\nfor service in reports; do\n```\n";

    assert_eq!(
        left(page),
        "```sh\nfor service in edge orders; do\n  build $service\ndone\n```\n"
    );
}
