//! Generated policies and requests, each with what this crate decides, a line of JSON each: for others to
//! decide too.
//!
//! ```sh
//! cargo run -p policy --example cases -- 10
//! ```

#[path = "../tests/properties/generated.rs"]
mod generated;

use policy::{Policy, Request};
use proptest::{
    collection::vec,
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::json;

use generated::{Asked, asked, document, statement};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted: usize = std::env::args().nth(1).unwrap_or_default().parse()?;
    let mut runner = TestRunner::default();
    let cases = (vec(statement(), 1..5), vec(asked(), 10));
    for _ in 0..wanted {
        let (statements, requests) = cases
            .new_tree(&mut runner)
            .map_err(|fault| fault.to_string())?
            .current();
        let document = document(&statements);
        let policy = Policy::parse("own", &document)?;
        for Asked {
            action,
            resource,
            context,
        } in requests
        {
            let (action, resource) = (action.as_str(), resource.as_str());
            let request = Request {
                action,
                resource,
                context: &context,
            };
            let allowed = policy.decide(&request).is_allowed();
            let case = json!({
                "document": document, "action": action, "resource": resource, "context": context,
                "allowed": allowed,
            });
            println!("{case}");
        }
    }
    Ok(())
}
