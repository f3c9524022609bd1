//! `mcpsign revoke`: makes or extends an authority's list of what it has revoked. Always its whole list, in one file.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::evidence_file::MAX_OTHER_PREDICATE;
use mcpsign_schemas::revocation::{
    Entry, KeyName, RevocationError, RevocationList, RevokedArtifact, RevokedKey, RevokedPackage,
    RevokedSigner, RevokedStatement, SignerName, StatementName, is_authority,
};
use mcpsign_schemas::statement::{Statement, predicate_type};
use mcpsign_schemas::untrusted::escape;
use mcpsign_verifier::check_revocations;

use crate::commands::series::{Of, Purpose, Series};
use crate::commands::sign::{Hand, SignArgs};
use crate::commands::times;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Arguments of `revoke`.
#[derive(Debug, Args)]
pub(crate) struct RevokeArgs {
    /// The list's file: made where there is none, otherwise extended by whoever signed it; e.g.
    /// `--list revoked.mcpsign.jsonl`
    #[arg(long, value_name = "FILE")]
    list: PathBuf,
    /// The authority that revokes, by the URI that policies name it by; needed for a new list; e.g.
    /// `--authority https://acme.example/mcpsign`
    #[arg(long, value_name = "URI")]
    authority: Option<String>,
    #[command(flatten)]
    sign: SignArgs,
    /// Revoke an artifact by its SHA-256: of its bytes, of a directory's listing; repeatable; e.g.
    /// `--artifact sha256:9f2c…`
    #[arg(long, value_name = "DIGEST")]
    artifact: Vec<String>,
    /// Revoke a version range of a package, e.g. `--package pkg:npm/%40acme/files-mcp --versions 'vers:npm/<1.4.1'`
    #[arg(long, value_name = "PURL")]
    package: Option<String>,
    /// The versions to revoke of `--package`; without it all of them; e.g. `--versions 'vers:npm/>=1.0.0|<1.4.1'`
    #[arg(long, value_name = "VERS", requires = "package")]
    versions: Option<String>,
    /// Revoke what a holder of certificates signs, e.g.
    /// `--identity mallory@acme.example --issuer https://login.acme.example`
    #[arg(long, value_name = "SUBJECT", requires = "issuer")]
    identity: Option<String>,
    /// The issuer that vouches for `--identity`, e.g. `--issuer https://token.actions.githubusercontent.com`
    #[arg(long, value_name = "URL", requires = "identity")]
    issuer: Option<String>,
    /// Revoke what a key signs, by its public half, e.g. `--public-key stolen.key.pub`
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// Revoke one statement by the SHA-256 of its payload, as `mcpsign inspect` shows it; repeatable; e.g.
    /// `--statement sha256:77d4…`
    #[arg(long, value_name = "DIGEST")]
    statement: Vec<String>,
    /// Why, in a few words that reports show, e.g. `--reason "malware since 1.4.0"`
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Of `--identity` and `--public-key`: keep what was provably signed before this time, e.g.
    /// `--since 2026-11-01T00:00:00Z`
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// For how many days the list counts: the next one is due by then, even if nothing more is revoked; e.g.
    /// `--next-update 7`
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=366))]
    next_update: u32,
    /// Say what the list would hold, sign and write nothing, e.g. `--dry-run`
    #[arg(long)]
    dry_run: bool,
}

