//! A TUF repository over HTTP: metadata below the mirror's address, targets below `targets/`.

use mcpsign_collect::http::Client;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use sigstore_tuf::transport::FetchFuture;
use sigstore_tuf::{Error, Repository, Result};
use url::Url;

/// Asked file by file, each within the limit that the workflow names.
pub(super) struct Mirror {
    client: Client,
    base: Url,
}

impl Mirror {
    pub(super) fn new(client: Client, base: &Url) -> Self {
        let mut base = base.clone();
        // What is relative to `…/mirror` would stand beside it.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        Self { client, base }
    }

    async fn get(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        // Names come from metadata: they must not lead out of the mirror.
        let inside =
            |url: &Url| url.origin() == self.base.origin() && url.path().starts_with(self.base.path());
        let url = self.base.join(path).ok().filter(inside);
        let url = url.ok_or_else(|| Error::transport(format!("`{path}` is no place of the mirror")))?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let response = self.client.get(&url, &HeaderMap::new(), limit).await;
        let response =
            response.map_err(|error| Error::transport_with_source("the mirror gave no answer", error))?;
        match response.status {
            StatusCode::OK => Ok(Some(response.body)),
            // Object stores say 403 of what is not there, and the next root is asked for until it is not.
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => Ok(None),
            status => Err(Error::transport(format!("the mirror answers {status} for `{path}`"))),
        }
    }
}

impl Repository for Mirror {
    fn fetch_metadata<'a>(&'a self, name: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(self.get(name, max_length))
    }

    fn fetch_target<'a>(&'a self, path: &'a str, max_length: u64) -> FetchFuture<'a> {
        Box::pin(async move { self.get(&format!("targets/{path}"), max_length).await })
    }
}
