//! Who calls, and whom access refuses.

use std::time::{Duration, Instant};

use axum::http::Method;

use super::Access::{self, Manager, OfOrders, Owner, Public, Staff, User};
use crate::visitor::{self, Open, Visitor};

/// A kind of caller, and what access means for it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Anonymous,
    Other,
    Owner,
    Staff,
    Manager,
    /// One of the staff when the token was made.
    Demoted,
    Service,
    /// The owner, who proved who they are too long ago for what asks for a fresh proof.
    Stale,
    Expired,
    Forged,
    /// Signed with the shop's key, in the name of another issuer.
    WrongIssuer,
    /// Of a session that was signed out, and would be good for minutes yet.
    Ended,
    /// Of an account that is gone, the same.
    Deleted,
    /// One of the staff where they must have a second factor, who has none: the token says `customer`, as the
    /// tests of users show.
    NoSecondFactor,
}

pub(super) const KINDS: [Kind; 14] = [
    Kind::Anonymous,
    Kind::Other,
    Kind::Owner,
    Kind::Staff,
    Kind::Manager,
    Kind::Demoted,
    Kind::Service,
    Kind::Stale,
    Kind::Expired,
    Kind::Forged,
    Kind::WrongIssuer,
    Kind::Ended,
    Kind::Deleted,
    Kind::NoSecondFactor,
];

/// The status that refuses this caller; `None` when the operation itself has to answer.
pub(super) fn refusal(access: Access, is_fresh: bool, kind: Kind) -> Option<u16> {
    match (access, kind) {
        // A bad token is refused even where none is needed, so that its holder notices.
        (_, Kind::Expired | Kind::Forged | Kind::WrongIssuer) => Some(401),
        // What is open to anybody does not look whether the session has ended.
        (access, Kind::Ended | Kind::Deleted) => (access != Public).then_some(401),
        (access, Kind::NoSecondFactor) => refusal(access, is_fresh, Kind::Other),
        (access, Kind::Stale) => refusal(access, is_fresh, Kind::Owner).or(is_fresh.then_some(401)),
        (Public, _) => None,
        // Its session has ended.
        (_, Kind::Demoted) => Some(401),
        // A caller token opens a service, never the edge: there it is nobody's.
        (_, Kind::Anonymous | Kind::Service) => Some(401),
        (User, Kind::Other | Kind::Owner | Kind::Staff) => None,
        (Owner, Kind::Owner) | (Staff, Kind::Staff) => None,
        (OfOrders, Kind::Owner | Kind::Staff) => None,
        (Owner, Kind::Other | Kind::Staff) => Some(404),
        (OfOrders, Kind::Other) => Some(404),
        (Staff, Kind::Other | Kind::Owner) => Some(403),
        (Manager, Kind::Manager) => None,
        (Manager, Kind::Other | Kind::Owner | Kind::Staff) => Some(403),
        // Whatever staff may.
        (_, Kind::Manager) => refusal(access, is_fresh, Kind::Staff),
    }
}

/// Somebody whose token says that they are one of the staff, after a manager has taken that.
pub(super) async fn demoted(shop: &Open, manager: &Visitor) -> Visitor {
    let account = visitor::account("demoted");
    let customer = shop.visitor.sign_up_as(&account).await;
    let me = customer.call(Method::GET, "/v1/me", None).await.ok(200);
    let path = format!("/v1/people/{}/groups/staff", me["id"].as_str().unwrap());
    manager.call(Method::PUT, &path, None).await.ok(204);
    let staff = shop.visitor.sign_in(&account).await;
    staff.try_as_staff().await.refused(422, "invalid-body");
    manager.call(Method::DELETE, &path, None).await.ok(204);
    let until = Instant::now() + Duration::from_secs(5);
    while staff.try_as_staff().await.status != 401 {
        assert!(Instant::now() < until, "the token goes on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    staff
}

/// Somebody whose session ends, once the edge knows.
pub(super) async fn ended(shop: &Open) -> Visitor {
    let visitor = shop.visitor.sign_up("ended").await;
    let path = "/v1/me/sessions";
    let sessions = visitor.call(Method::GET, path, None).await.ok(200);
    let path = format!("{path}/{}", sessions["items"][0]["id"].as_str().unwrap());
    visitor.call(Method::DELETE, &path, None).await.ok(204);
    out(visitor).await
}

/// Somebody whose account is gone, once the edge knows.
pub(super) async fn deleted(shop: &Open) -> Visitor {
    let visitor = shop.visitor.sign_up("deleted").await;
    visitor.call(Method::DELETE, "/v1/me", None).await.ok(204);
    out(visitor).await
}

/// The same, whose token is refused by now.
async fn out(visitor: Visitor) -> Visitor {
    let started = Instant::now();
    while visitor.status(Method::GET, "/v1/me", &[], None).await != 401 {
        assert!(started.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    visitor
}
