//! Whom a verification trusts: the three ways to say it, resolved to one policy.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use mcpsign_evidence::trust::{self, Instance, Store, file};
use mcpsign_schemas::policy::Require;
use mcpsign_schemas::statement::predicate_type;
use mcpsign_verifier::policy::{Alongside, FlagSigner, FlagsPolicy, History, Policy};
use mcpsign_verifier::{SigstoreRoot, Trust};

use super::failure;
use crate::commands::policy::{Network, PolicySignerArgs};
use crate::failure::Failure;

/// Whom to trust, and for what.
#[derive(Debug, Default, Args)]
pub(crate) struct TrustArgs {
    /// The key that must have signed, e.g. `--public-key publisher.key.pub`
    #[arg(long, value_name = "FILE")]
    pub(crate) public_key: Option<PathBuf>,
    /// The identity that must have signed, exactly as the certificate names it, e.g.
    /// `--identity https://github.com/acme/files/.github/workflows/release.yml@refs/tags/v1.4.0`
    #[arg(long, value_name = "SUBJECT")]
    pub(crate) identity: Option<String>,
    /// The issuer that vouched for the identity, e.g. `--issuer https://token.actions.githubusercontent.com`
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// The repository whose build it must be, where the workflow that signs lies in another one and is called from there, e.g.
    /// `--source-repository https://github.com/acme/notes-mcp`; by default the workflow's own
    #[arg(long, value_name = "URL", requires = "identity")]
    pub(crate) source_repository: Option<String>,
    /// A policy in place of the built-in policy `flags/v1`: a file, or an address with the SHA-256 of what it serves, e.g.
    /// `--policy mcp-policy.yaml` or `--policy https://policies.example/mcp.yaml#sha256=9f2c…`
    #[arg(long, value_name = "FILE|URL", conflicts_with_all = ["public_key", "identity", "issuer", "source_repository", "require"])]
    pub(crate) policy: Option<OsString>,
    #[command(flatten)]
    pub(crate) policy_signer: PolicySignerArgs,
    /// Also require a statement of this predicate type by the same signer, e.g.
    /// `--require https://slsa.dev/provenance/v1`
    #[arg(long, value_name = "PREDICATE")]
    pub(crate) require: Vec<String>,
    /// The Sigstore trust root to hold certificates, log entries and timestamps to, or several, one a line, e.g.
    /// `--trusted-root trusted_root.json`; by default `--trust public-good`, where a certificate is asked for
    #[arg(long, value_name = "FILE", conflicts_with_all = ["trust_config", "trust"])]
    pub(crate) trusted_root: Option<PathBuf>,
    /// A client trust configuration, of which the trust root is used, e.g. `--trust-config acme.json`
    #[arg(long, value_name = "FILE", conflicts_with = "trust")]
    pub(crate) trust_config: Option<PathBuf>,
    /// A trust root by its name, as `mcpsign trust show` lists them; repeatable: a signature has to lead to one of them,
    /// and each of them can vouch for every identity; e.g. `--trust public-good --trust github`
    #[arg(long, value_name = "NAME")]
    pub(crate) trust: Vec<String>,
}

impl TrustArgs {
    /// The files that were named, a policy's among them.
    pub(crate) fn files(&self) -> impl Iterator<Item = PathBuf> {
        let policy = self.policy.iter().map(PathBuf::from);
        let roots = self.trusted_root.iter().chain(&self.trust_config);
        policy.chain(self.public_key.iter().chain(roots).chain(self.policy_signer.files()).cloned())
    }

    /// The policy that the arguments say. Where lists of revocations of these authorities, earlier releases or other servers
    /// were given, flags alone ask for them; a policy file says itself what it asks for.
    ///
    /// # Errors
    /// When none or half of one is said, a file cannot be used, or a policy file asks for nothing of what was given: a flag is
    /// never passed over.
    pub(crate) fn policy(
        &self,
        authorities: &[String],
        history: History,
        alongside: Alongside,
        network: Network,
    ) -> Result<Policy, Failure> {
        if self.policy.is_none() && !self.policy_signer.is_empty() {
            return Err(Failure::usage(
                "flags say how the policy is had and who signed it, and no policy is named",
            )
            .hint("name the policy, too: `--policy FILE`"));
        }
        if let Some(place) = &self.policy {
            let policy = self.policy_signer.load(place, network, |policy| self.anchors(policy))?;
            return match passed_over(&policy, authorities, history, alongside) {
                None => Ok(policy),
                Some((what, why)) => Err(Failure::usage(format!("`--{what}` is given, and {why}")).hint(
                    "add `revocations`, `continuity` or `shadowing` to a rule's `require`, or leave the flag out",
                )),
            };
        }
        let require = self.require.iter().map(|uri| predicate(uri)).collect::<Result<_, _>>()?;
        let signer = match (&self.public_key, &self.identity, &self.issuer) {
            (Some(path), None, None) => FlagSigner::Key(trust::public_key(path).map_err(|error| {
                // A file that is not there was meant to be a key all the same.
                failure(&error)
                    .hint("name the publisher's public key, a PEM file; `mcpsign keys public KEY` prints it")
            })?),
            (None, Some(subject), Some(issuer)) => FlagSigner::Identity {
                subject: exact("--identity", subject)?,
                issuer: exact("--issuer", issuer)?,
                repository: self.source_repository.clone(),
            },
            (None, None, None) => {
                return Err(Failure::usage("nothing says whom to trust").hint(
                    "pass `--public-key FILE`, or `--identity SUBJECT --issuer URL`, or `--policy FILE`",
                ));
            }
            (Some(_), _, _) => {
                return Err(Failure::usage("`--public-key` and `--identity` exclude each other")
                    .hint("a policy file (`--policy`) can name several signers"));
            }
            (None, _, _) => {
                return Err(Failure::usage("`--identity` and `--issuer` belong together")
                    .hint("a subject is only as good as the issuer that vouches for it: pass both"));
            }
        };
        let revocations = authorities.to_vec();
        let flags = FlagsPolicy { require, revocations, history, alongside, ..FlagsPolicy::of(signer) };
        Policy::flags(flags).map_err(|error| {
            let hint = error.hint().unwrap_or(
                "compare `--identity`, `--issuer`, `--source-repository` and `--require` with what `mcpsign inspect` shows",
            );
            Failure::usage("these flags make no valid policy").because(error).hint(hint)
        })
    }

