//! Which subjects of certificates a signer's entry is for.

use regex::Regex;

use super::{IdentityEntry, PatternError, RefPattern};

/// Matches a certificate's subject alternative name.
#[derive(Debug, Clone)]
pub struct SubjectPattern {
    /// What every match begins with.
    beginning: String,
    /// The whole; none where nothing stands behind the beginning.
    regex: Option<Regex>,
}

/// One part: nothing that separates parts, and nothing that no name has.
const PART: &str = r"[^/@\s\x00-\x1f\x7f-\x{9f}]+";

impl SubjectPattern {
    /// Reads `subjectPattern`: `*` stands for one whole part between `/`, `@` and the ends. Scheme, host and the part behind
    /// it are written out, of an e-mail address what stands behind `@`.
    ///
    /// # Errors
    /// When it would match more than it says, or has no `*`.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = super::pattern::plain(text)?;
        let Some(star) = text.find('*') else { return Err(PatternError::NoStar) };
        let is_edge = |c: Option<char>| matches!(c, None | Some('/' | '@'));
        let stars = text.match_indices('*');
        for (at, _) in stars {
            let (before, after) =
                (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
            if !is_edge(before.chars().next_back()) || !is_edge(after.chars().next()) {
                return Err(PatternError::Part);
            }
            if before.contains('@') {
                return Err(PatternError::BehindAt);
            }
        }
        let fixed = match text.split_once("://") {
            // `https://host/owner/` at the least.
            Some((scheme, rest)) => {
                let before = star.checked_sub(scheme.len() + 3).and_then(|at| rest.get(..at));
                before.is_some_and(|before| {
                    let mut parts = before.split('/');
                    parts.by_ref().take(2).filter(|part| !part.is_empty()).count() == 2
                        && parts.next().is_some()
                })
            }
            None => text.strip_prefix("*@").is_some_and(|domain| !domain.is_empty() && !domain.contains('*')),
        };
        if !fixed {
            return Err(PatternError::Beginning);
        }
        let parts: Vec<String> = text.split('*').map(regex::escape).collect();
        Self::of(&parts.join(PART), text.get(..star).unwrap_or_default())
    }

    /// Exactly this text.
    pub fn exact(text: &str) -> Self {
        Self { beginning: text.into(), regex: None }
    }

    /// A workflow of this repository at this path, from references that match: its URL as GitHub and GitLab write it.
    ///
    /// # Errors
    /// When it is longer than a pattern may be.
    pub fn workflow(repository: &str, path: &str, reference: &RefPattern) -> Result<Self, PatternError> {
        let gap = if path.starts_with(GITHUB_WORKFLOWS) { "/" } else { "//" };
        let place = format!("{repository}{gap}{path}@");
        let beginning = format!("{place}{}", reference.beginning());
        if reference.is_exact() {
            return Ok(Self::exact(&beginning));
        }
        Self::of(&(regex::escape(&place) + reference.expression()), &beginning)
    }

    /// The one of the three that an entry has.
    ///
    /// # Errors
    /// See [`Self::parse`]; an entry with none or several is [`PatternError::Characters`].
    pub fn of_entry(entry: &IdentityEntry) -> Result<Self, PatternError> {
        match (&entry.subject, &entry.subject_pattern, &entry.signer_workflow) {
            (Some(subject), None, None) => Ok(Self::exact(subject)),
            (None, Some(pattern), None) => Self::parse(pattern),
            (None, None, Some(workflow)) => {
                Self::workflow(&workflow.repository, &workflow.path, &RefPattern::parse(&workflow.reference)?)
            }
            _ => Err(PatternError::Characters),
        }
    }

    fn of(expression: &str, beginning: &str) -> Result<Self, PatternError> {
        Ok(Self { beginning: beginning.into(), regex: Some(anchored(expression)?) })
    }

    /// Whether it matches this subject from its first to its last character.
    pub fn matches(&self, subject: &str) -> bool {
        match &self.regex {
            Some(regex) => regex.is_match(subject),
            None => subject == self.beginning,
        }
    }

    /// Whether some subject might match both. Says so wherever it is not plain that none does.
    pub fn may_overlap(&self, other: &Self) -> bool {
        match (&self.regex, &other.regex) {
            (None, _) => other.matches(&self.beginning),
            (Some(_), None) => self.matches(&other.beginning),
            (Some(_), Some(_)) => {
                self.beginning.starts_with(&other.beginning) || other.beginning.starts_with(&self.beginning)
            }
        }
    }
}

/// Begins the path of GitHub's workflows.
const GITHUB_WORKFLOWS: &str = ".github/workflows/";

