//! How an SBOM is to be written, wherever one is.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::PossibleValue;
use mcpsign_evidence::read;
use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::party::Party;
use mcpsign_schemas::sbom::{self, DocumentFormat, Sbom, SbomFormat};
use mcpsign_schemas::statement::predicate_type;

use super::cargo::CargoArgs;
use super::python::PythonArgs;
use crate::describe::{GivenSbom, Sboms};
use crate::failure::Failure;
use crate::render::untrusted::value;

/// Bytes of an SBOM at the most: the largest that was seen, of an image with 60,000 files, has 40 MiB.
pub(crate) const MAX_SBOM: usize = 64 << 20;

/// A format on the command line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FormatArg(pub(crate) DocumentFormat);

impl clap::ValueEnum for FormatArg {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [FormatArg; 4] = [
            FormatArg(DocumentFormat::CycloneDx16),
            FormatArg(DocumentFormat::CycloneDx17),
            FormatArg(DocumentFormat::Spdx23),
            FormatArg(DocumentFormat::Spdx301),
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.as_str()))
    }
}

/// What `attest` takes.
#[derive(Debug, Args)]
pub(crate) struct AttestSbomArgs {
    /// The format of the SBOMs, e.g. `--sbom-format spdx-2.3`; CycloneDX 1.6 by default
    #[arg(long, value_name = "FORMAT")]
    sbom_format: Option<FormatArg>,
    /// Who answers for the SBOMs: name, e-mail address, URL, e.g. `--sbom-creator 'Organization: Acme <sbom@acme.example>'`
    #[arg(long, value_name = "WHO", value_parser = party)]
    sbom_creator: Option<Party>,
    /// Sign this SBOM in place of one of our own, e.g. `--sbom app.cdx.json`; of several artifacts it is that of the one
    /// whose digest its root has
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sbom_format", "sbom_creator"])]
    sbom: Option<PathBuf>,
    #[command(flatten)]
    cargo: CargoArgs,
    #[command(flatten)]
    python: PythonArgs,
}

impl AttestSbomArgs {
    /// What they ask for.
    ///
    /// # Errors
    /// When the SBOM that is named cannot be signed.
    pub(crate) fn sboms(&self) -> Result<Sboms, Failure> {
        Ok(Sboms {
            format: self.sbom_format.map(|format| format.0).unwrap_or_default(),
            creator: self.sbom_creator.clone(),
            given: self.sbom.as_deref().map(given).transpose()?,
        })
    }

    /// The SBOM that was named.
    pub(crate) fn file(&self) -> Option<&std::path::Path> {
        self.sbom.as_deref()
    }

    /// What cargo is asked about a Rust project.
    pub(crate) const fn cargo(&self) -> &CargoArgs {
        &self.cargo
    }

    /// For which platform the packages of a Python project are meant.
    pub(crate) const fn python(&self) -> &PythonArgs {
        &self.python
    }

    /// Whether they say anything.
    pub(crate) const fn is_empty(&self) -> bool {
        self.sbom_format.is_none()
            && self.sbom_creator.is_none()
            && self.sbom.is_none()
            && self.cargo.is_empty()
            && self.python.is_empty()
    }
}

/// Somebody else's SBOM, to be signed as it is.
fn given(path: &Path) -> Result<GivenSbom, Failure> {
    let (document, sbom) = read(path)?;
    let predicate_type = match &sbom.format {
        SbomFormat::CycloneDx(_) => predicate_type::CYCLONEDX,
        SbomFormat::Spdx2(version) if version == "SPDX-2.3" => predicate_type::SPDX_2_3,
        SbomFormat::Spdx3 => predicate_type::SPDX_3,
        SbomFormat::Spdx2(version) => {
            return Err(Failure::usage(format!(
                "`{}` is {}",
                value(&path.to_string_lossy()),
                value(version)
            ))
            .hint("signed are CycloneDX 1.x, SPDX 2.3 and SPDX 3, as JSON"));
        }
    };
    // As a verifier reads it: what it would refuse is not signed.
    let sbom = sbom::read(&document, predicate_type).map_err(|error| {
        Failure::usage(format!("`{}` cannot be signed as an SBOM", value(&path.to_string_lossy())))
            .because(error)
            .hint("an SBOM that is signed describes exactly one thing, its root")
    })?;
    Ok(GivenSbom { document, predicate_type, root: sbom.root })
}

/// What is read.
const HINT: &str = "name an SBOM: CycloneDX 1.x, SPDX 2.x or SPDX 3, as JSON";

/// Refuses an SBOM in a form that is not read. Taken for any other file it would hold nothing.
///
/// # Errors
/// For such a one.
pub(crate) fn refuse_unread(path: &Path) -> Result<(), Failure> {
    let mut start = Vec::new();
    // What is no file, or cannot be read, is said by whoever reads it: to open a pipe may take for ever.
    let _ = path.is_file().then(|| File::open(path)?.take(START).read_to_end(&mut start));
    match sbom::unread_form(&start) {
        Some(form) => {
            Err(Failure::usage(format!("`{}` is {form}, which is not read", value(&path.to_string_lossy())))
                .hint(HINT))
        }
        None => Ok(()),
    }
}

/// Whether a file is JSON, by its name or its first character: no package starts as that does.
pub(crate) fn is_json(path: &Path) -> bool {
    let mut start = Vec::new();
    let _ = File::open(path).and_then(|file| file.take(64).read_to_end(&mut start));
    unmarked(&start).trim_ascii_start().starts_with(b"{")
        || path.extension().is_some_and(|extension| extension == "json")
}

/// Without the byte order mark that some tools write before JSON.
pub(crate) fn unmarked(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(MARK).unwrap_or(bytes)
}

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes that tell a form.
const START: u64 = 16 << 10;

/// Reads an SBOM of any format.
///
/// # Errors
/// When it is none, or not strict JSON.
pub(crate) fn read(path: &Path) -> Result<(Json, Sbom), Failure> {
    let hint = HINT;
    let bytes = read::file(path, MAX_SBOM).map_err(|error| Failure::from_error(&error).hint(hint))?;
    refuse_unread(path)?;
    let unusable = |error: &dyn std::error::Error| {
        Failure::usage(format!("`{}` cannot be read as an SBOM", value(&path.to_string_lossy())))
            .because(error.to_string())
            .hint(hint)
    };
    let document =
        Json::parse(unmarked(&bytes), Limits::bytes(MAX_SBOM)).map_err(|error| unusable(&error))?;
    let sbom = sbom::read_any(&document).map_err(|error| unusable(&error))?;
    Ok((document, sbom))
}

/// Reads who somebody is.
pub(crate) fn party(text: &str) -> Result<Party, &'static str> {
    Party::parse(text).ok_or("not a name, `Name <email>`, an e-mail address or a URL")
}
