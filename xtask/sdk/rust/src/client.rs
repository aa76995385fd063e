//! The client: sends operations, proves who calls, repeats what may be repeated.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use futures_core::Stream;
use reqwest::{Method, Response, Url, header::HeaderMap};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::{
    Attempt, Credentials, Refusal,
    call::{Call, SESSIONS},
    session::Session,
    sign::sign,
    types::Page,
};

const CREDENTIALS: &str = "/v1/me/credentials";
/// A longer wait is the caller's to decide on.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
const FIRST_WAIT: Duration = Duration::from_millis(200);
const AGENT: &str = concat!("terrace-sdk-rust/", env!("CARGO_PKG_VERSION"));

type Issued<T> = Pin<Box<dyn Future<Output = Result<T, Refusal>> + Send>>;

/// How a client is made: `Config { signing: true, ..Config::new("https://api.garden.example") }`.
pub struct Config {
    /// Where the API is.
    pub url: String,
    /// Whether requests are signed with temporary credentials instead of carrying the access token.
    pub signing: bool,
    /// Where these come from; unless told from the API, by the access token.
    pub credentials: Option<Box<dyn Fn() -> Issued<Credentials> + Send + Sync>>,
    /// The region of signatures: `local`, or that of AWS.
    pub region: String,
    /// How long an attempt may take: 30 s unless told.
    pub timeout: Duration,
    /// How often a request is repeated: 3 times unless told.
    pub retries: u32,
    /// Is told of each attempt when it has ended, also of one that is repeated: for logs and metrics.
    pub on_attempt: Option<Box<dyn Fn(&Attempt<'_>) + Send + Sync>>,
    /// With settings of proxies and certificates.
    pub http: reqwest::Client,
    /// The machine's clock.
    pub now: Box<dyn Fn() -> SystemTime + Send + Sync>,
}

impl Config {
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            signing: false,
            credentials: None,
            region: "local".to_owned(),
            timeout: Duration::from_secs(30),
            retries: 3,
            on_attempt: None,
            http: reqwest::Client::new(),
            now: Box::new(SystemTime::now),
        }
    }
}

/// The shop's API. A clone is the same one. Whoever drops a call's future gives it up.
#[derive(Clone)]
pub struct Client {
    config: Arc<Config>,
    session: Arc<Session>,
    idempotency_key: Option<String>,
    on_headers: Option<Arc<dyn Fn(&HeaderMap) + Send + Sync>>,
}

/// What is answered; of a stream without a body, which has yet to come.
#[derive(Default)]
pub(crate) struct Answer {
    headers: HeaderMap,
    body: Vec<u8>,
    pub(crate) stream: Option<Response>,
}

