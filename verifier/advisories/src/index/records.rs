//! What is only shown of an advisory, and by which names its problem goes.

use std::collections::BTreeMap;

use super::IndexError;
use super::bytes::{Reader, Writer};
use super::part::Part;

/// Where something lies among the records of its segment, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(super) offset: u64,
    /// Nothing that is kept is empty: 0 is none.
    pub(super) size: u64,
}

/// What is only shown.
#[derive(Debug, PartialEq)]
pub(crate) struct Details<'b> {
    /// The record's own id.
    pub(crate) id: &'b str,
    pub(crate) summary: &'b str,
    /// Tenths.
    pub(crate) score: Option<u8>,
    pub(crate) vector: &'b str,
    /// Vulnerabilities that it is about, where it is a distribution's.
    pub(crate) upstream: Vec<&'b str>,
    place: Place,
    group: &'b [u8],
}

impl<'b> Details<'b> {
    /// Reads the details of a record; `read` gives the bytes of another place.
    pub(super) fn read(
        bytes: &'b [u8],
        read: impl FnOnce(Place) -> Result<&'b [u8], IndexError>,
    ) -> Result<Self, IndexError> {
        let mut reader = Reader(bytes);
        let place = Place { offset: reader.number()?, size: reader.number()? };
        let id = reader.text()?;
        let summary = reader.text()?;
        let score = Some(reader.byte()?).filter(|score| *score != u8::MAX);
        let vector = reader.text()?;
        let mut upstream = Vec::new();
        if !reader.0.is_empty() {
            for _ in 0..reader.number()? {
                upstream.push(reader.text()?);
            }
        }
        reader.end()?;
        let group = if place.size == 0 { &[] } else { read(place)? };
        Ok(Self { id, summary, score, vector, upstream, place, group })
    }

    /// Where the ids of its problem lie in its segment; `None` where its own is all of them.
    pub(crate) fn group(&self) -> Option<u64> {
        (self.place.size > 0).then_some(self.place.offset)
    }

    /// All ids of the problem, the best known first, in place of what `ids` holds.
    pub(crate) fn ids(&self, ids: &mut Vec<&'b str>) -> Result<(), IndexError> {
        ids.clear();
        let mut group = Reader(self.group);
        while !group.0.is_empty() {
            ids.push(group.text()?);
        }
        // A group that is larger than any is kept in part.
        if !ids.contains(&self.id) {
            ids.push(self.id);
        }
        Ok(())
    }
}

/// Groups and details, none twice. Whoever adds them package by package has those of one beside each other.
#[derive(Default)]
pub(super) struct Records<'i> {
    pub(super) part: Part,
    groups: BTreeMap<&'i str, Place>,
    known: BTreeMap<Known<'i>, Place>,
}

/// A record, by its number, as it rates one package.
type Known<'i> = (usize, Option<u8>, &'i str);

impl<'i> Records<'i> {
    /// A record's details: its id, all ids of its problem, and what is shown. A record that names hundreds of packages says
    /// the same of most.
    pub(super) fn add(
        &mut self,
        (number, id): (usize, &str),
        (group, upstream): (&[&'i str], &[String]),
        (summary, score, vector): (&str, Option<u8>, &'i str),
    ) -> Place {
        if let Some(place) = self.known.get(&(number, score, vector)) {
            return *place;
        }
        let group = self.group(group);
        let mut writer = Writer::default();
        writer.number(group.offset);
        writer.number(group.size);
        writer.text(id);
        writer.text(summary);
        writer.byte(score.unwrap_or(u8::MAX));
        writer.text(vector);
        if !upstream.is_empty() {
            writer.number(upstream.len() as u64);
            upstream.iter().for_each(|id| writer.text(id));
        }
        let place = self.push(&writer.0);
        self.known.insert((number, score, vector), place);
        place
    }

    /// The ids of a problem; nowhere where the record's own is all of them.
    fn group(&mut self, ids: &[&'i str]) -> Place {
        let ([first, _, ..], known) = (ids, &self.groups) else { return Place::default() };
        if let Some(place) = known.get(first) {
            return *place;
        }
        let mut writer = Writer::default();
        ids.iter().for_each(|id| writer.text(id));
        let place = self.push(&writer.0);
        self.groups.insert(first, place);
        place
    }

    fn push(&mut self, bytes: &[u8]) -> Place {
        Place { offset: self.part.push(bytes), size: bytes.len() as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<'r>(records: &'r Records<'_>, place: Place) -> Result<&'r [u8], IndexError> {
        let range = place.offset as usize..(place.offset + place.size) as usize;
        records.part.bytes.get(range).ok_or(IndexError::Malformed)
    }

    #[test]
    fn what_is_kept_is_read_and_what_is_the_same_stands_once() {
        let mut records = Records::default();
        let shown = ("one line", Some(75), "AV:N/AC:L/Au:N/C:P/I:P/A:P");
        let group = ["CVE-1", "GHSA-1"];
        let upstream = ["CVE-2".to_owned()];
        let alone = records.add((0, "MAL-1"), (&["MAL-1"], &[]), ("", None, ""));
        let first = records.add((1, "GHSA-1"), (&group, &[]), shown);
        let size = records.part.bytes.len();
        let second = records.add((2, "PYSEC-1"), (&group, &upstream), shown);
        let size_of_both = records.part.bytes.len();
        assert_eq!(records.add((1, "GHSA-1"), (&group, &[]), shown), first);
        assert_ne!(
            records.add((1, "GHSA-1"), (&group, &[]), ("one line", None, "")),
            first,
            "rated otherwise"
        );
        assert!(size_of_both - size < size, "the group stands once");
        for (place, id, ids, shown) in [
            (alone, "MAL-1", &["MAL-1"][..], ("", None, "")),
            (first, "GHSA-1", &group, shown),
            // Of what a group is kept of in part the own id is told too.
            (second, "PYSEC-1", &["CVE-1", "GHSA-1", "PYSEC-1"], shown),
        ] {
            let read = |place| bytes(&records, place);
            let details = Details::read(read(place).unwrap(), read).unwrap();
            let (summary, score, vector) = shown;
            assert_eq!(
                (details.id, details.summary, details.score, details.vector),
                (id, summary, score, vector)
            );
            let mut found = Vec::new();
            details.ids(&mut found).unwrap();
            assert_eq!(found, ids);
            assert_eq!(details.group().is_some(), ids.len() > 1);
            assert_eq!(details.upstream, if id == "PYSEC-1" { vec!["CVE-2"] } else { Vec::new() });
        }
    }

    #[test]
    fn what_was_cut_is_malformed() {
        let mut records = Records::default();
        let place = records.add((0, "GHSA-1"), (&["CVE-1", "GHSA-1"], &[]), ("one line", None, "vector"));
        let whole = bytes(&records, place).unwrap();
        for size in 0..whole.len() {
            assert!(Details::read(&whole[..size], |place| bytes(&records, place)).is_err(), "{size}");
        }
        assert!(Details::read(whole, |_| Err(IndexError::Malformed)).is_err());
    }
}
