//! Records of a package that were not understood: whoever asks for the package hears of them.

use std::collections::{BTreeMap, BTreeSet};

use super::Malformed;
use super::bytes::{Reader, Writer};

/// Records that are told of one package: more say nothing more.
const TOLD: usize = 10;
/// Characters of an id that are kept.
const MAX_ID: usize = 64;

/// Ids of such records, by the distribution's release that they are about.
#[derive(Debug, Default)]
pub(super) struct Unread(BTreeMap<String, BTreeSet<String>>);

impl Unread {
    pub(super) fn add(&mut self, release: &str, id: &str) {
        let ids = self.0.entry(release.to_owned()).or_default();
        if ids.len() < TOLD {
            ids.insert(id.chars().take(MAX_ID).collect());
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.len(self.0.len());
        for (release, ids) in &self.0 {
            writer.text(release);
            writer.len(ids.len());
            ids.iter().for_each(|id| writer.text(id));
        }
    }
}

/// Adds to `ids` those that [`Unread::write`] wrote of the right release.
pub(super) fn read<'b>(
    reader: &mut Reader<'b>,
    is_release: impl Fn(&str) -> bool,
    ids: &mut Vec<&'b str>,
) -> Result<(), Malformed> {
    for _ in 0..reader.len()? {
        let counts = is_release(reader.text()?);
        for _ in 0..reader.len()? {
            let id = reader.text()?;
            if counts {
                ids.push(id);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_another_release_is_not_told() {
        let mut unread = Unread::default();
        unread.add("12", "A-1");
        unread.add("11", "B-1");
        unread.add("12", "A-1");
        (0..99).for_each(|n| unread.add("12", &format!("A-1{n}")));
        unread.add("", &"x".repeat(99));
        let mut writer = Writer::default();
        unread.write(&mut writer);
        let told = |release: &str| {
            let (mut reader, mut ids) = (Reader(&writer.0), Vec::new());
            read(&mut reader, |theirs| theirs.is_empty() || theirs == release, &mut ids).unwrap();
            reader.end().unwrap();
            ids
        };
        assert_eq!(told("11"), ["x".repeat(MAX_ID).as_str(), "B-1"]);
        assert_eq!(told("12").len(), 1 + TOLD);
        for cut in 0..writer.0.len() {
            assert!(read(&mut Reader(&writer.0[..cut]), |_| true, &mut Vec::new()).is_err(), "{cut}");
        }
    }
}
