//! `mcpsign policy explain`: the effective policy; for one report which rule decided, and why the others did not.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use mcpsign_evidence::read;
use mcpsign_schemas::report::{REPORT_VERSION, ServerReport, VerdictWord};
use mcpsign_verifier::policy::{Considered, Outcome, Policy};
use serde::Deserialize;
use serde_json::json;

use super::check;
use super::signer::GivenArgs;
use crate::args::{Format, FormatArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::output::style::{BOLD, DIM, OK};
use crate::render::json;
use crate::render::untrusted::value;

/// Bytes of a report at the most.
const MAX_REPORT: usize = 64 << 20;

/// Arguments of `policy explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The policy, YAML or JSON, or one that is signed
    #[arg(value_name = "FILE|URL")]
    file: Option<OsString>,
    #[command(flatten)]
    given: GivenArgs,
    /// A report that `verify --policy FILE --format json` wrote, e.g. `--report report.json`
    #[arg(long, value_name = "FILE", requires = "file")]
    report: Option<PathBuf>,
    #[command(flatten)]
    format: FormatArgs,
}

/// What `verify` says of a reference that it could not verify, among the reports of others.
#[derive(Deserialize)]
struct Unanswered {
    reference: String,
    error: Said,
}

#[derive(Deserialize)]
struct Said {
    message: String,
}

/// What is read of a report.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reported {
    report_version: u32,
    reference: String,
    verdict: VerdictWord,
    server: Option<ServerReport>,
    policy: ReportedPolicy,
}

#[derive(Deserialize)]
struct ReportedPolicy {
    digest: Digest,
}

#[derive(Deserialize)]
struct Digest {
    sha256: String,
}

/// Shows what was asked for.
///
/// # Errors
/// When the policy is not valid, or the report cannot be read or is another policy's.
pub(super) fn run(args: &ExplainArgs, out: &mut Output) -> Result<Exit, Failure> {
    if args.file.is_none() && !args.given.signer.is_empty() {
        return Err(Failure::usage(
            "flags say how the policy is had and who signed it, and no policy is named",
        )
        .hint("name the policy: `FILE`"));
    }
    let policy = args.file.as_deref().map_or_else(super::built_in, |place| args.given.load(place))?;
    if let Some(path) = &args.report {
        for report in reports(path, &policy, out)? {
            out.result(explained(&policy, &report, args.format.format)?);
        }
        return Ok(Exit::Allowed);
    }
    let document = policy.explain();
    out.result(match args.format.format {
        Format::Json => json::line(&document)?,
        Format::Human => {
            let yaml = document.to_yaml();
            let yaml = yaml.map_err(|error| Failure::usage("the policy cannot be shown").because(error))?;
            policy.signature().map(|signed| format!("# {}\n", check::said(&signed))).unwrap_or_default()
                + &yaml
        }
    });
    Ok(Exit::Allowed)
}

fn reports(path: &Path, policy: &Policy, out: &mut Output) -> Result<Vec<Reported>, Failure> {
    let hint = "name what `mcpsign verify --policy FILE --format json` wrote";
    let bytes = read::file(path, MAX_REPORT).map_err(|error| Failure::from_error(&error).hint(hint))?;
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace));
    let mut reports: Vec<Reported> = Vec::new();
    for line in lines {
        if let Ok(Unanswered { reference, error }) = serde_json::from_slice(line) {
            out.talk(format_args!(
                "note: `{}` was not verified: {}",
                value(&reference),
                value(&error.message)
            ));
            continue;
        }
        reports.push(serde_json::from_slice(line).map_err(|error| {
            Failure::usage(format!("`{}` is no report", path.display())).because(error).hint(hint)
        })?);
    }
    if reports.is_empty() {
        return Err(Failure::usage(format!("`{}` holds no report", path.display())).hint(hint));
    }
    if let Some(other) = reports.iter().find(|report| report.report_version != REPORT_VERSION) {
        return Err(Failure::usage(format!(
            "`{}` is a report of version {}, and this is read: {REPORT_VERSION}",
            path.display(),
            other.report_version
        ))
        .hint("verify again, or use the `mcpsign` that made it"));
    }
    match reports.iter().find(|report| report.policy.digest.sha256 != policy.digest().to_string()) {
        Some(other) => Err(Failure::usage("the report is another policy's, or an earlier one's")
            .because(format!("it was decided by sha256:{}", other.policy.digest.sha256))
            .hint(format!("verify again; the policy is sha256:{}", policy.digest()))),
        None => Ok(reports),
    }
}

fn explained(policy: &Policy, report: &Reported, format: Format) -> Result<String, Failure> {
    let considered = report.server.as_ref().map(|server| policy.consider(&server.name, &server.packages));
    if format == Format::Json {
        let rules: Option<Vec<_>> = considered.map(|rules| {
            rules.into_iter().map(|one| json!({ "rule": one.rule, "decides": one.outcome == Outcome::Decides, "because": because(&one) })).collect()
        });
        return json::line(&json!({
            "reference": report.reference, "verdict": report.verdict, "policy": policy.name(), "rules": rules,
        }));
    }
    let mut text = format!("{BOLD}{}{BOLD:#}: {}\n", value(&report.reference), report.verdict.as_str());
    let Some(considered) = considered else {
        text.push_str(
            "  no rule was looked at: no tool manifest of this artifact is there that holds, by anybody whom the policy names\n",
        );
        return Ok(text);
    };
    for one in &considered {
        let word = match one.outcome {
            Outcome::Decides => format!("{OK}decides{OK:#}"),
            Outcome::Other(_) => "no match".into(),
            Outcome::Partly(_) => "no match for every name".into(),
            Outcome::Behind(_) => format!("{DIM}not tried{DIM:#}"),
        };
        text.push_str(&format!("  {word}  {}: {}\n", value(one.rule), value(&because(one))));
    }
    if !considered.iter().any(|one| one.outcome == Outcome::Decides) {
        text.push_str("  no rule is for this server: it is denied\n");
    }
    Ok(text)
}

fn because(one: &Considered<'_>) -> String {
    match &one.outcome {
        Outcome::Decides => "the first rule that is for this server".into(),
        Outcome::Other(why) | Outcome::Partly(why) => why.clone(),
        Outcome::Behind(before) => format!("`{before}` stands before it"),
    }
}
