//! The registry that a package URL of a type means where it names none: what the package-url specification calls the default
//! repository of the type.
//!
//! It is known by its name in the files of its ecosystem, and by nothing else: whoever publishes and whoever verifies must read
//! the same of one file, whatever either of them has configured. No address is made of what stands here. Where something is
//! fetched from, the configuration of the ecosystem's client or a flag says.

use super::Purl;

/// By type how lock files and manifests name it, without scheme.
const DEFAULT: [(&str, &str); 3] = [
    ("pypi", "pypi.org/simple"),
    // By its first name, which Cargo.lock writes whatever it is fetched from, and by that of the protocol of today.
    ("cargo", "github.com/rust-lang/crates.io-index"),
    ("cargo", "index.crates.io"),
];

impl Purl {
    /// How files name the registry that package URLs of `ty` mean, without scheme. Nothing where nobody writes it.
    pub fn default_registry(ty: &str) -> impl Iterator<Item = &'static str> {
        DEFAULT.iter().filter(move |(of, _)| *of == ty).map(|(_, name)| *name)
    }

    /// Whether packages of `ty` that come from the index or registry at `address` need no `repository_url`: it is the one that
    /// their package URLs mean without.
    pub fn is_default_registry(ty: &str, address: &str) -> bool {
        let Some(named) = address.strip_prefix("https://") else { return false };
        let named = named.strip_suffix('/').unwrap_or(named);
        Self::default_registry(ty).any(|name| name.eq_ignore_ascii_case(named))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_known_by_its_whole_name_and_in_its_own_ecosystem() {
        for (ty, name) in DEFAULT {
            let is = |address: String| Purl::is_default_registry(ty, &address);
            assert!(is(format!("https://{name}")) && is(format!("https://{name}/")));
            assert!(is(format!("https://{}", name.to_uppercase())));
            for other in [
                name.to_owned(),
                format!("http://{name}"),
                format!("https://{name}//"),
                format!("https://{name}/x"),
                format!("https://x{name}"),
                format!("https://x.{name}"),
                format!("https://{name}@registry.example"),
                format!("https://registry.example/{name}"),
                format!("https://{name}.example"),
                format!("https://{name}?x"),
            ] {
                assert!(!is(other.clone()), "{other}");
            }
            let elsewhere = if ty == "pypi" { "cargo" } else { "pypi" };
            assert!(!Purl::is_default_registry(elsewhere, &format!("https://{name}")));
        }
    }
}
