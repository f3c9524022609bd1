//! Names for characters that a reader does not see.

use std::collections::BTreeMap;

use mcpsign_schemas::hidden::name;
use mcpsign_schemas::untrusted::is_deceptive;

/// Kinds of characters named on one line.
const NAMED: usize = 8;

/// One line that names the hidden characters of which `after` has more than `before`; `None` if there are none.
pub(crate) fn new_in(before: &str, after: &str) -> Option<String> {
    let old = counted(before);
    let new: Vec<String> = counted(after)
        .into_iter()
        .filter_map(|(c, count)| {
            let more = count.checked_sub(old.get(&c).copied().unwrap_or(0)).filter(|more| *more > 0)?;
            let times = if more == 1 { String::new() } else { format!(" ×{more}") };
            Some(format!("U+{:04X} {}{times}", u32::from(c), name(c)))
        })
        .collect();
    let rest = new.len().saturating_sub(NAMED);
    let more = if rest > 0 { format!(", and {rest} more kinds") } else { String::new() };
    (!new.is_empty())
        .then(|| format!("hidden: {}{more}", new.into_iter().take(NAMED).collect::<Vec<_>>().join(", ")))
}

fn counted(text: &str) -> BTreeMap<char, usize> {
    let mut counts = BTreeMap::new();
    for c in text.chars().filter(|c| is_deceptive(*c) && !matches!(c, '\n' | '\r' | '\t')) {
        *counts.entry(c).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_is_named() {
        assert_eq!(new_in("a\u{200b}", "b\u{200b}\n\t"), None);
        assert_eq!(
            new_in("\u{200b}", "\u{200b}\u{200b}\u{200b}\u{2066}\u{e0041}").as_deref(),
            Some("hidden: U+200B zero width space ×2, U+2066 left-to-right isolate, U+E0041 tag character")
        );
        let tags: String = ('\u{e0041}'..='\u{e0050}').collect();
        assert!(new_in("", &tags).is_some_and(|line| line.ends_with(", and 8 more kinds")));
    }
}
