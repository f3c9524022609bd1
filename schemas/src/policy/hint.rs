//! What to do about what is wrong with a policy.

use super::{ExpressionFault, PatternError, Problem, TESTS_SCHEMA};

impl Problem {
    /// What to do about it, where that is not plain from the message.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Forbidden("anchors" | "aliases" | "merge keys") => "write it out where it is used",
            Self::Forbidden("tags") => "put the value in quotes if it must be a string",
            Self::Forbidden("several documents") => "use one file for each policy",
            Self::Forbidden("numbers that begin with a nought") => {
                "write it without: readers of YAML 1.1 take it for an octal number"
            }
            Self::Schema { found, .. } if found == TESTS_SCHEMA => "`mcpsign policy test` runs these cases",
            Self::Name(_) => "write 1 to 128 characters that readers see, and no space at either end",
            Self::Unknown { what: "key", .. } => "write the `name` of one of `keys`",
            Self::Unknown { what: "signer", .. } => "write the `name` of one of `signers`",
            Self::Unknown { what: "signer of this rule", .. } => {
                "write one of the rule's `signers`, or add it to them"
            }
            Self::Unknown { what: "code" | "rule of lint", .. } => "`mcpsign explain` lists them",
            Self::Hidden(_) => "remove it, and read again what stands there",
            Self::Shape(what) if is_bare(what) => "a number or a word such as `true` is a string in quotes",
            Self::Null | Self::EmptyList => {
                "leave the member out or say what it should be; empty never means `any`"
            }
            Self::Repeated => "say it once",
            Self::Unused { .. } => "remove it, or name it where it is meant to count",
            Self::NotExact(_) => {
                "write the whole of it as the certificate holds it; `subjectPattern` and `signerWorkflow` are for what varies"
            }
            Self::NotOneSubject => {
                "`subject` where nothing varies, `signerWorkflow` where its reference does, `subjectPattern` where a whole part does"
            }
            Self::Form { what: "number of witnesses", .. } => "at least 1",
            Self::Form { what: "number", .. } => "decimal, and in quotes, so that no reader rounds it",
            Self::Form { .. } => "write it as `mcpsign inspect` shows it",
            Self::Together(..) => "write both or neither",
            Self::Nothing => "say what must hold, or leave the member out",
            Self::Threshold { .. } => "at least 1, and at most as many as there are signers",
            Self::NotDistinct(_) | Self::OneSpeaker(..) => {
                "signers that count together have other keys, issuers or subjects, whatever their patterns match"
            }
            Self::NotRequired(_) | Self::NoProvenance => "add it to `require.predicates`",
            Self::NotEvidence(_) => {
                "`require.approval` and `require.revocations` ask for those that count; policies are handed in"
            }
            Self::UnreadType(_) => {
                "such as `https://slsa.dev/provenance/v1`, `https://slsa.dev/verification_summary/v1`, `https://cyclonedx.org/bom`, `https://spdx.dev/Document/v2.3`"
            }
            Self::Level(_) => "write 1, 2 or 3",
            Self::NobodySpeaks => "add the kind to `kinds` of one of the rule's signers",
            Self::SameSigner(_) => "put all that this signer may do into one entry",
            Self::PredicateType(_) => "write the whole URI, as `mcpsign inspect` shows it",
            Self::Kinds => {
                "say as what it may sign tool manifests: `kinds: [publisher]`, `[observer]` or both"
            }
            Self::NoManifest => "add `https://mcpsign.dev/tool-manifest/v1`",
            Self::NobodyMay(_) => "add it to `predicates` of one of the rule's signers",
            Self::Percent(_) => "say a number from 1 to 100, or leave the member out",
            Self::NoVex(_) => {
                "add `https://openvex.dev/ns/v0.2.0` or another type of VEX to the signer's `predicates`"
            }
            Self::NoLicenses => "say which licences may be, or which may not",
            Self::License(_) => {
                "write it as the SPDX list does: `MIT`, `GPL-3.0-only`, `Apache-2.0 WITH LLVM-exception`"
            }
            Self::Unreachable(_) => "put the rule before it",
            Self::Pattern(PatternError::BehindAt) => {
                "write `signerWorkflow` with `repository`, `path` and a `ref` that says which references are meant"
            }
            Self::Pattern(PatternError::NoStar) => "write `subject` where nothing varies",
            Self::Pattern(PatternError::Purl(_)) => {
                "such as `pkg:npm/%40acme/files-mcp`, or `pkg:npm/%40acme/*` for a whole scope"
            }
            Self::Pattern(PatternError::Part) => {
                "such as `https://github.com/acme/*/.github/workflows/release.yml@refs/heads/main`"
            }
            Self::Pattern(PatternError::Range) => {
                "leave the version out for every version, or write one rule for each"
            }
            Self::Pattern(PatternError::Star) => "a `*` stands for a whole part: `acme/*`, `package@*`",
            Self::Pattern(PatternError::Reference) => "such as `refs/tags/v*` or `refs/heads/**`",
            Self::Pattern(PatternError::Beginning) => {
                "such as `https://github.com/acme/*/…` or `*@acme.example`"
            }
            Self::Pattern(_) => "end it in `/*` (or `@*` for every version), or write it out",
            Self::SaysNothing => "leave it out, or say what is demanded",
            Self::Unmeetable(_) => "leave one of the two out, or change it",
            Self::EmptyText => "leave the member out or say what it should be; empty never means `any`",
            Self::ToolName(_) => {
                "write the whole name or `prefix_*` below `allow`, words without `*` below `deny`"
            }
            Self::Expression { kind: ExpressionFault::Unusable, .. } => {
                "`mcpsign generate schema facts` shows the facts; spec/conditions.md explains them"
            }
            Self::Expression { kind: ExpressionFault::Vacuous, .. } => {
                "say what must be so of what is verified, or leave it out; `has(…)` asks whether a fact is there"
            }
            Self::Expression { kind: ExpressionFault::Unanchored, .. } => {
                "write whole parts, with the `/`, `@` or `:` beside them, as in `startsWith(\"https://github.com/acme/\")`, or hold the whole against it with `==`"
            }
            Self::MayNot(_) => "add the predicate type to the signer's entry",
            Self::Uri(_) => {
                "write it as the authority's lists have it, such as `https://acme.example/mcpsign`"
            }
            Self::NeverExcepted(_) => {
                "signatures, identities, digests and revocations hold or do not; what may be borne are `freshness/…` codes about earlier releases, what advisories say of packages, and licences"
            }
            Self::FirstSeen => "write `firstSeen: allow` or `firstSeen: deny`",
            Self::NoAdvisories => {
                "add `advisories` to `require`: it says how old they may be, and what becomes of what is not known"
            }
            Self::Vacuous => "name a rule, or leave the member out",
            Self::Key(_) => "`mcpsign keys public FILE` prints a public key in the form needed",
            _ => return None,
        })
    }
}

/// Whether something stands without quotes where a string is wanted.
fn is_bare(what: &str) -> bool {
    let kinds = ["integer", "floating point", "boolean"].map(|kind| format!("invalid type: {kind}"));
    what.ends_with("expected a string") && kinds.iter().any(|kind| what.starts_with(kind))
}
