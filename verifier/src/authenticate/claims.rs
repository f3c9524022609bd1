//! What a certificate says of its holder: its name and Fulcio's extensions (`fulcio/docs/certificate-specification.md`). Read here and not by the Sigstore crate, which
//! passes over what is malformed and lets the last of two win: a policy would then not see what the authority signed.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::workload::{SubjectKind, Workload, claim};
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::Utf8StringRef;
use x509_cert::der::oid::{AssociatedOid as _, ObjectIdentifier};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::x509::{Certificate, Extension, TbsCertificate};
use super::{CertificateIdentity, Subject};

/// Begins the numbers of Fulcio's extensions.
const FULCIO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1");

/// What Fulcio calls a user in a certificate whose issuer gives out neither addresses nor e-mail: an `otherName` of this type, a
/// UTF8String `NAME!DOMAIN`.
const USERNAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.7");

/// Extensions of one certificate at the most; those of Fulcio have some thirty.
const MAX_EXTENSIONS: usize = 64;

/// A certificate that does not say one thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// No X.509 certificate.
    #[error("it is no X.509 certificate: {0}")]
    Certificate(String),
    /// More extensions than are looked at.
    #[error("it has {0} extensions, more than the {MAX_EXTENSIONS} looked at")]
    Extensions(usize),
    /// An extension that is there twice (RFC 5280, section 4.2, forbids it).
    #[error("the extension {0} is there twice")]
    Duplicate(String),
    /// An extension of Fulcio's whose value is not of its form.
    #[error("the extension {0} is malformed")]
    Malformed(String),
    /// The issuer stands in two extensions, an old and a new one, and they differ.
    #[error("it names two issuers")]
    TwoIssuers,
    /// No name, or several: it would be open which of them signed.
    #[error("it has {0} subject alternative names, not one")]
    Names(usize),
}

impl CertificateIdentity {
    /// Reads a certificate (DER) without believing it: who issued it, and when it counts, is not looked at.
    ///
    /// # Errors
    /// When it does not say one thing.
    pub fn of_der(certificate: &[u8]) -> Result<Self, ClaimsError> {
        let certificate = Certificate::read(certificate);
        identity(&certificate.map_err(|error| ClaimsError::Certificate(error.to_string()))?.tbs)
    }
}

