//! `mcpsign.dev/policy-tests/v1`: what a policy is expected to decide, beside it (`spec/policy-tests.md`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::check::{Fault, not_empty, unique, unique_strings};
use super::load::{Document, read};
use super::{PolicyError, Problem};
use crate::code::Code;

/// `schema` of every file of cases of this version.
pub const TESTS_SCHEMA: &str = "mcpsign.dev/policy-tests/v1";

/// Cases for one policy. Paths are relative to the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyTests {
    /// [`TESTS_SCHEMA`].
    pub schema: String,
    /// Sigstore trust root for all cases; the public-good instance's where a policy asks for certificates and none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_root: Option<String>,
    /// At least one.
    pub cases: Vec<PolicyCase>,
}

/// One verification, and what must come of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyCase {
    /// Unique.
    pub name: String,
    /// A file or directory.
    pub artifact: String,
    /// In place of the evidence beside the artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Vec<String>>,
    /// A capture file, or replies of the server, one a line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<String>,
    /// Lists of revocations, as `mcpsign revoke` makes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocations: Option<Vec<String>>,
    /// A folder of evidence files of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<String>,
    /// Evidence or captures of other servers that are used beside this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alongside: Option<Vec<String>>,
    /// A folder with advisories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advisories: Option<String>,
    /// When it is decided, so that windows and ages stay what they are; now, where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::time::read_some")]
    pub at: Option<Timestamp>,
    /// The verdict.
    pub expect: Expected,
    /// Codes that the report must have, whatever others it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codes: Option<Vec<String>>,
    /// Name of the rule that must decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// A verdict that is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Expected {
    /// Every required stage passes.
    Allow,
    /// A required stage fails.
    Deny,
    /// A required stage cannot run.
    Undecided,
}

impl PolicyTests {
    /// Loads a file by the rules for policies.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn load(bytes: &[u8], file: &str) -> Result<Self, PolicyError> {
        let Document { value, places }: Document<Self> = read(bytes, file, TESTS_SCHEMA)?;
        value.check().map_err(|(path, problem)| places.error(&path, problem))?;
        Ok(value)
    }

    fn check(&self) -> Result<(), Fault> {
        not_empty(&self.cases, "cases")?;
        unique(self.cases.iter().map(|case| case.name.as_str()), |at| format!("cases[{at}].name"))?;
        for (at, case) in self.cases.iter().enumerate() {
            case.check(&format!("cases[{at}]"))?;
        }
        Ok(())
    }
}

impl PolicyCase {
    fn check(&self, path: &str) -> Result<(), Fault> {
        let lists = [
            ("evidence", &self.evidence),
            ("revocations", &self.revocations),
            ("alongside", &self.alongside),
            ("codes", &self.codes),
        ];
        for (member, list) in lists {
            let Some(list) = list else { continue };
            let path = format!("{path}.{member}");
            not_empty(list, &path)?;
            unique_strings(list.iter().map(String::as_str), |at| format!("{path}[{at}]"))?;
        }
        let unknown = self.codes.iter().flatten().position(|code| Code::find(code).is_none());
        match unknown.and_then(|at| Some((at, self.codes.as_ref()?.get(at)?))) {
            Some((at, code)) => Err((
                format!("{path}.codes[{at}]"),
                Problem::Unknown { what: "code", name: code.chars().take(128).collect() },
            )),
            None => Ok(()),
        }
    }
}
