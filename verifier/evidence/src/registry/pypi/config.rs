//! pip's and uv's own configuration: their files of the system and of the user, and their variables. Not the project's.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use super::netrc;
use crate::registry::RegistryError;
use crate::registry::base::Base;
use crate::registry::credential::Credentials;
use crate::registry::ini;
use crate::registry::surroundings::Surroundings;

/// What pip or uv would ask, and with what.
#[derive(Debug, Default)]
pub struct PypiConfig {
    /// The index; `None` where nothing sets it.
    pub index: Option<Base>,
    /// From addresses and `.netrc`.
    pub credentials: Credentials,
    /// `cert`.
    pub ca: Option<PathBuf>,
}

/// What one client says.
#[derive(Debug, Default)]
struct Said {
    index: Option<String>,
    extra: Vec<String>,
    cert: Option<PathBuf>,
}

/// Reads both configurations.
///
/// # Errors
/// A file that is not understood, an address that must not be asked, or several indexes: which of them answers for a
/// name is then chance, and that is how packages are slipped in.
pub fn read(around: &Surroundings) -> Result<PypiConfig, RegistryError> {
    let (pip, uv) = (pip(around)?, uv(around)?);
    let mut config = PypiConfig { ca: pip.cert.clone(), ..PypiConfig::default() };
    let mut extra = Vec::new();
    for (client, said) in [("pip", pip), ("uv", uv)] {
        let mut parse =
            |text: &String| Base::parse(text, &format!("{client}'s configuration"), &mut config.credentials);
        let index = said.index.as_ref().map(&mut parse).transpose()?;
        extra.extend(said.extra.iter().map(&mut parse).collect::<Result<Vec<_>, _>>()?);
        match (&config.index, index) {
            (Some(first), Some(second)) if *first != second => return Err(RegistryError::Several),
            (None, index) => config.index = index,
            (Some(_), _) => {}
        }
    }
    if extra.iter().any(|other| config.index.as_ref() != Some(other)) {
        return Err(RegistryError::Several);
    }
    with_netrc(around, config)
}

/// Reads what is said of the index that `--registry` names: certificates, and a password in `.netrc`.
///
/// # Errors
/// As [`read`]; other indexes count for nothing.
pub fn read_for(around: &Surroundings, index: &str) -> Result<PypiConfig, RegistryError> {
    let mut config = PypiConfig { ca: pip(around)?.cert, ..PypiConfig::default() };
    config.index = Some(Base::parse(index, "`--registry`", &mut config.credentials)?);
    with_netrc(around, config)
}

fn with_netrc(around: &Surroundings, mut config: PypiConfig) -> Result<PypiConfig, RegistryError> {
    if let Some(index) = &config.index
        && config.credentials.for_url(index.url()).is_none()
    {
        netrc::add(around, index, &mut config.credentials)?;
    }
    Ok(config)
}

/// Files of the system, then the user's, then the one that is named, then variables; in each, what is said of
/// `install` wins over what is said of all commands.
fn pip(around: &Surroundings) -> Result<Said, RegistryError> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let named = around.variable("PIP_CONFIG_FILE");
    // This one, and only this one, means: read no file.
    if named != Some("/dev/null") {
        let folders = around.variable("XDG_CONFIG_DIRS").unwrap_or("/etc/xdg").to_owned();
        let mut system: Vec<PathBuf> = folders
            .split(':')
            .filter_map(|folder| folder.strip_prefix('/'))
            .map(|folder| around.system(folder).join("pip/pip.conf"))
            .collect();
        system.reverse();
        paths.extend(system);
        paths.push(around.system("etc/pip.conf"));
        paths.extend(around.home(".pip/pip.conf"));
        paths.extend(around.config_home("pip/pip.conf"));
        paths.extend(around.named_file("PIP_CONFIG_FILE")?);
    }
    let (mut global, mut install) = (BTreeMap::new(), BTreeMap::new());
    for path in paths {
        let Some(text) = around.file(&path)? else { continue };
        let mut sections = ini::pip(&text).map_err(|reason| RegistryError::Config {
            what: format!("`{}`", path.display()),
            reason: format!("{reason} is not understood"),
        })?;
        for (section, into) in [("global", &mut global), ("install", &mut install)] {
            let values = sections.remove(section).unwrap_or_default();
            into.extend(values.into_iter().map(|(key, value)| (key.replace('_', "-"), value)));
        }
    }
    global.extend(install);
    let mut value = |key: &str, variable: &str| {
        around
            .variable(variable)
            .map(str::to_owned)
            .or_else(|| global.remove(key))
            .filter(|value| !value.is_empty())
    };
    let extra = value("extra-index-url", "PIP_EXTRA_INDEX_URL").unwrap_or_default();
    Ok(Said {
        index: value("index-url", "PIP_INDEX_URL"),
        extra: extra.split_whitespace().map(str::to_owned).collect(),
        cert: value("cert", "PIP_CERT").map(PathBuf::from).filter(|path| path.is_absolute()),
    })
}

