//! Somebody at an address of one's choice.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use shoppers::{Account, Attempts, Fault};
use terrace_sdk::{Client, Config, Refusal};
use tokio::net::{TcpSocket, TcpStream};

/// How long an answer is waited for.
const ANSWER: Duration = Duration::from_secs(10);

/// What the system keeps of what has come and was not read, in bytes.
const RECEIVE_BUFFER: u32 = 64 * 1024;

/// Somebody with a client that repeats nothing: what is not answered at once counts.
pub(crate) struct Visitor {
    pub(crate) shop: Client,
    pub(crate) attempts: Attempts,
    http: reqwest::Client,
}

impl Visitor {
    pub(crate) fn at(address: Ipv4Addr, api: SocketAddr) -> Result<Self, Fault> {
        let http = reqwest::Client::builder();
        let http = http
            .no_proxy()
            .local_address(Some(address.into()))
            .build()?;
        let attempts = Attempts::default();
        let shop = Client::new(attempts.watch(Config {
            http: http.clone(),
            timeout: ANSWER,
            retries: 0,
            ..Config::new(format!("http://{api}"))
        }));
        Ok(Self {
            shop,
            attempts,
            http,
        })
    }

    /// Gets an account of their own, and signs in; the access token.
    pub(crate) async fn sign_up(&self) -> Result<String, Refusal> {
        let account = Account::new();
        account.sign_up(&self.shop, "Drill").await?;
        Ok(account.sign_in(&self.shop).await?.access_token)
    }

    /// The first page.
    pub(crate) async fn read(&self, site: SocketAddr) -> Result<(), Fault> {
        let page = self.http.get(format!("http://{site}/")).timeout(ANSWER);
        let page = page.send().await?.error_for_status()?;
        page.bytes().await?;
        Ok(())
    }
}

/// A connection on which one says what one likes.
pub(crate) async fn connect(from: Ipv4Addr, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    // What is sent and not read then waits at the shop, not in the memory that the two share here.
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    socket.bind((from, 0).into())?;
    socket.connect(to).await
}
