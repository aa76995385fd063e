use uuid::Uuid;

use crate::app::{TestApp, add, address};

#[tokio::test]
async fn a_neighbour_reads_an_address_of_the_user() {
    let app = TestApp::new().await;
    let (user, rose) = app.customer("rose@garden.example").await;
    let id = add(&rose, &address()).await;

    let path = format!("/internal/users/{user}/addresses/{id}");
    let found = app.service.neighbour("orders").get(&path).await.ok(200);

    assert_eq!(found, address());
}

#[tokio::test]
async fn an_address_of_somebody_else_is_not_found() {
    let app = TestApp::new().await;
    let (_, rose) = app.customer("rose@garden.example").await;
    let (lily, _) = app.customer("lily@garden.example").await;
    let id = add(&rose, &address()).await;
    let neighbour = app.service.neighbour("orders");

    for id in [id, Uuid::now_v7().to_string()] {
        let path = format!("/internal/users/{lily}/addresses/{id}");
        neighbour.get(&path).await.refused(404, "not-found");
    }

    let path = "/internal/users/lily/addresses/first";
    let wrong = neighbour.get(path).await;
    wrong.refused(400, "bad-parameter");
}

#[tokio::test]
async fn neither_the_edge_nor_another_neighbour_may_ask() {
    let app = TestApp::new().await;
    let (user, rose) = app.customer("rose@garden.example").await;
    let path = format!(
        "/internal/users/{user}/addresses/{}",
        add(&rose, &address()).await
    );

    for caller in [
        rose,
        app.service.staff(user),
        app.service.neighbour("catalog"),
    ] {
        caller.get(&path).await.refused(401, "untrusted-caller");
    }
}