/// Of uv.toml what concerns us; the rest is uv's own business.
#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct UvToml {
    #[serde(default)]
    index: Vec<UvIndex>,
    index_url: Option<String>,
    #[serde(default)]
    extra_index_url: Vec<String>,
}

#[derive(Deserialize)]
struct UvIndex {
    url: String,
    #[serde(default)]
    default: bool,
    /// Such an index answers only for packages that a project ties to it.
    #[serde(default)]
    explicit: bool,
}

fn uv(around: &Surroundings) -> Result<Said, RegistryError> {
    let mut said = Said::default();
    let named = around.named_file("UV_CONFIG_FILE")?;
    let files = match named {
        Some(named) => vec![named],
        None if around.variable("UV_NO_CONFIG").is_some() => Vec::new(),
        None => {
            let mut files = vec![around.system("etc/uv/uv.toml")];
            files.extend(around.config_home("uv/uv.toml"));
            files
        }
    };
    for path in files {
        let Some(text) = around.file(&path)? else { continue };
        // What its error says quotes the line, and the line may hold a password.
        let toml: UvToml = toml::from_str(&text).map_err(|_| RegistryError::Config {
            what: format!("`{}`", path.display()),
            reason: "it is not uv's TOML".into(),
        })?;
        let (default, others): (Vec<_>, Vec<_>) =
            toml.index.into_iter().filter(|index| !index.explicit).partition(|index| index.default);
        said.extra.extend(others.into_iter().map(|index| index.url).chain(toml.extra_index_url));
        if let Some(index) = default.into_iter().next().map(|index| index.url).or(toml.index_url) {
            said.index = Some(index);
        }
    }
    for variable in ["UV_INDEX_URL", "UV_DEFAULT_INDEX"] {
        if let Some(url) = around.variable(variable) {
            said.index = Some(unnamed(url));
        }
    }
    for variable in ["UV_EXTRA_INDEX_URL", "UV_INDEX"] {
        if let Some(urls) = around.variable(variable) {
            said.extra = urls.split_whitespace().map(unnamed).collect();
        }
    }
    Ok(said)
}

/// `name=URL` without the name.
fn unnamed(index: &str) -> String {
    match index.split_once('=') {
        Some((name, url)) if !name.contains([':', '/']) => url.to_owned(),
        _ => index.to_owned(),
    }
}

