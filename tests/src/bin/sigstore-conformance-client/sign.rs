//! `sign-bundle`.

use jiff::Timestamp;
use mcpsign_signing::keyless::{Instance, KeylessSigner, Patience};
use mcpsign_signing::token::{Expected, IdentityToken};
use sigstore_trust_root::{SIGSTORE_PRODUCTION_SIGNING_CONFIG, SIGSTORE_STAGING_SIGNING_CONFIG};
use zeroize::Zeroizing;

use super::arguments::{Arguments, Failure, read, refused, usage};
use super::trusted_root;

pub(crate) const FLAGS: [&str; 4] = ["--identity-token", "--bundle", "--trusted-root", "--signing-config"];
pub(crate) const SWITCHES: [&str; 2] = ["--staging", "--in-toto"];

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (token, out) = (arguments.needed("--identity-token")?, arguments.needed("--bundle")?);
    let config = match arguments.value("--signing-config") {
        Some(path) => read(path)?,
        None if arguments.has("--staging") => SIGSTORE_STAGING_SIGNING_CONFIG.into(),
        None => SIGSTORE_PRODUCTION_SIGNING_CONFIG.into(),
    };
    let now = Timestamp::now();
    let instance = Instance::new(&trusted_root(arguments)?, &config, now).map_err(|error| refused(&error))?;
    let token = IdentityToken::parse(Zeroizing::new(token.to_owned())).map_err(|error| refused(&error))?;
    token.judge(Expected { audience: "sigstore", issuer: None }, now).map_err(|error| refused(&error))?;
    let artifact = read(&arguments.artifact)?;
    let signer =
        KeylessSigner::new(&instance, &token, Patience::default()).map_err(|error| refused(&error))?;
    let bundle = if arguments.has("--in-toto") {
        signer.sign_statement(&artifact)
    } else {
        signer.sign_artifact(&artifact)
    };
    let bundle = bundle.map_err(|error| refused(&error))?;
    std::fs::write(out, bundle).map_err(|error| usage(format!("{out}: {error}")))
}