/// Matches from the first to the last character, whatever lines there are; in time linear in both.
pub(super) fn anchored(expression: &str) -> Result<Regex, PatternError> {
    Regex::new(&format!(r"\A(?:{expression})\z")).map_err(|_| PatternError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(text: &str) -> SubjectPattern {
        SubjectPattern::parse(text).unwrap()
    }

    const ANY_REPOSITORY: &str = "https://github.com/acme/*/.github/workflows/release.yml@refs/heads/main";

    #[test]
    fn b37_a_star_is_one_part_and_nothing_else_is_special() {
        let pattern = subject(ANY_REPOSITORY);
        assert!(
            pattern.matches("https://github.com/acme/notes/.github/workflows/release.yml@refs/heads/main")
        );
        for other in [
            "https://github.com/acme-evil/notes/.github/workflows/release.yml@refs/heads/main",
            "https://github.com/acme/notes/x/.github/workflows/release.yml@refs/heads/main",
            "https://github.com/acme//.github/workflows/release.yml@refs/heads/main",
            "https://github.com/acme/a@b/.github/workflows/release.yml@refs/heads/main",
            "https://github.com/acme/notes/.github/workflows/releaseXyml@refs/heads/main",
            "https://githubXcom/acme/notes/.github/workflows/release.yml@refs/heads/main",
            "https://github.com/Acme/notes/.github/workflows/release.yml@refs/heads/main",
            "https://github.com/acme/notes/.github/workflows/release.yml@refs/heads/main\n",
            "\nhttps://github.com/acme/notes/.github/workflows/release.yml@refs/heads/main",
            "https://evil.example/\nhttps://github.com/acme/n/.github/workflows/release.yml@refs/heads/main",
            "https://evil.example/?https://github.com/acme/n/.github/workflows/release.yml@refs/heads/main",
            "https://github.com/acme/notes/.github/workflows/release.yml@refs/heads/main2",
            "https://github.com/acme/notes/.github/workflows/release.yml@refs/heads/main/x",
            "https://github.com/acme/no tes/.github/workflows/release.yml@refs/heads/main",
            "https://github.com/acme/no\ntes/.github/workflows/release.yml@refs/heads/main",
        ] {
            assert!(!pattern.matches(other), "{other:?}");
        }
        let people = subject("*@acme.example");
        assert!(people.matches("ann@acme.example"));
        for other in ["@acme.example", "ann@acme.example.evil", "ann@acmeXexample", "a@b@acme.example"] {
            assert!(!people.matches(other), "{other}");
        }
    }

    #[test]
    fn b37_patterns_begin_and_end_at_separators() {
        for bad in [
            "https://github.com/acme*",
            "https://github.com/acme/no*/.github/workflows/release.yml@refs/heads/main",
            "https://github.com/acme/*x/y",
            "https://github.com/acme/**",
        ] {
            assert_eq!(SubjectPattern::parse(bad).unwrap_err(), PatternError::Part, "{bad}");
        }
        for bad in [
            "*",
            "*/x",
            "https://*/acme/x",
            "https://github.com/*",
            "https://github.com/*/x",
            "https://*",
            "*@*",
            "ann/*",
            "acme.example/*/x",
        ] {
            assert!(SubjectPattern::parse(bad).is_err(), "{bad}");
        }
        for bad in ["", " ", "https://github.com/acme/* ", "https://github.com/acme/\u{202e}*"] {
            assert_eq!(SubjectPattern::parse(bad).unwrap_err(), PatternError::Characters, "{bad:?}");
        }
        assert_eq!(SubjectPattern::parse("ann@acme.example").unwrap_err(), PatternError::NoStar);
    }

    #[test]
    fn m10_no_star_stands_for_a_reference() {
        for bad in [
            "https://github.com/acme/notes/.github/workflows/release.yml@*",
            "https://github.com/acme/notes/.github/workflows/release.yml@refs/heads/*",
            "https://github.com/acme/*/.github/workflows/release.yml@refs/*/main",
            "ann@*",
        ] {
            assert_eq!(SubjectPattern::parse(bad).unwrap_err(), PatternError::BehindAt, "{bad}");
        }
        let tags = RefPattern::parse("refs/tags/v*").unwrap();
        let path = ".github/workflows/release.yml";
        let release = SubjectPattern::workflow("https://github.com/acme/notes", path, &tags).unwrap();
        assert!(release.matches("https://github.com/acme/notes/.github/workflows/release.yml@refs/tags/v1"));
        for other in [
            "https://github.com/acme/notes/.github/workflows/release.yml@refs/heads/v1",
            "https://github.com/acme/notes/.github/workflows/release.yml@refs/tags/w1",
            "https://github.com/acme/notes/.github/workflows/release.yml@refs/tags/v1/x",
            "https://github.com/acme/notes/.github/workflows/release.yml@refs/heads/x@refs/tags/v1",
            "https://github.com/acme/notes//.github/workflows/release.yml@refs/tags/v1",
        ] {
            assert!(!release.matches(other), "{other}");
        }
        let gitlab =
            SubjectPattern::workflow("https://gitlab.com/acme/notes", ".gitlab-ci.yml", &tags).unwrap();
        assert!(gitlab.matches("https://gitlab.com/acme/notes//.gitlab-ci.yml@refs/tags/v1"));
    }

    #[test]
    fn b10_what_might_be_one_signer_overlaps() {
        let exact = SubjectPattern::exact;
        let acme = subject("https://github.com/acme/*/.github/workflows/release.yml@refs/heads/main");
        let notes = exact("https://github.com/acme/notes/.github/workflows/release.yml@refs/heads/main");
        let review = exact("https://github.com/acme/notes/.github/workflows/review.yml@refs/heads/main");
        let other = subject("https://github.com/other/*/.github/workflows/release.yml@refs/heads/main");
        let nested = subject("https://github.com/acme/*/.github/workflows/other.yml@refs/heads/main");
        for (a, b, overlap) in [
            (&acme, &notes, true),
            (&acme, &review, false),
            (&acme, &other, false),
            // They do not, but it is not plain.
            (&acme, &nested, true),
            (&notes, &notes, true),
            (&notes, &review, false),
        ] {
            assert_eq!((a.may_overlap(b), b.may_overlap(a)), (overlap, overlap), "{a:?} {b:?}");
        }
    }
}
