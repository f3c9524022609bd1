//! Who must have signed a policy, for every command that takes one.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use mcpsign_evidence::policy::{self, By, Source};
use mcpsign_evidence::trust;
use mcpsign_verifier::Trust;
use mcpsign_verifier::policy::{FlagSigner, FlagsPolicy, Policy};

use crate::commands::trust::{TrustArgs, exact};
use crate::exit::Exit;
use crate::failure::Failure;

/// Who must have signed the policy, and how it is fetched. Without a signer it is the document itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub(crate) struct PolicySignerArgs {
    /// The key that must have signed the policy, e.g. `--policy-key platform.key.pub`
    #[arg(long, value_name = "FILE", conflicts_with = "policy_identity")]
    policy_key: Option<PathBuf>,
    /// The identity that must have signed the policy, exactly as the certificate names it, e.g.
    /// `--policy-identity platform@acme.example`
    #[arg(long, value_name = "SUBJECT", requires = "policy_issuer")]
    policy_identity: Option<String>,
    /// The issuer that vouched for that identity, e.g. `--policy-issuer https://login.acme.example`
    #[arg(long, value_name = "URL", requires = "policy_identity")]
    policy_issuer: Option<String>,
    /// The repository whose build the policy must be, where the workflow that signs it lies in another one and is called from
    /// there, e.g. `--policy-source-repository https://github.com/acme/policies`; by default the workflow's own
    #[arg(long, value_name = "URL", requires = "policy_identity")]
    policy_source_repository: Option<String>,
    /// The name that a signed policy must have, where whoever signs it signs several, e.g. `--policy-name acme`
    #[arg(long, value_name = "NAME")]
    policy_name: Option<String>,
    /// Certificates to trust beside the system's where the policy is fetched from an address, e.g.
    /// `--policy-ca acme-root.pem`
    #[arg(long, value_name = "FILE")]
    policy_ca: Vec<PathBuf>,
}

/// Whether a policy may be fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    /// It may.
    Allowed,
    /// No socket is opened.
    Offline,
}

impl PolicySignerArgs {
    /// The files that were named.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.policy_key.iter().chain(&self.policy_ca)
    }

    /// Whether nothing was said.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Loads the policy at a path or an address; `roots` finds what certificates of whom this policy names lead to.
    ///
    /// # Errors
    /// When it cannot be had, is not signed by whom it must be, or is not valid.
    pub(crate) fn load(
        &self,
        place: &OsStr,
        network: Network,
        roots: impl FnOnce(&Policy) -> Result<Trust, Failure>,
    ) -> Result<Policy, Failure> {
        let source = Source::parse(place, &self.policy_ca).map_err(|error| failed(&error.into()))?;
        if source.is_remote() && network == Network::Offline {
            return Err(Failure::usage("the policy is at an address, and `--offline` forbids to ask it")
                .hint("fetch it before and name the file, or leave `--offline` out"));
        }
        if !source.is_remote() && !self.policy_ca.is_empty() {
            return Err(Failure::usage(
                "`--policy-ca` is for a policy at an address, and this one is a file",
            )
            .hint("leave it out"));
        }
        let by = match self.signer()? {
            None if self.policy_name.is_some() => {
                return Err(Failure::usage(
                    "`--policy-name` is for a signed policy, and nothing says who must have signed it",
                )
                .hint("name the signer: `--policy-key FILE`, or `--policy-identity SUBJECT --policy-issuer URL`"));
            }
            None => None,
            Some(signer) => {
                let policy = Policy::flags(FlagsPolicy::of(signer.clone())).map_err(|error| {
                    Failure::usage("nobody can be named so as the signer of a policy").because(error)
                })?;
                Some(By {
                    trust: roots(&policy)?,
                    signer,
                    name: self.policy_name.clone(),
                    now: Timestamp::now(),
                })
            }
        };
        policy::load(&source, by).map_err(|error| failed(&error))
    }

    fn signer(&self) -> Result<Option<FlagSigner>, Failure> {
        Ok(match (&self.policy_key, &self.policy_identity, &self.policy_issuer) {
            (Some(path), _, _) => Some(FlagSigner::Key(trust::public_key(path).map_err(|error| {
                Failure::from_error(&error)
                    .hint("name the public key of whoever signs policies, a PEM file; `mcpsign keys public KEY` prints it")
            })?)),
            (None, Some(subject), Some(issuer)) => Some(FlagSigner::Identity {
                subject: exact("--policy-identity", subject)?,
                issuer: exact("--policy-issuer", issuer)?,
                repository: self.policy_source_repository.clone(),
            }),
            (None, _, _) => None,
        })
    }
}

fn failed(error: &policy::PolicyFileError) -> Failure {
    let valid = "`mcpsign policy explain` shows a valid policy";
    let is_invalid = matches!(error, policy::PolicyFileError::Policy(_));
    let failure = Failure::from_error(error);
    let failure = match error.hint().or(is_invalid.then_some(valid)) {
        Some(hint) => failure.hint(hint),
        None => failure.hint("look whether it is where you named it, and can be read from here"),
    };
    if error.may_pass() { failure.ending(Exit::Undecided) } else { failure }
}

/// A policy that is looked at by itself.
#[derive(Debug, Args)]
pub(crate) struct GivenArgs {
    #[command(flatten)]
    pub(super) signer: PolicySignerArgs,
    /// The Sigstore trust root to hold the certificate of who signed the policy to, e.g. `--trusted-root trusted_root.json`;
    /// by default the public-good instance's
    #[arg(long, value_name = "FILE", requires = "policy_identity")]
    trusted_root: Option<PathBuf>,
}

impl GivenArgs {
    /// Loads it.
    ///
    /// # Errors
    /// As [`PolicySignerArgs::load`].
    pub(super) fn load(&self, place: &OsStr) -> Result<Policy, Failure> {
        let trusted_root = self.trusted_root.clone();
        let trust = TrustArgs { trusted_root, ..TrustArgs::default() };
        self.signer.load(place, Network::Allowed, |policy| trust.anchors(policy))
    }
}
