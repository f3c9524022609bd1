//! npm's own configuration: its files in the home and beside it, and its variables. Not the project's.

use std::collections::BTreeMap;
use std::path::PathBuf;

use url::Url;
use zeroize::Zeroizing;

use crate::registry::RegistryError;
use crate::registry::base::Base;
use crate::registry::client::NpmClient;
use crate::registry::config::Variables;
use crate::registry::credential::{Credential, Credentials, Place};
use crate::registry::ini;
use crate::registry::surroundings::Surroundings;

/// What npm would ask, and with what.
#[derive(Debug, Default)]
pub struct NpmConfig {
    /// `registry`; `None` where nothing sets it.
    pub registry: Option<Base>,
    /// `@scope:registry`, by scope with its `@`.
    pub scopes: BTreeMap<String, Base>,
    /// `//host/path/:_authToken` and the like.
    pub credentials: Credentials,
    /// `cafile`.
    pub ca: Option<PathBuf>,
}

/// Reads the configuration: npm's own folder, then the global file, then the user's, then variables; later ones win.
///
/// # Errors
/// A file that is not understood, or an address that must not be asked.
pub fn read(around: &Surroundings, client: Option<&NpmClient>) -> Result<NpmConfig, RegistryError> {
    let mut values = BTreeMap::new();
    let variables = variables(around);
    // The global file's place can itself be configured, by what is read after it.
    let mut user = BTreeMap::new();
    let user_file =
        match around.named_file("NPM_CONFIG_USERCONFIG")?.or(around.named_file("npm_config_userconfig")?) {
            Some(named) => Some(named),
            None => around.home(".npmrc"),
        };
    if let Some(path) = user_file {
        file(around, &path, &mut user)?;
    }
    if let Some(client) = client {
        file(around, &client.folder().join("npmrc"), &mut values)?;
    }
    for path in global_files(around, client, &variables, &user) {
        file(around, &path, &mut values)?;
    }
    values.extend(user);
    values.extend(variables);
    interpret(&values)
}

fn global_files(
    around: &Surroundings,
    client: Option<&NpmClient>,
    variables: &BTreeMap<String, String>,
    user: &BTreeMap<String, String>,
) -> Vec<PathBuf> {
    let set = |key: &str| variables.get(key).or_else(|| user.get(key)).map(PathBuf::from);
    let absolute = |path: &PathBuf| path.is_absolute();
    if let Some(named) = set("globalconfig").filter(absolute) {
        return vec![named];
    }
    let prefix = set("prefix").or_else(|| around.variable("PREFIX").map(PathBuf::from)).filter(absolute);
    let prefix = prefix.or_else(|| client.and_then(NpmClient::prefix));
    prefix.map(|prefix| prefix.join("etc/npmrc")).into_iter().collect()
}

/// `npm_config_KEY`, in any case; `_` in keys stands for `-`, but not in those that begin with `//`.
fn variables(around: &Surroundings) -> BTreeMap<String, String> {
    const PREFIX: &str = "npm_config_";
    let named = around.variables().filter_map(|(name, value)| {
        let (prefix, key) = name.split_at_checked(PREFIX.len())?;
        let fits = prefix.eq_ignore_ascii_case(PREFIX) && !key.is_empty() && !value.is_empty();
        fits.then_some((key, value))
    });
    named
        .map(|(key, value)| {
            let key = if key.starts_with("//") {
                key.to_owned()
            } else {
                // A leading `_` belongs to the key.
                let (first, rest) = key.split_at_checked(1).unwrap_or((key, ""));
                format!("{first}{}", rest.replace('_', "-")).to_ascii_lowercase()
            };
            (key, value.to_owned())
        })
        .collect()
}

fn file(
    around: &Surroundings,
    path: &std::path::Path,
    into: &mut BTreeMap<String, String>,
) -> Result<(), RegistryError> {
    let Some(text) = around.file(path)? else { return Ok(()) };
    let mut sections = ini::npm(&text).map_err(|reason| RegistryError::Config {
        what: format!("`{}`", path.display()),
        reason: format!("{reason} is not understood"),
    })?;
    // npm knows no sections: what stands in one is a key of another name.
    for (key, value) in sections.remove(ini::TOP).unwrap_or_default() {
        into.insert(key, filled(around, unquoted(&value)));
    }
    Ok(())
}

/// Quotes around a value do not belong to it; a comment after one without does not either.
fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner.to_owned();
        }
    }
    let end = value.char_indices().find(|(at, c)| matches!(c, ';' | '#') && !value[..*at].ends_with('\\'));
    let value = end.and_then(|(at, _)| value.get(..at)).unwrap_or(value).trim();
    value.replace("\\;", ";").replace("\\#", "#")
}

