//! Whom a certificate names: the claims of a token, as Fulcio writes them into extensions.

use std::collections::BTreeMap;

use const_oid::ObjectIdentifier;
use const_oid::db::rfc5280::ID_CE_SUBJECT_ALT_NAME;
use der::Encode as _;
use der::asn1::{Any, Ia5String, Utf8StringRef};
use serde_json::Value;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::{GeneralName, OtherName};

use crate::lie::Lie;
use crate::x509::raw_extension;

/// The arc of Fulcio's extensions.
const FULCIO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1");

/// Of a user's name.
const USERNAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.7");

/// Who asks for a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The subject alternative name.
    pub subject: Subject,
    /// URL of the issuer of its token: `.1.8`, and `.1.1`.
    pub issuer: String,
    /// Fulcio's other extensions by the last arc of their id: 2 to 6 are raw text, 9 to 24 UTF8Strings
    /// (`fulcio/docs/oid-info.md`).
    pub claims: BTreeMap<u8, String>,
}

/// A subject alternative name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A workload's.
    Uri(String),
    /// A person's.
    Email(String),
    /// A user's, `NAME!DOMAIN`.
    Username(String),
}

impl Subject {
    /// The name without its kind.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Uri(name) | Self::Email(name) | Self::Username(name) => name,
        }
    }
}

impl Identity {
    /// A person with this address, vouched for by `issuer`.
    pub fn email(address: &str, issuer: &str) -> Self {
        Self { subject: Subject::Email(address.into()), issuer: issuer.into(), claims: BTreeMap::new() }
    }

    /// The identity that Fulcio makes of a token's claims; the shape of the claims says whose token it is. `None` where
    /// it has no subject that a certificate could name.
    pub fn from_token(token: &Value) -> Option<Self> {
        let text = |name: &str| match token.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        };
        let issuer = text("iss")?;
        let (subject, mut claims) = if let Some(workflow) = text("job_workflow_ref") {
            (Subject::Uri(format!("https://github.com/{workflow}")), github(&text))
        } else if let Some(config) = text("ci_config_ref_uri") {
            (Subject::Uri(format!("https://{config}")), gitlab(&text))
        } else if let (Some(organization), Some(pipeline)) =
            (text("organization_slug"), text("pipeline_slug"))
        {
            let pipeline = format!("https://buildkite.com/{organization}/{pipeline}");
            (Subject::Uri(pipeline.clone()), buildkite(&text, &pipeline))
        } else if let Some(email) = text("email") {
            return (token.get("email_verified") == Some(&Value::Bool(true)))
                .then(|| Self::email(&email, &issuer));
        } else {
            (Subject::Uri(text("sub").filter(|subject| subject.contains("://"))?), Vec::new())
        };
        claims.push((24, text("sub")));
        let claims = claims.into_iter().filter_map(|(arc, value)| Some((arc, value?))).collect();
        Some(Self { subject, issuer, claims })
    }

    /// Subject alternative name, issuer and claims as extensions.
    pub(crate) fn extensions(&self, lies: &[Lie]) -> Vec<Extension> {
        let told = |lie: Lie| lies.contains(&lie);
        let mut extensions = Vec::new();
        if !told(Lie::SubjectMissing) {
            extensions.push(self.subject_name(told(Lie::TwoSubjects)));
        }
        if !told(Lie::IssuerMissing) {
            extensions.push(fulcio(1, self.issuer.as_bytes()));
            let raw = told(Lie::IssuerMalformed);
            let issuer = if raw { self.issuer.clone().into_bytes() } else { utf8(&self.issuer) };
            extensions.push(fulcio(8, &issuer));
        }
        if told(Lie::IssuerTwice) {
            extensions.push(fulcio(8, &utf8("https://other-issuer.example")));
        }
        for (&arc, value) in &self.claims {
            let raw = arc < 8 || told(Lie::ClaimMalformed(arc));
            extensions.push(fulcio(arc, &if raw { value.clone().into_bytes() } else { utf8(value) }));
            if told(Lie::ClaimTwice(arc)) {
                extensions.push(fulcio(arc, &utf8("something-else")));
            }
        }
        extensions
    }

    fn subject_name(&self, twice: bool) -> Extension {
        let ia5 = |text: &str| Ia5String::new(text).expect("ASCII");
        let mut names = vec![match &self.subject {
            Subject::Uri(uri) => GeneralName::UniformResourceIdentifier(ia5(uri)),
            Subject::Email(address) => GeneralName::Rfc822Name(ia5(address)),
            Subject::Username(name) => {
                let value = Utf8StringRef::new(name).and_then(|name| Any::encode_from(&name));
                GeneralName::OtherName(OtherName { type_id: USERNAME, value: value.expect("a name") })
            }
        }];
        if twice {
            names.push(GeneralName::UniformResourceIdentifier(ia5("https://other-subject.example")));
        }
        let names = SubjectAltName(names).to_der().expect("its encoding");
        // Critical, since the subject is empty (RFC 5280 §4.2.1.6).
        raw_extension(ID_CE_SUBJECT_ALT_NAME, true, &names)
    }
}

