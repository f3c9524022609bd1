//! Programs that fetch a package by name and start it.

use mcpsign_schemas::purl::Purl;

use super::options::Options;
use super::{CommandError, Launched, Open};
use crate::catalog::pypi::Requirement;

pub(super) const NPX: Options = Options {
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

/// Reads what follows the one of these `commands` that comes after options, which count on both sides of it.
pub(super) fn after(
    options: &Options,
    words: &[&str],
    commands: &[&[&str]],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    let said = options.read(words)?;
    let rest = commands.iter().find_map(|command| said.rest.strip_prefix(*command));
    let before = words.get(..words.len() - said.rest.len()).unwrap_or_default();
    read(&[before, rest.ok_or(CommandError::Local)?].concat())
}

/// `npx`, `pnpm dlx`, `yarn dlx`, `bunx`: a package of npm, or those that `--package` names.
pub(super) fn npx(words: &[&str]) -> Result<Launched, CommandError> {
    let said = NPX.read(words)?;
    let command = said.rest.first();
    match said.of(&["-p", "--package"]).as_slice() {
        [] => npm(command.ok_or(CommandError::Nothing)?),
        [only] => npm(only),
        several => {
            let mut all = several.iter().map(|spec| npm(spec)).collect::<Result<Vec<_>, _>>()?;
            let is_started = |one: &Launched| {
                let name = one.purl.name();
                Some(&name.rsplit('/').next().unwrap_or_default()) == command
            };
            let at = all.iter().position(is_started).ok_or(CommandError::Several)?;
            let mut started = all.swap_remove(at);
            started.with = all.into_iter().map(|one| one.purl).collect();
            Ok(started)
        }
    }
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

pub(super) const UVX: Options = Options {
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
    let said = UVX.read(words)?;
    let started = match (said.of(&["--from"]).last(), said.rest.first()) {
        (Some(from), _) => python(from),
        // `NAME@VERSION` is uv's own way to write `NAME==VERSION`.
        (None, Some(tool)) => match tool.split_once('@') {
            Some((name, "latest")) => python(name),
            Some((name, version)) if !version.contains(':') => python(&format!("{name}=={version}")),
            _ => python(tool),
        },
        (None, None) => Err(CommandError::Nothing),
    }?;
    beside(started, &said.of(&["-w", "--with"]))
}

/// Distributions that are installed beside, several in one value behind commas.
fn beside(mut started: Launched, values: &[&str]) -> Result<Launched, CommandError> {
    // A comma within a requirement (`a>=1,<2`) has no name behind it.
    let is_name = |text: &str| text.trim_start().starts_with(|c: char| c.is_ascii_alphabetic());
    for value in values {
        let mut specs: Vec<String> = Vec::new();
        for part in value.split(',') {
            match specs.last_mut() {
                Some(last) if !is_name(part) || last.contains('[') && !last.contains(']') => {
                    last.push_str(&format!(",{part}"));
                }
                _ => specs.push(part.to_owned()),
            }
        }
        for spec in specs {
            started.with.push(python(spec.trim())?.purl);
        }
    }
    Ok(started)
}

const PIPX: Options = Options {
    flags: &["--no-cache", "-q", "--quiet", "-v", "--verbose", "--system-site-packages", "--pypackages"],
    valued: &["--spec", "--python", "--index-url", "-i", "--pip-args", "--with"],
};

/// `pipx run`: a distribution of Python, or the one that `--spec` names.
pub(super) fn pipx(words: &[&str]) -> Result<Launched, CommandError> {
    let said = PIPX.read(words)?;
    let spec = said.of(&["--spec"]);
    let spec = spec.last().or(said.rest.first()).ok_or(CommandError::Nothing)?;
    beside(python(spec)?, &said.of(&["--with"]))
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
    let said = DENO.read(words)?;
    let spec = said.rest.first().ok_or(CommandError::Nothing)?;
    let Some(spec) = spec.strip_prefix("npm:") else {
        return Err(if spec.contains(':') { CommandError::Elsewhere } else { CommandError::Local });
    };
    // The path of a file in the package may follow: behind the version, or else behind the name.
    let spec = spec.trim_start_matches('/');
    let parts = if spec.starts_with('@') { 2 } else { 1 };
    let end = spec.match_indices('/').nth(parts - 1).map_or(spec.len(), |(at, _)| at);
    npm(spec.get(..end).unwrap_or(spec))
}

const CARGO: Options = Options {
    flags: &[
        "--locked",
        "--frozen",
        "--offline",
        "--force",
        "-f",
        "-q",
        "--quiet",
        "-v",
        "--verbose",
        "--debug",
        "--all-features",
        "--no-default-features",
        "--bins",
        "--no-track",
    ],
    valued: &[
        "--version",
        "--vers",
        "--features",
        "-F",
        "--root",
        "--bin",
        "--profile",
        "--target",
        "--target-dir",
        "--index",
        "--registry",
        "--git",
        "--branch",
        "--tag",
        "--rev",
        "--path",
        "-j",
        "--jobs",
        "--color",
        "--config",
    ],
};

/// `cargo install NAME[@VERSION]`.
pub(super) fn cargo(words: &[&str]) -> Result<Launched, CommandError> {
    // Options may follow the name as well.
    let said = CARGO.read(words)?;
    let (name, after) = said.rest.split_first().ok_or(CommandError::Nothing)?;
    let more = CARGO.read(after)?;
    let either = |names: &[&str]| [said.of(names), more.of(names)].concat();
    if !either(&["--git", "--path"]).is_empty() {
        return Err(CommandError::Elsewhere);
    }
    if !more.rest.is_empty() {
        return Err(CommandError::Several);
    }
    let versions = either(&["--version", "--vers"]);
    let (name, asked) = match name.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (*name, versions.last().copied()),
    };
    let exact = asked.map(|asked| asked.trim_start_matches('='));
    let exact = exact.filter(|asked| semver::Version::parse(asked).is_ok());
    let purl = Purl::cargo(name, exact).map_err(|_| CommandError::Nothing)?;
    let mut launched = launched(purl, asked, exact.is_some());
    if words.iter().any(|word| matches!(*word, "--locked" | "--frozen")) {
        launched.open.retain(|open| *open != Open::Dependencies);
    }
    Ok(launched)
}

const GO: Options = Options {
    flags: &["-a", "-n", "-race", "-msan", "-asan", "-v", "-work", "-x", "-trimpath", "-modcacherw"],
    valued: &["-C", "-p", "-mod", "-tags", "-ldflags", "-gcflags", "-buildmode", "-exec", "-overlay"],
};

/// `go run PACKAGE@VERSION`. The module's own files say which dependencies it has.
pub(super) fn go(words: &[&str]) -> Result<Launched, CommandError> {
    let said = GO.read(words)?;
    let (path, asked) =
        said.rest.first().ok_or(CommandError::Nothing)?.split_once('@').ok_or(CommandError::Local)?;
    let is_exact = asked.strip_prefix('v').is_some_and(|version| semver::Version::parse(version).is_ok());
    let purl = Purl::golang(path, Some(asked).filter(|_| is_exact)).map_err(|_| CommandError::Nothing)?;
    let open = if is_exact { Vec::new() } else { vec![Open::Version, Open::Dependencies] };
    Ok(Launched { purl, asked: Some(asked.to_owned()), open, with: Vec::new() })
}

const DNX: Options = Options {
    flags: &[
        "-y",
        "--yes",
        "--prerelease",
        "--interactive",
        "--allow-roll-forward",
        "--ignore-failed-sources",
        "--no-http-cache",
    ],
    valued: &["--version", "--source", "--add-source", "--configfile", "-v", "--verbosity", "--framework"],
};

/// `dnx NAME[@VERSION]`: a tool of .NET.
pub(super) fn dnx(words: &[&str]) -> Result<Launched, CommandError> {
    let said = DNX.read(words)?;
    let (name, after) = said.rest.split_first().ok_or(CommandError::Nothing)?;
    // What follows may be the tool's own.
    let versions =
        [said.of(&["--version"]), DNX.read(after).map(|more| more.of(&["--version"])).unwrap_or_default()]
            .concat();
    let (name, asked) = match name.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (*name, versions.last().copied()),
    };
    let is_exact = |asked: &&str| {
        asked.starts_with(|c: char| c.is_ascii_digit()) && !asked.contains(['*', ',', '[', '('])
    };
    let exact = asked.filter(is_exact);
    let purl = Purl::nuget(name, exact).map_err(|_| CommandError::Nothing)?;
    Ok(launched(purl, asked, exact.is_some()))
}

fn launched(purl: Purl, asked: Option<&str>, is_exact: bool) -> Launched {
    let version = (!is_exact).then_some(Open::Version);
    Launched {
        purl,
        asked: asked.map(str::to_owned),
        open: version.into_iter().chain([Open::Dependencies]).collect(),
        with: Vec::new(),
    }
}
