//! The forms that claims have.

use url::Url;

use super::{Runner, Visibility, Workflow};

/// Characters of a name or reference at the most; Git and GitHub allow 255.
const MAX_NAME: usize = 255;

/// Whether `text` is an `https` URL as a parser would write it: host, a path of at least one part, nothing after it.
pub(crate) fn is_repository(text: &str) -> bool {
    is_usual(text) || is_as_parsed(text)
}

/// Names of letters, and parts that nothing is to be done about: a parser writes it so, and need not be asked. A certificate
/// holds seven.
pub(super) fn is_usual(text: &str) -> bool {
    let is_label = |label: &str| {
        label.starts_with(|first: char| first.is_ascii_lowercase())
            && !label.starts_with("xn--")
            && label.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    let is_part = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~@+".contains(&byte))
    };
    let Some((host, path)) = text.strip_prefix("https://").and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    host.split('.').all(is_label) && path.split('/').all(is_part)
}

pub(super) fn is_as_parsed(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let plain = url.as_str() == text
        && url.scheme() == "https"
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    // A percent sign could hide any of these.
    plain && !text.contains('%') && url.path_segments().is_some_and(|mut parts| parts.all(|p| !p.is_empty()))
}

/// Git's object names: SHA-1 or SHA-256.
pub(crate) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// One spelling for each number.
pub(crate) fn is_number(text: &str) -> bool {
    text.parse::<u64>().is_ok_and(|number| number.to_string() == text)
}

/// A full reference, as `git check-ref-format` has it as far as it matters here.
pub(crate) fn is_reference(text: &str) -> bool {
    text.strip_prefix("refs/").is_some_and(|rest| !rest.is_empty())
        && text.len() <= MAX_NAME
        && !text.contains("..")
        && !text.contains("//")
        && !text.ends_with('/')
        && text.chars().all(|c| !c.is_control() && !c.is_whitespace() && !"~^:?*[\\".contains(c))
}

/// The name of an event.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_NAME
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// A name that people gave.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= MAX_NAME && !text.chars().any(char::is_control)
}

pub(super) fn runner(text: &str) -> Option<Runner> {
    match text {
        "github-hosted" | "gitlab-hosted" => Some(Runner::Hosted),
        "self-hosted" => Some(Runner::SelfHosted),
        _ => None,
    }
}

pub(super) fn visibility(text: &str) -> Option<Visibility> {
    match text {
        "public" => Some(Visibility::Public),
        "internal" => Some(Visibility::Internal),
        "private" => Some(Visibility::Private),
        _ => None,
    }
}

/// `https://HOST/OWNER/NAME/.github/workflows/FILE@refs/…` of GitHub and `https://HOST/GROUP/…/NAME//PATH@refs/…` of
/// GitLab. No path of GitHub's holds `@refs/`, a reference may. GitLab's may, too: where it stands twice it is open what the path is.
pub(crate) fn workflow(text: &str) -> Option<Workflow> {
    let at = text.find("@refs/")?;
    let (place, reference) = (text.get(..at)?, text.get(at + 1..)?);
    if !is_reference(reference) {
        return None;
    }
    let after_scheme = "https://".len();
    let (repository, path) = match place.get(after_scheme..)?.find("//") {
        Some(_) if reference.contains("@refs/") => return None,
        Some(gap) => (place.get(..after_scheme + gap)?, place.get(after_scheme + gap + 2..)?),
        None => github(place)?,
    };
    let whole = is_repository(repository) && is_repository(&format!("https://host/{path}"));
    whole.then(|| Workflow {
        repository: repository.into(),
        path: path.into(),
        reference: reference.into(),
        commit: None,
    })
}

/// The repository that a workflow's URL lies in, from whatever it was taken: a commit and a short name of a tag stand behind `@`
/// as well as a reference.
pub(super) fn home(url: &str) -> Option<&str> {
    let scheme = "https://";
    let place = url.strip_prefix(scheme)?.split('@').next()?;
    let end = match place.find("//") {
        Some(gap) => gap,
        None => github(url.get(..scheme.len() + place.len())?)?.0.len() - scheme.len(),
    };
    url.get(..scheme.len() + end)
}

/// Host, owner and name, then the folder that workflows lie in: a repository may itself be called `.github`.
fn github(place: &str) -> Option<(&str, &str)> {
    let third = place.match_indices('/').nth(4)?.0;
    let (repository, path) = (place.get(..third)?, place.get(third + 1..)?);
    path.starts_with(".github/workflows/").then_some((repository, path))
}