/// Whom a certificate names.
///
/// 1. It has no more extensions than are looked at, and none of them twice, known or not.
/// 2. Each of Fulcio's that is known has a value of its form; others are ignored.
/// 3. Old and new issuer agree, if both are there; the new one counts.
/// 4. There is exactly one subject alternative name; one that is neither URI, e-mail address nor user name equals nothing.
pub(super) fn identity(certificate: &TbsCertificate<'_>) -> Result<CertificateIdentity, ClaimsError> {
    let extensions = certificate.extensions.as_deref().unwrap_or_default();
    if extensions.len() > MAX_EXTENSIONS {
        return Err(ClaimsError::Extensions(extensions.len()));
    }
    let mut ids = BTreeSet::new();
    if let Some(again) = extensions.iter().find(|extension| !ids.insert(extension.id)) {
        return Err(ClaimsError::Duplicate(again.id.to_string()));
    }

    let (mut claims, mut deprecated_claims) = (BTreeMap::new(), BTreeMap::new());
    let (mut issuer, mut old_issuer) = (None, None);
    for extension in extensions {
        let of = |table: &[(u32, &'static str)], number| {
            table.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
        };
        match fulcio_number(&extension.id) {
            Some(1) => old_issuer = Some(bare(extension)?),
            Some(8) => issuer = Some(utf8(extension)?),
            Some(number) => {
                if let Some(name) = of(&claim::CURRENT, number) {
                    claims.insert(name, utf8(extension)?);
                } else if let Some(name) = of(&claim::DEPRECATED, number) {
                    deprecated_claims.insert(name, bare(extension)?);
                }
            }
            None => {}
        }
    }
    if let (Some(new), Some(old)) = (&issuer, &old_issuer)
        && new != old
    {
        return Err(ClaimsError::TwoIssuers);
    }
    let issuer = issuer.or(old_issuer);
    let subject = subject(extensions)?;
    let named = subject.as_ref().map(|subject| (subject.kind, subject.name.as_str()));
    let workload = Workload::of(issuer.as_deref(), named, &claims);
    Ok(CertificateIdentity { subject, issuer, claims, deprecated_claims, workload })
}

fn subject(extensions: &[Extension<'_>]) -> Result<Option<Subject>, ClaimsError> {
    let Some(extension) = extensions.iter().find(|extension| extension.id == SubjectAltName::OID) else {
        return Err(ClaimsError::Names(0));
    };
    let SubjectAltName(names) =
        SubjectAltName::from_der(extension.value.as_bytes()).map_err(|_| malformed(extension))?;
    match names.as_slice() {
        [GeneralName::Rfc822Name(name)] => {
            Ok(Some(Subject { kind: SubjectKind::Email, name: name.to_string() }))
        }
        [GeneralName::UniformResourceIdentifier(name)] => {
            Ok(Some(Subject { kind: SubjectKind::Uri, name: name.to_string() }))
        }
        [GeneralName::OtherName(name)] if name.type_id == USERNAME => {
            let name: Utf8StringRef<'_> = name.value.decode_as().map_err(|_| malformed(extension))?;
            Ok(Some(Subject { kind: SubjectKind::Username, name: name.to_string() }))
        }
        [_] => Ok(None),
        names => Err(ClaimsError::Names(names.len())),
    }
}

/// The NUMBER of 1.3.6.1.4.1.57264.1.NUMBER, if it is less than 128, as every known one is: one byte then.
fn fulcio_number(oid: &ObjectIdentifier) -> Option<u32> {
    match oid.as_bytes().strip_prefix(FULCIO.as_bytes())? {
        [number @ 0..0x80] => Some(u32::from(*number)),
        _ => None,
    }
}

/// A DER `UTF8String` and nothing after it, as all current extensions hold it.
fn utf8(extension: &Extension<'_>) -> Result<String, ClaimsError> {
    text(extension).map(str::to_owned).ok_or_else(|| malformed(extension))
}

/// The value itself, as deprecated extensions hold it. Some authorities wrote a `UTF8String` here too; no bare value begins
/// with the tag of one.
fn bare(extension: &Extension<'_>) -> Result<String, ClaimsError> {
    let value = text(extension).or_else(|| str::from_utf8(extension.value.as_bytes()).ok());
    value.map(str::to_owned).ok_or_else(|| malformed(extension))
}

fn text<'a>(extension: &Extension<'a>) -> Option<&'a str> {
    Utf8StringRef::from_der(extension.value.as_bytes()).ok().map(|text| text.as_str())
}

