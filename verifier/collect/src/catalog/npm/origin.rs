//! Where an npm package comes from, by what a lock file resolved it to, and the purl that follows.

use mcpsign_schemas::inventory::Origin;
use mcpsign_schemas::purl::Purl;
use mcpsign_schemas::untrusted::escape;

use crate::catalog::CatalogError;
use crate::catalog::url::{UNREADABLE, commit, is_absolute, qualified, shown, without_credentials};

/// The origin of the package `name` in `version` that was resolved to the address `resolved`.
pub(super) fn of_address(name: &str, version: Option<&str>, resolved: Option<&str>) -> Origin {
    let Some(resolved) = resolved.filter(|resolved| !resolved.is_empty()) else {
        return Origin::Registry { url: None };
    };
    for local in ["file:", "link:", "portal:", "workspace:"] {
        if let Some(path) = resolved.strip_prefix(local) {
            // yarn binds it to the package that asks: `::locator=…`.
            let path = path.split('#').next().unwrap_or_default().split("::").next().unwrap_or_default();
            return Origin::Local { path: Some(path.to_owned()) };
        }
    }
    if resolved.starts_with("./") || resolved.starts_with("../") {
        return Origin::Local { path: Some(resolved.to_owned()) };
    }
    let url = without_credentials(resolved.strip_prefix("git+").unwrap_or(resolved));
    let url = url.or_else(|| without_credentials(&short_ssh(resolved)?));
    if is_git(resolved) {
        // A git address that cannot be shown still makes it no registry package.
        let commit = commit(resolved).or_else(|| commit(&resolved.replace("#commit=", "#")));
        return Origin::Git { url: url.unwrap_or_else(|| "git:".to_owned()), commit };
    }
    // Registries serve `NAME/-/BASE-VERSION.tgz`, some with the scope before BASE, or in a form of their own; anything else is
    // somebody's archive.
    let base = name.rsplit('/').next().unwrap_or(name);
    let is_served = |url: &str| {
        version.is_some_and(|version| {
            [base, name].iter().any(|file| url.ends_with(&format!("/-/{file}-{version}.tgz")))
                || of_another_form(name, version, url).is_some()
        })
    };
    match url {
        Some(url) if !is_served(&url) => Origin::Archive { url },
        url => Origin::Registry { url },
    }
}

/// The registry that serves the file at `url`, where its addresses are not of npm's form: JSR's `…/~/REVISION/NAME/VERSION.tgz`,
/// GitHub's `…/download/NAME/VERSION/DIGEST`.
fn of_another_form<'u>(name: &str, version: &str, url: &'u str) -> Option<&'u str> {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let digest =
        |text: &str| matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let of_jsr = || {
        let before = url.strip_suffix(&format!("/{name}/{version}.tgz"))?;
        let (registry, revision) = before.rsplit_once("/~/")?;
        number(revision).then_some(registry)
    };
    let of_github = || {
        let (before, file) = url.rsplit_once('/')?;
        let registry = before.strip_suffix(&format!("/download/{name}/{version}"))?;
        digest(file).then_some(registry)
    };
    let registry = of_jsr().or_else(of_github)?;
    // Of no host there is no registry.
    registry.split_once("://").is_some_and(|(_, place)| !place.is_empty()).then_some(registry)
}

/// Where a manifest asks for the package `name` from, where that is no registry.
pub(super) fn of_wish(name: &str, spec: &str) -> Option<Origin> {
    let spec = spec.trim();
    if let Some(address) = hosted(spec) {
        return Some(of_address(name, None, Some(&address)));
    }
    if spec.starts_with('.') || is_absolute(spec) {
        return Some(Origin::Local { path: None });
    }
    // Ranges and tags have no colon.
    let (scheme, _) = spec.split_once(':')?;
    match scheme {
        "npm" | "jsr" | "patch" | "catalog" => None,
        "file" | "link" | "portal" | "workspace" => Some(Origin::Local { path: None }),
        _ => Some(match of_address(name, None, Some(spec)) {
            Origin::Registry { url } => Origin::Archive { url: url.unwrap_or_else(|| UNREADABLE.to_owned()) },
            origin => origin,
        }),
    }
}

