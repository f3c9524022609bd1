//! `spec/vectors/endpoint/`.

use mcpsign_schemas::endpoint::{Endpoint, PlainHttp};
use serde::Deserialize;

/// An address, and the endpoint that it is or why it is none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Vector {
    name: String,
    address: String,
    /// Whether plain HTTP to this machine is taken.
    #[serde(default)]
    insecure_loopback: bool,
    endpoint: Option<String>,
    sha256: Option<String>,
    error: Option<String>,
}

impl super::Case for Vector {
    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Result<(), String> {
        let plain = if self.insecure_loopback { PlainHttp::Loopback } else { PlainHttp::Never };
        let found = Endpoint::parse(&self.address, plain);
        let found = found
            .map(|endpoint| (endpoint.as_str().to_owned(), endpoint.digest().to_string()))
            .map_err(|error| format!("{error:?}"));
        let expected = match (&self.endpoint, &self.sha256, &self.error) {
            (Some(endpoint), Some(sha256), None) => Ok((endpoint.clone(), sha256.clone())),
            (None, None, Some(error)) => Err(error.as_str()),
            _ => return Err("neither an endpoint with its digest nor an error".into()),
        };
        super::expect(found, expected)
    }
}
