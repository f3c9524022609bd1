//! Objects: unique keys, canonical order for hashing and look-up, received order for display.

use super::Json;

/// The members of a JSON object.
#[derive(Debug, Clone, Default)]
pub struct Object {
    /// Sorted by UTF-16 code units (RFC 8785 §3.2.3), so that look-up, equality and writing need no index and
    /// a hostile object of a million keys costs no quadratic search.
    members: Vec<Member>,
}

#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) key: String,
    pub(super) value: Json,
    /// Grows in received order; in a parsed object it is the key's offset in the document.
    pub(super) place: usize,
}

impl Object {
    /// An object without members.
    pub const fn new() -> Self {
        Self { members: Vec::new() }
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&Json> {
        let at = self.search(key).ok()?;
        Some(&self.members.get(at)?.value)
    }

    /// The value under `key`, for changing it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Json> {
        let at = self.search(key).ok()?;
        Some(&mut self.members.get_mut(at)?.value)
    }

    /// Whether there is a member `key`.
    pub fn contains_key(&self, key: &str) -> bool {
        self.search(key).is_ok()
    }

    /// Adds a member at the end of the received order, or replaces the value at its place there; returns the
    /// value replaced. Linear in the number of members: collect an iterator to build a large object.
    pub fn insert(&mut self, key: String, value: Json) -> Option<Json> {
        match self.search(&key) {
            Ok(at) => self.members.get_mut(at).map(|member| std::mem::replace(&mut member.value, value)),
            Err(at) => {
                let place = self.members.iter().map(|member| member.place + 1).max().unwrap_or(0);
                self.members.insert(at, Member { key, value, place });
                None
            }
        }
    }

    /// Takes the member `key` out; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Json> {
        let at = self.search(key).ok()?;
        Some(self.members.remove(at).value)
    }

    /// Keeps the members for which `keep` holds, in their order.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Json) -> bool) {
        self.members.retain_mut(|member| keep(&member.key, &mut member.value));
    }

    /// The members in received order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json)> {
        let mut members: Vec<&Member> = self.members.iter().collect();
        members.sort_unstable_by_key(|member| member.place);
        members.into_iter().map(|member| (member.key.as_str(), &member.value))
    }

    /// The members in canonical order, which takes no sorting.
    pub fn sorted(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.members.iter().map(|member| (member.key.as_str(), &member.value))
    }

    /// The same, their values for changing them.
    pub(crate) fn sorted_mut(&mut self) -> impl Iterator<Item = (&str, &mut Json)> {
        self.members.iter_mut().map(|member| (member.key.as_str(), &mut member.value))
    }

    /// The keys in received order.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(key, _)| key)
    }

    /// How many members there are.
    pub const fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there is no member.
    pub const fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Takes members in received order; gives the later one of two with the same key as the error.
    pub(super) fn from_members(mut members: Vec<Member>) -> Result<Self, Member> {
        members.sort_unstable_by(|a, b| utf16_order(&a.key, &b.key));
        let duplicate = members.windows(2).enumerate().find_map(|(at, pair)| match pair {
            [a, b] if a.key == b.key => Some(if a.place > b.place { at } else { at + 1 }),
            _ => None,
        });
        match duplicate {
            Some(at) => Err(members.swap_remove(at)),
            None => Ok(Self { members }),
        }
    }

    /// The members in canonical order.
    pub(super) fn canonical_members(&self) -> &[Member] {
        &self.members
    }

    fn search(&self, key: &str) -> Result<usize, usize> {
        self.members.binary_search_by(|member| utf16_order(&member.key, key))
    }
}

impl FromIterator<(String, Json)> for Object {
    /// Of several members with one key the last value counts, at the place of the first.
    fn from_iter<I: IntoIterator<Item = (String, Json)>>(iter: I) -> Self {
        let mut members: Vec<Member> =
            iter.into_iter().enumerate().map(|(place, (key, value))| Member { key, value, place }).collect();
        members.sort_by(|a, b| utf16_order(&a.key, &b.key));
        // `dedup_by` drops its first argument, the later of the two.
        members.dedup_by(|later, first| {
            let same = later.key == first.key;
            if same {
                std::mem::swap(&mut later.value, &mut first.value);
            }
            same
        });
        Self { members }
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.members.len() == other.members.len()
            && self.members.iter().zip(&other.members).all(|(a, b)| a.key == b.key && a.value == b.value)
    }
}

impl Eq for Object {}

/// The order of `a.encode_utf16().cmp(b.encode_utf16())`, without decoding.
///
/// UTF-8 sorts by code point. UTF-16 differs in one respect only: surrogates (D800–DFFF, lead bytes F0–F4 in
/// UTF-8) sort before E000–FFFF (lead bytes EE and EF).
pub(super) fn utf16_order(a: &str, b: &str) -> std::cmp::Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    match a.iter().zip(b).find(|(a, b)| a != b) {
        Some((&a, &b)) if a >= 0xEE && b >= 0xEE => (a < 0xF0, a).cmp(&(b < 0xF0, b)),
        Some((a, b)) => a.cmp(b),
        None => a.len().cmp(&b.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(keys: &[&str]) -> Object {
        keys.iter().map(|key| ((*key).to_owned(), Json::from(*key))).collect()
    }

    #[test]
    fn received_order_is_kept_and_does_not_count() {
        let mut a = object(&["z", "a", "m"]);
        assert_eq!(a.keys().collect::<Vec<_>>(), ["z", "a", "m"]);
        assert_eq!(a, object(&["a", "m", "z"]));

        assert_eq!(a.insert("a".into(), Json::Null), Some(Json::from("a")));
        assert_eq!(a.insert("b".into(), Json::Null), None);
        assert_eq!(a.keys().collect::<Vec<_>>(), ["z", "a", "m", "b"]);
        assert_eq!(a.remove("z"), Some(Json::from("z")));
        assert_eq!(a.remove("z"), None);
        assert_eq!(a.keys().collect::<Vec<_>>(), ["a", "m", "b"]);
        assert!(a.contains_key("m") && !a.contains_key("z"));
        assert_ne!(a, object(&["a", "m", "b"]));
        if let Some(value) = a.get_mut("a") {
            *value = Json::from("a");
        }
        a.insert("b".into(), "b".into());
        assert_eq!(a, object(&["a", "m", "b"]));
    }

    #[test]
    fn collecting_keeps_the_last_value_at_the_first_place() {
        let pairs = [("k", 1), ("a", 2), ("k", 3), ("k", 4)];
        let object: Object = pairs.iter().map(|(key, n)| ((*key).to_owned(), Json::from(*n))).collect();
        assert_eq!(object.keys().collect::<Vec<_>>(), ["k", "a"]);
        assert_eq!(object.get("k"), Some(&Json::from(4)));
        assert_eq!(object.len(), 2);
    }

    #[test]
    fn order_is_that_of_utf16_code_units() {
        let keys = [
            "",
            "a",
            "a\u{0}",
            "b",
            "é",
            "\u{d7ff}",
            "\u{e000}",
            "\u{ffff}",
            "\u{10000}",
            "\u{10ffff}",
            "a\u{e000}",
            "a\u{10000}",
            "\u{20ac}",
            "\u{fb33}",
            "\u{1f600}",
            "\u{1f600}a",
        ];
        for a in keys {
            for b in keys {
                assert_eq!(utf16_order(a, b), a.encode_utf16().cmp(b.encode_utf16()), "{a:?} {b:?}");
            }
        }
    }
}