    /// The trust anchors for a policy: the roots that were named or, where the policy names a certificate identity, the
    /// public-good instance's. A key needs no root, and no root must slip in where none was asked for; GitHub's, whose
    /// certificates nobody logs, counts only where it is named.
    ///
    /// # Errors
    /// When one of them cannot be used.
    pub(crate) fn anchors(&self, policy: &Policy) -> Result<Trust, Failure> {
        let store = Store::of_process();
        let load = |name: &str| trust::load(&store, name).map(|loaded| loaded.root);
        let sigstore: Result<Vec<SigstoreRoot>, _> =
            match (&self.trusted_root, &self.trust_config, self.trust.as_slice()) {
                (Some(path), ..) => file::roots(path),
                (None, Some(path), _) => file::trust_config(path).map(|config| vec![config.root]),
                (None, None, []) if policy.names_certificates() => {
                    load(Instance::PublicGood.name()).map(|root| vec![root])
                }
                (None, None, names) => names.iter().map(|name| load(name)).collect(),
            };
        // Keys stand in the policy.
        Ok(Trust { sigstore: sigstore.map_err(|error| failure(&error))?, keys: Vec::new() })
    }
}

/// What was handed in and the policy asks nobody for, and why nobody would look at it.
pub(crate) fn passed_over(
    policy: &Policy,
    authorities: &[String],
    history: History,
    alongside: Alongside,
) -> Option<(&'static str, &'static str)> {
    let asks = |of: fn(&Require) -> bool| policy.explain().rules.iter().any(|rule| of(&rule.require));
    if !authorities.is_empty() && !asks(|require| require.revocations.is_some()) {
        return Some(("revocations", "no rule of the policy names an authority"));
    }
    // What is signed is held against earlier versions.
    if history == History::Given
        && policy.signature().is_none()
        && !asks(|require| require.continuity.is_some() || require.revocations.is_some())
    {
        return Some(("history", "no rule of the policy compares with earlier releases"));
    }
    let others = alongside == Alongside::Given && !asks(|require| require.shadowing.is_some());
    others.then_some(("alongside", "no rule of the policy compares with other servers"))
}

/// A subject or issuer that means itself: nothing empty, nothing that looks like a pattern for "any".
///
/// # Errors
/// When it means something else.
pub(crate) fn exact(flag: &str, value: &str) -> Result<String, Failure> {
    let problem = if value.trim().is_empty() {
        "is empty"
    } else if value.chars().all(|c| c == '*') {
        "is not a pattern: it is compared exactly"
    } else if value.trim() != value || value.chars().any(char::is_control) {
        "has white space around it or control characters in it"
    } else {
        return Ok(value.to_owned());
    };
    Err(Failure::usage(format!("`{flag}` {problem}"))
        .hint("give it exactly as the certificate has it; `mcpsign inspect FILE` shows it; patterns need a policy file"))
}

fn predicate(uri: &str) -> Result<String, Failure> {
    if uri.contains("://") && !uri.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Ok(uri.to_owned());
    }
    Err(Failure::usage(format!("`--require {uri}` is no predicate type")).hint(format!(
        "predicate types are URIs, such as `{}` or `{}`",
        predicate_type::SLSA_PROVENANCE,
        predicate_type::CYCLONEDX
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(identity: &str, issuer: &str) -> TrustArgs {
        TrustArgs {
            public_key: None,
            identity: Some(identity.into()),
            issuer: Some(issuer.into()),
            source_repository: None,
            policy: None,
            policy_signer: PolicySignerArgs::default(),
            require: Vec::new(),
            trusted_root: None,
            trust_config: None,
            trust: Vec::new(),
        }
    }

    #[test]
    fn b22_no_spelling_of_any_is_an_identity() {
        let good = "https://acme.example";
        assert!(
            args(good, good).policy(&[], History::NotGiven, Alongside::NotGiven, Network::Offline).is_ok()
        );
        for bad in ["", " ", "\t", "*", "**", " https://acme.example", "https://acme.example\n"] {
            assert!(
                args(bad, good)
                    .policy(&[], History::NotGiven, Alongside::NotGiven, Network::Offline)
                    .is_err(),
                "{bad:?}"
            );
            assert!(
                args(good, bad)
                    .policy(&[], History::NotGiven, Alongside::NotGiven, Network::Offline)
                    .is_err(),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn b22_half_an_identity_is_none() {
        let half = TrustArgs { issuer: None, ..args("https://acme.example", "") };
        assert!(half.policy(&[], History::NotGiven, Alongside::NotGiven, Network::Offline).is_err());
        let none = TrustArgs { identity: None, ..half };
        assert!(none.policy(&[], History::NotGiven, Alongside::NotGiven, Network::Offline).is_err());
    }

    #[test]
    fn required_predicates_are_uris() {
        assert!(predicate("https://slsa.dev/provenance/v1").is_ok());
        for bad in ["", "sbom", "https://a b", "*"] {
            assert!(predicate(bad).is_err(), "{bad:?}");
        }
    }
}
