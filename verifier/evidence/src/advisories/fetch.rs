//! Archives from an address, and only if they are others than before.

use mcpsign_collect::http::{self, Client, HttpError, Options, PlainHttp, Redirects};
use mcpsign_schemas::advisory::snapshot::Segment;
use reqwest::header::{ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH};
use tokio::runtime::Runtime;
use url::Url;

use super::AdvisoriesError;
use super::segment::MAX_ARCHIVE;
use super::source::{Place, Source, address, name_of};
use super::update::Request;

/// Bytes of a list of ecosystems at the most: OSV's has some 800.
const MAX_LIST: usize = 64 << 10;
/// Characters of an `ETag` that are kept.
const MAX_ETAG: usize = 256;

/// The sources below an address: itself where it is an archive, else one for each ecosystem that it lists.
pub(super) fn sources(url: &Url, request: &Request<'_>) -> Result<Vec<Source>, AdvisoriesError> {
    let remote = |reason: String| AdvisoriesError::Source { source_name: address(url), reason, local: false };
    if url.path().ends_with(".zip") {
        let path = percent_encoding::percent_decode_str(url.path()).decode_utf8_lossy();
        let name = name_of(std::path::Path::new(&*path)).ok_or_else(|| remote("has no name".into()))?;
        return Ok(vec![Source { name, place: Place::Url(url.clone()), of_layout: false }]);
    }
    let (client, runtime) = client(request)?;
    let list = below(url, &["ecosystems.txt"]).ok_or_else(|| remote("is no folder".into()))?;
    let answer = runtime.block_on(client.get(&list, &HeaderMap::new(), MAX_LIST))?;
    if !answer.status.is_success() {
        return Err(remote(format!("has no `ecosystems.txt` (HTTP status {})", answer.status.as_u16())));
    }
    let text =
        String::from_utf8(answer.body).map_err(|_| remote("its `ecosystems.txt` is no text".into()))?;
    let mut sources = Vec::new();
    for name in text.lines().map(str::trim).filter(|name| !name.is_empty()) {
        if name.contains(['/', '\\']) || name.starts_with('.') {
            return Err(remote("its `ecosystems.txt` names no ecosystems".into()));
        }
        let url = below(url, &[name, "all.zip"]).ok_or_else(|| remote("is no folder".into()))?;
        sources.push(Source { name: name.to_owned(), place: Place::Url(url), of_layout: true });
    }
    Ok(sources)
}

/// A whole archive.
pub(super) struct Archive {
    pub(super) bytes: Vec<u8>,
    /// What the server calls it.
    pub(super) etag: Option<String>,
}

/// The archive at `url`; `None` where it is the one that `old` was made of.
pub(super) fn archive(
    url: &Url,
    old: Option<&Segment>,
    request: &Request<'_>,
) -> Result<Option<Archive>, AdvisoriesError> {
    let mut headers = HeaderMap::new();
    let known = old.filter(|old| old.source == address(url)).and_then(|old| old.etag.as_deref());
    if let Some(etag) = known.and_then(|etag| HeaderValue::from_str(etag).ok()) {
        headers.insert(IF_NONE_MATCH, etag);
    }
    let (client, runtime) = client(request)?;
    let mut bytes = Vec::new();
    let limit = MAX_ARCHIVE as u64;
    let download = client.download(url, &headers, Redirects::AnyHost, limit, &mut bytes);
    match runtime.block_on(download) {
        Ok(done) => {
            let etag = done.headers.get(ETAG).and_then(|etag| etag.to_str().ok());
            let etag = etag.filter(|etag| etag.len() <= MAX_ETAG).map(str::to_owned);
            Ok(Some(Archive { bytes, etag }))
        }
        Err(HttpError::Status { status: 304 }) if known.is_some() => Ok(None),
        Err(HttpError::Status { status }) => Err(AdvisoriesError::Source {
            source_name: address(url),
            reason: format!("the answer is HTTP status {status}"),
            local: false,
        }),
        Err(error) => Err(error.into()),
    }
}

fn client(request: &Request<'_>) -> Result<(Client, Runtime), AdvisoriesError> {
    // Without TLS this machine alone is spoken to.
    let options = Options { ca: request.ca.to_vec(), plain_http: PlainHttp::Loopback, ..Options::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| AdvisoriesError::Io { path: "the network".into(), source })?;
    Ok((http::client(&options)?, runtime))
}

/// An address below a folder's, whether that ends in a slash or not.
fn below(url: &Url, names: &[&str]) -> Option<Url> {
    let mut url = url.clone();
    url.path_segments_mut().ok()?.pop_if_empty().extend(names);
    Some(url)
}
