//! Names of tools and parameters: when two look alike.

pub(super) use crate::toolname::words;

/// What is left of a name when case, dashes, dots and underscores are nothing.
pub(super) fn bare(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether one insertion, deletion, replacement or swap of neighbours makes one the other; equal names are no such pair.
pub(super) fn one_edit_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (short, long) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    if a == b || long.len() - short.len() > 1 {
        return false;
    }
    let start = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let ends = |skip_short: usize, skip_long: usize| {
        short.get(start + skip_short..) == long.get(start + skip_long..)
    };
    if short.len() < long.len() {
        return ends(0, 1);
    }
    let swapped = short.get(start) == long.get(start + 1) && short.get(start + 1) == long.get(start);
    ends(1, 1) || (swapped && ends(2, 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_names() {
        assert_eq!(bare("Read-File_2"), "readfile2");
    }

    #[test]
    fn one_edit() {
        for (a, b) in [("send", "sent"), ("send", "sends"), ("send", "sned"), ("github", "gihtub"), ("a", "")]
        {
            assert!(one_edit_apart(a, b) && one_edit_apart(b, a), "{a} {b}");
        }
        for (a, b) in [("send", "send"), ("send", "senders"), ("abcd", "badc"), ("ab", "cd")] {
            assert!(!one_edit_apart(a, b), "{a} {b}");
        }
    }
}
