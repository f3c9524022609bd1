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
        let parts = if expression.contains(NAMED) { all_of(expression) } else { None };
        let Some(parts) = parts else { return vec![expression] };
        let words = |part: &'j str| self.0.get(part).copied().filter(|words| named_id(words) == part);
        parts.into_iter().map(|part| words(part).unwrap_or(part)).collect()
    }
}

/// What is joined by `AND`, without the brackets around each; `None` where a choice is left, which is one statement, or where
/// the brackets do not fit.
fn all_of(expression: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let (mut depth, mut start, mut word) = (0_usize, 0, 0);
    for (at, c) in expression.char_indices() {
        if !(c.is_whitespace() || c == '(' || c == ')') {
            continue;
        }
        if depth == 0 && is_or(expression.get(word..at)?) {
            return None;
        }
        word = at + c.len_utf8();
        match c {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            ' ' if depth == 0 && expression.get(at..)?.starts_with(" AND ") => {
                parts.push(expression.get(start..at)?);
                start = at + " AND ".len();
            }
            _ => {}
        }
    }
    if depth != 0 || is_or(expression.get(word..)?) {
        return None;
    }
    parts.push(expression.get(start..)?);
    Some(parts.into_iter().map(without_brackets).collect())
}

fn is_or(word: &str) -> bool {
    word.eq_ignore_ascii_case("OR")
}

/// Without the brackets, if they are one pair around the whole.
fn without_brackets(part: &str) -> &str {
    let inner = part.strip_prefix('(').and_then(|part| part.strip_suffix(')'));
    inner.filter(|inner| is_balanced(inner)).unwrap_or(part)
}

fn is_balanced(text: &str) -> bool {
    let depth = text.chars().try_fold(0_usize, |depth, c| match c {
        '(' => Some(depth + 1),
        ')' => depth.checked_sub(1),
        _ => Some(depth),
    });
    depth == Some(0)
}

fn text<'j>(json: &'j Json, member: &str) -> Option<&'j str> {
    json.get(member).and_then(Json::as_str)
}

fn array<'j>(json: &'j Json, member: &str) -> &'j [Json] {
    json.get(member).and_then(Json::as_array).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::license::{Judged, LicenseRules, parse_one};

    fn statements(expression: &str) -> Vec<&str> {
        Named::default().statements(expression)
    }

    #[test]
    fn a_choice_is_one_statement() {
        for choice in [
            "(GPL-3.0-only AND LicenseRef-mcpsign-0) OR (GPL-3.0-only AND MIT)",
            "(GPL-3.0-only AND LicenseRef-mcpsign-0)OR(GPL-3.0-only AND MIT)",
            "GPL-3.0-only AND LicenseRef-mcpsign-0 OR GPL-3.0-only AND MIT",
            "MIT AND LicenseRef-mcpsign-0 or GPL-3.0-only",
            "GPL-3.0-only\tOR\tMIT AND LicenseRef-mcpsign-0",
            // No expression at all, and none is made of it.
            "(GPL-3.0-only AND LicenseRef-mcpsign-0",
            "GPL-3.0-only) AND (LicenseRef-mcpsign-0",
            "LicenseRef-mcpsign-0 AND MIT OR",
        ] {
            assert_eq!(statements(choice), [choice]);
        }
        let rules = LicenseRules { allow: None, deny: vec![parse_one("GPL-3.0-only").unwrap()] };
        let choice = "(GPL-3.0-only AND LicenseRef-mcpsign-0) OR (GPL-3.0-only AND MIT)";
        let judged: Vec<Judged> = statements(choice).into_iter().map(|text| rules.judge(text)).collect();
        assert!(matches!(judged.as_slice(), [Judged::Refused(_)]), "{judged:?}");
    }

    #[test]
    fn brackets_are_cut_where_they_are_around_the_whole() {
        assert_eq!(
            statements("LicenseRef-mcpsign-0 AND (MIT OR Apache-2.0) AND (MIT) WITH (x) AND ((MIT))"),
            ["LicenseRef-mcpsign-0", "MIT OR Apache-2.0", "(MIT) WITH (x)", "(MIT)"]
        );
    }
}
