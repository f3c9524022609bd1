//! GitHub's variables, as builders copy them into a provenance.

use crate::canonical::{Json, Object};

/// What a variable says of the build: a fact that the certificate states, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable {
    /// `OWNER/NAME`.
    Repository,
    /// The repository's number.
    RepositoryId,
    /// The owner's name.
    Owner,
    /// The owner's number.
    OwnerId,
    /// `refs/…`
    Reference,
    /// The commit's name.
    Commit,
}

/// Begins the names of variables; builders write them in either case.
const GITHUB: &str = "github_";

/// Those among the members of `said`: of the object that is called `github` every one, of others what is called so itself. An
/// unset variable is empty, and says nothing.
pub(super) fn read(said: &Json) -> Vec<(Variable, String)> {
    let own = said.get("github").and_then(Json::as_object).into_iter().flat_map(Object::iter);
    let own = own.map(|(name, value)| (name.to_ascii_lowercase(), value));
    let others = said.as_object().into_iter().flat_map(Object::iter).filter_map(|(name, value)| {
        Some((name.to_ascii_lowercase().strip_prefix(GITHUB)?.to_owned(), value))
    });
    own.chain(others)
        .filter_map(|(name, value)| Some((variable(&name)?, text(value))))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

fn variable(name: &str) -> Option<Variable> {
    Some(match name {
        "repository" => Variable::Repository,
        "repository_id" => Variable::RepositoryId,
        "repository_owner" => Variable::Owner,
        "repository_owner_id" => Variable::OwnerId,
        "ref" => Variable::Reference,
        // The second is slsa-github-generator's.
        "sha" | "sha1" => Variable::Commit,
        _ => return None,
    })
}

/// A number may stand without quotes; anything else is what no variable holds.
fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => String::from_utf8_lossy(&other.to_canonical()).into_owned(),
    }
}