/// Raises the list's number, adds to it what is revoked now, signs it and puts it in the old one's place.
///
/// # Errors
/// Usage errors, a list that somebody else signed or that cannot be read whole, and those of signing. The file stays as it
/// was then.
pub(crate) fn run(args: &RevokeArgs, out: &mut Output) -> Result<Exit, Failure> {
    let new = entries(args)?;
    let purpose = if args.dry_run { Purpose::Look } else { Purpose::Replace };
    let of = Of { what: "list of revocations", predicate_type: predicate_type::REVOCATION };
    let series = Series::open(&args.list, of, purpose, out)?;
    if series.is_new() && args.authority.is_none() {
        return Err(Failure::usage(format!(
            "`{}` does not exist, and nothing says whose list it would be",
            shown(&args.list)
        ))
        .hint("`--authority URI` begins a new list"));
    }
    let with = args.sign.with();
    // Nothing is signed and nothing was: nobody has to be there who could.
    let with = if args.dry_run && series.is_new() { None } else { Some(with?) };
    let hand = with.as_ref().map(|with| with.open(out)).transpose()?;
    let before = hand.as_ref().map(|hand| last(args, &series, hand)).transpose()?.flatten();
    let (list, added) = next(args, before, new)?;

    out.talk(format_args!("list of {}", escape(&list.authority)));
    for entry in &added {
        out.talk(format_args!("  revokes {}", describe(entry)));
    }
    out.talk(format_args!(
        "  sequence {}, {}, the next one due by {}",
        list.sequence,
        if list.entries.len() == 1 { "1 entry".into() } else { format!("{} entries", list.entries.len()) },
        list.next_update
    ));
    let predicate = Json::from_serialize(&list).map_err(|error| Failure::from_error(&error))?;
    if predicate.to_canonical().len() > MAX_OTHER_PREDICATE {
        return Err(Failure::usage("the list would be larger than readers accept")
            .hint("revoke ranges of packages in place of single artifacts"));
    }
    let statement =
        Statement::new(vec![RevocationList::subject(&list.authority)], predicate_type::REVOCATION, predicate);
    let Some(hand) = hand.filter(|_| !args.dry_run) else {
        let json = Json::from_serialize(&statement).map_err(|error| Failure::from_error(&error))?;
        out.result(format_args!("{}\n", String::from_utf8_lossy(&json.to_canonical())));
        return Ok(Exit::Allowed);
    };
    hand.sign(&[statement], out, |lines, out| series.replace(lines.concat(), out))?;
    Ok(Exit::Allowed)
}

/// The list so far.
fn last(args: &RevokeArgs, series: &Series<'_>, hand: &Hand<'_>) -> Result<Option<RevocationList>, Failure> {
    let list = series.last(hand, |trusted| {
        let statement = trusted.statement();
        let list = RevocationList::read(&statement.predicate).map_err(|error| error.to_string())?;
        if statement.subject == [RevocationList::subject(&list.authority)] {
            Ok(list)
        } else {
            Err("it is over another name than the one in it".into())
        }
    })?;
    match (&args.authority, &list) {
        (Some(authority), Some(list)) if *authority != list.authority => {
            Err(Failure::usage(format!("`{}` is the list of {}", shown(&args.list), escape(&list.authority)))
                .hint("leave `--authority` out, or name another file"))
        }
        _ => Ok(list),
    }
}

/// The list that follows, and what is new in it.
fn next(
    args: &RevokeArgs,
    before: Option<RevocationList>,
    new: Vec<Entry>,
) -> Result<(RevocationList, Vec<Entry>), Failure> {
    let created_on = times::created_on();
    let next_update = created_on
        .checked_add(SignedDuration::from_hours(24 * i64::from(args.next_update)))
        .map_err(|error| Failure::from_error(&error))?;
    let (authority, sequence, mut entries) = match before {
        Some(list) => {
            let sequence = list.sequence.checked_add(1).filter(|next| *next < 1 << 53).ok_or_else(|| {
                Failure::usage("the list has the highest number that there is")
                    .hint("begin a new list under another name")
            })?;
            (list.authority, sequence, list.entries)
        }
        None => (args.authority.clone().unwrap_or_default(), 1, Vec::new()),
    };
    let added: Vec<Entry> = new.into_iter().filter(|entry| !entries.contains(entry)).collect();
    entries.extend(added.iter().cloned());
    let list = RevocationList { authority, sequence, created_on, next_update, entries };
    list.check().map_err(|error| {
        Failure::from_error(&error).hint(match error {
            RevocationError::Signer(_) => {
                "`--identity` and `--issuer` are written as `mcpsign inspect` shows them; `--issuer none` where there is none"
            }
            _ => "`--authority` takes a URI: `https://acme.example/mcpsign`",
        })
    })?;
    check_revocations(&list).map_err(|why| {
        Failure::usage(format!("the list could not be used by anybody: {why}"))
            .hint("packages are named as `pkg:npm/NAME`, ranges as `vers:npm/<1.4.1`")
    })?;
    Ok((list, added))
}

