//! From a line to a well-formed bundle. Whatever the Sigstore parser would read more than one way is refused before it
//! sees it.

use mcpsign_schemas::canonical::{Json, JsonError, Limits};
use mcpsign_schemas::code::{self, Code};
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::evidence_file::{MAX_LINE, MAX_PAYLOAD, MAX_PAYLOAD_VALUES, MAX_VALUES};
use mcpsign_schemas::finding::{EvidenceRef, Finding};
use mcpsign_schemas::statement::PAYLOAD_TYPE;

use crate::authenticate::bundle::{BundleError, BundleVersion, SignedBundle};
use crate::claims::RawLine;

/// A well-formed bundle. Its payload stays in here until a signature covers it.
#[derive(Debug)]
#[must_use]
pub struct Unverified {
    pub(crate) evidence: EvidenceRef,
    pub(crate) bundle: SignedBundle,
    pub(crate) content: Content,
}

/// What a bundle signs.
#[derive(Debug)]
pub(crate) enum Content {
    /// A DSSE payload. Parsed once, from the very buffer that the signature is checked over.
    Statement { json: Result<Json, JsonError>, payload: Sha256Digest, length: usize },
    /// A blob that is not in the bundle.
    Blob,
}

/// A line that is no bundle which could count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// More bytes than a line may have.
    #[error("the line has {found} bytes, more than the {MAX_LINE} allowed")]
    LineTooLong {
        /// Its length in bytes.
        found: usize,
    },
    /// Not strict JSON.
    #[error("the line is not strict JSON: {0}")]
    Json(#[from] JsonError),
    /// A member of every bundle is missing or of another type.
    #[error("the line is no Sigstore bundle: `{member}` is missing or of another type")]
    Member {
        /// Which.
        member: &'static str,
    },
    /// A bundle of cosign before Sigstore's own: a signature with receipt, over a blob that it does not hold.
    #[error("the line is a bundle of cosign's old form, not a Sigstore bundle")]
    LegacyBundle,
    /// A DSSE envelope and nothing around it.
    #[error("the line is an envelope alone: nothing in it leads to who signed it, or when")]
    BareEnvelope,
    /// An entry of a list that names the address of a bundle and does not hold it.
    #[error("the bundle is at an address that is named in its place")]
    NotInline,
    /// Members that exclude each other: it would be open which of them is meant.
    #[error("the bundle has {found} of {of}, not exactly one")]
    NotExactlyOne {
        /// The members.
        of: &'static str,
        /// How many of them are there.
        found: usize,
    },
    /// Another media type than those of the versions 0.1 to 0.3.
    #[error("the bundle's media type is not one that is known here")]
    MediaType {
        /// What it says.
        found: String,
    },
    /// Not exactly one signature in the envelope.
    #[error("the envelope has {found} signatures, not one")]
    Signatures {
        /// How many.
        found: usize,
    },
    /// Another payload type than in-toto's.
    #[error("the payload is no in-toto statement by its type")]
    PayloadType {
        /// What it says.
        found: String,
    },
    /// The Sigstore parser refuses.
    #[error("the line is no Sigstore bundle: {0}")]
    Bundle(#[from] BundleError),
    /// More bytes than any payload may have.
    #[error("the payload has {found} bytes, more than the {MAX_PAYLOAD} allowed")]
    PayloadTooLarge {
        /// Its length in bytes.
        found: usize,
    },
}

impl Unverified {
    /// Parses a line:
    /// 1. within its budget of bytes and depth, strict JSON;
    /// 2. of a known version, with exactly one kind of key material and one kind of content;
    /// 3. an envelope with exactly one signature, over an in-toto payload within its budget.
    ///
    /// # Errors
    /// The first of these that does not hold.
    pub fn parse(line: &RawLine<'_>) -> Result<Self, ParseError> {
        if line.bytes.len() > MAX_LINE {
            return Err(ParseError::LineTooLong { found: line.bytes.len() });
        }
        let json = Json::parse(line.bytes, Limits::bytes(MAX_LINE).values(MAX_VALUES))?;
        shape(&json)?;
        let bundle = SignedBundle::from_json(json)?;
        let content = match bundle.payload() {
            Some(payload) if payload.len() > MAX_PAYLOAD => {
                return Err(ParseError::PayloadTooLarge { found: payload.len() });
            }
            Some(payload) => Content::Statement {
                json: Json::parse(payload, Limits::bytes(MAX_PAYLOAD).values(MAX_PAYLOAD_VALUES)),
                payload: Sha256Digest::of(payload),
                length: payload.len(),
            },
            None => Content::Blob,
        };
        Ok(Self { evidence: line.reference(), bundle, content })
    }

    /// The predicate type that the payload claims, before anybody vouched for it: for saying what a broken line was
    /// probably meant to be, and for nothing else.
    pub(crate) fn claimed_predicate(&self) -> Option<String> {
        match &self.content {
            Content::Statement { json: Ok(json), .. } => {
                json.get("predicateType")?.as_str().map(str::to_owned)
            }
            _ => None,
        }
    }
}

/// What must hold of the bundle's JSON.
fn shape(json: &Json) -> Result<(), ParseError> {
    let member = |member| ParseError::Member { member };
    let media_type = json
        .get("mediaType")
        .and_then(Json::as_str)
        .ok_or_else(|| foreign(json).unwrap_or(member("mediaType")))?;
    if BundleVersion::of(media_type).is_none() {
        return Err(ParseError::MediaType { found: media_type.chars().take(120).collect() });
    }
    let material = present(json, "verificationMaterial").ok_or(member("verificationMaterial"))?;
    exactly_one(material, "certificate, x509CertificateChain, publicKey")?;
    exactly_one(json, "dsseEnvelope, messageSignature")?;
    let Some(envelope) = present(json, "dsseEnvelope") else { return Ok(()) };
    let signatures =
        envelope.get("signatures").and_then(Json::as_array).ok_or(member("dsseEnvelope.signatures"))?;
    if signatures.len() != 1 {
        return Err(ParseError::Signatures { found: signatures.len() });
    }
    let payload_type =
        envelope.get("payloadType").and_then(Json::as_str).ok_or(member("dsseEnvelope.payloadType"))?;
    if payload_type != PAYLOAD_TYPE {
        return Err(ParseError::PayloadType { found: payload_type.chars().take(120).collect() });
    }
    Ok(())
}

/// What the line is instead, if that is a form of another tool.
fn foreign(json: &Json) -> Option<ParseError> {
    let has = |member| json.get(member).is_some();
    match () {
        () if has("base64Signature") => Some(ParseError::LegacyBundle),
        () if has("payload") && has("signatures") => Some(ParseError::BareEnvelope),
        () if has("bundle_url") => Some(ParseError::NotInline),
        () => None,
    }
}

fn exactly_one(json: &Json, of: &'static str) -> Result<(), ParseError> {
    let found = of.split(", ").filter(|member| present(json, member).is_some()).count();
    if found == 1 { Ok(()) } else { Err(ParseError::NotExactlyOne { of, found }) }
}

/// In protobuf's JSON a member that is null is one that is not there.
fn present<'j>(json: &'j Json, member: &str) -> Option<&'j Json> {
    json.get(member).filter(|value| !value.is_null())
}

