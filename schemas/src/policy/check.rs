//! What must hold of a policy in itself. "Empty" never means "any", and nothing may stand there unread.

use std::collections::BTreeSet;

use super::pattern::{PackagePattern, ServerPattern};
use super::predicate::is_same_predicate;
use super::{KeyEntry, MAX_KEYS, Match, PolicyDocument, Problem, RuleEntry, SCHEMA, SignerEntry};
use crate::canonical::Json;
use crate::statement::predicate_type;
use crate::untrusted::is_deceptive;

/// Characters of a name at the most: it stands in every report.
const MAX_NAME: usize = 128;
/// Bytes of an issuer, subject or predicate type at the most: what fits a URL.
const MAX_URI: usize = 2048;

/// Path of the member at fault, and what is wrong with it.
pub(super) type Fault = (String, Problem);

/// A document to be filled while loading.
pub(super) fn empty_document() -> PolicyDocument {
    PolicyDocument {
        schema: String::new(),
        name: String::new(),
        keys: None,
        signers: Vec::new(),
        rules: Vec::new(),
    }
}

/// Refuses `null` everywhere: a key with nothing behind it must not read as "no limit".
pub(super) fn no_nulls(json: &Json, path: &str) -> Result<(), Fault> {
    match json {
        Json::Null => Err((path.into(), Problem::Null)),
        Json::Array(elements) => elements
            .iter()
            .enumerate()
            .try_for_each(|(at, element)| no_nulls(element, &format!("{path}[{at}]"))),
        Json::Object(object) => object.iter().try_for_each(|(key, value)| {
            no_nulls(value, &if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") })
        }),
        Json::Bool(_) | Json::Number(_) | Json::String(_) => Ok(()),
    }
}

/// Looks at `schema` before anything else, so that a later version is called that and not a list of typos.
pub(super) fn schema(json: &Json) -> Result<(), Fault> {
    match json.get("schema") {
        Some(Json::String(found)) if found != SCHEMA => {
            Err(("schema".into(), Problem::Schema { found: found.chars().take(MAX_NAME).collect() }))
        }
        // Missing or of another type: said with the other members.
        _ => Ok(()),
    }
}

/// Checks a whole document.
pub(super) fn document(policy: &PolicyDocument) -> Result<(), Fault> {
    if policy.schema != SCHEMA {
        return Err(("schema".into(), Problem::Schema { found: policy.schema.clone() }));
    }
    name(&policy.name, "name")?;
    keys(policy)?;
    not_empty(&policy.signers, "signers")?;
    unique(policy.signers.iter().map(|entry| entry.name.as_str()), |at| format!("signers[{at}].name"))?;
    for (at, entry) in policy.signers.iter().enumerate() {
        signer(policy, at, entry)?;
    }
    let unused = |key: &KeyEntry| !policy.signers.iter().any(|signer| signer.key.as_ref() == Some(&key.name));
    if let Some(at) = policy.keys.iter().flatten().position(unused) {
        return Err((format!("keys[{at}]"), Problem::Unused { by: "signer" }));
    }
    not_empty(&policy.rules, "rules")?;
    unique(policy.rules.iter().map(|entry| entry.name.as_str()), |at| format!("rules[{at}].name"))?;
    for (at, entry) in policy.rules.iter().enumerate() {
        rule(policy, entry, &format!("rules[{at}]"))?;
        if let Some(before) = policy.rules.iter().take(at).find(|rule| rule.applies_to == Match::AnyServer) {
            return Err((format!("rules[{at}]"), Problem::Unreachable(before.name.clone())));
        }
    }
    match policy
        .signers
        .iter()
        .position(|signer| !policy.rules.iter().any(|rule| rule.signers.contains(&signer.name)))
    {
        Some(at) => Err((format!("signers[{at}]"), Problem::Unused { by: "rule" })),
        None => Ok(()),
    }
}

fn keys(policy: &PolicyDocument) -> Result<(), Fault> {
    let Some(keys) = &policy.keys else { return Ok(()) };
    not_empty(keys, "keys")?;
    if keys.len() > MAX_KEYS {
        return Err(("keys".into(), Problem::TooManyKeys { found: keys.len() }));
    }
    unique(keys.iter().map(|key| key.name.as_str()), |at| format!("keys[{at}].name"))?;
    for (at, key) in keys.iter().enumerate() {
        if let (Some(from), Some(until)) = (key.not_before, key.not_after)
            && until < from
        {
            return Err((format!("keys[{at}].notAfter"), Problem::Window));
        }
    }
    Ok(())
}

fn signer(policy: &PolicyDocument, at: usize, entry: &SignerEntry) -> Result<(), Fault> {
    let path = format!("signers[{at}]");
    match (&entry.key, &entry.identity) {
        (Some(key), None) => {
            if !policy.keys.iter().flatten().any(|entry| entry.name == *key) {
                return Err((format!("{path}.key"), Problem::Unknown { what: "key", name: key.clone() }));
            }
        }
        (None, Some(identity)) => {
            exact(&identity.issuer, &format!("{path}.identity.issuer"))?;
            exact(&identity.subject, &format!("{path}.identity.subject"))?;
        }
        _ => return Err((path, Problem::NotOneSigner)),
    }
    // One signer under two names could one day count as two.
    if let Some(same) = policy
        .signers
        .iter()
        .take(at)
        .find(|other| other.key == entry.key && other.identity == entry.identity)
    {
        return Err((path, Problem::SameSigner(same.name.clone())));
    }
    predicates(&entry.predicates, &format!("{path}.predicates"))?;
    let may_sign_manifests =
        entry.predicates.iter().any(|predicate| predicate == predicate_type::TOOL_MANIFEST);
    match &entry.kinds {
        Some(kinds) if may_sign_manifests => {
            let kinds_path = format!("{path}.kinds");
            not_empty(kinds, &kinds_path)?;
            match (1..kinds.len()).find(|&at| kinds.iter().take(at).any(|kind| Some(kind) == kinds.get(at))) {
                Some(at) => Err((format!("{kinds_path}[{at}]"), Problem::DuplicateName("the kind".into()))),
                None => Ok(()),
            }
        }
        None if !may_sign_manifests => Ok(()),
        _ => Err((path, Problem::Kinds)),
    }
}

fn rule(policy: &PolicyDocument, entry: &RuleEntry, path: &str) -> Result<(), Fault> {
    match &entry.applies_to {
        Match::AnyServer => {}
        Match::Server(pattern) => {
            ServerPattern::parse(pattern).map_err(|error| (format!("{path}.match.server"), error.into()))?;
        }
        Match::Package(pattern) => {
            PackagePattern::parse(pattern)
                .map_err(|error| (format!("{path}.match.package"), error.into()))?;
        }
    }
    not_empty(&entry.signers, &format!("{path}.signers"))?;
    unique(entry.signers.iter().map(String::as_str), |at| format!("{path}.signers[{at}]"))?;
    let mut signers = Vec::new();
    for (at, name) in entry.signers.iter().enumerate() {
        let found = policy.signers.iter().find(|signer| signer.name == *name);
        signers.push(found.ok_or_else(|| {
            (format!("{path}.signers[{at}]"), Problem::Unknown { what: "signer", name: name.clone() })
        })?);
    }
    let required = format!("{path}.require.predicates");
    predicates(&entry.require.predicates, &required)?;
    if !entry.require.predicates.iter().any(|predicate| predicate == predicate_type::TOOL_MANIFEST) {
        return Err((required, Problem::NoManifest));
    }
    for (at, predicate) in entry.require.predicates.iter().enumerate() {
        let may = |signer: &&SignerEntry| signer.predicates.iter().any(|p| is_same_predicate(predicate, p));
        if !signers.iter().any(may) {
            return Err((format!("{required}[{at}]"), Problem::NobodyMay(predicate.clone())));
        }
    }
    Ok(())
}

fn predicates(list: &[String], path: &str) -> Result<(), Fault> {
    not_empty(list, path)?;
    for (at, predicate) in list.iter().enumerate() {
        if !is_uri(predicate) {
            return Err((
                format!("{path}[{at}]"),
                Problem::PredicateType(predicate.chars().take(MAX_NAME).collect()),
            ));
        }
    }
    unique_strings(list.iter().map(String::as_str), |at| format!("{path}[{at}]"))
}

/// Whether `text` can be a predicate type: a scheme, something behind it, and nothing that no URI has.
pub(super) fn is_uri(text: &str) -> bool {
    let scheme_ok = text.split_once(':').is_some_and(|(scheme, rest)| {
        scheme.bytes().next().is_some_and(|b| b.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b))
            && !rest.trim_matches('/').is_empty()
    });
    scheme_ok
        && text.len() <= MAX_URI
        && !text.contains('*')
        && !text.chars().any(|c| c.is_whitespace() || is_deceptive(c))
}

