//! Signing keyless: which Sigstore instance, and whose token.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use mcpsign_evidence::read;
use mcpsign_evidence::trust::{self, Instance as BuiltIn, Loaded, Store};
use mcpsign_schemas::untrusted::escape;
use mcpsign_signing::keyless::{
    Instance, InstanceError, KeylessError, KeylessSigner, MAX_TRUST_CONFIG, Patience,
};
use mcpsign_signing::token::{Expected, IdentityToken};
use mcpsign_verifier::SigstoreRoot;

use super::identity::{FlowArg, Source, Wanted, unusable};
use crate::commands::trust::TrustArgs;
use crate::failure::Failure;
use crate::output::Output;

/// The audience of tokens for Sigstore's public instance, and for all that are set up like it.
const CLIENT_ID: &str = "sigstore";

/// How to sign without a key of one's own.
#[derive(Debug, Args)]
pub(crate) struct KeylessArgs {
    /// Sign with a certificate for who you are: a CI job's own token, or a login; e.g. `mcpsign attest --keyless x.tgz`
    #[arg(long, conflicts_with = "key")]
    pub(crate) keyless: bool,
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// The Sigstore instance by its name, as `mcpsign trust show` lists them, e.g. `--trust acme`; by default
    /// `public-good`
    #[arg(long, value_name = "NAME", conflicts_with_all = ["trust_config", "trusted_root", "signing_config"])]
    trust: Option<String>,
    /// The Sigstore instance, as one file for signing and verifying, e.g. `--trust-config sigstore.json`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["trusted_root", "signing_config"])]
    trust_config: Option<PathBuf>,
    /// The instance's trust root, together with `--signing-config`, e.g. `--trusted-root trusted_root.json`
    #[arg(long, value_name = "FILE")]
    trusted_root: Option<PathBuf>,
    /// The instance's services, together with `--trusted-root`, e.g. `--signing-config signing_config.json`
    #[arg(long, value_name = "FILE", requires = "trusted_root")]
    signing_config: Option<PathBuf>,
}

/// Whose token is taken.
#[derive(Debug, Clone, Args)]
pub(crate) struct TokenArgs {
    /// A file with the identity token, in place of the CI platform's or a login, e.g. `--identity-token token.jwt`
    #[arg(long, value_name = "FILE")]
    pub(crate) identity_token: Option<PathBuf>,
    /// The issuer whose token is taken, in place of where the instance lets people log in, e.g.
    /// `--oidc-issuer https://login.acme.example`
    #[arg(long, value_name = "URL")]
    oidc_issuer: Option<String>,
    /// How to log in where no job's token is there, e.g. `--oidc-flow device`; by default in the browser, or with a code
    /// where there is none
    #[arg(long, value_name = "FLOW", conflicts_with = "identity_token")]
    oidc_flow: Option<FlowArg>,
    /// Whom the token is for, in place of `sigstore`, e.g. `--oidc-client-id acme-sigstore`
    #[arg(long, value_name = "ID")]
    oidc_client_id: Option<String>,
}

impl KeylessArgs {
    /// A flag that means something with `--keyless` alone, if one is given; a trust root means something where there is
    /// provenance to verify.
    pub(crate) fn given(&self, provenance: bool) -> Option<&'static str> {
        let flags = [
            (self.token.identity_token.is_some(), "--identity-token"),
            (self.trust.is_some() && !provenance, "--trust"),
            (self.trust_config.is_some() && !provenance, "--trust-config"),
            (self.trusted_root.is_some() && !provenance, "--trusted-root"),
            (self.token.oidc_flow.is_some(), "--oidc-flow"),
            (self.signing_config.is_some(), "--signing-config"),
            (self.token.oidc_issuer.is_some(), "--oidc-issuer"),
            (self.token.oidc_client_id.is_some(), "--oidc-client-id"),
        ];
        flags.into_iter().find_map(|(given, flag)| given.then_some(flag))
    }

    /// The same of flags that name the instance for verifying, too; one instance signs.
    pub(crate) fn of_instance(
        keyless: bool,
        token: &TokenArgs,
        verifying: &TrustArgs,
        signing_config: Option<&PathBuf>,
    ) -> Self {
        Self {
            keyless,
            token: token.clone(),
            trust: verifying.trust.first().cloned(),
            trust_config: verifying.trust_config.clone(),
            trusted_root: verifying.trusted_root.clone(),
            signing_config: signing_config.cloned(),
        }
    }

    fn audience(&self) -> &str {
        self.token.oidc_client_id.as_deref().unwrap_or(CLIENT_ID)
    }

    /// The trust roots alone, for what others signed: a file may hold several, as for verifying.
    ///
    /// # Errors
    /// When one cannot be used.
    pub(crate) fn roots(&self) -> Result<Vec<SigstoreRoot>, Failure> {
        match (&self.trusted_root, &self.trust_config) {
            (Some(path), _) => trust::file::roots(path).map_err(|error| Failure::from_error(&error)),
            (None, Some(_)) => Ok(vec![instance(self)?.root().clone()]),
            (None, None) => named(self.name()).map(|loaded| vec![loaded.root]),
        }
    }

    /// The name of the instance, where no file is.
    fn name(&self) -> &str {
        self.trust.as_deref().unwrap_or(BuiltIn::PublicGood.name())
    }
}

