//! What the edge learns of orders.

use serde_json::{Value, json};

fn document() -> Value {
    serde_json::to_value(orders::openapi()).unwrap()
}

#[test]
fn the_public_operations_are_these_and_who_may_call_them() {
    let document = document();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let mark = match &operation["security"] {
                security if *security == json!([{ "bearer": [] }]) => "●",
                security if *security == json!([{ "bearer": ["staff"] }]) => "★",
                _ => "anybody",
            };
            found.push(format!("{id}: {} {path} {mark}", method.to_uppercase()));
        }
    }
    found.sort();

    assert_eq!(
        found,
        [
            "cancel_order: POST /v1/orders/{id}/cancel ●",
            "clear_cart: DELETE /v1/cart ●",
            "deliver_order: POST /v1/orders/{id}/deliver ★",
            "get_cart: GET /v1/cart ●",
            "get_order: GET /v1/orders/{id} ●",
            "list_all_orders: GET /v1/admin/orders ★",
            "list_orders: GET /v1/orders ●",
            "place_order: POST /v1/orders ●",
            "remove_cart_item: DELETE /v1/cart/items/{product_id} ●",
            "set_cart_item: PUT /v1/cart/items/{product_id} ●",
            "ship_order: POST /v1/orders/{id}/ship ★",
            "stream_order_events: GET /v1/orders/{id}/events ●",
        ]
    );
}

#[test]
fn a_checkout_is_described_with_exactly_one_destination() {
    let document = document();

    let schemas = &document["components"]["schemas"];
    let ways = [("ToAddress", "address"), ("ToSavedAddress", "address_id")];
    for (place, (name, destination)) in ways.into_iter().enumerate() {
        let way = &schemas["PlaceOrder"]["oneOf"][place]["$ref"];
        assert_eq!(*way, json!(format!("#/components/schemas/{name}")));
        assert_eq!(
            schemas[name]["required"],
            json!([destination, "payment", "expected_total"])
        );
        assert_eq!(schemas[name]["additionalProperties"], false);
    }
}

#[test]
fn the_events_are_streamed_and_a_checkout_has_time_to_wait() {
    let document = document();

    let events = &document["paths"]["/v1/orders/{id}/events"]["get"];
    assert_eq!(events["x-edge"]["stream"], true);
    let checkout = &document["paths"]["/v1/orders"]["post"];
    assert_eq!(checkout["x-edge"]["timeout_ms"], 10_000);
    assert!(checkout["x-edge"]["retry"].is_null());
}
