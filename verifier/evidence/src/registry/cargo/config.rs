//! cargo's own configuration: that of its home, and its variables. Not that of the folders above the current one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::registry::RegistryError;
use crate::registry::base::Base;
use crate::registry::credential::{Credential, Credentials, Place};
use crate::registry::surroundings::Surroundings;

/// Names a sparse index, in configurations and on the command line.
const SPARSE: &str = "sparse+";
/// Replacements of replacements followed; cargo has no such limit and refuses cycles.
const MAX_REPLACED: usize = 8;

/// What cargo would ask, and with what.
#[derive(Debug, Default)]
pub struct CargoConfig {
    /// The index that stands in for crates.io's; `None` where nothing replaces that.
    pub index: Option<Base>,
    /// `registries.NAME.token` and its variables, for that registry's index.
    pub credentials: Credentials,
    /// `http.cainfo`.
    pub ca: Option<PathBuf>,
}

/// Of `config.toml` what concerns us.
#[derive(Default, Deserialize)]
struct ConfigToml {
    #[serde(default)]
    source: BTreeMap<String, Source>,
    #[serde(default)]
    registries: BTreeMap<String, Registry>,
    #[serde(default)]
    http: Http,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Source {
    replace_with: Option<String>,
    registry: Option<String>,
}

#[derive(Default, Deserialize)]
struct Registry {
    index: Option<String>,
    token: Option<String>,
}

#[derive(Default, Deserialize)]
struct Http {
    cainfo: Option<PathBuf>,
}

/// Of `credentials.toml`.
#[derive(Default, Deserialize)]
struct CredentialsToml {
    #[serde(default)]
    registries: BTreeMap<String, Registry>,
}

/// Reads the configuration. `named`: what `--registry` gave, an address or the name of a configured registry.
///
/// # Errors
/// A file that is not understood, an unknown name, an index that is a git repository, or an address that must not be
/// asked.
pub fn read(around: &Surroundings, named: Option<&str>) -> Result<CargoConfig, RegistryError> {
    let home = match around.variable("CARGO_HOME").map(PathBuf::from) {
        Some(home) if home.is_absolute() => Some(home),
        Some(_) => {
            return Err(RegistryError::Config {
                what: "the variable `CARGO_HOME`".into(),
                reason: "it depends on the current folder".into(),
            });
        }
        None => around.home(".cargo"),
    };
    let toml: ConfigToml = first(around, home.as_ref(), ["config", "config.toml"])?;
    let secrets: CredentialsToml = first(around, home.as_ref(), ["credentials", "credentials.toml"])?;

    let mut config = CargoConfig { ca: toml.http.cainfo.clone(), ..CargoConfig::default() };
    if let Some(path) = around.variable("CARGO_HTTP_CAINFO") {
        config.ca = Some(path.into());
    }
    config.ca = config.ca.filter(|path| path.is_absolute());
    let registries = registries(around, &toml, &secrets);
    let index = match named {
        Some(text) if text.contains("://") => Some(text.to_owned()),
        Some(name) => match registries.get(name).and_then(|registry| registry.index.clone()) {
            Some(index) => Some(index),
            None => {
                return Err(RegistryError::Config {
                    what: format!("`--registry {name}`"),
                    reason: "it is neither an address nor a registry of cargo's configuration".into(),
                });
            }
        },
        None => replacement(&toml, &registries)?,
    };
    if let Some(index) = index {
        config.index = Some(base(&index, &mut config.credentials)?);
    }
    for registry in registries.into_values() {
        let (Some(index), Some(token)) = (registry.index, registry.token) else { continue };
        // A registry that cannot be asked has no use for its token; the one that is asked was parsed above.
        let Ok(base) = base(&index, &mut config.credentials) else { continue };
        if let Some(place) = Place::of(base.url()) {
            config.credentials.add(place, Credential::Plain(Zeroizing::new(token)));
        }
    }
    Ok(config)
}

/// Of two names of a file the one that is there; cargo prefers the older.
fn first<T: DeserializeOwned + Default>(
    around: &Surroundings,
    home: Option<&PathBuf>,
    names: [&str; 2],
) -> Result<T, RegistryError> {
    let Some(home) = home else { return Ok(T::default()) };
    for path in names.map(|name| home.join(name)) {
        if let Some(text) = around.file(&path)? {
            // What its error says quotes the line, and the line may hold a token.
            return toml::from_str(&text).map_err(|_| RegistryError::Config {
                what: format!("`{}`", path.display()),
                reason: "it is not cargo's TOML".into(),
            });
        }
    }
    Ok(T::default())
}

/// Every registry that has a name: from the file, from `CARGO_REGISTRIES_NAME_…`, tokens from the file of secrets.
fn registries(
    around: &Surroundings,
    toml: &ConfigToml,
    secrets: &CredentialsToml,
) -> BTreeMap<String, Registry> {
    let mut all: BTreeMap<String, Registry> = BTreeMap::new();
    for (name, registry) in toml.registries.iter().chain(&secrets.registries) {
        let entry = all.entry(name.clone()).or_default();
        entry.index = registry.index.clone().or(entry.index.take());
        entry.token = registry.token.clone().or(entry.token.take());
    }
    for (variable, value) in around.variables().filter(|(_, value)| !value.is_empty()) {
        let Some(rest) = variable.strip_prefix("CARGO_REGISTRIES_") else { continue };
        let Some((name, what)) = rest.rsplit_once('_') else { continue };
        // `-` and `_` of a name are both `_` in its variable.
        let spelled = all.keys().find(|known| known.to_ascii_uppercase().replace('-', "_") == name).cloned();
        let name = spelled.unwrap_or_else(|| name.to_ascii_lowercase());
        match what {
            "INDEX" => all.entry(name).or_default().index = Some(value.to_owned()),
            "TOKEN" => all.entry(name).or_default().token = Some(value.to_owned()),
            _ => {}
        }
    }
    all
}

/// What stands in for crates.io, replacements of replacements followed.
fn replacement(
    toml: &ConfigToml,
    registries: &BTreeMap<String, Registry>,
) -> Result<Option<String>, RegistryError> {
    let unusable = |reason: &str| RegistryError::Config {
        what: "cargo's source replacement".into(),
        reason: reason.to_owned(),
    };
    let mut name = "crates-io".to_owned();
    for _ in 0..MAX_REPLACED {
        let source = toml.source.get(&name);
        if let Some(next) = source.and_then(|source| source.replace_with.clone()) {
            name = next;
            continue;
        }
        if name == "crates-io" {
            return Ok(None);
        }
        let index = source
            .and_then(|source| source.registry.clone())
            .or_else(|| registries.get(&name).and_then(|registry| registry.index.clone()));
        return index
            .map(Some)
            .ok_or_else(|| unusable("it names no registry; folders and git are not asked"));
    }
    Err(unusable("it goes in circles"))
}

fn base(index: &str, credentials: &mut Credentials) -> Result<Base, RegistryError> {
    const FROM: &str = "cargo's configuration";
    match index.strip_prefix(SPARSE) {
        Some(url) => Base::parse(url, FROM, credentials),
        None => Err(RegistryError::Base {
            from: FROM.into(),
            reason: "it is a git index; only sparse ones (`sparse+https://…`) are read",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::surroundings::write as at;
    use std::path::Path;

    fn config(
        root: &Path,
        variables: &[(&str, &str)],
        named: Option<&str>,
    ) -> Result<CargoConfig, RegistryError> {
        read(&Surroundings::of_test(root, variables), named)
    }

    fn index(config: &CargoConfig) -> &str {
        config.index.as_ref().map_or("", |base| base.url().as_str())
    }

    fn sent(config: &CargoConfig, url: &str) -> Option<String> {
        config.credentials.for_url(&url::Url::parse(url).unwrap()).map(|found| found.header().to_string())
    }

    #[test]
    fn the_replacement_of_the_default_registry_is_followed() {
        let root = tempfile::tempdir().unwrap();
        assert!(config(root.path(), &[], None).unwrap().index.is_none());
        at(
            root.path(),
            "home/.cargo/config.toml",
            "[source.crates-io]\nreplace-with = \"a\"\n[source.a]\nreplace-with = \"b\"\n[source.b]\nregistry = \"sparse+https://b.example/index/\"\n\
             [registries.c-d]\nindex = \"sparse+https://c.example\"\n[net]\nretry = 3\n",
        );
        at(root.path(), "home/.cargo/credentials.toml", "[registries.c-d]\ntoken = \"secret\"\n");
        let replaced = config(root.path(), &[], None).unwrap();
        assert_eq!(index(&replaced), "https://b.example/index/");
        assert_eq!(sent(&replaced, "https://b.example/index/a"), None);
        let named = config(root.path(), &[], Some("c-d")).unwrap();
        assert_eq!(index(&named), "https://c.example/");
        assert_eq!(sent(&named, "https://c.example/x"), Some("secret".into()));
        let variables = [
            ("CARGO_REGISTRIES_C_D_TOKEN", "other"),
            ("CARGO_REGISTRIES_E_INDEX", "sparse+https://e.example"),
        ];
        let named = config(root.path(), &variables, Some("c-d")).unwrap();
        assert_eq!(sent(&named, "https://c.example/x"), Some("other".into()));
        assert_eq!(index(&config(root.path(), &variables, Some("e")).unwrap()), "https://e.example/");
    }

    #[test]
    fn git_indexes_circles_and_unknown_names_are_refused() {
        let root = tempfile::tempdir().unwrap();
        assert!(config(root.path(), &[], Some("none")).is_err());
        assert!(config(root.path(), &[], Some("https://git.example/index")).is_err());
        for bad in [
            "[source.crates-io]\nreplace-with = \"crates-io\"\n",
            "[source.crates-io]\nreplace-with = \"v\"\n[source.v]\ndirectory = \"vendor\"\n",
            "[source.crates-io]\nreplace-with = \"v\"\n[source.v]\nregistry = \"https://git.example/index\"\n",
            "[source.crates-io\ntoken = \"secret\"",
        ] {
            at(root.path(), "home/.cargo/config.toml", bad);
            let error = config(root.path(), &[], None).unwrap_err();
            assert!(!format!("{error:?}").contains("secret"), "{bad}");
        }
        assert!(config(root.path(), &[("CARGO_HOME", "relative")], None).is_err());
    }
}
