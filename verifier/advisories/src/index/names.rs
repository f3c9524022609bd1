//! Sorted names, each with a number, searched where they lie.
//!
//! Groups of names: the first in full, of every other how much it shares with the one before, and the rest. A table at the end
//! says where groups start. Whatever stands there is read within bounds, which the finite-state transducer that there is for
//! Rust does not promise: it panics on nodes that nobody would write.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::bytes::{Reader, Writer};
use super::{IndexError, Malformed};

/// Names of a group. More are smaller, fewer are found faster.
const GROUP: usize = 8;
/// Bytes of a place in the table, and of the number of places behind it.
const PLACE: usize = 4;

/// Names that were opened.
#[derive(Debug)]
pub(super) struct Names {
    bytes: Vec<u8>,
    /// Bytes before the table.
    size: usize,
    /// How many bytes all names have in common at their start.
    shared: usize,
    /// What follows of the first name of each group.
    leads: Vec<u64>,
}

/// Writes names in their order.
pub(super) fn write<'n>(names: impl IntoIterator<Item = (&'n [u8], u64)>) -> Result<Vec<u8>, IndexError> {
    let mut writer = Writer::default();
    let mut places: Vec<u32> = Vec::new();
    let mut before: &[u8] = &[];
    for (at, (name, number)) in names.into_iter().enumerate() {
        let mut shared = 0;
        if at % GROUP == 0 {
            let place = u32::try_from(writer.0.len());
            places.push(place.map_err(|_| IndexError::TooLarge { limit: u64::from(u32::MAX) })?);
        } else {
            shared = common(before, name);
        }
        writer.len(shared);
        writer.bytes(name.get(shared..).unwrap_or_default());
        writer.number(number);
        before = name;
    }
    let count = u32::try_from(places.len()).map_err(|_| Malformed)?;
    places.iter().chain([&count]).for_each(|place| writer.0.extend(place.to_le_bytes()));
    Ok(writer.0)
}

/// Likewise, of names in a map.
pub(super) fn write_map(names: &BTreeMap<String, u64>) -> Result<Vec<u8>, IndexError> {
    write(names.iter().map(|(name, number)| (name.as_bytes(), *number)))
}

impl Names {
    /// Opens what [`write`] wrote.
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, Malformed> {
        let end = bytes.len().checked_sub(PLACE).ok_or(Malformed)?;
        let groups = place(&bytes, end)?;
        let size = groups.checked_mul(PLACE).and_then(|table| end.checked_sub(table));
        let mut names = Self { size: size.ok_or(Malformed)?, bytes, shared: 0, leads: Vec::new() };
        let firsts = (0..groups).map(|group| names.first(group)).collect::<Result<Vec<&[u8]>, _>>()?;
        // What the first of all shares with the last group, each between them has too.
        let ends = firsts.first().zip(firsts.last());
        let shared = ends.map_or(0, |(one, other)| common(one, other));
        let leads = firsts.iter().map(|first| lead(first.get(shared..).unwrap_or_default())).collect();
        (names.shared, names.leads) = (shared, leads);
        Ok(names)
    }

    /// The number of a name.
    pub(super) fn get(&self, name: &[u8]) -> Result<Option<u64>, Malformed> {
        let Some(last) = self.groups_up_to(name)?.checked_sub(1) else { return Ok(None) };
        let mut entries = self.group(last)?;
        // Of what the name has in common with the one before, which comes before it.
        let mut length = 0;
        while let Some(Next { shared, rest }) = entries.next()? {
            match shared.cmp(&length) {
                // What comes before it at its start does so with what follows.
                Ordering::Greater => {}
                Ordering::Less => return Ok(None),
                Ordering::Equal => {
                    let wanted = name.get(shared..).ok_or(Malformed)?;
                    match rest.cmp(wanted) {
                        Ordering::Less => length += common(rest, wanted),
                        Ordering::Equal => return entries.0.number().map(Some),
                        Ordering::Greater => return Ok(None),
                    }
                }
            }
            entries.0.skip_number()?;
        }
        Ok(None)
    }

