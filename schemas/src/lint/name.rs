//! Names of tools and parameters: their words, and when two look alike.

/// The words of a name, lower case: `deleteFile`, `delete_file`, `DELETE-FILE` are `delete`, `file`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    for c in name.chars() {
        let hump = c.is_uppercase() && before.is_lowercase();
        if (!c.is_alphanumeric() || hump) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

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
    fn names_fall_into_words() {
        assert_eq!(words("deleteFile_now-2"), ["delete", "file", "now", "2"]);
        assert_eq!(words("__"), [""; 0]);
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
