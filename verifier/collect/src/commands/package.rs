//! Programs that fetch a package by name and start it.

use mcpsign_schemas::purl::Purl;

use super::options::Options;
use super::{CommandError, Launched, Open};
use crate::catalog::pypi::Requirement;

const NPX: Options = Options {
    flags: &[
        "-y",
        "--yes",
        "-q",
        "--quiet",
        "--silent",
        "-s",
        "--no-install",
        "--ignore-scripts",
        "--offline",
        "--prefer-offline",
        "--prefer-online",
        "--bun",
        "--no",
        "--verbose",
        "--no-audit",
        "--no-fund",
        "--loglevel=silent",
    ],
    valued: &[
        "-p",
        "--package",
        "--registry",
        "--cache",
        "--userconfig",
        "--prefix",
        "--loglevel",
        "-w",
        "--workspace",
        "--allow-build",
    ],
};

/// `npx`, `pnpm dlx`, `yarn dlx`, `bunx`: a package of npm, or one that `--package` names.
pub(super) fn npx(words: &[&str]) -> Result<Launched, CommandError> {
    let (packages, rest) = NPX.read(words, &["-p", "--package"])?;
    let spec = match (packages.as_slice(), rest.first()) {
        ([only], _) => only,
        ([], Some(first)) => first,
        ([], None) => return Err(CommandError::Nothing),
        // Several packages: which of them has the command, nothing says.
        _ => return Err(CommandError::Nothing),
    };
    npm(spec)
}

/// `NAME`, `NAME@VERSION`, `NAME@RANGE`, `NAME@TAG`.
fn npm(spec: &str) -> Result<Launched, CommandError> {
    let split = spec.get(1..).and_then(|rest| rest.find('@')).map(|at| at + 1);
    let (name, asked) = match split {
        Some(at) => {
            (spec.get(..at).unwrap_or_default(), spec.get(at + 1..).filter(|asked| !asked.is_empty()))
        }
        None => (spec, None),
    };
    let is_elsewhere =
        |text: &str| text.contains(':') || text.starts_with(['.', '/']) || text.ends_with(".tgz");
    let in_scope = name.starts_with('@');
    if is_elsewhere(name) || asked.is_some_and(is_elsewhere) || (!in_scope && name.contains('/')) {
        return Err(CommandError::Elsewhere);
    }
    let exact = asked.filter(|asked| semver::Version::parse(asked).is_ok());
    let purl = Purl::npm(name, exact).map_err(|_| CommandError::Nothing)?;
    Ok(launched(purl, asked, exact.is_some()))
}

const UVX: Options = Options {
    flags: &[
        "-q",
        "--quiet",
        "-v",
        "--verbose",
        "--offline",
        "--isolated",
        "--refresh",
        "--no-cache",
        "-n",
        "--native-tls",
        "--system-certs",
        "--no-config",
        "-U",
        "--upgrade",
        "--managed-python",
        "--no-managed-python",
        "--no-progress",
        "--no-python-downloads",
    ],
    valued: &[
        "--from",
        "--with",
        "-w",
        "--with-requirements",
        "--with-editable",
        "-p",
        "--python",
        "--index",
        "--index-url",
        "-i",
        "--default-index",
        "--extra-index-url",
        "--directory",
        "--project",
        "--cache-dir",
        "--index-strategy",
        "--prerelease",
        "--resolution",
        "--exclude-newer",
        "--link-mode",
        "--env-file",
        "-c",
        "--constraints",
        "--overrides",
        "--refresh-package",
        "--upgrade-package",
        "-P",
    ],
};

/// `uvx`, `uv tool run`: a distribution of Python, or the one that `--from` names.
pub(super) fn uvx(words: &[&str]) -> Result<Launched, CommandError> {
    let (from, rest) = UVX.read(words, &["--from"])?;
    match (from.last(), rest.first()) {
        (Some(from), _) => python(from),
        // `NAME@VERSION` is uv's own way to write `NAME==VERSION`.
        (None, Some(tool)) => match tool.split_once('@') {
            Some((name, "latest")) => python(name),
            Some((name, version)) if !version.contains(':') => python(&format!("{name}=={version}")),
            _ => python(tool),
        },
        (None, None) => Err(CommandError::Nothing),
    }
}

const PIPX: Options = Options {
    flags: &["--no-cache", "-q", "--quiet", "-v", "--verbose", "--system-site-packages", "--pypackages"],
    valued: &["--spec", "--python", "--index-url", "-i", "--pip-args", "--with"],
};

/// `pipx run`: a distribution of Python, or the one that `--spec` names.
pub(super) fn pipx(words: &[&str]) -> Result<Launched, CommandError> {
    let (spec, rest) = PIPX.read(words, &["--spec"])?;
    let spec = spec.last().or(rest.first()).ok_or(CommandError::Nothing)?;
    python(spec)
}

fn python(spec: &str) -> Result<Launched, CommandError> {
    if spec.contains("://") || spec.starts_with(['.', '/', '~']) || spec.ends_with(".whl") {
        return Err(CommandError::Elsewhere);
    }
    let wish = Requirement::parse(spec).ok_or(CommandError::Nothing)?;
    let exact =
        wish.specifier.strip_prefix("==").filter(|version| version.parse::<pep440_rs::Version>().is_ok());
    let asked = match exact {
        Some(version) => Some(version),
        None => Some(wish.specifier.as_str()).filter(|specifier| !specifier.is_empty()),
    };
    let purl = Purl::pypi(&wish.name, exact).map_err(|_| CommandError::Nothing)?;
    Ok(launched(purl, asked, exact.is_some()))
}

const DENO: Options = Options {
    flags: &[
        "-A",
        "--allow-all",
        "-N",
        "-R",
        "-W",
        "-E",
        "-S",
        "-q",
        "--quiet",
        "--no-prompt",
        "--allow-net",
        "--allow-read",
        "--allow-write",
        "--allow-env",
        "--allow-run",
        "--allow-sys",
        "--allow-ffi",
        "--allow-scripts",
        "--no-check",
        "--no-lock",
        "--cached-only",
        "--reload",
        "--unstable",
        "--node-modules-dir",
    ],
    valued: &["-c", "--config", "--import-map", "--lock", "--cert", "-L", "--log-level", "--env-file"],
};

/// `deno run npm:NAME@VERSION/PATH`.
pub(super) fn deno(words: &[&str]) -> Result<Launched, CommandError> {
    let (_, rest) = DENO.read(words, &[])?;
    let spec = rest.first().ok_or(CommandError::Nothing)?;
    let Some(spec) = spec.strip_prefix("npm:") else {
        return Err(if spec.contains(':') { CommandError::Elsewhere } else { CommandError::Local });
    };
    // The path of a file in the package may follow: behind the version, or else behind the name.
    let spec = spec.trim_start_matches('/');
    let parts = if spec.starts_with('@') { 2 } else { 1 };
    let end = spec.match_indices('/').nth(parts - 1).map_or(spec.len(), |(at, _)| at);
    npm(spec.get(..end).unwrap_or(spec))
}

fn launched(purl: Purl, asked: Option<&str>, is_exact: bool) -> Launched {
    let version = (!is_exact).then_some(Open::Version);
    Launched {
        purl,
        asked: asked.map(str::to_owned),
        open: version.into_iter().chain([Open::Dependencies]).collect(),
    }
}
