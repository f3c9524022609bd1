//! `require.provenance`.

use serde::{Deserialize, Serialize};

use super::super::check::{Fault, form, not_empty, unique};
use super::super::identity::is_address;
use super::super::{Problem, RefPattern, SignerEntry};
use super::known_signer;
use crate::workload::parse::is_commit;

/// Levels of SLSA's build track above 0, which is no promise.
const LEVELS: std::ops::RangeInclusive<u8> = 1..=3;

/// What must hold of the provenance that satisfies a required type: of one and the same statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProvenanceRequirement {
    /// Builders that are known, and by whom their provenance is believed; with `minimumLevel`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builders: Option<Vec<BuilderEntry>>,
    /// Level that the builder must have at the least: 1, 2 or 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_level: Option<u8>,
    /// URL of the repository that must have been built, exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Git reference that must have been built: exact, or with `*`.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Commit that must have been built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// A builder and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BuilderEntry {
    /// `builder.id` of its provenance: exact, but that a reference at its end may have a `*`.
    pub id: String,
    /// Level of SLSA's build track: 1, 2 or 3.
    pub level: u8,
    /// Names of the signers whose word counts for this builder.
    pub signers: Vec<String>,
}

/// Matches a builder's id.
#[derive(Debug, Clone)]
pub struct BuilderPattern {
    place: String,
    reference: Option<RefPattern>,
}

impl BuilderPattern {
    /// Reads an id; what stands behind `@refs/` may be a pattern of references.
    ///
    /// # Errors
    /// When it is no URI, or has a `*` elsewhere.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let (place, reference) = match text.find("@refs/") {
            Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
            None => (text, None),
        };
        if !super::super::check::is_uri(place) {
            return Err(Problem::Form { what: "id of a builder", found: text.chars().take(128).collect() });
        }
        let reference = reference.map(RefPattern::parse).transpose()?;
        Ok(Self { place: place.into(), reference })
    }

    /// Whether it matches this id.
    pub fn matches(&self, id: &str) -> bool {
        match &self.reference {
            None => self.place == id,
            Some(pattern) => id
                .strip_prefix(self.place.as_str())
                .and_then(|rest| rest.strip_prefix('@'))
                .is_some_and(|reference| pattern.matches(reference)),
        }
    }
}

impl ProvenanceRequirement {
    /// Checks what a rule demands that names these signers, of statements of these types.
    pub(super) fn check(&self, types: &[&String], signers: &[&SignerEntry], path: &str) -> Result<(), Fault> {
        let at = |member: &str| format!("{path}.{member}");
        match (&self.builders, self.minimum_level) {
            (Some(builders), Some(level)) => {
                is_level(level, at("minimumLevel"))?;
                check_builders(builders, types, signers, &at("builders"))?;
                if builders.iter().all(|builder| builder.level < level) {
                    let problem = Problem::Unmeetable("no builder has this level");
                    return Err((at("minimumLevel"), problem));
                }
            }
            (None, None) => {}
            _ => return Err((path.into(), Problem::Together("builders", "minimumLevel"))),
        }
        form(self.repository.as_deref(), is_address, "URL of a repository or owner", &at("repository"))?;
        if let Some(reference) = &self.reference {
            RefPattern::parse(reference).map_err(|error| (at("ref"), error.into()))?;
        }
        form(self.commit.as_deref(), is_commit, "commit", &at("commit"))?;
        let demands = self.builders.is_some()
            || self.repository.is_some()
            || self.reference.is_some()
            || self.commit.is_some();
        if demands { Ok(()) } else { Err((path.into(), Problem::Nothing)) }
    }
}

fn check_builders(
    builders: &[BuilderEntry],
    types: &[&String],
    signers: &[&SignerEntry],
    path: &str,
) -> Result<(), Fault> {
    not_empty(builders, path)?;
    for (place, builder) in builders.iter().enumerate() {
        let at = |member: &str| format!("{path}[{place}].{member}");
        BuilderPattern::parse(&builder.id).map_err(|problem| (at("id"), problem))?;
        is_level(builder.level, at("level"))?;
        not_empty(&builder.signers, &at("signers"))?;
        unique(builder.signers.iter().map(String::as_str), |n| at(&format!("signers[{n}]")))?;
        for (n, name) in builder.signers.iter().enumerate() {
            let path = at(&format!("signers[{n}]"));
            let signer = known_signer(name, signers, &path)?;
            if let Some(first) = types.first()
                && !types.iter().any(|of| signer.predicates.contains(of))
            {
                return Err((path, Problem::MayNot((*first).clone())));
            }
        }
        if let Some(same) = builders.iter().take(place).find(|other| other.id == builder.id) {
            return Err((at("id"), Problem::DuplicateName(same.id.clone())));
        }
    }
    Ok(())
}

fn is_level(level: u8, path: String) -> Result<(), Fault> {
    if LEVELS.contains(&level) { Ok(()) } else { Err((path, Problem::Level(level))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b37_a_builder_is_its_whole_id() {
        let tagged = BuilderPattern::parse("https://b.example/g.yml@refs/tags/v*").unwrap();
        let exact = BuilderPattern::parse("https://b.example/runner").unwrap();
        assert!(tagged.matches("https://b.example/g.yml@refs/tags/v2.0.0"));
        assert!(exact.matches("https://b.example/runner"));
        for other in [
            "https://b.example/g.yml",
            "https://b.example/g.yml@refs/heads/v2",
            "https://b.example/gXyml@refs/tags/v2",
            "https://b.example/g.yml@refs/tags/v2\n",
            "https://b.example/runner/self-hosted",
            "https://B.example/runner",
        ] {
            assert!(!tagged.matches(other) && !exact.matches(other), "{other:?}");
        }
        for bad in [
            "",
            "*",
            "https://b.example/*",
            "https://*/g.yml@refs/tags/v1",
            "b@refs/**",
            "https://b.example/g@refs/**",
        ] {
            assert!(BuilderPattern::parse(bad).is_err(), "{bad}");
        }
    }
}
