//! Names of tools as policies and people compare them: by their words, whatever letters they are written with.

use std::collections::BTreeSet;

use unicode_security::skeleton;

use crate::drawn::letters;

/// Characters of a pattern at the most: as long as the protocol lets a name be.
const MAX: usize = 128;

/// A name, or names that begin so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// This name, byte for byte.
    Exact(String),
    /// Names that begin so; ends in `_`, `-`, `.` or `/`.
    Prefix(String),
}

/// Words that stand in a name, one after the other, here without what stands between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied(String);

impl Allowed {
    /// Reads `name` or `prefix_*`; `None` for whatever would match more than it says.
    pub fn parse(text: &str) -> Option<Self> {
        let usable =
            !text.is_empty() && text.chars().count() <= MAX && text.chars().all(|c| c.is_ascii_graphic());
        if !usable {
            return None;
        }
        match text.strip_suffix('*') {
            None if text.contains('*') => None,
            None => Some(Self::Exact(text.into())),
            Some(prefix) if prefix.contains('*') => None,
            // A whole word before it: `read_*` is not `readonly`.
            Some(prefix) => (prefix.ends_with(['_', '-', '.', '/']) && !words(prefix).is_empty())
                .then(|| Self::Prefix(prefix.into())),
        }
    }

    /// Whether it is a name like that.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == name,
            Self::Prefix(prefix) => name.strip_prefix(prefix.as_str()).is_some_and(|rest| !rest.is_empty()),
        }
    }
}

impl Denied {
    /// Reads `delete_file`, `exec`; `None` where there are no words in it.
    pub fn parse(text: &str) -> Option<Self> {
        let words = seen(&words(text));
        let usable = text.chars().count() <= MAX && !text.contains('*') && !words.is_empty();
        usable.then(|| Self(words.concat()))
    }

    /// Whether the words stand in this name, wherever it can be read to fall apart.
    pub fn matches(&self, name: &str) -> bool {
        readings(name, pieces).iter().any(|pieces| (0..pieces.len()).any(|from| self.begins(&pieces[from..])))
    }

    fn begins(&self, pieces: &[String]) -> bool {
        let mut rest = self.0.as_str();
        for piece in pieces {
            match rest.strip_prefix(piece.as_str()) {
                Some("") => return true,
                Some(more) => rest = more,
                None => return false,
            }
        }
        false
    }
}

/// What a name looks like, when case and separators are nothing: names that share a look are easily taken for each other.
pub fn looks(name: &str) -> BTreeSet<String> {
    readings(name, words).iter().map(|words| words.concat()).collect()
}

/// A name's words as they are meant, and as they are drawn: a capital `I` is an `i` and looks like an `l`.
fn readings(name: &str, words: fn(&str) -> Vec<String>) -> [Vec<String>; 2] {
    let name = letters(name);
    [seen(&words(&name)), words(&skeleton(&name).collect::<String>())]
}

/// Words as a reader sees them: look-alike letters are one. Humps were found in the name as it is: the skeleton of a capital
/// may be small.
fn seen(words: &[String]) -> Vec<String> {
    words.iter().map(|word| skeleton(word).flat_map(char::to_lowercase).collect()).collect()
}

/// The words of a name, lower case: `deleteFile`, `delete_file`, `DELETE-FILE` are `delete`, `file`.
pub fn words(name: &str) -> Vec<String> {
    split(name, |before, c, _| c.is_uppercase() && before.is_lowercase())
}

/// The same as finely as anybody may read it: `SQLExec` is `sql`, `exec`, and `exec2` is `exec`, `2`.
fn pieces(name: &str) -> Vec<String> {
    split(name, |before, c, after| {
        let hump = c.is_uppercase() && (before.is_lowercase() || after.is_lowercase());
        hump || before.is_numeric() != c.is_numeric()
    })
}

/// The stretches of letters and digits, each cut where one `begins`: told the character before, the first, and the one after it.
fn split(name: &str, begins: impl Fn(char, char, char) -> bool) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut before = ' ';
    let mut characters = name.chars().peekable();
    while let Some(c) = characters.next() {
        let begins = begins(before, c, characters.peek().copied().unwrap_or(' '));
        if (!c.is_alphanumeric() || begins) && !word.is_empty() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        assert_eq!(words("deleteFile_now-2"), ["delete", "file", "now", "2"]);
        assert_eq!(words("__"), [""; 0]);
    }

    #[test]
    fn m20_b37_a_prefix_ends_at_a_separator() {
        for bad in ["", "*", "read*", "*_file", "re*ad", "_*", "read_**", "read file", "réad_*"] {
            assert_eq!(Allowed::parse(bad), None, "{bad}");
        }
        let read = Allowed::parse("read_*").unwrap();
        assert!(read.matches("read_note") && !read.matches("read_") && !read.matches("readonly"));
        assert!(!read.matches("Read_note") && !read.matches("unread_note"));
        let exact = Allowed::parse("fetch").unwrap();
        assert!(exact.matches("fetch") && !exact.matches("fetch2") && !exact.matches("Fetch"));
    }

    #[test]
    fn words_are_found_however_they_are_written() {
        let delete = Denied::parse("delete_file").unwrap();
        for name in ["delete_file", "deleteFile", "DELETE-FILE", "fs.delete.file.now", "dеlete_file"] {
            assert!(delete.matches(name), "{name}");
        }
        for name in ["delete", "file_delete", "undelete_file", "delete_files"] {
            assert!(!delete.matches(name), "{name}");
        }
        assert!(
            Denied::parse("exec").unwrap().matches("run_exec")
                && !Denied::parse("exec").unwrap().matches("execute")
        );
        let exec = Denied::parse("exec").unwrap();
        for name in [
            "SQLExec",
            "runOSExec",
            "eXec",
            "EXEC",
            "execSQL",
            "exec2",
            "v2exec",
            "2exec",
            "ехес_now",
            "ⓔⓧⓔⓒ",
            "ｅｘｅｃ_now",
            "ᴇxᴇᴄ",
            "🅴🆇🅴🅲",
        ] {
            assert!(exec.matches(name), "{name}");
        }
        for name in ["executor", "EXECUTE", "lexec", "reexec"] {
            assert!(!exec.matches(name), "{name}");
        }
        assert!(Denied::parse("base64").unwrap().matches("decodeBase64"));
        for bad in ["", "__", "exec*"] {
            assert_eq!(Denied::parse(bad), None, "{bad}");
        }
        // A capital `I` for an `l`.
        assert!(delete.matches("deIete_file") && delete.matches("DELETE_FILE"));
    }

    #[test]
    fn names_that_share_a_look_are_taken_for_each_other() {
        let alike = |one: &str, other: &str| !looks(one).is_disjoint(&looks(other));
        for (one, other) in [
            ("Read-File", "reаd_file"),
            ("send_maiI", "send_mail"),
            ("send_maiI", "SEND_MAIL"),
            ("listIssues", "list_issues"),
            ("list_Items", "LIST_ITEMS"),
            ("get_1ist", "get_list"),
            ("ꜱᴇɴᴅ_ᴍᴀɪʟ", "send_mail"),
        ] {
            assert!(alike(one, other), "{one} {other}");
        }
        for (one, other) in
            [("send_mail", "send_mall"), ("read_file", "read_files"), ("list_items", "llst_ltems")]
        {
            assert!(!alike(one, other), "{one} {other}");
        }
    }
}
