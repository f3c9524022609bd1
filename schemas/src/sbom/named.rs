//! Licences without an identifier of their own in SPDX documents: the writers make identifiers for them, readers get their words back.

use std::collections::BTreeMap;

use crate::canonical::Json;

use super::write::license::{NAMED, NOT_STATED, named_id};

/// What a text states as a licence, unless that is that nothing is known.
pub(super) fn statement(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !matches!(*text, "" | "NOASSERTION" | "NONE" | NOT_STATED))
}

/// The texts that a document gives for identifiers of its own, by `LicenseRef-…`.
#[derive(Default)]
pub(super) struct Named<'j>(BTreeMap<&'j str, &'j str>);

impl<'j> Named<'j> {
    /// Of an SPDX 2 document.
    pub(super) fn of_spdx_2(json: &'j Json) -> Self {
        let all = array(json, "hasExtractedLicensingInfos").iter();
        Self(all.filter_map(|one| Some((text(one, "licenseId")?, text(one, "extractedText")?))).collect())
    }

    /// Of the elements of an SPDX 3 document.
    pub(super) fn of_spdx_3(graph: &'j [Json]) -> Self {
        let texts: BTreeMap<&str, &str> = graph
            .iter()
            .filter_map(|element| {
                Some((text(element, "spdxId")?, text(element, "simplelicensing_licenseText")?))
            })
            .collect();
        let keys = graph.iter().flat_map(|element| array(element, "simplelicensing_customIdToUri"));
        Self(
            keys.filter_map(|entry| Some((text(entry, "key")?, *texts.get(text(entry, "value")?)?)))
                .collect(),
        )
    }

    /// The statements that our writers made one expression of because some are none; whatever else is one statement.
    pub(super) fn statements(&self, expression: &'j str) -> Vec<&'j str> {
        if !expression.contains(NAMED) {
            return vec![expression];
        }
        let words = |part: &'j str| self.0.get(part).copied().filter(|words| named_id(words) == part);
        all_of(expression).into_iter().map(|part| words(part).unwrap_or(part)).collect()
    }
}

/// What is joined by `AND`, without the brackets around each.
fn all_of(expression: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, c) in expression.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && expression.get(at..).is_some_and(|rest| rest.starts_with(" AND ")) => {
                parts.extend(expression.get(start..at));
                start = at + " AND ".len();
            }
            _ => {}
        }
    }
    parts.extend(expression.get(start..));
    // An `OR` stands in brackets here, and nothing else does.
    parts.into_iter().map(without_brackets).collect()
}

fn without_brackets(part: &str) -> &str {
    part.strip_prefix('(').and_then(|part| part.strip_suffix(')')).unwrap_or(part)
}

fn text<'j>(json: &'j Json, member: &str) -> Option<&'j str> {
    json.get(member).and_then(Json::as_str)
}

fn array<'j>(json: &'j Json, member: &str) -> &'j [Json] {
    json.get(member).and_then(Json::as_array).unwrap_or_default()
}
