//! One request to one service: bounded, repeated where it may be, never for longer than the run may last.

use std::time::Duration;

use jiff::Timestamp;
use mcpsign_collect::http::{self, Client, HttpError, Options, PlainHttp, Response, retry_after};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use tokio::time::{Instant, sleep_until};
use url::Url;

use super::error::{Service, ServiceError};

/// Bytes of an answer at the most: a log entry holds its statement's signature and a certificate, some KiB; a proof of
/// inclusion in a log of 2^40 entries 3 KiB.
const MAX_ANSWER: usize = 1 << 20;
/// Times that one request is made: two failures by chance, and one more.
const ATTEMPTS: u32 = 4;

/// How long services are waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For all of them together. 5 min: half of a certificate's life, so that what is signed still falls into it.
    pub run: Duration,
    /// For one answer. 30 s: a Rekor v2 answers when the entry is in its tree, 20 s is what its clients are told to allow.
    pub exchange: Duration,
    /// Before the first repetition; then twice as long each time. 500 ms.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            run: Duration::from_secs(300),
            exchange: Duration::from_secs(30),
            pause: Duration::from_millis(500),
        }
    }
}

/// Asks services until the run's time is up.
pub(crate) struct Asker {
    client: Client,
    runtime: tokio::runtime::Runtime,
    patience: Patience,
    until: Instant,
}

/// One request.
pub(crate) struct Question<'a> {
    pub(crate) service: Service,
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    /// Besides those that follow from the rest.
    pub(crate) headers: HeaderMap,
    pub(crate) content_type: &'static str,
    pub(crate) accept: &'static str,
    /// Nothing, where it is empty.
    pub(crate) body: &'a [u8],
    /// What must not be repeated, whatever the answer holds.
    pub(crate) secret: &'a str,
}

impl<'a> Question<'a> {
    /// A JSON document to a service that answers with one.
    pub(crate) fn json(service: Service, url: &'a Url, body: &'a [u8]) -> Self {
        let json = "application/json";
        let headers = HeaderMap::new();
        Self {
            service,
            method: Method::POST,
            url,
            headers,
            content_type: json,
            accept: json,
            body,
            secret: "",
        }
    }

    /// For a JSON document.
    pub(crate) fn get(service: Service, url: &'a Url) -> Self {
        Self { method: Method::GET, ..Self::json(service, url, &[]) }
    }

    /// A form to a service that answers with a JSON document.
    pub(crate) fn form(service: Service, url: &'a Url, body: &'a [u8]) -> Self {
        Self { content_type: "application/x-www-form-urlencoded", ..Self::json(service, url, body) }
    }
}

impl Asker {
    /// # Errors
    /// When there is no TLS library or no executor to ask with.
    pub(crate) fn new(patience: Patience, plain_http: PlainHttp) -> Result<Self, ServiceError> {
        let options = Options { plain_http, ..Options::default() };
        let client = http::client(&options).map_err(ServiceError::Client)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(ServiceError::Executor)?;
        Ok(Self { client, runtime, patience, until: Instant::now() + patience.run })
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// As [`Self::answer`].
    pub(crate) fn ask(&self, question: &Question<'_>, also: &[StatusCode]) -> Result<Response, ServiceError> {
        self.wait(self.answer(question, also))
    }

    /// Waits for questions that are asked side by side.
    pub(crate) fn wait<T>(&self, asking: impl Future<Output = T>) -> T {
        self.runtime.block_on(asking)
    }

    /// Asks, and asks again where the service was not reached, is busy or fails: every request here may be made twice.
    /// (A second certificate or timestamp harms nobody; a log that has the entry says so, or holds it twice.)
    ///
    /// # Errors
    /// No answer in time, or one that is neither a success nor among `also`.
    pub(crate) async fn answer(
        &self,
        question: &Question<'_>,
        also: &[StatusCode],
    ) -> Result<Response, ServiceError> {
        let mut pause = self.patience.pause;
        for attempt in 1.. {
            let (error, wait) = match self.once(question).await {
                Ok(answer) if answer.status.is_success() || also.contains(&answer.status) => {
                    return Ok(answer);
                }
                Ok(answer) => {
                    let wait = retry_after(&answer.headers, Timestamp::now());
                    (ServiceError::refused(question.service, &answer, question.secret), wait)
                }
                Err(source) => {
                    (ServiceError::unreached(question.service, question.url, attempt, source), None)
                }
            };
            // Never sooner than it asks for; later where that is our own rule. What it asks for may be more than any clock has.
            let again = Instant::now().checked_add(wait.unwrap_or_default().max(pause));
            match again.filter(|again| attempt < ATTEMPTS && error.may_pass() && *again < self.until) {
                Some(again) => sleep_until(again).await,
                None => return Err(error),
            }
            pause = pause.saturating_mul(2);
        }
        unreachable!("attempts end before their number does")
    }

    async fn once(&self, question: &Question<'_>) -> Result<Response, HttpError> {
        let until = self.until.min(Instant::now() + self.patience.exchange);
        let mut headers = question.headers.clone();
        headers.insert(ACCEPT, HeaderValue::from_static(question.accept));
        if !question.body.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(question.content_type));
        }
        let method = question.method.clone();
        let sent = self.client.send(method, question.url, &headers, question.body.to_vec(), until);
        sent.await?.read(MAX_ANSWER, until).await
    }
}
