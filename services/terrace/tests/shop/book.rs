//! A card network whose book is kept outside of the shop, in a file: what it says of a hold is true
//! whatever payments.db says.

use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
    sync::Mutex,
};

use async_trait::async_trait;
use payments::{
    Error,
    network::{CardNetwork, Outcome, SimulatedNetwork},
    payment::{Action, Payment},
};

/// Answers as the simulated network does. An entry is a line, `<what> <order id> <amount>`, written before the
/// answer; what comes again for the same order is no new entry.
pub(crate) struct BookedNetwork {
    book: Mutex<(File, HashSet<String>)>,
}

impl BookedNetwork {
    /// Goes on with the book in `file`.
    pub(crate) fn open(file: &Path) -> io::Result<Self> {
        let known = fs::read_to_string(file).unwrap_or_default();
        let known = known.lines().map(str::to_owned).collect();
        let file = OpenOptions::new().create(true).append(true).open(file)?;
        Ok(Self {
            book: Mutex::new((file, known)),
        })
    }

    fn enter(&self, what: &str, payment: &Payment) {
        let amount = payment.amount.minor();
        let entry = format!("{what} {} {amount}", payment.order_id);
        let mut book = self.book.lock().unwrap();
        if !book.1.contains(&entry) {
            // One write: a killed process leaves the whole line or none.
            book.0.write_all(format!("{entry}\n").as_bytes()).unwrap();
            book.1.insert(entry);
        }
    }
}

#[async_trait]
impl CardNetwork for BookedNetwork {
    fn keeps_holds(&self) -> bool {
        true
    }

    async fn authorise(&self, payment: &Payment) -> Outcome {
        let outcome = SimulatedNetwork.authorise(payment).await;
        if outcome == Outcome::Approved {
            self.enter("hold", payment);
        }
        outcome
    }

    async fn settle(&self, payment: &Payment, action: Action) -> Result<(), Error> {
        let what = match action {
            Action::Capture => "capture",
            Action::Void => "void",
            Action::Refund => "refund",
        };
        self.enter(what, payment);
        Ok(())
    }
}

/// The amounts entered in the book as `what`, by order.
pub(crate) fn entries(file: &Path, what: &str) -> BTreeMap<String, Vec<i64>> {
    let mut entries = BTreeMap::<_, Vec<_>>::new();
    for line in fs::read_to_string(file).unwrap().lines() {
        let [kind, order, amount] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("no entry: {line}");
        };
        if kind == what {
            let amounts = entries.entry(order.to_owned()).or_default();
            amounts.push(amount.parse().unwrap());
        }
    }
    entries
}
