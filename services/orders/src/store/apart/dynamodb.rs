//! Carts in a table of DynamoDB: one item a person, saved on condition of its version, with an end (TTL).
//!
//! The table has the key `user_id` (a string) and its time to live on `expires_at`. Items are read and updated, and
//! nothing else.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use aws::Place;
use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId,
    types::AttributeValue::{self, N, S},
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{BadCarts, CartTable, KeptCart};
use crate::{Error, store::people::REMEMBERED};

/// How long a call may take with all its attempts: less than the edge gives an operation. One that is slow is waited for,
/// because what it asks may be done already.
const PATIENCE: Duration = Duration::from_secs(4);

/// For how long a cart is kept that nobody changes.
const KEPT: SignedDuration = SignedDuration::from_hours(180 * 24);

/// The adapter.
pub struct DynamoCarts {
    client: Client,
    table: String,
}

impl DynamoCarts {
    /// The carts of a table that there is.
    pub async fn open(place: Place<'_>, table: &str) -> Result<Self, BadCarts> {
        let configuration = place.configuration(PATIENCE).await;
        if configuration.region().is_none() {
            return Err(BadCarts::NoRegion);
        }
        Ok(Self {
            client: Client::new(&configuration),
            table: table.to_owned(),
        })
    }

    async fn get(&self, user_id: Uuid) -> Result<Option<HashMap<String, AttributeValue>>, Error> {
        let get = self.client.get_item().table_name(&self.table);
        let get = get.key("user_id", S(user_id.to_string()));
        let got = get.consistent_read(true).send().await;
        Ok(got.map_err(|fault| error("GetItem", &fault))?.item)
    }
}

#[async_trait]
impl CartTable for DynamoCarts {
    async fn load(&self, user_id: Uuid) -> Result<(KeptCart, u64), Error> {
        let Some(item) = self.get(user_id).await? else {
            return Ok((KeptCart::default(), 0));
        };
        let number = |name: &str| item.get(name)?.as_n().ok()?.parse().ok();
        let version = number("version").ok_or_else(|| unreadable("version"))?;
        let expires_at = number("expires_at").ok_or_else(|| unreadable("expires_at"))?;
        // What has ended is deleted some days later.
        if expires_at <= seconds(Timestamp::now()) {
            return Ok((KeptCart::default(), version));
        }
        let cart = item.get("cart").and_then(|cart| cart.as_s().ok());
        let cart = cart.and_then(|cart| serde_json::from_str(cart).ok());
        Ok((cart.ok_or_else(|| unreadable("cart"))?, version))
    }

    async fn save(&self, user_id: Uuid, cart: &KeptCart, seen: u64) -> Result<bool, Error> {
        let kept = if cart.has_left() { REMEMBERED } else { KEPT };
        let document = serde_json::to_string(cart).expect("a cart is plain data");
        let save = self.client.update_item().table_name(&self.table);
        let save = save
            .key("user_id", S(user_id.to_string()))
            .update_expression("set cart = :cart, version = :version, expires_at = :expires_at")
            .expression_attribute_values(":cart", S(document))
            .expression_attribute_values(":version", N((seen + 1).to_string()))
            .expression_attribute_values(
                ":expires_at",
                N(seconds(Timestamp::now() + kept).to_string()),
            );
        let save = match seen {
            0 => save.condition_expression("attribute_not_exists(version)"),
            seen => save
                .condition_expression("version = :seen")
                .expression_attribute_values(":seen", N(seen.to_string())),
        };
        match save.send().await {
            Ok(_) => Ok(true),
            Err(fault) if fault.code() == Some("ConditionalCheckFailedException") => Ok(false),
            Err(fault) => Err(error("UpdateItem", &fault)),
        }
    }

    /// Reads the item of nobody, so that a role needs no more than it needs for carts.
    async fn ping(&self) -> Result<(), Error> {
        self.get(Uuid::nil()).await.map(drop)
    }
}

fn seconds(at: Timestamp) -> u64 {
    at.as_second().try_into().unwrap_or_default()
}

fn unreadable(attribute: &str) -> Error {
    Error::Internal(format!("an item of the table of carts has no {attribute} to read").into())
}

/// What DynamoDB refuses, in our words: without its message, which may repeat what is in the item.
fn error<E>(operation: &'static str, fault: &SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    if !matches!(fault, SdkError::ServiceError(_)) {
        return Error::Unavailable(format!("{operation}: {}", aws::chain(fault)).into());
    }
    let is_too_large = fault.message().is_some_and(|it| it.contains("size"));
    by_code(
        operation,
        fault.code().unwrap_or("none"),
        is_too_large,
        || fault.meta().request_id().unwrap_or("none").to_owned(),
    )
}

fn by_code(
    operation: &'static str,
    code: &str,
    is_too_large: bool,
    request: impl FnOnce() -> String,
) -> Error {
    let told = || format!("{operation}: {code}, request {}", request()).into();
    match code {
        // "Item size to update has exceeded the maximum allowed size": 400 KB.
        "ValidationException" if is_too_large => Error::CartFull,
        // After the client has waited and tried again.
        "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "ThrottlingException"
        | "InternalServerError"
        | "ServiceUnavailable"
        | "TransactionConflictException" => Error::Unavailable(told()),
        _ => Error::Internal(told()),
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

    use super::*;

    #[test]
    fn every_exception_is_one_of_our_problems_and_an_unknown_one_is_ours() {
        for (code, is_too_large, status) in [
            ("ProvisionedThroughputExceededException", false, 503),
            ("RequestLimitExceeded", false, 503),
            ("ThrottlingException", false, 503),
            ("InternalServerError", false, 503),
            ("ServiceUnavailable", false, 503),
            ("TransactionConflictException", false, 503),
            ("ValidationException", true, 409),
            ("ValidationException", false, 500),
            ("ResourceNotFoundException", false, 500),
            ("AccessDeniedException", false, 500),
            ("ANewException", true, 500),
        ] {
            let answer = by_code("UpdateItem", code, is_too_large, String::new).into_response();

            assert_eq!(answer.status().as_u16(), status, "{code}");
        }
    }
}
