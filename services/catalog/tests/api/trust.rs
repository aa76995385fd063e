//! Who may call at all: the edge what is public, orders what is internal, nobody else.

use http::Method;
use testkit::service::request;
use uuid::Uuid;

use crate::shop::{Shop, product};

#[tokio::test]
async fn nobody_gets_in_without_a_token() {
    let shop = Shop::with(vec![product("Basil")]).await;
    let outside = shop.service.untrusted();

    outside
        .get("/v1/products")
        .await
        .refused(401, "untrusted-caller");
    let forged = request(Method::GET, "/v1/products").header("terrace-caller", "a.b.c");
    outside
        .send(forged, "")
        .await
        .refused(401, "untrusted-caller");
}

#[tokio::test]
async fn the_edge_cannot_reach_what_is_for_orders_nor_orders_what_is_for_users() {
    let shop = Shop::with(vec![product("Basil")]).await;
    let order = Uuid::now_v7();
    let internal = [
        (Method::POST, "/internal/quotes".to_owned()),
        (Method::PUT, format!("/internal/reservations/{order}")),
        (Method::DELETE, format!("/internal/reservations/{order}")),
        (
            Method::POST,
            format!("/internal/reservations/{order}/commit"),
        ),
    ];

    for (method, path) in internal {
        for client in [
            shop.anybody(),
            shop.staff(),
            shop.service.neighbour("payments"),
        ] {
            client
                .bare(method.clone(), &path)
                .await
                .refused(401, "untrusted-caller");
        }
    }
    shop.orders()
        .get("/v1/products")
        .await
        .refused(401, "untrusted-caller");
}
