//! Sorted names, each with a number, searched where they lie.
//!
//! Groups of names: the first in full, of every other how much it shares with the one before, and the rest. A table at the end
//! says where groups start. Whatever stands there is read within bounds, which the finite-state transducer that there is for
//! Rust does not promise: it panics on nodes that nobody would write.

use std::collections::BTreeMap;

use super::IndexError;
use super::bytes::{Reader, Writer};

/// Names of a group. More are smaller, fewer are found faster.
const GROUP: usize = 16;
/// Bytes of a place in the table, and of the number of places behind it.
const PLACE: usize = 4;

/// Names that were opened.
#[derive(Debug)]
pub(super) struct Names {
    bytes: Vec<u8>,
    /// Bytes before the table.
    size: usize,
    groups: usize,
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
            shared = before.iter().zip(name).take_while(|(one, other)| one == other).count();
        }
        writer.len(shared);
        writer.bytes(name.get(shared..).unwrap_or_default());
        writer.number(number);
        before = name;
    }
    let count = u32::try_from(places.len()).map_err(|_| IndexError::Malformed)?;
    places.iter().chain([&count]).for_each(|place| writer.0.extend(place.to_le_bytes()));
    Ok(writer.0)
}

/// Likewise, of names in a map.
pub(super) fn write_map(names: &BTreeMap<String, u64>) -> Result<Vec<u8>, IndexError> {
    write(names.iter().map(|(name, number)| (name.as_bytes(), *number)))
}

impl Names {
    /// Opens what [`write`] wrote.
    pub(super) fn open(bytes: Vec<u8>) -> Result<Self, IndexError> {
        let end = bytes.len().checked_sub(PLACE).ok_or(IndexError::Malformed)?;
        let groups = place(&bytes, end)?;
        let size = groups.checked_mul(PLACE).and_then(|table| end.checked_sub(table));
        Ok(Self { size: size.ok_or(IndexError::Malformed)?, groups, bytes })
    }

    /// The number of a name.
    pub(super) fn get(&self, name: &[u8]) -> Result<Option<u64>, IndexError> {
        Ok(self.at_or_after(name)?.filter(|(found, _)| found == name).map(|(_, number)| number))
    }

    /// The first name that is not before this one, and its number.
    pub(super) fn at_or_after(&self, name: &[u8]) -> Result<Option<(Vec<u8>, u64)>, IndexError> {
        // The last group that starts at or before the name; what it lacks starts the next.
        let (mut low, mut high) = (0, self.groups);
        while low < high {
            let middle = low + (high - low) / 2;
            let (first, _) = self.group(middle)?.next(Vec::new())?.ok_or(IndexError::Malformed)?;
            if first.as_slice() <= name { low = middle + 1 } else { high = middle }
        }
        for group in low.saturating_sub(1)..self.groups.min(low + 1) {
            let mut entries = self.group(group)?;
            let mut before = Vec::new();
            while let Some((found, number)) = entries.next(before)? {
                if found.as_slice() >= name {
                    return Ok(Some((found, number)));
                }
                before = found;
            }
        }
        Ok(None)
    }

    fn group(&self, group: usize) -> Result<Entries<'_>, IndexError> {
        let at = |group: usize| place(&self.bytes, self.size + group * PLACE);
        let start = at(group)?;
        let end = if group + 1 < self.groups { at(group + 1)? } else { self.size };
        let bytes = self.bytes.get(start..end).filter(|_| end <= self.size);
        Ok(Entries(Reader(bytes.ok_or(IndexError::Malformed)?)))
    }
}

/// The entries of a group.
struct Entries<'b>(Reader<'b>);

impl Entries<'_> {
    /// The entry after the one called `before`.
    fn next(&mut self, mut before: Vec<u8>) -> Result<Option<(Vec<u8>, u64)>, IndexError> {
        if self.0.0.is_empty() {
            return Ok(None);
        }
        let shared = usize::try_from(self.0.number()?).map_err(|_| IndexError::Malformed)?;
        if shared > before.len() {
            return Err(IndexError::Malformed);
        }
        before.truncate(shared);
        before.extend_from_slice(self.0.bytes()?);
        Ok(Some((before, self.0.number()?)))
    }
}

fn place(bytes: &[u8], at: usize) -> Result<usize, IndexError> {
    let place =
        at.checked_add(PLACE).and_then(|end| bytes.get(at..end)).and_then(|place| place.try_into().ok());
    let place = u32::from_le_bytes(place.ok_or(IndexError::Malformed)?);
    usize::try_from(place).map_err(|_| IndexError::Malformed)
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
            let next = names.range(other.clone()..).next().map(|(name, number)| (name.clone().into_bytes(), *number));
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
