//! A bounded HTTP client: what is asked of a server that may be hostile, by whoever holds credentials for it.
//!
//! TLS only, against the system's roots and those that were named; plain HTTP to this machine alone where that was
//! asked for. Nothing comes from the environment: no proxy, no cookie, no `.netrc`. Redirects are followed by hand and
//! by rule, never by the library; nothing is decompressed; every wait and every size has an end.

mod address;
mod error;
mod redirect;
mod response;
mod retry;

use std::path::PathBuf;
use std::time::Duration;

use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::{Method, Url};
use tokio::time::{Instant, timeout_at};

pub use self::address::{check as check_address, is_loopback, shown};
pub use self::error::{CA_HINT, HttpError, TLS_HINT};
pub use self::redirect::Redirects;
pub(crate) use self::redirect::of_post as redirect_target;
pub use self::response::{Downloaded, Response, Streaming};
pub use self::retry::retry_after;

/// How a client is made.
#[derive(Debug, Clone)]
pub struct Options {
    /// Files of PEM certificates that are trusted as roots beside the system's.
    pub ca: Vec<PathBuf>,
    /// Whether HTTP without TLS may be spoken at all.
    pub plain_http: PlainHttp,
    /// For the connection and its handshake. 10 s: three lost packets and their repetition.
    pub connect: Duration,
    /// For one whole exchange of [`Client::get`], redirects included. 60 s.
    pub exchange: Duration,
    /// For one download. 10 min: 256 MiB at half a megabyte a second.
    pub download: Duration,
}

/// Where HTTP without TLS is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainHttp {
    /// Nowhere.
    Never,
    /// With this machine: `localhost`, 127.0.0.0/8 and ::1.
    Loopback,
    /// With this machine, and with what the machine's host answers on its own link: 169.254.0.0/16 and
    /// `metadata.google.internal`. Clouds give identities there, and only so.
    Link,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ca: Vec::new(),
            plain_http: PlainHttp::Never,
            connect: Duration::from_secs(10),
            exchange: Duration::from_secs(60),
            download: Duration::from_secs(600),
        }
    }
}

/// Headers of one response at the most. 100, as hyper has it by default and as the largest seen are far below.
const HEADERS: usize = 100;
/// Bytes of all header names and values of one response. 64 KiB: what nginx and Apache would send at the most.
const HEADER_BYTES: usize = 64 << 10;

/// A client for requests to any number of hosts.
#[derive(Debug, Clone)]
pub struct Client {
    inner: reqwest::Client,
    options: Options,
}

/// Makes a client.
///
/// # Errors
/// A CA file that cannot be read or holds no certificate, or a TLS library that does not start.
pub fn client(options: &Options) -> Result<Client, HttpError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("mcpsign/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .referer(false)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .connect_timeout(options.connect)
        .http1_max_headers(HEADERS)
        .http2_max_header_list_size(HEADER_BYTES as u32)
        // What is called so is this machine, whatever a resolver says of it (RFC 6761 §6.3).
        .resolve_to_addrs("localhost", &address::LOCALHOST);
    for path in &options.ca {
        let pem = std::fs::read(path).map_err(|source| HttpError::Ca { path: path.clone(), source })?;
        let roots = reqwest::Certificate::from_pem_bundle(&pem).unwrap_or_default();
        if roots.is_empty() {
            return Err(HttpError::CaEmpty { path: path.clone() });
        }
        builder = builder.tls_certs_merge(roots);
    }
    let inner = builder.build().map_err(|source| HttpError::Client { source })?;
    Ok(Client { inner, options: options.clone() })
}

impl Client {
    /// Reads a whole document of at most `limit` bytes. Redirects are followed on the same origin alone.
    ///
    /// # Errors
    /// See [`HttpError`]. A status that is no success is none: it is in the response.
    pub async fn get(&self, url: &Url, headers: &HeaderMap, limit: usize) -> Result<Response, HttpError> {
        let until = Instant::now() + self.options.exchange;
        self.follow(url, headers, Redirects::SameOrigin, until).await?.read(limit, until).await
    }

    /// Writes a document of at most `limit` bytes into `sink`, and only one of status 200.
    ///
    /// # Errors
    /// See [`HttpError`]. What was written before an error counts for nothing.
    pub async fn download(
        &self,
        url: &Url,
        headers: &HeaderMap,
        redirects: Redirects,
        limit: u64,
        sink: &mut (dyn std::io::Write + Send),
    ) -> Result<Downloaded, HttpError> {
        let until = Instant::now() + self.options.download;
        self.follow(url, headers, redirects, until).await?.write_to(sink, limit, until).await
    }

    /// GET with redirects by `redirects`, until a response that is none.
    async fn follow(
        &self,
        url: &Url,
        headers: &HeaderMap,
        redirects: Redirects,
        until: Instant,
    ) -> Result<Streaming, HttpError> {
        let (mut url, mut headers) = (url.clone(), headers.clone());
        for _ in 0..=redirect::MOST {
            let response = self.send(Method::GET, &url, &headers, Vec::new(), until).await?;
            match redirect::next(&url, &response, redirects)? {
                None => return Ok(response),
                Some(next) => {
                    if !redirect::same_origin(&url, &next) {
                        redirect::drop_credentials(&mut headers);
                    }
                    url = next;
                }
            }
        }
        Err(HttpError::Redirects { most: redirect::MOST })
    }

    /// One request, no redirect; gives the response as soon as its head has come.
    ///
    /// # Errors
    /// An address that is not spoken to, a failed connection, no head by `until`, an encoding that nobody asked for.
    pub async fn send(
        &self,
        method: Method,
        url: &Url,
        headers: &HeaderMap,
        body: Vec<u8>,
        until: Instant,
    ) -> Result<Streaming, HttpError> {
        address::check(url, self.options.plain_http)?;
        let mut headers = headers.clone();
        // In place of the caller's, so that nobody asks for what is not read here.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let mut request = self.inner.request(method, url.clone()).headers(headers);
        if !body.is_empty() {
            request = request.body(body);
        }
        match timeout_at(until, request.send()).await {
            Ok(Ok(response)) => Streaming::new(response),
            Ok(Err(error)) => Err(HttpError::transport(url, error)),
            Err(_) => Err(HttpError::TimedOut { host: address::shown(url) }),
        }
    }
}

#[cfg(test)]
mod tests;