/// The address of a repository that npm has a short form for: `github:USER/NAME#REF`, and without a scheme the same.
pub(super) fn hosted(spec: &str) -> Option<String> {
    const HOSTS: [(&str, &str); 4] = [
        ("github:", "github.com"),
        ("gitlab:", "gitlab.com"),
        ("bitbucket:", "bitbucket.org"),
        ("gist:", "gist.github.com"),
    ];
    let named = HOSTS.iter().find_map(|(scheme, host)| Some((*host, spec.strip_prefix(scheme)?)));
    let is_short = |spec: &str| {
        let path = spec.split('#').next().unwrap_or_default();
        !spec.starts_with(['@', '.', '~', '/'])
            && !path.contains(|c: char| c == ':' || c == '@' || c.is_whitespace())
            && matches!(path.split_once('/'), Some((user, name)) if !user.is_empty() && !name.is_empty() && !name.contains('/'))
    };
    let (host, path) = named.or_else(|| is_short(spec).then_some(("github.com", spec)))?;
    let (path, reference) = path.split_once('#').unwrap_or((path, ""));
    let path = path.strip_suffix(".git").unwrap_or(path);
    Some(format!("git+https://{host}/{path}.git#{reference}"))
}

/// The version in an address of a registry's form (`…/NAME/-/BASE-VERSION.tgz`) that was asked for instead of a version.
pub(super) fn served_version<'a>(name: &str, address: &'a str) -> Option<&'a str> {
    let (before, file) = address.split('#').next()?.split_once("/-/")?;
    let base = name.rsplit('/').next().unwrap_or(name);
    let file = file.rsplit('/').next()?;
    let version = file.strip_prefix(base)?.strip_prefix('-')?.strip_suffix(".tgz")?;
    (before.ends_with(&format!("/{name}")) && semver::Version::parse(version).is_ok()).then_some(version)
}

/// `ssh://HOST/PATH` of what git writes as `USER@HOST:PATH`.
fn short_ssh(address: &str) -> Option<String> {
    let (user, rest) = address.split_once('@')?;
    let (host, path) = rest.split_once(':')?;
    let is_word = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    (is_word(user) && is_word(host)).then(|| format!("ssh://{host}/{path}"))
}

fn is_git(address: &str) -> bool {
    let path = address.split(['#', '?']).next().unwrap_or_default();
    let repository = path.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("git"));
    ["git+", "git:", "ssh:", "git@"].iter().any(|scheme| address.starts_with(scheme))
        || (repository && address.contains("://"))
}

/// The package URL; `at` is where it stands, for the error.
pub(super) fn purl(
    at: &str,
    name: &str,
    version: Option<&str>,
    origin: &Origin,
) -> Result<String, CatalogError> {
    let registry = match origin {
        Origin::Registry { url: Some(url) } => of_another_form(name, version.unwrap_or_default(), url),
        _ => None,
    };
    let purl = Purl::npm(name, version).and_then(|purl| match registry {
        Some(registry) => purl.with_qualifier("repository_url", registry.to_owned()),
        None => qualified(purl, origin),
    });
    let purl = purl.map_err(|source| CatalogError::Package { at: escape(&shown(at)), source })?;
    Ok(purl.to_string())
}

