//! Where packages, images, advisories and trust are fetched from the configuration of each ecosystem's client or a flag says: the
//! source has no address of its own, and fixtures and documents have stand-ins.

use std::fs;

use crate::support::workspace;
use crate::tidy::git_files;

/// Hosts in addresses that the source may have: of names that are compared and never fetched, of specifications, and of services
/// that give no package.
const OF_NAMES: [&str; 23] = [
    // Types of statements and documents.
    "actions.github.io",
    "cyclonedx.org",
    "docs.oasis-open.org",
    "in-toto.io",
    "json-schema.org",
    "json.schemastore.org",
    "mcpsign.dev",
    "openvex.dev",
    "slsa.dev",
    "spdx.dev",
    "spdx.org",
    // Specifications that comments point at.
    "maven.apache.org",
    "ossf.github.io",
    "www.sqlite.org",
    // Who vouches for what is built where, and where the sources are.
    "app.circleci.com",
    "buildkite.com",
    "circleci.com",
    "bitbucket.org",
    "gist.github.com",
    "github.com",
    "gitlab.com",
    "token.actions.githubusercontent.com",
    // What the rules for tools look for.
    "metadata.google.internal",
];

/// Hosts that serve packages, images, models, advisories or trust, in whatever text.
const SERVING: [&str; 26] = [
    "npmjs.org",
    "npmjs.com",
    "yarnpkg.com",
    "jsr.io",
    "pypi.org",
    "pythonhosted.org",
    "//crates.io",
    "static.crates.io",
    "index.crates.io",
    "proxy.golang.org",
    "sum.golang.org",
    "maven.org",
    "repo.maven",
    "nuget.org",
    "rubygems.org",
    "packagist.org",
    "deb.debian.org",
    "ghcr.io",
    "docker.io",
    "quay.io",
    "gcr.io",
    "mcr.microsoft.com",
    "huggingface.co",
    "registry.modelcontextprotocol.io",
    "api.osv.dev",
    "osv-vulnerabilities",
];

/// Texts that have the name of one, and are no address that anything is fetched from.
const NAMED: [(&str, &str); 7] = [
    // How files name the registry that package URLs mean without one.
    ("schemas/src/purl/registry.rs", "pypi.org/simple"),
    ("schemas/src/purl/registry.rs", "index.crates.io"),
    // The host of images whose names have none.
    ("schemas/spec/policy.md", "docker.io"),
    ("verifier/src/policy/image.rs", "docker.io"),
    // A type of statements.
    ("tests/it/forms.rs", "docs.pypi.org/attestations/publish/v1"),
    ("tests/it/real_bundles.rs", "docs.pypi.org/attestations/publish/v1"),
    // The list above.
    ("tests/it/addresses.rs", ""),
];

/// Files whose form is not ours to choose.
fn is_of_a_tool(path: &str) -> bool {
    ["Cargo.lock", "go.mod", "go.sum"].iter().any(|name| path.ends_with(name))
}

#[test]
fn no_text_has_a_registrys_address() {
    let mut found = Vec::new();
    let mut used = [false; NAMED.len()];
    for path in git_files("*").into_iter().filter(|path| !is_of_a_tool(path)) {
        // Of archives and recorded evidence nobody chose the hosts.
        let Some(text) =
            fs::read(workspace().join(&path)).ok().and_then(|bytes| String::from_utf8(bytes).ok())
        else {
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            let mut line = line.to_owned();
            for ((_, named), used) in NAMED.iter().zip(&mut used).filter(|((file, _), _)| *file == path) {
                *used |= line.contains(named);
                line = if named.is_empty() { String::new() } else { line.replace(named, "") };
            }
            found.extend(
                SERVING
                    .iter()
                    .filter(|host| line.contains(*host))
                    .map(|host| format!("{path}:{}: {host}", number + 1)),
            );
        }
    }
    assert!(
        found.is_empty(),
        "registries' addresses come from configuration or a flag:\n{}",
        found.join("\n")
    );
    assert!(used.iter().all(|used| *used), "an exception that is none any more: {used:?}");
}

#[test]
fn every_address_in_the_source_is_a_name_or_a_stand_in() {
    let is_source = |path: &String| {
        let is_of_tests = path.starts_with("tests/")
            || ["/tests/", "/benches/", "testing.rs"].iter().any(|part| path.contains(part))
            || path.ends_with("/tests.rs");
        !is_of_tests && workspace().join(path).exists()
    };
    let mut found = Vec::new();
    for path in git_files("*.rs").into_iter().filter(is_source) {
        let text = fs::read_to_string(workspace().join(&path)).expect("UTF-8");
        let source = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let addresses = ["https://", "http://"].into_iter().flat_map(|scheme| source.split(scheme).skip(1));
        let hosts = addresses.map(|rest| {
            rest.split(|c: char| !(c.is_ascii_alphanumeric() || "-.".contains(c))).next().unwrap_or_default()
        });
        let strange = hosts.filter(|host| !OF_NAMES.contains(host) && !is_stand_in(host));
        found.extend(strange.map(|host| format!("{path}: {host}")));
    }
    assert!(found.is_empty(), "hosts that the source has no business with:\n{}", found.join("\n"));
}

/// What no host is called, or this machine, or what documents may use (RFC 2606, RFC 5737).
fn is_stand_in(host: &str) -> bool {
    let reserved = [".example", "example.com", "example.org", "localhost"];
    let is_number = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    !host.contains('.') || is_number || reserved.iter().any(|end| host.ends_with(end))
}