fn malformed(extension: &Extension<'_>) -> ClaimsError {
    ClaimsError::Malformed(extension.id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpsign_schemas::workload::IssuerKind;
    use rcgen::{CertificateParams, CustomExtension, KeyPair, OtherNameValue, SanType};

    const ISSUER: &str = "https://token.actions.githubusercontent.com";
    const SUBJECT: &str = "https://github.com/acme/x/.github/workflows/r.yml@refs/tags/v1";

    fn der(text: &str) -> Vec<u8> {
        [&[0x0c, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
    }

    fn names(names: &[SanType], extensions: &[(u64, Vec<u8>)]) -> Result<CertificateIdentity, ClaimsError> {
        let mut params = CertificateParams::default();
        params.subject_alt_names = names.to_vec();
        params.custom_extensions = extensions
            .iter()
            .map(|(number, value)| {
                CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 57264, 1, *number], value.clone())
            })
            .collect();
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        identity(&Certificate::read(certificate.der()).unwrap().tbs)
    }

    fn uri(text: &str) -> SanType {
        SanType::URI(text.try_into().unwrap())
    }

    fn of(extensions: &[(u64, Vec<u8>)]) -> Result<CertificateIdentity, ClaimsError> {
        names(&[uri(SUBJECT)], extensions)
    }

    #[test]
    fn every_known_claim_is_there_by_its_name_and_unknown_ones_are_ignored() {
        let mut extensions =
            vec![(1, ISSUER.into()), (8, der(ISSUER)), (7, der("x")), (25, vec![0xff]), (99, vec![])];
        let known = || claim::CURRENT.iter().chain(&claim::DEPRECATED);
        for (number, name) in known() {
            let value = format!("value of {name}");
            let value = if *number > 8 { der(&value) } else { value.into_bytes() };
            extensions.push((u64::from(*number), value));
        }
        let identity = of(&extensions).unwrap();
        assert_eq!(identity.issuer.as_deref(), Some(ISSUER));
        assert_eq!(identity.subject_name(), Some(SUBJECT));
        assert_eq!(identity.claims.len(), 16);
        assert_eq!(identity.deprecated_claims.len(), 5);
        for (_, name) in known() {
            let of = |claims: &BTreeMap<&'static str, String>| claims.get(name).cloned();
            let found = of(&identity.claims).or(of(&identity.deprecated_claims));
            assert_eq!(found.unwrap(), format!("value of {name}"));
        }
        // None of these has a claim's form.
        assert_eq!(identity.workload.repository, None);
        assert_eq!(identity.workload.issuer_kind, IssuerKind::GithubActions);
    }

    #[test]
    fn a_certificate_of_before_has_its_old_issuer_and_no_build() {
        let identity =
            of(&[(1, ISSUER.into()), (5, b"acme/x".to_vec()), (6, b"refs/heads/main".to_vec())]).unwrap();
        assert_eq!(identity.issuer.as_deref(), Some(ISSUER));
        assert!(identity.claims.is_empty());
        assert_eq!(identity.workload.reference, None);
        assert_eq!(identity.deprecated_claims["githubWorkflowRepository"], "acme/x");
    }

    #[test]
    fn b19_a_claim_that_is_malformed_refuses_the_certificate() {
        let malformed = |number: u64, value: &[u8]| {
            let found = of(&[(number, value.to_vec())]);
            assert!(matches!(found, Err(ClaimsError::Malformed(_))), "{number}: {found:?}");
        };
        for number in 8..=24 {
            malformed(number, b"bare");
            malformed(number, b"");
            malformed(number, &[der("x"), vec![0]].concat());
            malformed(number, &[0x0c, 1, 0xff]);
            malformed(number, &[0x13, 1, b'x']);
            malformed(number, &[0x0c, 0x81, 1, b'x']);
        }
        for number in 1..=6 {
            malformed(number, &[0xff, 0xfe]);
        }
    }

    #[test]
    fn b19_an_extension_that_is_there_twice_refuses_the_certificate() {
        for number in [1, 2, 8, 9, 12, 24, 25, 99] {
            let twice = [(number, der("x")), (number, der("x"))];
            assert!(matches!(of(&twice), Err(ClaimsError::Duplicate(_))), "{number}");
        }
    }

    #[test]
    fn b19_more_extensions_than_are_looked_at_refuse_the_certificate() {
        // One is the name.
        let some = |count: u64| (100..100 + count).map(|number| (number, Vec::new())).collect::<Vec<_>>();
        assert!(of(&some(63)).is_ok());
        assert_eq!(of(&some(64)), Err(ClaimsError::Extensions(65)));
    }

    #[test]
    fn two_issuers_or_two_names_are_no_identity() {
        let other = of(&[(1, b"https://a.example".to_vec()), (8, der("https://b.example"))]);
        assert_eq!(other, Err(ClaimsError::TwoIssuers));
        let email = SanType::Rfc822Name("a@b.example".try_into().unwrap());
        assert_eq!(names(&[uri(SUBJECT), email.clone()], &[]), Err(ClaimsError::Names(2)));
        assert_eq!(names(&[email], &[]).unwrap().workload.issuer_kind, IssuerKind::Email);
        let dns = SanType::DnsName("a.example".try_into().unwrap());
        assert_eq!(names(&[dns], &[]).unwrap().subject, None);
        let other =
            |last, value: OtherNameValue| SanType::OtherName((vec![1, 3, 6, 1, 4, 1, 57264, 1, last], value));
        let user = names(&[other(7, "alice!acme.example".into())], &[]).unwrap().subject;
        let expected = Subject { kind: SubjectKind::Username, name: "alice!acme.example".into() };
        assert_eq!(user, Some(expected));
        assert_eq!(names(&[other(6, "alice!acme.example".into())], &[]).unwrap().subject, None);
        assert_eq!(names(&[], &[]), Err(ClaimsError::Names(0)));
    }
}
