//! Where two JSON values differ first, shown short.

use mcpsign_schemas::canonical::Json;

/// Characters of a value that are shown around the place where it differs.
const SHOWN: usize = 120;
/// Characters before that place.
const BEFORE: usize = 30;

/// The first member that differs: its path, then the value, on either side.
pub(super) struct Difference {
    pub(super) signed: String,
    pub(super) observed: String,
}

/// Finds the first difference in the order in which the signed item was received. Text is as received; whoever shows it
/// escapes it.
pub(super) fn first(signed: &Json, observed: &Json) -> Option<Difference> {
    find(signed, observed, &mut String::new())
}

fn find(signed: &Json, observed: &Json, path: &mut String) -> Option<Difference> {
    if signed == observed {
        return None;
    }
    match (signed, observed) {
        (Json::Object(a), Json::Object(b)) => {
            let length = path.len();
            let mut descend = |key: &str, left: Option<&Json>, right: Option<&Json>| {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(key);
                let found = match (left, right) {
                    (Some(left), Some(right)) => find(left, right, path),
                    _ => Some(shown(path, left, right)),
                };
                path.truncate(length);
                found
            };
            a.iter().find_map(|(key, left)| descend(key, Some(left), b.get(key))).or_else(|| {
                b.iter()
                    .filter(|(key, _)| !a.contains_key(key))
                    .find_map(|(key, right)| descend(key, None, Some(right)))
            })
        }
        (Json::Array(a), Json::Array(b)) => {
            let length = path.len();
            (0..a.len().max(b.len())).find_map(|at| {
                path.push_str(&format!("[{at}]"));
                let found = match (a.get(at), b.get(at)) {
                    (Some(left), Some(right)) => find(left, right, path),
                    (left, right) => Some(shown(path, left, right)),
                };
                path.truncate(length);
                found
            })
        }
        _ => Some(shown(path, Some(signed), Some(observed))),
    }
}

fn shown(path: &str, signed: Option<&Json>, observed: Option<&Json>) -> Difference {
    let (a, b) = (signed.map(text), observed.map(text));
    let same = match (&a, &b) {
        (Some(a), Some(b)) => a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count(),
        _ => 0,
    };
    let side = |value: Option<String>| {
        let value = value.map_or_else(|| "absent".into(), |value| excerpt(&value, same));
        if path.is_empty() {
            value
        } else {
            format!("{}: {value}", path.chars().take(SHOWN).collect::<String>())
        }
    };
    Difference { signed: side(a), observed: side(b) }
}

fn text(json: &Json) -> String {
    match json {
        Json::String(text) => format!("\"{text}\""),
        other => String::from_utf8_lossy(&other.to_canonical()).into_owned(),
    }
}

/// A part of `text` around the character at which it differs.
fn excerpt(text: &str, differs_at: usize) -> String {
    let start = differs_at.saturating_sub(BEFORE);
    let start = if start < 10 { 0 } else { start };
    let part: String = text.chars().skip(start).take(SHOWN).collect();
    let cut = text.chars().count() > start + SHOWN;
    format!("{}{part}{}", if start > 0 { "…" } else { "" }, if cut { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcpsign_schemas::canonical::Limits;

    fn sides(a: &str, b: &str) -> Option<(String, String)> {
        let json = |text: &str| Json::parse(text.as_bytes(), Limits::bytes(99_999)).unwrap();
        first(&json(a), &json(b)).map(|difference| (difference.signed, difference.observed))
    }

    #[test]
    fn the_member_that_differs_is_named() {
        assert_eq!(sides(r#"{"a":1}"#, r#"{"a":1.0}"#), None);
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(
            sides(r#"{"description":"x"}"#, r#"{"description":"y"}"#),
            pair("description: \"x\"", "description: \"y\"")
        );
        assert_eq!(sides(r#"{"a":{"b":[1,2]}}"#, r#"{"a":{"b":[1,3]}}"#), pair("a.b[1]: 2", "a.b[1]: 3"));
        assert_eq!(sides(r#"{"a":1}"#, r#"{"a":1,"b":2}"#), pair("b: absent", "b: 2"));
        assert_eq!(sides(r#"{"a":1,"b":2}"#, r#"{"a":1}"#), pair("b: 2", "b: absent"));
        assert_eq!(sides("[1]", "[1,2]"), pair("[1]: absent", "[1]: 2"));
        assert_eq!(sides("\"x\"", "1"), pair("\"x\"", "1"));
    }

    #[test]
    fn long_texts_are_shown_where_they_differ() {
        let same = "a".repeat(500);
        let (signed, observed) =
            sides(&format!("{{\"d\":\"{same}b\"}}"), &format!("{{\"d\":\"{same}\\u202ec{same}\"}}")).unwrap();
        assert!(signed.starts_with("d: …aaa") && signed.ends_with("ab\""), "{signed}");
        assert!(observed.contains("a\u{202e}ca") && observed.ends_with('…'), "{observed}");
        assert!(observed.chars().count() < SHOWN + 10);
    }
}
