//! Names as readers see them: who owns a name owns it however its letters are drawn.

use super::{PackagePattern, ServerPattern};
use crate::drawn::seen;
use crate::purl::Purl;

/// What looks like the names of a pattern and is spelled in letters of another script.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Type of packages; none of servers.
    ty: Option<String>,
    name: String,
    /// Whether names are meant that begin so; it ends in `/` then.
    is_prefix: bool,
}

impl Seen {
    /// Of servers.
    pub fn servers(pattern: &ServerPattern) -> Self {
        let (name, is_prefix) = match pattern {
            ServerPattern::Exact(name) => (name, false),
            ServerPattern::Prefix(prefix) => (prefix, true),
        };
        Self { ty: None, name: seen(name), is_prefix }
    }

    /// Of packages, whatever their version.
    pub fn packages(pattern: &PackagePattern) -> Option<Self> {
        let (purl, is_prefix) = match pattern {
            PackagePattern::Version(purl) | PackagePattern::Package(purl) => (purl.clone(), false),
            // With a name put behind it, it is a package URL.
            PackagePattern::Prefix(prefix) => (Purl::parse(&format!("{prefix}x")).ok()?, true),
        };
        let name = purl.name();
        let name = if is_prefix { name.strip_suffix('x')? } else { &name };
        Some(Self { ty: Some(purl.ty().to_owned()), name: seen(name), is_prefix })
    }

    /// Whether a server's name looks like one of these.
    pub fn is_server(&self, name: &str) -> bool {
        self.ty.is_none() && self.is_drawn_so(name)
    }

    /// Whether a package's does.
    pub fn is_package(&self, purl: &Purl) -> bool {
        self.ty.as_deref() == Some(purl.ty()) && self.is_drawn_so(&purl.name())
    }

    /// In ASCII `1` and `l` are two letters of names that people really have.
    fn is_drawn_so(&self, name: &str) -> bool {
        if name.is_ascii() {
            return false;
        }
        let name = seen(name);
        match name.strip_prefix(self.name.as_str()) {
            Some(rest) => rest.is_empty() != self.is_prefix,
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i07_a_name_is_its_owners_however_it_is_drawn() {
        let server = |pattern: &str, name: &str| {
            Seen::servers(&ServerPattern::parse(pattern).unwrap()).is_server(name)
        };
        for (pattern, name) in [
            ("@acme/*", "@\u{430}cme/notes-mcp"),
            ("@acme/*", "@ACM\u{415}/notes-mcp"),
            ("@acme/notes-mcp", "@acme/n\u{43e}tes-mcp"),
            ("io.github.acme/*", "io.github.\u{ff41}cme/x"),
            ("io.github.acme/*", "i\u{585}.github.acme/x"),
        ] {
            assert!(server(pattern, name), "{name}");
        }
        for (pattern, name) in [
            // Another name, and what is ordinary comparison's business.
            ("@acme/*", "@\u{430}cme-evil/x"),
            ("@acme/*", "@\u{430}cme/"),
            ("@acme/notes", "@\u{430}cme/notes-mcp"),
            ("@acme/*", "@acme/x"),
            ("io.github.foo/*", "io.github.f0o/x"),
            ("@acme/*", "@\u{fc}cme/x"),
        ] {
            assert!(!server(pattern, name), "{name}");
        }
        let package = |pattern: &str, purl: &str| {
            let pattern = PackagePattern::parse(pattern).unwrap();
            Seen::packages(&pattern).unwrap().is_package(&Purl::parse(purl).unwrap())
        };
        assert!(package("pkg:pypi/litellm", "pkg:pypi/l%D1%96tellm@1.0.0"));
        assert!(package("pkg:generic/acme/*", "pkg:generic/%D0%B0cme/x@1"));
        assert!(!package("pkg:generic/acme/*", "pkg:github/%D0%B0cme/x@1"));
        assert!(!package("pkg:pypi/litellm", "pkg:pypi/lite1lm@1.0.0"));
    }
}
