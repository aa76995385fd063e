//! Policies in IAM's language (docs.aws.amazon.com: "IAM JSON policy elements reference"), outside of
//! all programs: who may do what is a file.
//!
//! Nothing here reads a file or knows a gateway. Reading order: [`Policy`] (a document, parsed and
//! compiled; `statement` is one of its parts), [`Roles`] (who has which policies), [`View`] (what of them concerns one operation, and
//! how that decides), then `explain` and `lint`. Beneath: `condition` (the operators), `arn` and
//! `template` (wildcards and variables), `json` (objects that name each key once).

mod arn;
mod condition;
mod decision;
mod document;
mod explain;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod json;
mod lint;
mod roles;
mod statement;
mod template;

pub use decision::{Context, Decision, Request, View};
pub use document::{Policy, PolicyError};
pub use explain::{Explained, Outcome};
pub use lint::{Key, Vocabulary};
pub use roles::{RoleSet, Roles, RolesError};
pub use statement::{Effect, Place};
