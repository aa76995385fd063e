use serde_json::{Value, json};

use crate::app::{TestApp, letter};

fn with(mut letter: Value, key: &str, value: &str) -> Value {
    letter[key] = json!(value);
    letter
}

/// A mail without the soft line breaks of quoted-printable (RFC 2045 §6.7).
fn plain(mail: &str) -> String {
    mail.replace("=\r\n", "")
        .replace("=3D", "=")
        .replace("\r\n", "\n")
}

/// The words after every `http` in a text.
fn links(text: &str) -> Vec<&str> {
    let ends = |c: char| c.is_whitespace() || "\"<>".contains(c);
    let begun = text.match_indices("http").map(|(at, _)| &text[at..]);
    begun.map(|link| link.split(ends).next().unwrap()).collect()
}

#[tokio::test]
async fn a_letter_has_text_and_html_and_leads_to_the_shops_own_pages_alone() {
    let app = TestApp::new().await;
    for (kind, page) in [
        ("verify-address", "/verify#t-o_ken1"),
        ("reset-password", "/reset#t-o_ken1"),
        ("confirm-address", "/confirm#t-o_ken1"),
        ("password-changed", "/account/security"),
        ("factors-reset", "/account/security"),
    ] {
        let sent = plain(&app.sent(&with(letter(kind), "token", "t-o_ken1")).await);

        assert!(sent.contains("\nTo: rose@garden.example\n"), "{sent}");
        assert!(
            sent.starts_with("From: Terrace <shop@terrace.example>\n"),
            "{sent}"
        );
        assert!(
            sent.contains("\nAuto-Submitted: auto-generated\n"),
            "{sent}"
        );
        assert_eq!(sent.matches("\nHello Rose,\n").count(), 1, "{sent}");
        assert_eq!(sent.matches("<p>Hello Rose,</p>").count(), 1, "{sent}");
        let page = format!("http://localhost:3000{page}");
        let links = links(&sent);
        assert_eq!(
            links.iter().filter(|link| **link == page).count(),
            2,
            "{sent}"
        );
        let is_own = |link: &&str| link.starts_with("http://localhost:3000");
        assert!(links.iter().all(is_own), "{links:?}");
    }
}

#[tokio::test]
async fn what_a_stranger_calls_himself_is_not_written() {
    let app = TestApp::new().await;
    for evil in [
        "Win at https://evil.example",
        "evil.example",
        "<a href=x>evil</a>",
        "Rose\r\nBcc: evil@evil.example",
        "{{ evil }}",
    ] {
        for kind in ["provider-linked", "provider-unlinked"] {
            let letter = with(with(letter(kind), "provider", evil), "name", evil);

            let sent = plain(&app.sent(&letter).await);

            assert!(!sent.contains("evil"), "{sent}");
            assert!(sent.contains("\nHello,\n"), "{sent}");
        }
    }
}

#[tokio::test]
async fn a_name_in_any_script_greets() {
    let app = TestApp::new().await;

    let linked = with(letter("provider-linked"), "provider", "Example ID");
    let sent = plain(&app.sent(&linked).await);
    for (kind, group, told) in [
        (
            "group-given",
            "staff",
            "is one of the staff of the shop from now on",
        ),
        (
            "group-taken",
            "manager",
            "is no longer one of the managers of the shop",
        ),
    ] {
        let sent = plain(&app.sent(&with(letter(kind), "group", group)).await);
        assert!(sent.contains(told), "{sent}");
    }
    let named = with(letter("password-changed"), "name", "Ren\u{e9}e O'Neil");
    let named = plain(&app.sent(&named).await);

    assert!(
        sent.contains("sign in to your account with Example ID."),
        "{sent}"
    );
    assert!(named.contains("Hello Ren=C3=A9e O'Neil,"), "{named}");
    assert!(named.contains("Hello Ren=C3=A9e O&#39;Neil,"), "{named}");
}

#[tokio::test]
async fn an_address_with_an_international_domain_is_written_as_mail_servers_know_it() {
    let app = TestApp::new().await;
    for (address, written) in [
        ("rose@g\u{e4}rten.example", "rose@xn--grten-gra.example"),
        ("o'neil+shop@garden.example", "o'neil+shop@garden.example"),
    ] {
        let sent = app
            .sent(&with(letter("password-changed"), "to", address))
            .await;

        assert!(sent.contains(&format!("To: {written}\r\n")), "{sent}");
    }
    let local = with(
        letter("password-changed"),
        "to",
        "ren\u{e9}e@garden.example",
    );
    app.sent(&local).await;
}

#[tokio::test]
async fn what_is_no_address_or_no_token_is_not_sent() {
    let app = TestApp::new().await;
    for letter in [
        with(letter("password-changed"), "to", "rose"),
        with(
            letter("password-changed"),
            "to",
            "rose@garden.example>\r\nRCPT TO:<evil@evil.example",
        ),
        with(letter("reset-password"), "token", "https://evil.example"),
        with(letter("reset-password"), "token", ""),
    ] {
        app.hear(&crate::app::event(&letter)).await;

        assert_eq!(app.deliver().await, 0, "{letter}");
        assert_eq!(app.post.asked(), 0, "{letter}");
    }
}