impl PypiConfig {
    /// pip's variable for the index, a secret where a password is in it.
    pub fn index_variable(&self, base: &Base) -> zeroize::Zeroizing<String> {
        use crate::registry::credential::Credential;
        use base64::Engine as _;
        let mut url = base.url().clone();
        if let Some(Credential::Basic(pair)) = self.credentials.for_url(base.url())
            && let Ok(pair) = base64::engine::general_purpose::STANDARD.decode(pair.as_bytes())
            && let Ok(pair) = std::str::from_utf8(&pair)
            && let Some((user, password)) = pair.split_once(':')
        {
            // Of a URL with a host neither fails; both encode what they are given.
            let _ = url.set_username(user);
            let _ = url.set_password(Some(password));
        }
        zeroize::Zeroizing::new(url.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::surroundings::write as at;
    use std::path::Path;

    fn config(root: &Path, variables: &[(&str, &str)]) -> Result<PypiConfig, RegistryError> {
        read(&Surroundings::of_test(root, variables))
    }

    fn index(config: &PypiConfig) -> &str {
        config.index.as_ref().map_or("", |base| base.url().as_str())
    }

    fn sent(config: &PypiConfig) -> Option<String> {
        config.credentials.for_url(config.index.as_ref()?.url()).map(|found| found.header().to_string())
    }

    #[test]
    fn files_are_read_in_pips_order_and_variables_win() {
        let root = tempfile::tempdir().unwrap();
        at(
            root.path(),
            "etc/pip.conf",
            "[global]\nindex-url = https://system.example/simple\ncert = /etc/ca.pem\n",
        );
        assert_eq!(index(&config(root.path(), &[]).unwrap()), "https://system.example/simple/");
        at(root.path(), "home/.config/pip/pip.conf", "[global]\nindex_url: https://user.example/simple\n");
        assert_eq!(index(&config(root.path(), &[]).unwrap()), "https://user.example/simple/");
        at(
            root.path(),
            "home/.pip/pip.conf",
            "[install]\nindex-url = https://me:secret@install.example/simple\n",
        );
        let user = config(root.path(), &[]).unwrap();
        assert_eq!(index(&user), "https://install.example/simple/");
        assert_eq!(sent(&user), Some("Basic bWU6c2VjcmV0".into()));
        assert_eq!(
            &*user.index_variable(user.index.as_ref().unwrap()),
            "https://me:secret@install.example/simple/"
        );
        assert_eq!(user.ca.as_deref(), Some(Path::new("/etc/ca.pem")));
        let env = config(root.path(), &[("PIP_INDEX_URL", "https://env.example/simple")]).unwrap();
        assert_eq!(index(&env), "https://env.example/simple/");
        assert!(config(root.path(), &[("PIP_CONFIG_FILE", "/dev/null")]).unwrap().index.is_none());
    }

    #[test]
    fn several_indexes_are_refused_unless_they_are_one() {
        let root = tempfile::tempdir().unwrap();
        at(
            root.path(),
            "etc/pip.conf",
            "[global]\nindex-url = https://a.example/simple\nextra-index-url =\n    https://b.example/simple\n    https://c.example\n",
        );
        assert!(matches!(config(root.path(), &[]), Err(RegistryError::Several)));
        let same = config(root.path(), &[("PIP_EXTRA_INDEX_URL", "https://a.example/simple/")]).unwrap();
        assert_eq!(index(&same), "https://a.example/simple/");
        let root = tempfile::tempdir().unwrap();
        let two = [("PIP_INDEX_URL", "https://a.example"), ("UV_DEFAULT_INDEX", "b=https://b.example")];
        assert!(matches!(config(root.path(), &two), Err(RegistryError::Several)));
        let one = [("PIP_EXTRA_INDEX_URL", "https://a.example")];
        assert!(matches!(config(root.path(), &one), Err(RegistryError::Several)));
    }

    #[test]
    fn uvs_configuration_counts_where_pip_has_none() {
        let root = tempfile::tempdir().unwrap();
        at(
            root.path(),
            "home/.config/uv/uv.toml",
            "native-tls = true\n[[index]]\nname = \"x\"\nurl = \"https://uv.example/simple\"\ndefault = true\n",
        );
        assert_eq!(index(&config(root.path(), &[]).unwrap()), "https://uv.example/simple/");
        assert!(config(root.path(), &[("UV_NO_CONFIG", "1")]).unwrap().index.is_none());
        at(root.path(), "home/.config/uv/uv.toml", "[[index]]\nurl = \"https://me:secret@x\nbroken");
        let error = config(root.path(), &[]).unwrap_err();
        assert!(!format!("{error:?}").contains("secret"));
    }

    #[test]
    fn b52_netrc_speaks_for_the_hosts_that_it_names_alone() {
        let root = tempfile::tempdir().unwrap();
        at(
            root.path(),
            "home/.netrc",
            "machine other.example login a password b\nmacdef init\ncd /x\n\nmachine r.example\n login me\n password secret\ndefault login x password y\n",
        );
        let of = |url: &str| sent(&config(root.path(), &[("PIP_INDEX_URL", url)]).unwrap());
        assert_eq!(of("https://r.example/simple"), Some("Basic bWU6c2VjcmV0".into()));
        assert_eq!(of("https://r.example.evil.example/simple"), None);
        assert_eq!(of("http://127.0.0.1:1/simple"), None);
    }
}
