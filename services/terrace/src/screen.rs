//! One calm screen that tells a person where the shop is.

use crate::{config::Config, storefront::Storefront};

/// What is shown when the shop is open; `more` are rows with their titles.
pub fn open(config: &Config, storefront: &Storefront, more: &[(&str, String)]) -> String {
    let (scheme, edge, site) = (config.scheme(), config.edge.port, config.site.port);
    let shop = match storefront {
        Storefront::Built => format!("{scheme}://localhost:{site}"),
        Storefront::Missing(reason) => format!("no pages: {reason}"),
    };
    let tls = match config.tls {
        edge::Switch::On => {
            "\n  Trust       cargo xtask trust: how a browser takes its certificates for good"
        }
        edge::Switch::Off => "",
    };
    let throttle = match config.edge.throttle {
        edge::Switch::On => "",
        edge::Switch::Off => "\n  Throttle    off: for load tests only",
    };
    let more = more.iter().map(|(title, text)| format!("{title:12}{text}"));
    let more = more.collect::<Vec<_>>().join("\n  ");
    format!(
        "\n  Terrace is open.\n\n  \
           Shop        {shop}\n  \
           API         {scheme}://localhost:{edge}\n  \
           Reference   {scheme}://localhost:{edge}/docs/\n  \
         {more}{tls}{throttle}\n\n  \
         Ctrl-C closes it.\n"
    )
}