/// Splits `name@rest`; a scope's `@` is part of the name.
pub(super) fn split(text: &str) -> Option<(&str, &str)> {
    let at = text.get(1..)?.find('@')? + 1;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The condition under which npm and those like it install a package of these platforms; `None` where always.
pub(super) fn marker(platforms: [(&str, Vec<&str>); 3]) -> Option<String> {
    let conditions: Vec<String> = platforms
        .into_iter()
        .filter(|(_, values)| !values.is_empty())
        .map(|(name, values)| format!("{name}={}", escape(&values.join("|"))))
        .collect();
    (!conditions.is_empty()).then(|| conditions.join(" & "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_tell_where_from() {
        let git = |url: &str, commit: Option<&str>| Origin::Git {
            url: url.into(),
            commit: commit.map(str::to_owned),
        };
        let sha = "4f6c2a1b9d8e7f60514233241506f7e8d9c0b1a2";
        for (address, origin) in [
            (String::new(), Origin::Registry { url: None }),
            (
                "https://registry.example/@s/a/-/a-1.0.0.tgz#0123".into(),
                Origin::Registry { url: Some("https://registry.example/@s/a/-/a-1.0.0.tgz".into()) },
            ),
            (
                "https://registry.example/api/v4/packages/npm/@s/a/-/@s/a-1.0.0.tgz".into(),
                Origin::Registry {
                    url: Some("https://registry.example/api/v4/packages/npm/@s/a/-/@s/a-1.0.0.tgz".into()),
                },
            ),
            ("file:../a#x".into(), Origin::Local { path: Some("../a".into()) }),
            (format!("git+ssh://git@git.example/a.git#{sha}"), git("ssh://git.example/a.git", Some(sha))),
            (format!("https://git.example/a.git#commit={sha}"), git("https://git.example/a.git", Some(sha))),
            (format!("git@git.example:o/a.git#commit={sha}"), git("ssh://git.example/o/a.git", Some(sha))),
            ("git@git.example".into(), git("git:", None)),
            ("link:../a::locator=b%40workspace%3A.".into(), Origin::Local { path: Some("../a".into()) }),
            ("https://x.example/a.tgz".into(), Origin::Archive { url: "https://x.example/a.tgz".into() }),
        ] {
            assert_eq!(of_address("@s/a", Some("1.0.0"), Some(&address)), origin, "{address}");
        }
    }

    #[test]
    fn registries_of_another_form_are_no_archives() {
        let digest = "0a1b2c3d".repeat(8);
        for (name, address, registry) in [
            (
                "@jsr/std__path",
                "https://registry.example/~/11/@jsr/std__path/1.0.0.tgz".to_owned(),
                Some("https://registry.example"),
            ),
            (
                "@s/p",
                format!("https://u:S3CRET@registry.example/download/@s/p/1.0.0/{digest}?t=S3CRET"),
                Some("https://registry.example"),
            ),
            (
                "p",
                format!("https://registry.example/x/download/p/1.0.0/{}", &digest[..40]),
                Some("https://registry.example/x"),
            ),
            // Of another package, in another version, and nobody's form.
            ("@s/q", format!("https://registry.example/download/@s/p/1.0.0/{digest}"), None),
            ("@s/p", format!("https://registry.example/download/@s/p/1.0.1/{digest}"), None),
            ("@s/p", "https://registry.example/download/@s/p/1.0.0/p.tgz".to_owned(), None),
            ("@jsr/std__path", "https://registry.example/~/x/@jsr/std__path/1.0.0.tgz".to_owned(), None),
            ("@jsr/std__path", "https://registry.example/11/@jsr/std__path/1.0.0.tgz".to_owned(), None),
        ] {
            let origin = of_address(name, Some("1.0.0"), Some(&address));
            let url = address.split('?').next().unwrap().replace("u:S3CRET@", "");
            let qualifier = match registry {
                Some(registry) => {
                    assert_eq!(origin, Origin::Registry { url: Some(url) }, "{address}");
                    ("repository_url", registry.to_owned())
                }
                None => {
                    assert_eq!(origin, Origin::Archive { url: url.clone() }, "{address}");
                    ("download_url", url)
                }
            };
            let purl = Purl::parse(&purl("x", name, Some("1.0.0"), &origin).unwrap()).unwrap();
            assert_eq!(purl.qualifier(qualifier.0), Some(qualifier.1.as_str()), "{address}");
            assert_eq!(purl.name(), name);
        }
    }

    #[test]
    fn wishes_tell_where_from() {
        let git = |url: &str| Some(Origin::Git { url: url.into(), commit: None });
        let local = Some(Origin::Local { path: None });
        let archive = |url: &str| Some(Origin::Archive { url: url.into() });
        for (spec, origin) in [
            ("^1.0.0", None),
            ("latest", None),
            ("1.x || >=2.5.0 || 5.0.0 - 7.2.3", None),
            ("npm:@s/b@1", None),
            ("jsr:@s/b@1", None),
            ("me/fork", git("https://github.com/me/fork.git")),
            ("me/fork#semver:^1.0.0", git("https://github.com/me/fork.git")),
            ("github:me/fork.git#main", git("https://github.com/me/fork.git")),
            ("gitlab:me/fork", git("https://gitlab.com/me/fork.git")),
            ("git+https://u:S3CRET@git.example/x/y.git#abc", git("https://git.example/x/y.git")),
            ("git@git.example:x/y.git", git("ssh://git.example/x/y.git")),
            ("https://x.example/a.tgz?t=S3CRET", archive("https://x.example/a.tgz")),
            ("https://x.example/a b.tgz", archive("(unreadable)")),
            ("file:../loc", local.clone()),
            ("../loc", local.clone()),
            ("~/loc", local.clone()),
            ("workspace:*", local.clone()),
        ] {
            assert_eq!(of_wish("a", spec), origin, "{spec}");
        }
    }

    #[test]
    fn scopes_are_part_of_names() {
        assert_eq!(split("@s/a@1.0.0"), Some(("@s/a", "1.0.0")));
        assert_eq!(split("a@npm:b@1"), Some(("a", "npm:b@1")));
        assert_eq!((split("@s/a"), split("a"), split(""), split("é@1")), (None, None, None, None));
        assert_eq!(
            marker([("os", vec!["linux", "!win32"]), ("cpu", vec![]), ("libc", vec!["musl"])]).as_deref(),
            Some("os=linux|!win32 & libc=musl")
        );
    }
}