/// Whether `text` can be compared with an identity: nothing in it could be taken for "any".
pub(super) fn is_exact(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_URI
        && !text.contains('*')
        && !text.chars().any(|c| c.is_whitespace() || is_deceptive(c))
}

fn exact(text: &str, path: &str) -> Result<(), Fault> {
    if is_exact(text) {
        Ok(())
    } else {
        Err((path.into(), Problem::NotExact(text.chars().take(MAX_NAME).collect())))
    }
}

fn name(text: &str, path: &str) -> Result<(), Fault> {
    let bad = text.trim().is_empty()
        || text.trim() != text
        || text.chars().count() > MAX_NAME
        || text.chars().any(is_deceptive);
    if bad { Err((path.into(), Problem::Name(text.chars().take(MAX_NAME).collect()))) } else { Ok(()) }
}

fn not_empty<T>(list: &[T], path: &str) -> Result<(), Fault> {
    if list.is_empty() { Err((path.into(), Problem::EmptyList)) } else { Ok(()) }
}

fn unique<'a>(names: impl Iterator<Item = &'a str>, path: impl Fn(usize) -> String) -> Result<(), Fault> {
    let names: Vec<_> = names.collect();
    for (at, text) in names.iter().enumerate() {
        name(text, &path(at))?;
    }
    unique_strings(names.into_iter(), path)
}

fn unique_strings<'a>(
    texts: impl Iterator<Item = &'a str>,
    path: impl Fn(usize) -> String,
) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for (at, text) in texts.enumerate() {
        if !seen.insert(text) {
            return Err((path(at), Problem::DuplicateName(text.into())));
        }
    }
    Ok(())
}