/// Everything that can be known before there is a token.
#[derive(Debug)]
pub(crate) struct Keyless<'a> {
    args: &'a KeylessArgs,
    instance: Instance,
    source: Source<'a>,
}

impl<'a> Keyless<'a> {
    /// Reads the instance and looks for where a token will come from. None is taken yet.
    ///
    /// # Errors
    /// Usage errors: files that cannot be used, nowhere to take a token from.
    pub(crate) fn prepare(args: &'a KeylessArgs) -> Result<Self, Failure> {
        let instance = instance(args)?;
        let source = Source::find(Wanted {
            file: args.token.identity_token.as_deref(),
            flow: args.token.oidc_flow,
            issuer: args.token.oidc_issuer.as_deref(),
            instance: instance.login().cloned(),
            audience: args.audience(),
        })?;
        Ok(Self { args, instance, source })
    }

    /// The file that the token is in, if it is in one.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.args.token.identity_token.as_deref()
    }

    /// Takes the token and judges it. Whatever was started has ended by now.
    ///
    /// # Errors
    /// When there is none, or it is not to be sent.
    pub(crate) fn token(&self, out: &mut Output) -> Result<IdentityToken, Failure> {
        let audience = self.args.audience();
        let token = self.source.take(audience, out)?;
        out.conceal(token.secret());
        let expected = Expected { audience, issuer: self.args.token.oidc_issuer.as_deref() };
        token.judge(expected, Timestamp::now()).map_err(|error| unusable(&error))?;
        Ok(token)
    }

    /// Gets the certificate.
    ///
    /// # Errors
    /// When there is none for this token.
    pub(crate) fn signer(&self, token: &IdentityToken) -> Result<KeylessSigner<'_>, KeylessError> {
        KeylessSigner::new(&self.instance, token, Patience::default())
    }

    /// What signatures must lead to.
    pub(crate) const fn instance(&self) -> &Instance {
        &self.instance
    }
}

fn instance(args: &KeylessArgs) -> Result<Instance, Failure> {
    let now = Timestamp::now();
    match (&args.trust_config, &args.trusted_root, &args.signing_config) {
        (Some(path), ..) => Instance::from_trust_config(&file(path, "trust configuration")?, now)
            .map_err(|error| of_files(&error, &[path])),
        (None, Some(root), Some(config)) => {
            Instance::new(&file(root, "trust root")?, &file(config, "signing configuration")?, now)
                .map_err(|error| of_files(&error, &[root, config]))
        }
        (None, Some(_), None) | (None, None, Some(_)) => {
            Err(Failure::usage("`--trusted-root` and `--signing-config` belong together")
                .hint("name both, or one file that holds both with `--trust-config`"))
        }
        (None, None, None) => of_name(args.name(), now),
    }
}

/// An instance out of the store, or built in: services and trust root are those of one source, and what is spoiled or
/// expired is replaced by nothing.
fn of_name(name: &str, now: Timestamp) -> Result<Instance, Failure> {
    let Loaded { root, document, signing_config, .. } = named(name)?;
    if let Some(tuf) = root.origin().and_then(|origin| origin.tuf)
        && tuf.expires < now
    {
        return Err(Failure::usage(format!("the trust root `{name}` has expired"))
            .because(format!("it counted until {}: nothing signed with it would verify", tuf.expires))
            .hint("fetch a newer one with `mcpsign trust update`"));
    }
    let Some(signing_config) = signing_config else {
        return Err(Failure::usage(format!("nothing says which services of `{name}` sign")).hint(
            "it came without a signing configuration: name both with `--trusted-root` and `--signing-config`",
        ));
    };
    Instance::new(document.as_bytes(), signing_config.as_bytes(), now).map_err(|error| {
        Failure::from_error(&error).hint(format!(
            "what is known of `{name}` may have grown old: `mcpsign trust update --instance {name}` fetches it anew"
        ))
    })
}

fn named(name: &str) -> Result<Loaded, Failure> {
    trust::load(&Store::of_process(), name).map_err(|error| crate::commands::trust::failure(&error))
}

fn file(path: &Path, what: &str) -> Result<Vec<u8>, Failure> {
    read::file(path, MAX_TRUST_CONFIG).map_err(|error| {
        Failure::from_error(&error).hint(format!("name the {what} of your Sigstore instance"))
    })
}

fn of_files(error: &InstanceError, files: &[&PathBuf]) -> Failure {
    let names: Vec<String> =
        files.iter().map(|path| format!("`{}`", escape(&path.to_string_lossy()))).collect();
    Failure::from_error(error).hint(format!(
        "look at {}: `cosign trusted-root create` and `cosign signing-config create` write such files",
        names.join(" and ")
    ))
}
