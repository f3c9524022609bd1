//! Which Git references are meant.

use regex::Regex;

use super::PatternError;
use super::subject::anchored;
use crate::workload::parse::is_reference;

/// Matches a Git reference: exact, or with `*` for something within one part of its name.
#[derive(Debug, Clone)]
pub struct RefPattern {
    expression: String,
    regex: Regex,
    beginning: String,
    whole: bool,
}

/// Something within one part.
const WITHIN: &str = r"[^/\s\x00-\x1f\x7f-\x{9f}]+";
/// Parts, however many.
const PARTS: &str = r"[^\s\x00-\x1f\x7f-\x{9f}]+";

impl RefPattern {
    /// Reads `refs/tags/v1.4.0`, `refs/tags/v*` or, for everything below, `refs/heads/**`. What kind of reference it is
    /// (`heads`, `tags`) is written out.
    ///
    /// # Errors
    /// When it is no reference, or would match every kind.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = super::pattern::plain(text).map_err(|_| PatternError::Reference)?;
        let (below, named) = match text.strip_suffix("/**") {
            Some(above) => (true, above),
            None => (false, text),
        };
        // With a name for each star it must be a reference.
        if !is_reference(&named.replace('*', "x")) || named.contains("**") {
            return Err(PatternError::Reference);
        }
        let mut parts = named.split('/').skip(1);
        let kind_is_written = parts.next().is_some_and(|kind| !kind.contains('*'));
        if !kind_is_written || (!below && parts.next().is_none()) {
            return Err(PatternError::Reference);
        }
        let literal: Vec<String> = named.split('*').map(regex::escape).collect();
        let mut expression = literal.join(WITHIN);
        if below {
            expression.push('/');
            expression.push_str(PARTS);
        }
        let star = text.find('*').unwrap_or(text.len());
        Ok(Self {
            regex: anchored(&expression)?,
            expression,
            beginning: text.get(..star).unwrap_or_default().into(),
            whole: star == text.len(),
        })
    }

    /// The pattern for references that are named as this one is: `refs/tags/notes-v*` for `refs/tags/notes-v1.4.0`, whose
    /// number is another one in every release. Anything but a tag with a number is the same the next time.
    pub fn alike(reference: &str) -> String {
        let numbered = |rest: &str| rest.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit());
        let begins = |tag: &str, at: usize| {
            let before = tag.get(..at).and_then(|before| before.chars().next_back());
            before.is_none_or(|c| "-_/@".contains(c)) && tag.get(at..).is_some_and(numbered)
        };
        let pattern = reference.strip_prefix("refs/tags/").and_then(|tag| {
            let at = tag.char_indices().map(|(at, _)| at).find(|at| begins(tag, *at))?;
            let number = at + tag.get(at..)?.find(|c: char| c.is_ascii_digit())?;
            Some(format!("refs/tags/{}*", tag.get(..number)?))
        });
        let fits = |pattern: &String| Self::parse(pattern).is_ok_and(|pattern| pattern.matches(reference));
        pattern.filter(fits).unwrap_or_else(|| reference.to_owned())
    }

    /// Whether it matches this reference from its first to its last character.
    pub fn matches(&self, reference: &str) -> bool {
        self.regex.is_match(reference)
    }

    pub(super) fn expression(&self) -> &str {
        &self.expression
    }

    pub(super) fn beginning(&self) -> &str {
        &self.beginning
    }

    pub(super) const fn is_exact(&self) -> bool {
        self.whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b37_a_star_stays_within_its_part() {
        for (pattern, reference, matches) in [
            ("refs/tags/v1.4.0", "refs/tags/v1.4.0", true),
            ("refs/tags/v1.4.0", "refs/tags/v1x4.0", false),
            ("refs/tags/v*", "refs/tags/v1.4.0", true),
            ("refs/tags/v*", "refs/tags/v", false),
            ("refs/tags/v*", "refs/tags/v1/x", false),
            ("refs/tags/v*", "refs/heads/v1", false),
            ("refs/tags/v*", "refs/tags/v1\n", false),
            ("refs/tags/v*", "xrefs/tags/v1", false),
            ("refs/tags/v*.*.*", "refs/tags/v1.4.0", true),
            ("refs/heads/release/*", "refs/heads/release/1", true),
            ("refs/heads/release/*", "refs/heads/release/1/2", false),
            ("refs/heads/**", "refs/heads/release/1/2", true),
            ("refs/heads/**", "refs/heads/", false),
            ("refs/heads/**", "refs/pull/7/merge", false),
        ] {
            assert_eq!(
                RefPattern::parse(pattern).unwrap().matches(reference),
                matches,
                "{pattern} {reference}"
            );
        }
    }

    #[test]
    fn references_named_alike_differ_in_their_number() {
        for (reference, pattern) in [
            ("refs/tags/v1.4.0", "refs/tags/v*"),
            ("refs/tags/1.4.0", "refs/tags/*"),
            ("refs/tags/notes-mcp@1.4.0", "refs/tags/notes-mcp@*"),
            ("refs/tags/mcp2-server-v1.4.0-rc.1", "refs/tags/mcp2-server-v*"),
            ("refs/tags/servers/notes/v2", "refs/tags/servers/notes/v*"),
            // One part of a name cannot stand for two.
            ("refs/tags/v1/linux", "refs/tags/v1/linux"),
            ("refs/tags/v", "refs/tags/v"),
            ("refs/tags/stable", "refs/tags/stable"),
            ("refs/tags/mcp2", "refs/tags/mcp2"),
            ("refs/heads/release-1.4", "refs/heads/release-1.4"),
            ("refs/pull/7/merge", "refs/pull/7/merge"),
        ] {
            assert_eq!(RefPattern::alike(reference), pattern, "{reference}");
        }
    }

    #[test]
    fn m10_any_reference_has_no_spelling() {
        for bad in [
            "*",
            "**",
            "refs/*",
            "refs/**",
            "refs/*/main",
            "refs/tags",
            "refs/",
            "main",
            "v*",
            "refs/heads/**/x",
            "refs/heads/x**",
            "refs/heads/a..b",
            "refs/heads/a b",
            "",
        ] {
            assert!(RefPattern::parse(bad).is_err(), "{bad}");
        }
    }
}
