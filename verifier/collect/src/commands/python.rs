//! Programs that fetch a distribution of Python by name and start it.

use mcpsign_schemas::purl::Purl;

use super::options::Options;
use super::package::launched;
use super::{CommandError, Launched, Local, bridge, registry};
use crate::catalog::pypi::Requirement;

/// Options that name an index. uv takes a package from one that is added where that has it, before its default.
const INDEXES: [&str; 5] = ["--default-index", "--index-url", "-i", "--index", "--extra-index-url"];

/// Of `uvx`, and of `uv` before its command.
#[rustfmt::skip]
const UVX: Options = Options {
    flags: &[
        "-q", "--quiet", "-v", "--verbose", "--offline", "--isolated", "--refresh", "--no-cache",
        "-n", "--native-tls", "--system-certs", "--no-config", "-U", "--upgrade",
        "--managed-python", "--no-managed-python", "--no-progress", "--no-python-downloads",
        "--no-env-file", "--no-build", "--no-binary", "--no-sources",
    ],
    valued: &[
        "--from", "--with", "-w", "--with-requirements", "--with-editable", "-p", "--python",
        "--index", "--index-url", "-i", "--default-index", "--extra-index-url", "--directory",
        "--project", "--cache-dir", "--index-strategy", "--prerelease", "--resolution",
        "--exclude-newer", "--link-mode", "--env-file", "-c", "--constraints", "--overrides",
        "--refresh-package", "--upgrade-package", "-P",
    ],
};

/// Of `uv run`.
#[rustfmt::skip]
const RUN: Options = Options {
    flags: &[
        "-q", "--quiet", "-v", "--verbose", "--offline", "--isolated", "--refresh", "--no-cache",
        "-n", "--native-tls", "--system-certs", "--no-config", "-U", "--upgrade",
        "--managed-python", "--no-managed-python", "--no-progress", "--no-python-downloads",
        "--active", "--no-project", "--no-sync", "--frozen", "--locked", "--exact", "--no-editable",
        "--all-extras", "--all-groups", "--no-dev", "--only-dev", "--dev", "--all-packages",
        "--no-env-file", "-s", "--script", "--no-build", "--no-binary", "--no-sources",
    ],
    valued: &[
        "--from", "--with", "-w", "--with-requirements", "--with-editable", "-p", "--python",
        "--index", "--index-url", "-i", "--default-index", "--extra-index-url", "--directory",
        "--project", "--cache-dir", "--index-strategy", "--prerelease", "--resolution",
        "--exclude-newer", "--link-mode", "--env-file", "-c", "--constraints", "--overrides",
        "--refresh-package", "--upgrade-package", "-P", "-m", "--module", "--extra", "--no-extra",
        "--group", "--no-group", "--only-group", "--package", "--python-platform",
    ],
};

/// `uv tool run`, which is `uvx`, and `uv run`; options count on both sides of either.
pub(super) fn uv(
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    let said = UVX.read(words)?;
    let before = words.get(..words.len() - said.rest.len()).unwrap_or_default();
    match said.rest {
        ["tool", "run", rest @ ..] => uvx(&[before, rest].concat(), read),
        ["run", rest @ ..] => run(&[before, rest].concat(), read),
        _ => Err(CommandError::LOCAL),
    }
}

/// `uvx`, `uv tool run`: a distribution of Python, or the one that `--from` names.
pub(super) fn uvx(
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
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
    let started = registry::of(beside(started, &said.of(&["-w", "--with"]))?, &said.of(&INDEXES))?;
    Ok(bridge::followed(started, said.rest.get(1..).unwrap_or_default(), read))
}

/// `uv run COMMAND`: something of the project on this machine, unless a distribution that `--with` names is called so.
fn run(
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    let said = RUN.read(words)?;
    let mut all = Vec::new();
    for value in said.of(&["-w", "--with"]) {
        all.extend(requirements(value)?);
    }
    let modules = said.of(&["-m", "--module"]);
    let (command, arguments) = match (modules.last(), said.rest) {
        (Some(module), rest) => (*module, rest),
        (None, ["python" | "python3", "-m", module, rest @ ..]) => (*module, rest),
        (None, [command, rest @ ..]) => (*command, rest),
        (None, []) => return Err(CommandError::Nothing),
    };
    if command.contains("://") {
        return Err(CommandError::Elsewhere);
    }
    let name = Purl::pypi_name(command.split('.').next().unwrap_or(command));
    let is_started = |one: &Launched| one.purl.name() == name;
    let Some(at) = all.iter().position(is_started) else {
        let with = all.into_iter().map(|one| one.purl).collect();
        let behind = bridge::behind(command, arguments, read);
        return Err(CommandError::Local(Local { program: command.to_owned(), with, behind }));
    };
    let mut started = all.remove(at);
    started.with = all.into_iter().map(|one| one.purl).collect();
    let started = registry::of(started, &said.of(&INDEXES))?;
    Ok(bridge::followed(started, arguments, read))
}

/// Distributions that are installed beside.
fn beside(mut started: Launched, values: &[&str]) -> Result<Launched, CommandError> {
    for value in values {
        started.with.extend(requirements(value)?.into_iter().map(|one| one.purl));
    }
    Ok(started)
}

/// Several distributions in one value, behind commas.
fn requirements(value: &str) -> Result<Vec<Launched>, CommandError> {
    // A comma within a requirement (`a>=1,<2`) has no name behind it.
    let is_name = |text: &str| text.trim_start().starts_with(|c: char| c.is_ascii_alphabetic());
    let mut specs: Vec<String> = Vec::new();
    for part in value.split(',') {
        match specs.last_mut() {
            Some(last) if !is_name(part) || last.contains('[') && !last.contains(']') => {
                last.push_str(&format!(",{part}"));
            }
            _ => specs.push(part.to_owned()),
        }
    }
    specs.iter().map(|spec| python(spec.trim())).collect()
}

const PIPX: Options = Options {
    flags: &[
        "--no-cache",
        "-q",
        "--quiet",
        "-v",
        "--verbose",
        "--system-site-packages",
        "--pypackages",
        "--fetch-missing-python",
    ],
    valued: &["--spec", "--python", "--index-url", "-i", "--pip-args", "--with", "--backend"],
};

/// `python -m uv` and `python -m pipx` are those programs.
pub(super) fn module(
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Option<Result<Launched, CommandError>> {
    let at = words.iter().position(|word| !word.starts_with('-') || *word == "-m")?;
    match words.get(at..)? {
        ["-m", "uv", rest @ ..] => Some(uv(rest, read)),
        ["-m", "pipx", rest @ ..] => Some(pipx(rest, read)),
        _ => None,
    }
}

/// `pipx run`: a distribution of Python, or the one that `--spec` names.
pub(super) fn pipx(
    words: &[&str],
    read: impl Fn(&[&str]) -> Result<Launched, CommandError>,
) -> Result<Launched, CommandError> {
    let before = PIPX.read(words)?;
    let ["run", words @ ..] = before.rest else { return Err(CommandError::LOCAL) };
    let said = PIPX.read(words)?;
    let spec = said.of(&["--spec"]);
    let spec = spec.last().or(said.rest.first()).ok_or(CommandError::Nothing)?;
    let started = registry::of(beside(python(spec)?, &said.of(&["--with"]))?, &said.of(&INDEXES))?;
    Ok(bridge::followed(started, said.rest.get(1..).unwrap_or_default(), read))
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