    /// The first name that is not before this one.
    pub(super) fn at_or_after(&self, name: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
        // What the last group lacks that starts at or before the name starts the next.
        let low = self.groups_up_to(name)?;
        for group in low.saturating_sub(1)..self.leads.len().min(low + 1) {
            let mut entries = self.group(group)?;
            let mut found = Vec::new();
            while let Some(Next { shared, rest }) = entries.next()? {
                entries.0.skip_number()?;
                if shared > found.len() {
                    return Err(Malformed);
                }
                found.truncate(shared);
                found.extend_from_slice(rest);
                if found.as_slice() >= name {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// How many groups start at or before the name.
    fn groups_up_to(&self, name: &[u8]) -> Result<usize, Malformed> {
        if self.leads.is_empty() {
            return Ok(0);
        }
        let first = self.first(0)?;
        let own = match name.split_at_checked(self.shared) {
            Some((start, rest)) if first.starts_with(start) => lead(rest),
            // It comes before or after all of them.
            _ => return Ok(if name < first { 0 } else { self.leads.len() }),
        };
        // What has the same lead is compared in full.
        let mut low = self.leads.partition_point(|lead| *lead < own);
        let same = self.leads.get(low..).unwrap_or_default().iter().take_while(|lead| **lead == own);
        let mut high = low + same.count();
        while low < high {
            let middle = low + (high - low) / 2;
            if self.first(middle)? <= name { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    /// The first name of a group.
    fn first(&self, group: usize) -> Result<&[u8], Malformed> {
        let start = place(&self.bytes, self.size + group * PLACE)?;
        let mut reader = Reader(self.bytes.get(start..self.size).ok_or(Malformed)?);
        let _shared = reader.number()?;
        reader.bytes()
    }

    fn group(&self, group: usize) -> Result<Entries<'_>, Malformed> {
        let at = |group: usize| place(&self.bytes, self.size + group * PLACE);
        let start = at(group)?;
        let end = if group + 1 < self.leads.len() { at(group + 1)? } else { self.size };
        let bytes = self.bytes.get(start..end).filter(|_| end <= self.size);
        Ok(Entries(Reader(bytes.ok_or(Malformed)?)))
    }
}

/// The entries of a group.
struct Entries<'b>(Reader<'b>);

/// An entry.
struct Next<'b> {
    /// Bytes that its name shares with the one before.
    shared: usize,
    /// The rest of its name, which its number follows.
    rest: &'b [u8],
}

impl<'b> Entries<'b> {
    fn next(&mut self) -> Result<Option<Next<'b>>, Malformed> {
        if self.0.0.is_empty() {
            return Ok(None);
        }
        let shared = usize::try_from(self.0.number()?).map_err(|_| Malformed)?;
        Ok(Some(Next { shared, rest: self.0.bytes()? }))
    }
}

/// How many bytes two names have in common at their start.
fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

/// The first bytes of a name as a number: one with a lower one comes before one with a higher.
fn lead(name: &[u8]) -> u64 {
    let mut lead = [0; size_of::<u64>()];
    lead.iter_mut().zip(name).for_each(|(to, from)| *to = *from);
    u64::from_be_bytes(lead)
}

fn place(bytes: &[u8], at: usize) -> Result<usize, Malformed> {
    let place =
        at.checked_add(PLACE).and_then(|end| bytes.get(at..end)).and_then(|place| place.try_into().ok());
    let place = u32::from_le_bytes(place.ok_or(Malformed)?);
    usize::try_from(place).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_found_and_nothing_else(
            names in proptest::collection::btree_map("[a-c]{0,6}", any::<u64>(), 0..100),
            other in "[a-c]{0,6}",
        ) {
            let opened = Names::open(write_map(&names).unwrap()).unwrap();
            for (name, number) in &names {
                prop_assert_eq!(opened.get(name.as_bytes()).unwrap(), Some(*number));
            }
            prop_assert_eq!(opened.get(other.as_bytes()).unwrap(), names.get(&other).copied());
            let next = names.range(other.clone()..).next().map(|(name, _)| name.clone().into_bytes());
            prop_assert_eq!(opened.at_or_after(other.as_bytes()).unwrap(), next);
        }

        #[test]
        fn no_bytes_panic(bytes in any::<Vec<u8>>(), name in any::<Vec<u8>>()) {
            if let Ok(names) = Names::open(bytes) {
                let _ = names.get(&name);
            }
        }

        #[test]
        fn no_change_panics(at in any::<prop::sample::Index>(), to in any::<u8>(), name in "[a-c]{0,6}") {
            let names: BTreeMap<String, u64> = (0..60).map(|n| (format!("{n:03}abc"), n)).collect();
            let mut bytes = write_map(&names).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = to;
            if let Ok(names) = Names::open(bytes) {
                let _ = names.get(name.as_bytes());
                let _ = names.get(b"031abc");
            }
        }
    }
}
