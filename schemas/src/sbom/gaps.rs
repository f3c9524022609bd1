//! What SBOMs say that was not read.

use crate::canonical::Json;

use super::read::list;

/// What may hold components that a document does not list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread {
    /// Each known gap: path and reason.
    pub gaps: Vec<String>,
    /// Ids of catalogers that did not understand all that they were given.
    pub failed: Vec<String>,
}

/// What a document of ours says that its maker could not read. Others have no words for that.
pub fn unread(json: &Json) -> Unread {
    let mut unread = Unread::default();
    for (name, value) in facts(json) {
        match (name, value.split_once(' ')) {
            ("mcpsign:gap", _) => unread.gaps.push(value.to_owned()),
            ("mcpsign:cataloger", Some((id, state))) if state != "complete" => {
                unread.failed.push(id.to_owned())
            }
            _ => {}
        }
    }
    unread
}

/// Names and values of what the three formats say of a document under names of ours.
fn facts(json: &Json) -> impl Iterator<Item = (&str, &str)> {
    let properties = json.get("metadata").into_iter().flat_map(|metadata| of(metadata, "properties"));
    let properties = properties.filter_map(|one| text(one, "name").zip(text(one, "value")));
    let comments = of(json, "annotations").filter_map(|one| text(one, "comment"));
    let statements = of(json, "@graph").filter_map(|one| text(one, "statement")).flat_map(str::lines);
    properties.chain(comments.chain(statements).filter_map(|line| line.split_once(' ')))
}

fn of<'j>(json: &'j Json, member: &str) -> impl Iterator<Item = &'j Json> + use<'j> {
    list(json, member).unwrap_or_default().iter()
}

fn text<'j>(json: &'j Json, member: &str) -> Option<&'j str> {
    json.get(member).and_then(Json::as_str)
}
