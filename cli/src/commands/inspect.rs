//! `mcpsign inspect`: what evidence holds, believed or not; and the listing of a directory.

use std::path::{Path, PathBuf};

use clap::Args;
use mcpsign_collect::artifact::{self, ArtifactKind};
use mcpsign_evidence::forms::Document;
use mcpsign_evidence::read;
use mcpsign_schemas::code;
use mcpsign_schemas::evidence_file;
use mcpsign_schemas::finding::Finding;
use mcpsign_schemas::statement::predicate_type::{self, SLSA_PROVENANCE, TOOL_MANIFEST};
use mcpsign_verifier::RawLine;
use mcpsign_verifier::inspect::{self, ClaimedContent, Description};

use crate::args::{Format, FormatArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::publish::set::{self, NewFile};
use crate::render::untrusted::value;
use crate::render::{evidence, human, json};
use crate::write::Existing;

/// Arguments of `inspect`.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// Evidence files, single bundles, or lists of attestations as npm, PyPI and GitHub serve them
    #[arg(value_name = "FILE", required_unless_present = "tree")]
    files: Vec<PathBuf>,
    /// Write each line as a bundle of its own into this folder, which is made if it is not there, e.g. `--split bundles`
    #[arg(long, value_name = "DIR")]
    split: Option<PathBuf>,
    /// Write the listing of this directory to standard output, the bytes that a tree digest is made of, e.g.
    /// `mcpsign inspect --tree node_modules/files-mcp | sha256sum`
    #[arg(long, value_name = "DIR", conflicts_with_all = ["files", "split", "format"])]
    tree: Option<PathBuf>,
    #[command(flatten)]
    format: FormatArgs,
}

/// One line, described or not.
pub(crate) struct Seen {
    /// The file, as named.
    pub(crate) file: String,
    /// Counted from 1.
    pub(crate) line: u32,
    /// What it claims, or why it is no bundle.
    pub(crate) content: Result<Box<Description>, Finding>,
    bytes: Vec<u8>,
}

/// Shows what was asked for. A line that is no bundle, and a file without any, end with exit code 1.
///
/// # Errors
/// When a file cannot be read, or a bundle or listing cannot be written.
pub(crate) fn run(args: &InspectArgs, out: &mut Output) -> Result<Exit, Failure> {
    if let Some(folder) = &args.tree {
        return tree(folder, out);
    }
    let mut exit = Exit::Allowed;
    let mut all = Vec::new();
    for file in &args.files {
        let lines = lines(file)?;
        if lines.is_empty() {
            exit = Exit::Denied;
            let finding = Finding::new(
                code::signature::NO_ATTESTATION,
                format!("`{}` holds no attestation", file.display()),
            );
            out.aside(human::findings(&[finding]));
        }
        all.extend(lines);
    }
    if let Some(folder) = &args.split {
        split(&all, folder, out)?;
    }
    for (index, seen) in all.iter().enumerate() {
        if seen.content.is_err() {
            exit = Exit::Denied;
        }
        match args.format.format {
            Format::Json => out.result(json::line(&evidence::json(seen))?),
            Format::Human => {
                let apart = if index > 0 { "\n" } else { "" };
                out.result(format_args!("{apart}{}", evidence::human(seen)));
            }
        }
    }
    Ok(exit)
}

fn lines(file: &Path) -> Result<Vec<Seen>, Failure> {
    let hint =
        "name an evidence file (`….mcpsign.jsonl`), a Sigstore bundle, or a list of npm, PyPI or GitHub";
    let bytes =
        read::file(file, evidence_file::MAX_FILE).map_err(|error| Failure::from_error(&error).hint(hint))?;
    let document = Document::read(bytes);
    let lines = document.lines().map_err(|error| {
        Failure::usage(format!("`{}` is not looked at", file.display())).because(error).hint(hint)
    })?;
    let name = file.to_string_lossy().into_owned();
    let seen = lines.into_iter().map(|line| {
        let raw = RawLine { source: name.clone(), line: line.number, bytes: line.bytes };
        Seen {
            file: name.clone(),
            line: line.number,
            content: inspect::describe(&raw).map(Box::new).map_err(|error| error.finding()),
            bytes: line.bytes.to_vec(),
        }
    });
    Ok(seen.collect())
}

/// Writes every bundle to `NN-<predicate>.sigstore.json`. All or nothing.
fn split(all: &[Seen], folder: &Path, out: &mut Output) -> Result<(), Failure> {
    let bundles: Vec<(PathBuf, Vec<u8>)> = all
        .iter()
        .enumerate()
        .filter_map(|(index, seen)| {
            let description = seen.content.as_ref().ok()?;
            let name = format!("{:02}-{}.sigstore.json", index + 1, word(description));
            Some((folder.join(name), [seen.bytes.as_slice(), b"\n"].concat()))
        })
        .collect();
    let made = match std::fs::create_dir(folder) {
        Ok(()) => true,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && folder.is_dir() => false,
        Err(error) => {
            return Err(Failure::usage(format!("cannot make the folder `{}`", folder.display()))
                .because(error)
                .hint("name a folder that can be made, or one that is there"));
        }
    };
    let files: Vec<NewFile<'_>> = bundles
        .iter()
        .map(|(path, bytes)| NewFile { path, bytes, mode: 0o644, existing: Existing::Keep })
        .collect();
    set::write(&files).map_err(|failure| {
        if made {
            // Empty again; if something else has come into it meanwhile, it stays.
            let _ = std::fs::remove_dir(folder);
        }
        failure.hint("name a folder that holds none of these files, has room and can be written to")
    })?;
    for (path, _) in &bundles {
        out.talk(format_args!("wrote {}", value(&path.to_string_lossy())));
    }
    Ok(())
}

/// A word of ours for the predicate type: what a bundle claims never becomes a part of a path.
fn word(description: &Description) -> &'static str {
    match &description.content {
        ClaimedContent::Blob => "blob",
        ClaimedContent::Statement { predicate_type, .. } => match predicate_type.as_deref() {
            Some(TOOL_MANIFEST) => "tool-manifest",
            Some(SLSA_PROVENANCE) => "provenance",
            Some(sbom) if predicate_type::is_sbom(sbom) => "sbom",
            _ => "statement",
        },
    }
}

fn tree(folder: &Path, out: &mut Output) -> Result<Exit, Failure> {
    let hint = "name the directory of an installed or unpacked release";
    if folder.is_file() {
        return Err(Failure::usage(format!("`{}` is not a directory", folder.display())).hint(hint));
    }
    let artifact = artifact::open(folder)
        .map_err(|error| Failure::from_error(&error).hint(error.hint().unwrap_or(hint)))?;
    let ArtifactKind::Tree(listing) = artifact.kind else {
        return Err(Failure::usage(format!("`{}` is not a directory", folder.display())).hint(hint));
    };
    if Output::to_terminal() {
        return Err(Failure::usage("a listing is no text, and standard output is a terminal").hint(
            "send it to a file or a program: `mcpsign inspect --tree DIR > listing`, or `… | sha256sum`",
        ));
    }
    out.talk(format_args!("{} entries, sha256:{}", listing.entries().len(), artifact.digests.sha256));
    out.result_bytes(&listing.to_bytes());
    Ok(Exit::Allowed)
}