/// Replaces `${NAME}` by the variable; one that is not set stays, and then names nothing that exists.
fn filled(around: &Surroundings, value: String) -> String {
    let mut filled = String::with_capacity(value.len());
    let mut rest = value.as_str();
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once('}') else { break };
        filled.push_str(before);
        let (name, optional) = name.strip_suffix('?').map_or((name, false), |name| (name, true));
        match around.variable(name) {
            Some(value) => filled.push_str(value),
            None if optional => {}
            None => {
                filled.push_str("${");
                filled.push_str(name);
                filled.push('}');
            }
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn interpret(values: &BTreeMap<String, String>) -> Result<NpmConfig, RegistryError> {
    let mut config = NpmConfig::default();
    let mut logins: BTreeMap<&str, Login<'_>> = BTreeMap::new();
    for (key, value) in values.iter().filter(|(_, value)| !value.is_empty()) {
        match key.rsplit_once(':') {
            None if key == "registry" => {
                config.registry = Some(Base::parse(value, "npm's `registry`", &mut config.credentials)?);
            }
            None if key == "cafile" => {
                config.ca = Some(value.into()).filter(|path: &PathBuf| path.is_absolute())
            }
            Some((scope, "registry")) if scope.starts_with('@') => {
                let from = format!("npm's `{key}`");
                config.scopes.insert(scope.to_owned(), Base::parse(value, &from, &mut config.credentials)?);
            }
            Some((place, what)) if place.starts_with("//") => {
                let login = logins.entry(place).or_default();
                match what {
                    "_authToken" => login.token = Some(value),
                    "_auth" => login.pair = Some(value),
                    "username" => login.user = Some(value),
                    "_password" => login.password = Some(value),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    for (place, login) in logins {
        let url = Url::parse(&format!("https:{place}")).ok();
        if let (Some(place), Some(credential)) = (url.as_ref().and_then(Place::of), login.credential()) {
            config.credentials.add(place, credential);
        }
    }
    Ok(config)
}

/// What npm's configuration says of one place.
#[derive(Default)]
struct Login<'a> {
    token: Option<&'a String>,
    pair: Option<&'a String>,
    user: Option<&'a String>,
    password: Option<&'a String>,
}

impl Login<'_> {
    fn credential(&self) -> Option<Credential> {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        if let Some(token) = self.token {
            return Some(Credential::Bearer(Zeroizing::new(token.clone())));
        }
        if let Some(pair) = self.pair {
            return Some(Credential::Basic(Zeroizing::new(pair.clone())));
        }
        let password = Zeroizing::new(STANDARD.decode(self.password?).ok()?);
        let password = Zeroizing::new(String::from_utf8(password.to_vec()).ok()?);
        let pair = Zeroizing::new(format!("{}:{}", self.user?, password.as_str()));
        Some(Credential::Basic(Zeroizing::new(STANDARD.encode(pair.as_bytes()))))
    }
}

impl NpmConfig {
    /// The registry of a package: its scope's, or the one of all.
    pub fn registry_of(&self, name: &str) -> Option<&Base> {
        let scope = name.split_once('/').map(|(scope, _)| scope);
        scope.and_then(|scope| self.scopes.get(scope)).or(self.registry.as_ref())
    }

    /// Variables by which npm is told the same; those that hold secrets apart.
    pub fn variables(&self) -> Variables {
        let address = |base: &Base| base.url().to_string();
        let mut plain: Vec<(String, String)> = Vec::new();
        plain.extend(self.registry.as_ref().map(|base| ("npm_config_registry".into(), address(base))));
        plain.extend(
            self.scopes.iter().map(|(scope, base)| (format!("npm_config_{scope}:registry"), address(base))),
        );
        plain.extend(
            self.ca.iter().map(|path| ("npm_config_cafile".into(), path.to_string_lossy().into_owned())),
        );
        let secret = self.credentials.iter().map(|(place, credential)| {
            let (key, value) = match credential {
                Credential::Bearer(token) | Credential::Plain(token) => ("_authToken", token),
                Credential::Basic(pair) => ("_auth", pair),
            };
            (format!("npm_config_{}:{key}", place.nerf_dart()), value.clone())
        });
        Variables { plain, secret: secret.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::surroundings::write as at;
    use std::path::Path;

    fn config(root: &Path, variables: &[(&str, &str)]) -> Result<NpmConfig, RegistryError> {
        read(&Surroundings::of_test(root, variables), None)
    }

    fn sent(config: &NpmConfig, url: &str) -> Option<String> {
        config.credentials.for_url(&Url::parse(url).unwrap()).map(|found| found.header().to_string())
    }

    #[test]
    fn the_users_file_is_read_as_npm_reads_it() {
        let root = tempfile::tempdir().unwrap();
        at(
            root.path(),
            "home/.npmrc",
            "; a comment\nregistry = https://registry.example/npm\n@acme:registry=\"https://acme.example\"\n\
             //registry.example/npm/:_authToken=${TOKEN}\n//acme.example/:username=me\n\
             //acme.example/:_password=c2VjcmV0\ncafile=/etc/ca.pem # roots\nyes\n//other.example/:_authToken=${UNSET}\n",
        );
        let config = config(root.path(), &[("TOKEN", "s=ecret")]).unwrap();
        assert_eq!(config.registry_of("a").unwrap().url().as_str(), "https://registry.example/npm/");
        assert_eq!(config.registry_of("@acme/a").unwrap().url().as_str(), "https://acme.example/");
        assert_eq!(config.registry_of("@other/a").unwrap().url().as_str(), "https://registry.example/npm/");
        assert_eq!(sent(&config, "https://registry.example/npm/a"), Some("Bearer s=ecret".into()));
        assert_eq!(sent(&config, "https://registry.example/other"), None);
        assert_eq!(sent(&config, "https://acme.example/a"), Some("Basic bWU6c2VjcmV0".into()));
        assert_eq!(config.ca.as_deref(), Some(Path::new("/etc/ca.pem")));
    }

    #[test]
    fn variables_win_over_files_and_the_users_file_over_the_global_one() {
        let root = tempfile::tempdir().unwrap();
        at(root.path(), "global/npmrc", "registry=https://global.example\n@a:registry=https://a.example\n");
        at(root.path(), "home/.npmrc", "registry=https://user.example\n");
        let global = root.path().join("global/npmrc");
        let global = ("NPM_CONFIG_GLOBALCONFIG", global.to_str().unwrap());
        let address = |config: &NpmConfig, name: &str| config.registry_of(name).unwrap().url().to_string();
        let files = config(root.path(), &[global]).unwrap();
        assert_eq!(address(&files, "x"), "https://user.example/");
        assert_eq!(address(&files, "@a/x"), "https://a.example/");
        let variables = [
            global,
            ("npm_config_registry", "https://env.example"),
            ("npm_config_//env.example/:_authToken", "t_t"),
            ("NPM_CONFIG_@b:registry", "https://b.example"),
        ];
        let all = config(root.path(), &variables).unwrap();
        assert_eq!(address(&all, "x"), "https://env.example/");
        assert_eq!(address(&all, "@b/x"), "https://b.example/");
        assert_eq!(sent(&all, "https://env.example/x"), Some("Bearer t_t".into()));
        assert!(config(root.path(), &[]).unwrap().registry_of("@z/x").is_some());
    }

    #[test]
    fn nothing_of_the_current_folder_configures_anything() {
        let root = tempfile::tempdir().unwrap();
        assert!(config(root.path(), &[]).unwrap().registry.is_none());
        let relative = config(root.path(), &[("NPM_CONFIG_USERCONFIG", ".npmrc")]);
        assert!(matches!(relative, Err(RegistryError::Config { .. })));
        let plain = config(root.path(), &[("npm_config_registry", "http://registry.example")]);
        assert!(matches!(plain, Err(RegistryError::Base { .. })));
    }

    #[test]
    fn npm_is_told_what_we_read_and_secrets_stay_apart() {
        let root = tempfile::tempdir().unwrap();
        at(
            root.path(),
            "home/.npmrc",
            "registry=https://u:p@r.example/n\n@a:registry=https://a.example\n//a.example/:_authToken=t\n",
        );
        let Variables { plain, secret } = config(root.path(), &[]).unwrap().variables();
        assert!(plain.contains(&("npm_config_registry".into(), "https://r.example/n/".into())));
        assert!(plain.contains(&("npm_config_@a:registry".into(), "https://a.example/".into())));
        let names: Vec<&str> = secret.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["npm_config_//r.example/n/:_auth", "npm_config_//a.example/:_authToken"]);
        assert!(!format!("{plain:?}").contains("u:p"));
    }

    #[test]
    fn an_error_quotes_no_secret() {
        let root = tempfile::tempdir().unwrap();
        at(root.path(), "home/.npmrc", "[secret-token\n");
        let error = config(root.path(), &[]).unwrap_err();
        assert!(!error.to_string().contains("secret-token"), "{error}");
    }
}
