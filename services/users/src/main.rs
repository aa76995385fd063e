//! Users alone.

use std::process::ExitCode;

use kit::{
    events,
    program::{Program, Service},
};
use users::{
    Config,
    demo::DemoAccounts,
    keepers::Keepers,
    staff::{act, make_staff},
};

#[tokio::main]
async fn main() -> ExitCode {
    let program = Program::new(env!("CARGO_PKG_DESCRIPTION"))
        .command(
            "demo-accounts",
            "Prints the accounts to try the shop with, as JSON",
            Config::print_demo_accounts,
        )
        .command(
            "make-staff",
            "Makes the account whose e-mail address comes on standard input one of the staff",
            make_staff,
        )
        .commands(
            "people",
            "Looks after accounts: finds them, gives and takes groups, ends sessions",
            act,
        );
    let open = async |config: Config, stop| {
        let state = users::connect(&config).await?;
        let identity = config.identity.as_ref();
        let keepers = Keepers::default();
        let keepers = keepers.with_orders(&config.orders.neighbour("orders", "users", identity)?);
        let keepers =
            keepers.with_notices(&config.notices.neighbour("notices", "users", identity)?);
        let state = state.with_keepers(keepers);
        if let Some(file) = &config.demo_accounts {
            let accounts = DemoAccounts::read(file)?;
            state.ensure_demo_accounts(&accounts).await?;
        }
        let (redis, topic) = (config.redis.as_ref(), config.topic.as_ref());
        let publisher = events::publisher(redis, topic, "users").await?;
        let publishers: Vec<_> = publisher.into_iter().collect();
        Ok(Service {
            ready: vec![state.ready()],
            passes: state.passes(&stop, publishers.clone()),
            background: {
                let state = state.clone();
                Box::new(move || vec![state.spawn_background(stop, publishers)])
            },
            ..Service::new(users::app(state))
        })
    };
    program.run(open).await
}
