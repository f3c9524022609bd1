//! `mcpsign policy sign`: signs a policy for some time, so that whoever uses it can tell whose it is.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use mcpsign_evidence::read;
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::evidence_file::MAX_OTHER_PREDICATE;
use mcpsign_schemas::policy::{MAX_BYTES, SignedPolicy};
use mcpsign_schemas::statement::{Statement, predicate_type};
use mcpsign_schemas::untrusted::escape;
use mcpsign_verifier::policy::Policy;

use crate::commands::series::{Of, Purpose, Series};
use crate::commands::sign::{Hand, SignArgs};
use crate::commands::times;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Arguments of `policy sign`.
#[derive(Debug, Args)]
pub(crate) struct SignPolicyArgs {
    /// The policy, YAML or JSON
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    sign: SignArgs,
    /// Until when the policy counts, 366 days at the most: so many days, or a time, e.g. `--expires 90` or
    /// `--expires 2027-05-01T00:00:00Z`
    #[arg(long, value_name = "DAYS|TIME")]
    expires: String,
    /// From when on it counts, where that is not now, e.g. `--not-before 2027-01-01T00:00:00Z`
    #[arg(long, value_name = "TIME")]
    not_before: Option<Timestamp>,
    /// The file for the signed policy: made where there is none, otherwise replaced by the next version, by whoever signed it;
    /// `mcpsign verify --policy FILE --policy-key KEY` reads it; e.g. `--out policy.mcpsign.jsonl`
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The version's number, higher than that of every version before, e.g. `--sequence 7`; by default one more than that in
    /// `--out`
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..1 << 53))]
    sequence: Option<u64>,
    /// Say what would be signed, sign and write nothing, e.g. `--dry-run`
    #[arg(long)]
    dry_run: bool,
}

/// Numbers the policy, signs it, and puts it in the place of the version before.
///
/// # Errors
/// Usage errors, a policy that is not valid, a version before that somebody else signed, and errors of signing. The file stays
/// as it was then.
pub(super) fn run(args: &SignPolicyArgs, out: &mut Output) -> Result<Exit, Failure> {
    let expires = times::expires(&args.expires)?;
    let (document, policy) = document(&args.file)?;
    let purpose = if args.dry_run { Purpose::Look } else { Purpose::Replace };
    let of = Of { what: "signed policy", predicate_type: predicate_type::POLICY };
    let series = Series::open(&args.out, of, purpose, out)?;
    let with = args.sign.with();
    // Nothing is signed and nothing was: nobody has to be there who could.
    let with = if args.dry_run && series.is_new() { None } else { Some(with?) };
    let hand = with.as_ref().map(|with| with.open(out)).transpose()?;
    let before = hand.as_ref().map(|hand| last(&series, hand)).transpose()?.flatten();
    let signed = SignedPolicy {
        name: policy.name().to_owned(),
        sequence: sequence(args, policy.name(), before.as_ref())?,
        created_on: times::created_on(),
        not_before: args.not_before,
        expires,
        document,
    };
    signed.check().map_err(|error| {
        Failure::from_error(&error)
            .hint("`--expires` lies after `--not-before`, and a year from now at the most")
    })?;
    out.talk(format_args!("policy `{}` sha256:{}", escape(&signed.name), signed.digest()));
    out.talk(format_args!("  version {}, until {}", signed.sequence, signed.expires));
    let predicate = Json::from_serialize(&signed).map_err(|error| Failure::from_error(&error))?;
    if predicate.to_canonical().len() > MAX_OTHER_PREDICATE {
        return Err(Failure::usage("the signed policy would be larger than readers accept")
            .hint("leave comments out, or divide the policy"));
    }
    let file = args.file.file_name().unwrap_or(args.file.as_os_str()).to_string_lossy();
    let statement = Statement::new(vec![signed.subject(&file)], predicate_type::POLICY, predicate);
    let Some(hand) = hand.filter(|_| !args.dry_run) else {
        let json = Json::from_serialize(&statement).map_err(|error| Failure::from_error(&error))?;
        out.result(format_args!("{}\n", String::from_utf8_lossy(&json.to_canonical())));
        return Ok(Exit::Allowed);
    };
    hand.sign(&[statement], out, |lines, out| {
        let line = lines.concat();
        whole(&line, &hand, &policy)?;
        series.replace(line, out)
    })?;
    Ok(Exit::Allowed)
}

/// The version before.
fn last(series: &Series<'_>, hand: &Hand<'_>) -> Result<Option<SignedPolicy>, Failure> {
    series.last(hand, |trusted| {
        SignedPolicy::read(&trusted.statement().predicate).map_err(|error| error.to_string())
    })
}

/// The policy's text, and what it is.
fn document(path: &Path) -> Result<(String, Policy), Failure> {
    let hint = "name the policy, a file; `mcpsign policy explain` shows a valid one";
    let bytes = read::file(path, MAX_BYTES).map_err(|error| Failure::from_error(&error).hint(hint))?;
    let policy = Policy::load(&bytes, &path.to_string_lossy())
        .map_err(|error| Failure::from_error(&error).hint(error.hint().unwrap_or(hint)))?;
    let document = String::from_utf8(bytes).map_err(|error| Failure::from_error(&error).hint(hint))?;
    Ok((document, policy))
}

/// The number of this version: what is there must be of the same policy, and earlier.
fn sequence(args: &SignPolicyArgs, name: &str, before: Option<&SignedPolicy>) -> Result<u64, Failure> {
    let shown = escape(&args.out.to_string_lossy());
    let last = match before {
        Some(before) if before.name != name => {
            return Err(Failure::usage(format!("`{shown}` is the policy `{}`", escape(&before.name))).hint(
                "name another file, or give the policy the same name: a version replaces the one before",
            ));
        }
        Some(before) => before.sequence,
        None => 0,
    };
    match args.sequence {
        Some(sequence) if sequence <= last => {
            Err(Failure::usage(format!("`{shown}` is version {last} already"))
                .hint("leave `--sequence` out, or give a higher number"))
        }
        Some(sequence) => Ok(sequence),
        None => last.checked_add(1).filter(|next| *next < 1 << 53).ok_or_else(|| {
            Failure::usage("the policy has the highest number that there is")
                .hint("begin anew under another name")
        }),
    }
}

/// What was signed is what `verify` takes for this policy, by this somebody.
fn whole(line: &[u8], hand: &Hand<'_>, policy: &Policy) -> Result<(), Failure> {
    match hand.policy(line)? {
        signed if signed.digest() == policy.digest() && signed.explain() == policy.explain() => Ok(()),
        _ => Err(Failure::new(Exit::Bug, "the policy that was signed is not the one that was read")),
    }
}