impl ParseError {
    /// The stable code.
    pub const fn code(&self) -> Code {
        use code::signature;
        match self {
            Self::LineTooLong { .. } | Self::PayloadTooLarge { .. } => code::evidence::OVER_BUDGET,
            Self::LegacyBundle => signature::LEGACY_BUNDLE,
            Self::BareEnvelope => signature::BARE_ENVELOPE,
            Self::Json(_)
            | Self::Member { .. }
            | Self::NotInline
            | Self::NotExactlyOne { .. }
            | Self::Bundle(_) => signature::UNREADABLE_LINE,
            Self::MediaType { .. } => signature::BUNDLE_VERSION,
            Self::Signatures { .. } => signature::ENVELOPE_SIGNATURES,
            Self::PayloadType { .. } => signature::PAYLOAD_TYPE,
        }
    }

    /// Whether it is more than is looked at, not something that is wrong.
    pub(crate) const fn is_over_budget(&self) -> bool {
        matches!(self, Self::LineTooLong { .. } | Self::PayloadTooLarge { .. })
    }

    /// What a report says of it.
    pub fn finding(&self) -> Finding {
        let finding = Finding::new(self.code(), self.to_string());
        match self {
            Self::MediaType { found } => finding.expected("bundle version 0.1 to 0.3").found(found.clone()),
            Self::PayloadType { found } => finding.expected(PAYLOAD_TYPE).found(found.clone()),
            Self::Signatures { found } => finding.expected("1 signature").found(found.to_string()),
            Self::NotInline => {
                finding.hint("fetch the bundle from there and name its file with `--evidence`")
            }
            _ => finding,
        }
    }
}
