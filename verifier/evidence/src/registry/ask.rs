//! Questions to one registry: bounded, credentials to their own place alone, redirects by rule.

use std::io::Write;

use mcpsign_collect::http::{self, Client, HttpError, Options, PlainHttp, Streaming};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, LOCATION};
use reqwest::{Method, StatusCode};
use sha2::{Digest as _, Sha256, Sha512};
use tokio::time::{Duration, Instant, timeout_at};
use url::Url;

use super::RegistryError;
use super::base::{Base, shown};
use super::config::Config;

/// Redirects followed in a row: to a store, to its mirror, and room.
const MAX_REDIRECTS: usize = 5;
/// For one document: the largest packuments have tens of megabytes.
const DOCUMENT_TIME: Duration = Duration::from_secs(120);
/// For one package file: [`MAX_PACKAGE`] at half a megabyte a second.
const PACKAGE_TIME: Duration = Duration::from_secs(600);
/// Bytes of a package file at the most: three times the largest server that is known.
const MAX_PACKAGE: u64 = 256 << 20;

/// One registry that is asked.
pub(super) struct Asker<'a> {
    base: &'a Base,
    config: &'a Config,
    client: Client,
    runtime: tokio::runtime::Runtime,
}

/// A whole answer.
pub(super) struct Answer {
    /// Where it came from, after redirects: what addresses in it are relative to.
    pub(super) url: Url,
    pub(super) body: Vec<u8>,
}

/// What was written, measured while it was.
#[derive(Debug)]
pub(super) struct Downloaded {
    pub(super) sha256: [u8; 32],
    pub(super) sha512: [u8; 64],
}

impl<'a> Asker<'a> {
    /// # Errors
    /// When there is no client to ask with: unreadable roots, no executor.
    pub(super) fn new(base: &'a Base, config: &'a Config) -> Result<Self, RegistryError> {
        let ours = |reason: String| RegistryError::Client { client: "the registry".into(), reason };
        // What may be asked in the clear was judged when the address was parsed, and is judged for each that follows.
        let options =
            Options { ca: config.ca.clone(), plain_http: PlainHttp::Loopback, ..Options::default() };
        let client = http::client(&options).map_err(|error| ours(error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        Ok(Self { base, config, client, runtime: runtime.map_err(|error| ours(error.to_string()))? })
    }

    /// A whole document of at most `limit` bytes; `None` where the registry says that there is none.
    ///
    /// # Errors
    /// No answer in time, one over the limit, or one that leads where it must not.
    pub(super) fn document(
        &self,
        url: &Url,
        accept: &'static str,
        limit: usize,
    ) -> Result<Option<Answer>, RegistryError> {
        let until = Instant::now() + DOCUMENT_TIME;
        self.runtime.block_on(async {
            let (url, response) = self.follow(url, accept, until).await?;
            if absent(response.status()) {
                return Ok(None);
            }
            succeeded(&url, response.status())?;
            let response = response.read(limit, until).await.map_err(|error| failed(&url, error))?;
            Ok(Some(Answer { url, body: response.body }))
        })
    }

    /// Writes a package file into `sink` and measures what it writes.
    ///
    /// # Errors
    /// As [`Self::document`]; and where the file is not there though the registry named it.
    pub(super) fn download(&self, url: &Url, sink: &mut impl Write) -> Result<Downloaded, RegistryError> {
        let until = Instant::now() + PACKAGE_TIME;
        self.runtime.block_on(async {
            let (url, mut response) = self.follow(url, "*/*", until).await?;
            succeeded(&url, response.status())?;
            let (mut sha256, mut sha512) = (Sha256::new(), Sha512::new());
            let mut size: u64 = 0;
            loop {
                let chunk = timeout_at(until, response.chunk()).await;
                let chunk = chunk.map_err(|_| unreachable(&url, "it does not come to an end in time"))?;
                let Some(chunk) = chunk.map_err(|error| failed(&url, error))? else { break };
                size = size.saturating_add(chunk.len() as u64);
                if size > MAX_PACKAGE {
                    return Err(RegistryError::OverBudget { url: shown(&url), limit: MAX_PACKAGE });
                }
                sha256.update(&chunk);
                sha512.update(&chunk);
                sink.write_all(&chunk)
                    .map_err(|source| RegistryError::Io { path: "the downloaded file".into(), source })?;
            }
            Ok(Downloaded { sha256: sha256.finalize().into(), sha512: sha512.finalize().into() })
        })
    }

    /// Follows redirects to an answer that is none. Each address is judged, and sees the credentials of its own place
    /// alone.
    async fn follow(
        &self,
        url: &Url,
        accept: &'static str,
        until: Instant,
    ) -> Result<(Url, Streaming), RegistryError> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            if let Some(credential) = self.config.credentials.for_url(&url) {
                let mut value =
                    HeaderValue::from_str(&credential.header()).map_err(|_| RegistryError::Config {
                        what: "the registry's credential".into(),
                        reason: "it has characters that no header has".into(),
                    })?;
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
            }
            let sent = self.client.send(Method::GET, &url, &headers, Vec::new(), until).await;
            let response = sent.map_err(|error| failed(&url, error))?;
            if !response.status().is_redirection() || response.status() == StatusCode::NOT_MODIFIED {
                return Ok((url, response));
            }
            let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
            let target = target.ok_or_else(|| unreachable(&url, "it redirects to nowhere"))?;
            url = self.base.follow(&url, target)?;
        }
        Err(unreachable(&url, "it redirects again and again"))
    }
}

/// What the registry itself says is not there.
fn absent(status: StatusCode) -> bool {
    matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS)
}

fn succeeded(url: &Url, status: StatusCode) -> Result<(), RegistryError> {
    match status {
        StatusCode::OK => Ok(()),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(unreachable(
            url,
            &format!(
                "it refuses us ({status}); the client's configuration holds no credential for it, or a wrong one"
            ),
        )),
        _ => Err(unreachable(url, &format!("it answers {status}"))),
    }
}

fn unreachable(url: &Url, reason: &str) -> RegistryError {
    RegistryError::Unreachable { url: shown(url), reason: reason.to_owned() }
}

fn failed(url: &Url, error: HttpError) -> RegistryError {
    match error {
        HttpError::TooLarge { limit } => RegistryError::OverBudget { url: shown(url), limit },
        other => unreachable(url, &other.to_string()),
    }
}
