//! NuGet's one spelling of a version: three parts, a fourth only where it says something, no zeros before numbers, no capitals.

/// A version as NuGet's registry has it in addresses; what has another form only in lower case.
pub(crate) fn normal(version: &str) -> String {
    let (core, label) = match version.split_once('-') {
        Some((core, label)) => (core, format!("-{}", label.to_ascii_lowercase())),
        None => (version, String::new()),
    };
    let parts: Option<Vec<u64>> = core.split('.').map(|part| part.parse().ok()).collect();
    match parts.as_deref() {
        Some([major]) => format!("{major}.0.0{label}"),
        Some([major, minor]) => format!("{major}.{minor}.0{label}"),
        Some([major, minor, patch] | [major, minor, patch, 0]) => format!("{major}.{minor}.{patch}{label}"),
        Some([major, minor, patch, revision]) => format!("{major}.{minor}.{patch}.{revision}{label}"),
        _ => version.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_version_has_one_spelling() {
        for (text, expected) in [
            ("1", "1.0.0"),
            ("1.0", "1.0.0"),
            ("01.0.0.0", "1.0.0"),
            ("1.2.3.4-Beta.1", "1.2.3.4-beta.1"),
            ("1.2.3.4.5", "1.2.3.4.5"),
            ("X", "x"),
        ] {
            assert_eq!(normal(text), expected, "{text}");
        }
    }
}
