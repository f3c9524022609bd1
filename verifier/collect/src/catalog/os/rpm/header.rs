//! The header of a package as rpm's database keeps it: an index of tags, and the store that their values lie in.
//!
//! "RPM V4 Package format", section "Header", without the magic number before it. Numbers are written with the highest
//! byte first.

use std::borrow::Cow;

use super::bytes::{be32, index};

/// Bytes of a value that is read. The longest licence of a package of Fedora has 3,000.
const MAX_TEXT: usize = 16 << 10;

/// Bytes of an entry of the index: tag, type, offset, count.
const ENTRY: usize = 16;

/// Of the types of values those two that are read.
const INT32: u32 = 4;
const STRING: u32 = 6;

/// The tags that are read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tag {
    Name = 1000,
    Version = 1001,
    Release = 1002,
    Epoch = 1003,
    Vendor = 1011,
    License = 1014,
    Arch = 1022,
    SourceRpm = 1044,
    ModularityLabel = 5096,
}

/// One package's header.
#[derive(Debug)]
pub(super) struct Header<'h> {
    index: &'h [u8],
    store: &'h [u8],
}

impl<'h> Header<'h> {
    /// Takes a header apart; its values are read as they are asked for.
    pub(super) fn parse(bytes: &'h [u8]) -> Result<Self, &'static str> {
        let parts = || {
            let entries = index(be32(bytes, 0)?).checked_mul(ENTRY)?;
            let (index, store) = bytes.get(8..)?.split_at_checked(entries)?;
            (store.len() == self::index(be32(bytes, 4)?)).then_some(Self { index, store })
        };
        parts().ok_or("its header is not as long as it says")
    }

    /// A text; `None` where the header has none, or an empty one.
    pub(super) fn text(&self, tag: Tag) -> Result<Option<Cow<'h, str>>, &'static str> {
        let Some(bytes) = self.value(tag, STRING)? else { return Ok(None) };
        let end = bytes.iter().take(MAX_TEXT).position(|byte| *byte == 0);
        let text = end.and_then(|end| bytes.get(..end)).ok_or("a text in its header has no end")?;
        Ok(Some(String::from_utf8_lossy(text)).filter(|text| !text.is_empty()))
    }

    /// A number; `None` where the header has none.
    pub(super) fn number(&self, tag: Tag) -> Result<Option<u32>, &'static str> {
        let Some(bytes) = self.value(tag, INT32)? else { return Ok(None) };
        be32(bytes, 0).map(Some).ok_or("a number in its header has no end")
    }

    /// The store from the one value of `tag` on.
    fn value(&self, tag: Tag, ty: u32) -> Result<Option<&'h [u8]>, &'static str> {
        let mut entries = self.index.chunks_exact(ENTRY).filter(|entry| be32(entry, 0) == Some(tag as u32));
        let Some(entry) = entries.next() else { return Ok(None) };
        if entries.next().is_some() {
            return Err("a tag stands twice in its header");
        }
        if (be32(entry, 4), be32(entry, 12)) != (Some(ty), Some(1)) {
            return Err("a tag in its header is not of the type that it always has");
        }
        let value = be32(entry, 8).and_then(|offset| self.store.get(index(offset)..));
        value.map(Some).ok_or("a tag in its header leads out of it")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(entries: &[[u32; 4]], store: &[u8]) -> Vec<u8> {
        let lengths = [u32::try_from(entries.len()).unwrap(), u32::try_from(store.len()).unwrap()];
        let numbers = lengths.iter().chain(entries.iter().flatten());
        numbers.flat_map(|number| number.to_be_bytes()).chain(store.iter().copied()).collect()
    }

    #[test]
    fn values_are_read_where_they_say_that_they_lie() {
        let bytes =
            header(&[[1000, STRING, 4, 1], [1003, INT32, 0, 1], [1014, STRING, 6, 1]], b"\0\0\0\x07a\0\0");
        let header = Header::parse(&bytes).unwrap();
        assert_eq!((header.text(Tag::Name), header.number(Tag::Epoch)), (Ok(Some("a".into())), Ok(Some(7))));
        assert_eq!((header.text(Tag::License), header.text(Tag::Arch)), (Ok(None), Ok(None)));
    }

    #[test]
    fn what_does_not_add_up_is_said() {
        for (entries, store) in [
            (&[[1000, STRING, 0, 1]][..], &b"a"[..]),
            (&[[1000, STRING, 2, 1]], b"a\0"),
            (&[[1000, STRING, 3, 1]], b"a\0"),
            (&[[1000, STRING, u32::MAX, 1]], b"a\0"),
            (&[[1000, INT32, 0, 1]], b"a\0\0\0"),
            (&[[1000, STRING, 0, 2]], b"a\0"),
            (&[[1000, STRING, 0, 1], [1000, STRING, 0, 1]], b"a\0"),
            (&[[1000, STRING, 0, 1]], &[b'a'; MAX_TEXT + 1]),
        ] {
            let bytes = header(entries, store);
            assert!(Header::parse(&bytes).unwrap().text(Tag::Name).is_err(), "{entries:?} {store:?}");
        }
        let bytes = header(&[[1003, INT32, 1, 1]], b"\0\0\0\x07");
        assert!(Header::parse(&bytes).unwrap().number(Tag::Epoch).is_err());
        for bytes in
            [&b""[..], &[0; 7], &[0, 0, 0, 1, 0, 0, 0, 0], &[255; 24], &[0, 0, 0, 0, 0, 0, 0, 1], &[0; 9]]
        {
            assert!(Header::parse(bytes).is_err(), "{bytes:?}");
        }
    }
}
