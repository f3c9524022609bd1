//! A response, read piece by piece and never further than its budget.

use std::io::Write;

use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use reqwest::{StatusCode, Url};
use tokio::time::{Instant, timeout_at};

use super::address::shown;
use super::{HEADER_BYTES, HttpError};

/// A response whose body has not been read yet.
#[derive(Debug)]
pub struct Streaming {
    inner: reqwest::Response,
}

/// A response, read to its end.
#[derive(Debug)]
pub struct Response {
    /// Its status, a success or not.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as sent.
    pub body: Vec<u8>,
    /// The address that answered, after all redirects.
    pub url: Url,
}

/// What a download came to.
#[derive(Debug)]
pub struct Downloaded {
    /// Bytes written.
    pub size: u64,
    /// The response's headers.
    pub headers: HeaderMap,
    /// The address that answered, after all redirects.
    pub url: Url,
}

impl Streaming {
    pub(super) fn new(inner: reqwest::Response) -> Result<Self, HttpError> {
        let size: usize = inner.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if size > HEADER_BYTES {
            return Err(HttpError::Headers { limit: HEADER_BYTES });
        }
        let mut encodings = inner.headers().get_all(CONTENT_ENCODING).iter();
        if let Some(other) = encodings.find(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
            let encoding = String::from_utf8_lossy(other.as_bytes()).chars().take(40).collect();
            return Err(HttpError::Encoding { encoding });
        }
        Ok(Self { inner })
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.inner.status()
    }

    /// Its headers.
    pub fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// The next piece of its body, at most as large as what one read gives; `None` at its end. The caller bounds.
    ///
    /// # Errors
    /// Where the body breaks off before its announced end, or is no HTTP.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        match self.inner.chunk().await {
            Ok(chunk) => Ok(chunk.map(Vec::from)),
            Err(error) => Err(HttpError::transport(self.inner.url(), error)),
        }
    }

    /// Reads the rest, at most `limit` bytes.
    ///
    /// # Errors
    /// When it is more, takes longer than `until`, or breaks off.
    pub async fn read(mut self, limit: usize, until: Instant) -> Result<Response, HttpError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk_by(until).await? {
            if body.len() + chunk.len() > limit {
                return Err(HttpError::TooLarge { limit: limit as u64 });
            }
            body.extend_from_slice(&chunk);
        }
        let (status, url) = (self.inner.status(), self.inner.url().clone());
        Ok(Response { status, headers: std::mem::take(self.inner.headers_mut()), body, url })
    }

    pub(super) async fn write_to(
        mut self,
        sink: &mut (dyn Write + Send),
        limit: u64,
        until: Instant,
    ) -> Result<Downloaded, HttpError> {
        if self.status() != StatusCode::OK {
            return Err(HttpError::Status { status: self.status().as_u16() });
        }
        let mut size = 0;
        while let Some(chunk) = self.chunk_by(until).await? {
            size += chunk.len() as u64;
            if size > limit {
                return Err(HttpError::TooLarge { limit });
            }
            sink.write_all(&chunk).map_err(|source| HttpError::Sink { source })?;
        }
        let url = self.inner.url().clone();
        Ok(Downloaded { size, headers: std::mem::take(self.inner.headers_mut()), url })
    }

    async fn chunk_by(&mut self, until: Instant) -> Result<Option<Vec<u8>>, HttpError> {
        match timeout_at(until, self.inner.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk.map(Vec::from)),
            Ok(Err(error)) => Err(HttpError::transport(self.inner.url(), error)),
            Err(_) => Err(HttpError::TimedOut { host: shown(self.inner.url()) }),
        }
    }
}