fn fulcio(arc: u8, value: &[u8]) -> Extension {
    raw_extension(FULCIO.push_arc(arc.into()).expect("a short arc"), false, value)
}

fn utf8(text: &str) -> Vec<u8> {
    Utf8StringRef::new(text).and_then(|text| text.to_der()).expect("its encoding")
}

type Text<'a> = dyn Fn(&str) -> Option<String> + 'a;

fn github(text: &Text<'_>) -> Vec<(u8, Option<String>)> {
    let url = |name: &str| text(name).map(|path| format!("https://github.com/{path}"));
    let run = || {
        let (repository, run, attempt) = (text("repository")?, text("run_id")?, text("run_attempt")?);
        Some(format!("https://github.com/{repository}/actions/runs/{run}/attempts/{attempt}"))
    };
    vec![
        (2, text("event_name")),
        (3, text("sha")),
        (4, text("workflow")),
        (5, text("repository")),
        (6, text("ref")),
        (9, url("job_workflow_ref")),
        (10, text("job_workflow_sha")),
        (11, text("runner_environment")),
        (12, url("repository")),
        (13, text("sha")),
        (14, text("ref")),
        (15, text("repository_id")),
        (16, url("repository_owner")),
        (17, text("repository_owner_id")),
        (18, url("workflow_ref")),
        (19, text("workflow_sha")),
        (20, text("event_name")),
        (21, run()),
        (22, text("repository_visibility")),
        (23, text("environment")),
    ]
}

fn gitlab(text: &Text<'_>) -> Vec<(u8, Option<String>)> {
    let host = text("iss").unwrap_or_default();
    let url = |name: &str| text(name).map(|path| format!("{host}/{path}"));
    let config = || text("ci_config_ref_uri").map(|uri| format!("https://{uri}"));
    let reference = || {
        let kind = if text("ref_type")? == "tag" { "tags" } else { "heads" };
        Some(format!("refs/{kind}/{}", text("ref")?))
    };
    let job = || Some(format!("{host}/{}/-/jobs/{}", text("project_path")?, text("job_id")?));
    vec![
        (9, config()),
        (10, text("ci_config_sha")),
        (11, text("runner_environment")),
        (12, url("project_path")),
        (13, text("sha")),
        (14, reference()),
        (15, text("project_id")),
        (16, url("namespace_path")),
        (17, text("namespace_id")),
        (18, config()),
        (19, text("ci_config_sha")),
        (20, text("pipeline_source")),
        (21, job()),
        (22, text("project_visibility")),
        (23, text("environment")),
    ]
}

fn buildkite(text: &Text<'_>, pipeline: &str) -> Vec<(u8, Option<String>)> {
    let build = || Some(format!("{pipeline}/builds/{}#{}", text("build_number")?, text("job_id")?));
    vec![
        (11, text("runner_environment")),
        (13, text("build_commit")),
        (14, text("build_branch").map(|branch| format!("refs/heads/{branch}"))),
        (20, text("build_source")),
        (21, build()),
    ]
}
