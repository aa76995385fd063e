//! The shop as it is reached from an address of one's choice.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::{
    body::Bytes,
    http::{Method, Request, header},
};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use uuid::Uuid;

/// How long an answer is waited for.
const ANSWER: Duration = Duration::from_secs(10);

/// What the system keeps of what has come and was not read, in bytes.
const RECEIVE_BUFFER: u32 = 64 * 1024;

pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// A client at an address.
#[derive(Clone)]
pub(crate) struct Visitor {
    client: Client<HttpConnector, Full<Bytes>>,
    pub(crate) token: String,
}

impl Visitor {
    pub(crate) fn at(address: Ipv4Addr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_local_address(Some(address.into()));
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            token: String::new(),
        }
    }

    /// The same, with an account of their own.
    pub(crate) async fn sign_up(mut self, api: SocketAddr) -> Result<Self, Fault> {
        let email = json!(format!("{}@example.com", Uuid::now_v7()));
        let password = json!(Uuid::new_v4());
        let user = json!({ "email": email, "password": password, "name": "Drill" });
        self.ask(api, Method::POST, "/v1/users", Some(&user))
            .await?;
        let session = json!({ "email": email, "password": password });
        let session = self.ask(api, Method::POST, "/v1/sessions", Some(&session));
        self.token = text(&session.await?, "access_token")?;
        Ok(self)
    }

    /// What is answered. Fails unless that is a success.
    pub(crate) async fn ask(
        &self,
        to: SocketAddr,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Fault> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://{to}{path}"))
            .header("idempotency-key", Uuid::new_v4().to_string())
            .header(header::IF_MATCH, "*");
        if !self.token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        }
        let body = match body {
            Some(json) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                json.to_string().into()
            }
            None => Bytes::new(),
        };
        let exchange = async {
            let answer = self.client.request(request.body(Full::new(body))?).await?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await?.to_bytes();
            match head.status.is_success() {
                true => Ok(serde_json::from_slice(&body).unwrap_or_default()),
                false => Err(format!("{path}: {}", head.status).into()),
            }
        };
        tokio::time::timeout(ANSWER, exchange).await?
    }
}

/// The access token of an account.
pub(crate) async fn sign_in(
    api: SocketAddr,
    email: &Value,
    password: &Value,
) -> Result<Visitor, Fault> {
    let mut visitor = Visitor::at(Ipv4Addr::LOCALHOST);
    let account = json!({ "email": email, "password": password });
    let session = visitor.ask(api, Method::POST, "/v1/sessions", Some(&account));
    visitor.token = text(&session.await?, "access_token")?;
    Ok(visitor)
}

/// A connection on which one says what one likes.
pub(crate) async fn connect(from: Ipv4Addr, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    // What is sent and not read then waits at the shop, not in the memory that the two share here.
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.bind((from, 0).into())?;
    socket.connect(to).await
}

/// A member of an answer.
pub(crate) fn text(value: &Value, member: &str) -> Result<String, Fault> {
    let text = value[member].as_str();
    Ok(text
        .ok_or_else(|| format!("no {member}: {value}"))?
        .to_owned())
}
