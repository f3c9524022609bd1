//! Bytes, and their canonical form or the rule they break.

use mcpsign_schemas::canonical::{Json, JsonErrorKind, Limits};
use mcpsign_schemas::digest::Sha256Digest;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Vector {
    name: String,
    input: Option<String>,
    input_hex: Option<String>,
    max_bytes: Option<usize>,
    canonical: Option<String>,
    sha256: Option<Sha256Digest>,
    error: Option<String>,
}

impl crate::Case for Vector {
    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Result<(), String> {
        let input = crate::bytes(self.input.as_deref(), self.input_hex.as_deref())?;
        let json = Json::parse(&input, Limits::bytes(self.max_bytes.unwrap_or(1 << 20)));
        let found = json
            .map_err(|error| error_name(&error.kind).to_owned())
            .map(|json| (String::from_utf8(json.to_canonical()).unwrap(), json.sha256()));
        match (&self.canonical, self.sha256, &self.error) {
            (Some(canonical), Some(sha256), None) => crate::expect(found, Ok((canonical.clone(), sha256))),
            (None, None, Some(error)) => crate::expect(found, Err(error)),
            _ => Err("neither canonical and sha256 nor error".into()),
        }
    }
}

fn error_name(kind: &JsonErrorKind) -> &'static str {
    match kind {
        JsonErrorKind::TooLarge => "too-large",
        JsonErrorKind::TooDeep => "too-deep",
        JsonErrorKind::DuplicateKey { .. } => "duplicate-key",
        JsonErrorKind::InvalidUtf8 => "invalid-utf8",
        JsonErrorKind::LoneSurrogate => "lone-surrogate",
        JsonErrorKind::ByteOrderMark => "byte-order-mark",
        JsonErrorKind::NumberNotExact { .. } => "number-not-exact",
        JsonErrorKind::Syntax { .. } => "syntax",
        JsonErrorKind::TrailingData => "trailing-data",
        JsonErrorKind::Typed(_) => "typed",
    }
}
