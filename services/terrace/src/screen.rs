//! One calm screen that tells a person where the shop is.

use std::fmt::Display;

use crate::{config::Config, storefront::Storefront};

/// What is shown when the shop is open.
pub fn open(config: &Config, storefront: &Storefront, accounts: impl Display) -> String {
    let (edge, site) = (config.edge.port, config.site.port);
    let shop = match storefront {
        Storefront::Built => format!("http://localhost:{site}"),
        Storefront::Missing(reason) => format!("no pages: {reason}"),
    };
    let throttle = match config.edge.throttle {
        edge::Switch::On => "",
        edge::Switch::Off => "\n  Throttle    off: for load tests only",
    };
    format!(
        "\n  Terrace is open.\n\n  \
           Shop        {shop}\n  \
           API         http://localhost:{edge}\n  \
           Reference   http://localhost:{edge}/docs/\n  \
           Accounts    {accounts}{throttle}\n\n  \
         Ctrl-C closes it.\n"
    )
}