/// What is revoked by this call; nothing, where the list is only to be made anew.
fn entries(args: &RevokeArgs) -> Result<Vec<Entry>, Failure> {
    if args.since.is_some() && args.identity.is_none() && args.public_key.is_none() {
        return Err(Failure::usage(
            "`--since` is about signatures: an artifact, statement or version is revoked for all times",
        )
        .hint("leave it out, or revoke a signer with `--identity` or `--public-key`"));
    }
    if let Some(authority) = args.authority.as_deref().filter(|authority| !is_authority(authority)) {
        return Err(Failure::usage(format!("`--authority {}` is no URI", escape(authority))).hint(
            "an address that is yours will do: `https://acme.example/mcpsign`; nothing is fetched from it",
        ));
    }
    let (reason, since) = (&args.reason, args.since);
    let mut entries = Vec::new();
    for artifact in &args.artifact {
        let digest = digest("--artifact", artifact)?.into();
        entries.push(Entry::Artifact(RevokedArtifact { digest, reason: reason.clone(), since: None }));
    }
    if let Some(package) = &args.package {
        let versions = args.versions.clone();
        entries.push(Entry::Package(RevokedPackage {
            package: package.clone(),
            versions,
            reason: reason.clone(),
        }));
    }
    if let (Some(subject), Some(issuer)) = (&args.identity, &args.issuer) {
        let signer = SignerName { issuer: issuer.clone(), subject: subject.clone() };
        entries.push(Entry::Signer(RevokedSigner { signer, reason: reason.clone(), since }));
    }
    if let Some(path) = &args.public_key {
        let key = mcpsign_evidence::trust::public_key(path).map_err(|error| {
            Failure::from_error(&error)
                .hint("name the public key, a PEM file; `mcpsign keys public KEY` prints it")
        })?;
        let key = KeyName { spki_sha256: key.spki_sha256() };
        entries.push(Entry::Key(RevokedKey { key, reason: reason.clone(), since }));
    }
    for statement in &args.statement {
        let statement = StatementName { payload: digest("--statement", statement)?.into() };
        entries.push(Entry::Statement(RevokedStatement { statement, reason: reason.clone() }));
    }
    if entries.is_empty() && reason.is_some() {
        return Err(Failure::usage("`--reason` is given, and nothing to revoke").hint(
            "name what to revoke: `--artifact`, `--package`, `--identity`, `--public-key` or `--statement`",
        ));
    }
    Ok(entries)
}

fn digest(flag: &str, text: &str) -> Result<Sha256Digest, Failure> {
    text.strip_prefix("sha256:").unwrap_or(text).parse().map_err(|_| {
        Failure::usage(format!("`{flag} {}` is no SHA-256 digest", escape(text)))
            .hint("write it as `sha256:` and 64 lower-case hex digits")
    })
}

fn describe(entry: &Entry) -> String {
    let since = |since: &Option<Timestamp>| match since {
        Some(since) => format!(", unless it was provably signed before {since}"),
        None => String::new(),
    };
    escape(&match entry {
        Entry::Artifact(entry) => format!("the artifact sha256:{}", entry.digest.sha256),
        Entry::Signer(entry) => format!(
            "whatever {} ({}) signs{}",
            entry.signer.subject,
            entry.signer.issuer,
            since(&entry.since)
        ),
        Entry::Key(entry) => {
            format!("whatever the key sha256:{} signs{}", entry.key.spki_sha256, since(&entry.since))
        }
        Entry::Statement(entry) => format!("the statement sha256:{}", entry.statement.payload.sha256),
        Entry::Package(entry) => {
            format!("{}, {}", entry.package, entry.versions.as_deref().unwrap_or("every version"))
        }
    })
}

fn shown(path: &Path) -> String {
    escape(&path.to_string_lossy())
}
