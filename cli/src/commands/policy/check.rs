//! `mcpsign policy check`: can a policy be used?

use std::ffi::OsString;

use clap::Args;
use jiff::Timestamp;
use mcpsign_schemas::report::SignedPolicyReport;
use serde_json::json;

use super::signer::GivenArgs;
use crate::args::{Format, FormatArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::output::style::{BOLD, OK};
use crate::render::untrusted::value;
use crate::render::{human, json};

/// Arguments of `policy check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The policy, YAML or JSON, or one that is signed
    #[arg(value_name = "FILE|URL")]
    file: OsString,
    #[command(flatten)]
    given: GivenArgs,
    #[command(flatten)]
    format: FormatArgs,
}

/// Loads it, and says what it is called, its digest, and who signed it. One that has ended or not begun ends with exit code 1.
///
/// # Errors
/// When it is not valid.
pub(super) fn run(args: &CheckArgs, out: &mut Output) -> Result<Exit, Failure> {
    let policy = args.given.load(&args.file)?;
    let against = policy.standing(Timestamp::now());
    if !against.is_empty() {
        out.aside(human::findings(&against));
        return Err(Failure::new(Exit::Denied, format!("policy `{}` allows nothing now", policy.name()))
            .hint("get the policy in force from whoever maintains it"));
    }
    let (digest, signed) = (policy.digest(), policy.signature());
    out.result(match args.format.format {
        Format::Json => {
            let mut line = json!({ "name": policy.name(), "digest": { "sha256": digest } });
            if let Some(signed) = signed {
                line["signed"] = json!(signed);
            }
            json::line(&line)?
        }
        Format::Human => {
            let valid =
                format!("{OK}valid{OK:#}: policy {BOLD}{}{BOLD:#} sha256:{digest}\n", value(policy.name()));
            valid + &signed.map(|signed| format!("signed: {}\n", said(&signed))).unwrap_or_default()
        }
    });
    Ok(Exit::Allowed)
}

/// Who signed a policy, and for how long it counts, in one line.
pub(super) fn said(signed: &SignedPolicyReport) -> String {
    let who = match (&signed.signer.subject, &signed.signer.issuer, &signed.signer.spki_sha256) {
        (Some(subject), issuer, _) => {
            format!("{} (issuer {})", value(subject), value(issuer.as_deref().unwrap_or("none")))
        }
        (None, _, Some(spki)) => format!("key sha256:{}", value(spki)),
        (None, ..) => "?".into(),
    };
    let from = signed.not_before.as_ref().map(|from| format!(" from {}", value(from))).unwrap_or_default();
    format!("version {} by {who},{from} until {}", signed.sequence, value(&signed.expires))
}
