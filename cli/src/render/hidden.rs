//! Names for characters that a reader does not see.

use std::collections::BTreeMap;

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

/// Unicode's name of the ones that attacks use, the kind of the others.
fn name(c: char) -> &'static str {
    match u32::from(c) {
        0x1B => "escape",
        0xAD => "soft hyphen",
        0x61C => "arabic letter mark",
        0x200B => "zero width space",
        0x200C => "zero width non-joiner",
        0x200D => "zero width joiner",
        0x200E => "left-to-right mark",
        0x200F => "right-to-left mark",
        0x2028 => "line separator",
        0x2029 => "paragraph separator",
        0x202A => "left-to-right embedding",
        0x202B => "right-to-left embedding",
        0x202C => "pop directional formatting",
        0x202D => "left-to-right override",
        0x202E => "right-to-left override",
        0x2060 => "word joiner",
        0x2066 => "left-to-right isolate",
        0x2067 => "right-to-left isolate",
        0x2068 => "first strong isolate",
        0x2069 => "pop directional isolate",
        0xFEFF => "zero width no-break space",
        0x180B..=0x180F | 0xFE00..=0xFE0F | 0xE0100..=0xE01EF => "variation selector",
        0xE0000..=0xE007F => "tag character",
        0xE000..=0xF8FF | 0xF0000.. => "private use",
        _ if c.is_control() => "control character",
        _ => "invisible character",
    }
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