/// Every item of a list, page by page: `each(|cursor| …)` is asked for each of them.
pub fn each<T, F: Future<Output = Result<Page<T>, Refusal>>>(
    list: impl Fn(Option<String>) -> F,
) -> impl Stream<Item = Result<T, Refusal>> {
    async_stream::try_stream! {
        let mut cursor = None;
        loop {
            let page = list(cursor).await?;
            for item in page.items {
                yield item;
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
    }
}

impl Client {
    pub fn new(config: Config) -> Self {
        Self {
            config: Arc::new(config),
            session: Arc::default(),
            idempotency_key: None,
            on_headers: None,
        }
    }

    /// The same client for one intent, which has this name; without it a call makes one.
    pub fn with_key(&self, key: impl Into<String>) -> Self {
        Self {
            idempotency_key: Some(key.into()),
            ..self.clone()
        }
    }

    /// The same client, which shows the headers of each answer, such as `ETag`.
    pub fn on_headers(&self, show: impl Fn(&HeaderMap) + Send + Sync + 'static) -> Self {
        Self {
            on_headers: Some(Arc::new(show)),
            ..self.clone()
        }
    }

    /// The same client for what it asks by itself.
    fn own(&self) -> Self {
        Self {
            on_headers: None,
            ..self.clone()
        }
    }

    fn now(&self) -> SystemTime {
        self.session.now((self.config.now)())
    }

    pub(crate) async fn json<T: DeserializeOwned>(&self, call: Call) -> Result<T, Refusal> {
        serde_json::from_slice(&self.bytes(call).await?).map_err(Refusal::unreadable)
    }

    pub(crate) async fn bytes(&self, mut call: Call) -> Result<Vec<u8>, Refusal> {
        if call.is_keyed {
            let key = self.idempotency_key.clone();
            call.header(
                "idempotency-key",
                Some(key.unwrap_or_else(|| Uuid::new_v4().to_string())),
            );
        }
        let Answer { headers, body, .. } = self.exchange(&call, false).await?;
        if let Some(show) = &self.on_headers {
            show(&headers);
        }
        if call.is_of_session() {
            let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
            if let (Some(token), Some(life)) = (
                answer["access_token"].as_str(),
                answer["expires_in"].as_u64(),
            ) {
                let ends_at = self.now() + Duration::from_secs(life);
                self.session.take(Some((token.to_owned(), ends_at)));
            } else if call.method == Method::DELETE && call.path == format!("{SESSIONS}/current") {
                self.session.take(None);
            }
        }
        Ok(body)
    }

    /// Sends until there is an answer; its error is the refusal that stays.
    pub(crate) async fn exchange(
        &self,
        call: &Call,
        is_stream: bool,
    ) -> Result<Answer, Refusal> {
        let mut mended = Vec::new();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let before = self.session.offset();
            let (headers, token) = self.proof(call).await?;
            let id = headers.get("x-request-id").cloned();
            let started = Instant::now();
            let answer = self.attempt(call, headers, is_stream).await;
            let answer = answer.map_err(|refusal| refusal.of_request(id));
            if let Some(tell) = &self.config.on_attempt {
                tell(&Attempt {
                    method: call.method.as_str(),
                    path: &call.path,
                    number: attempt,
                    took: started.elapsed(),
                    refusal: answer.as_ref().err(),
                });
            }
            let refusal = match answer {
                Ok(answer) => return Ok(answer),
                Err(refusal) => refusal,
            };
            // Whoever's answer it was corrected by.
            let was_wrong = self.session.offset() != before;
            if refusal.status != 0
                && !mended.contains(&refusal.slug)
                && self.mend(&refusal, token.as_deref(), was_wrong).await?
            {
                mended.push(refusal.slug.clone());
                continue;
            }
            // Whether a request was carried out is not known after these.
            let is_uncertain = matches!(refusal.status, 0 | 502..=504) && call.is_repeatable();
            let told = refusal.retry_after.unwrap_or_default();
            let may_repeat = attempt <= self.config.retries;
            if !may_repeat || !(refusal.status == 429 || is_uncertain) || told > LONGEST_WAIT {
                return Err(refusal);
            }
            sleep(told.max(backoff(attempt))).await;
        }
    }

    /// One attempt, within its time: what is answered, or why that is nothing to go on with.
    async fn attempt(
        &self,
        call: &Call,
        headers: BTreeMap<String, String>,
        is_stream: bool,
    ) -> Result<Answer, Refusal> {
        let mut request = self
            .config
            .http
            .request(call.method.clone(), self.address(call));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.header("user-agent", AGENT).body(call.body.clone());
        let exchange = async {
            let response = request.send().await?;
            let status = response.status().as_u16();
            let mut answer = Answer {
                headers: response.headers().clone(),
                ..Answer::default()
            };
            if is_stream && status < 400 {
                answer.stream = Some(response);
            } else {
                answer.body = response.bytes().await?.to_vec();
            }
            Ok((status, answer))
        };
        let answer = timeout(self.config.timeout, exchange).await;
        let late = |late| Refusal::of("unreachable", "the API does not answer in time", late);
        let answer = answer.map_err(late)?;
        let (status, answer) = answer.map_err(Refusal::unreachable)?;
        self.session.correct(&answer.headers, (self.config.now)());
        if call.is_of_session() {
            self.session.keep_cookies(&answer.headers);
        }
        if status < 400 {
            return Ok(answer);
        }
        Err(Refusal::read(status, &answer.headers, &answer.body))
    }

    fn address(&self, call: &Call) -> String {
        let mut address = self.config.url.trim_end_matches('/').to_owned() + &call.path;
        if !call.query.is_empty() {
            address += "?";
            address += &call.query.join("&");
        }
        address
    }

    /// The headers of an attempt with what proves who calls, and the access token that is among them.
    async fn proof(
        &self,
        call: &Call,
    ) -> Result<(BTreeMap<String, String>, Option<String>), Refusal> {
        let mut headers = call.headers.clone();
        // Each attempt has a name of its own, and with it its own signature: one counts once.
        headers.insert("x-request-id".to_owned(), Uuid::new_v4().to_string());
        if call.is_of_session() {
            let cookie = self.session.cookie();
            if !cookie.is_empty() {
                headers.insert("cookie".to_owned(), cookie);
            }
        }
        let mut token = None;
        if self.config.signing && !call.is_of_session() && call.path != CREDENTIALS {
            if let Some(credentials) = self.credentials().await? {
                let url = Url::parse(&self.address(call));
                let url = url.map_err(|fault| Refusal::of("unsendable", "the address", fault))?;
                let region = &self.config.region;
                sign(
                    call.method.as_str(),
                    &url,
                    &mut headers,
                    &call.body,
                    &credentials,
                    region,
                    self.now(),
                );
            }
        } else if call.path != format!("{SESSIONS}/refresh") {
            token = self.token().await?;
            if let Some(token) = &token {
                headers.insert("authorization".to_owned(), format!("Bearer {token}"));
            }
        }
        Ok((headers, token))
    }

    /// An access token with life left in it; none when nobody is signed in, or the session has ended.
    async fn token(&self) -> Result<Option<String>, Refusal> {
        let (token, is_fresh) = self.session.token(self.now());
        if is_fresh {
            return Ok(token);
        }
        self.renew(token.as_deref()).await?;
        Ok(self.session.token(self.now()).0)
    }

    /// Fetches new tokens by the cookie, unless somebody else has since this one.
    fn renew<'a>(
        &'a self,
        old: Option<&'a str>,
    ) -> Pin<Box<dyn Future<Output = Result<(), Refusal>> + Send + 'a>> {
        Box::pin(async move {
            let _alone = self.session.renewing.lock().await;
            if self.session.token(self.now()).0.as_deref() != old {
                return Ok(());
            }
            match self.own().refresh_session().await {
                // A session that has ended leaves nobody signed in; another refusal is the caller's.
                Err(refusal) if refusal.status == 401 => self.session.take(None),
                Err(refusal) => return Err(refusal),
                Ok(_) => {}
            }
            Ok(())
        })
    }

    /// Temporary credentials with life left in them; none when nobody is signed in.
    fn credentials(
        &self,
    ) -> Pin<Box<dyn Future<Output = Result<Option<Credentials>, Refusal>> + Send + '_>> {
        Box::pin(async move {
            let _alone = self.session.issuing.lock().await;
            if let Some(kept) = self.session.credentials(self.now()) {
                return Ok(Some(kept));
            }
            let issued = match &self.config.credentials {
                Some(issue) => issue().await?,
                None if self.token().await?.is_none() => return Ok(None),
                None => {
                    let issued = self.own().create_credentials(None).await?;
                    let ends_at: Option<jiff::Timestamp> = issued.expires_at.parse().ok();
                    Credentials {
                        access_key_id: issued.access_key_id,
                        secret_access_key: issued.secret_access_key,
                        session_token: Some(issued.session_token),
                        expires_at: ends_at.map(SystemTime::from),
                    }
                }
            };
            self.session.keep(Some(issued.clone()));
            Ok(Some(issued))
        })
    }

    /// Whether the cause of a refusal is out of the way, so that the same request may come again.
    async fn mend(
        &self,
        refusal: &Refusal,
        token: Option<&str>,
        clock_was_wrong: bool,
    ) -> Result<bool, Refusal> {
        match &*refusal.slug {
            "invalid-token" => self.renew(token).await.map(|()| true),
            "expired-token" | "unrecognized-client" => {
                self.session.keep(None);
                Ok(true)
            }
            "invalid-signature" => Ok(clock_was_wrong),
            _ => Ok(false),
        }
    }
}

/// Longer each time, and for no two clients the same.
pub(crate) fn backoff(attempt: u32) -> Duration {
    let chance = f64::from(Uuid::new_v4().as_bytes()[0]) / 256.0;
    (FIRST_WAIT * 2_u32.pow(attempt.min(6))).mul_f64(0.5 + chance / 2.0)
}
