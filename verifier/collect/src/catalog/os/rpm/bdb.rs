//! Berkeley DB's hash (`dbinc/db_page.h`, versions 8 to 10 of the hash): pages of keys and data by turns, and chains of pages
//! for what is too large for one. Numbers are written as the machine that made the file has them.
//!
//! Every page of the file is read, in no order of keys: a page whose use is not known is an error, and so is a bucket without its
//! page.

use std::collections::BTreeSet;

use super::bytes::{array, index};
use super::{Entry, Take, wrong};
use crate::catalog::CatalogError;

/// Where the magic number of the file stands, and what it is.
const MAGIC_AT: usize = 12;
const MAGIC: u32 = 0x0006_1561;

/// Where the number of the last bucket stands, and for each time that their number was doubled how many pages of another use lie
/// before them.
const LAST_BUCKET_AT: usize = 72;
const SPARES_AT: usize = 96;

/// Bytes of a page before what it holds.
const HEAD: usize = 26;

/// Types of pages: free, or never used; of keys and data, in order or not; of what is too large for one page; of what the file
/// is.
const FREE: u8 = 0;
const UNSORTED: u8 = 2;
const OVERFLOW: u8 = 7;
const META: u8 = 8;
const SORTED: u8 = 13;

/// Types of items.
const INLINE: u8 = 1;
const OFF_PAGE: u8 = 3;

/// The key of no package: of the number that the next one will have.
const COUNTER: [u8; 4] = [0; 4];

/// A database.
struct File<'d> {
    bytes: &'d [u8],
    page_size: usize,
    is_little: bool,
    /// Pages of what is too large for one, and whether something leads there.
    overflow: Vec<(u32, bool)>,
}

pub(super) fn is_database(bytes: &[u8]) -> bool {
    array(bytes, MAGIC_AT).is_some_and(|found| [MAGIC.to_le_bytes(), MAGIC.to_be_bytes()].contains(&found))
}

/// Gives every package to `take`.
pub(super) fn each(bytes: &[u8], take: &mut Take<'_>) -> Result<(), CatalogError> {
    let mut file = File::open(bytes)?;
    let hash_pages = file.sort()?;
    file.check_buckets(&hash_pages)?;
    let mut keys = BTreeSet::new();
    for number in hash_pages {
        let wrong = |what| wrong(format_args!("page {number}"), what);
        for (key, data) in file.pairs(number).ok_or_else(|| wrong("its items do not fill it"))? {
            let key: [u8; 4] = match key.split_first() {
                Some((&INLINE, key)) => key.try_into().map_err(|_| wrong("a key is no number"))?,
                _ => return Err(wrong("a key is no number")),
            };
            if !keys.insert(key) {
                return Err(wrong("a key stands twice"));
            }
            let number = if file.is_little { u32::from_le_bytes(key) } else { u32::from_be_bytes(key) };
            match data.split_first() {
                Some((&INLINE, [_, _, _, _])) if key == COUNTER => {}
                Some((&INLINE, header)) if key != COUNTER => take(Entry { number, header, name: None })?,
                Some((&OFF_PAGE, place)) if key != COUNTER => {
                    let header = file.chain(place).ok_or_else(|| {
                        super::wrong(format_args!("package {number}"), "its chain of pages is broken")
                    })?;
                    take(Entry { number, header: &header, name: None })?;
                }
                _ => return Err(wrong("its data are of a kind that rpm does not write")),
            }
        }
    }
    match file.overflow.iter().find(|(_, is_used)| !is_used) {
        Some((number, _)) => Err(wrong(format_args!("page {number}"), "no package leads to it")),
        None => Ok(()),
    }
}

impl<'d> File<'d> {
    fn open(bytes: &'d [u8]) -> Result<Self, CatalogError> {
        let wrong = |what| wrong("page 0", what);
        let is_little = array(bytes, MAGIC_AT) == Some(MAGIC.to_le_bytes());
        let mut file = Self { bytes, page_size: 0, is_little, overflow: Vec::new() };
        let version = file.u32(bytes, 16);
        // No encryption, no checksums, no partitions.
        let layout: Option<[u8; 3]> = array(bytes, 24);
        if !matches!(version, Some(8..=10)) || layout != Some([0, META, 0]) {
            return Err(wrong("a version or a layout that is not read"));
        }
        let page_size = file.u32(bytes, 20).map(index);
        let page_size = page_size.filter(|size| size.is_power_of_two() && (512..=1 << 16).contains(size));
        file.page_size = page_size.ok_or_else(|| wrong("not a size of pages"))?;
        let last = file.u32(bytes, 32).map(index);
        let is_whole = last.is_some_and(|last| last < bytes.len() / file.page_size);
        if !is_whole || !bytes.len().is_multiple_of(file.page_size) {
            return Err(wrong("the file is shorter than it says"));
        }
        Ok(file)
    }

    fn u32(&self, bytes: &[u8], at: usize) -> Option<u32> {
        array(bytes, at).map(if self.is_little { u32::from_le_bytes } else { u32::from_be_bytes })
    }

    fn u16(&self, bytes: &[u8], at: usize) -> Option<usize> {
        array(bytes, at)
            .map(if self.is_little { u16::from_le_bytes } else { u16::from_be_bytes })
            .map(usize::from)
    }

    fn page(&self, number: u32) -> Option<&'d [u8]> {
        let start = index(number).checked_mul(self.page_size)?;
        self.bytes.get(start..)?.get(..self.page_size)
    }

    /// The numbers of the pages that have keys and data; notes those of chains.
    fn sort(&mut self) -> Result<Vec<u32>, CatalogError> {
        let mut hash_pages = Vec::new();
        for number in 1.. {
            let Some(page) = self.page(number) else { break };
            let wrong = |what| wrong(format_args!("page {number}"), what);
            let (own, items, ty) = (self.u32(page, 8), self.u16(page, 20), page.get(25));
            match ty {
                Some(&FREE) if items == Some(0) => continue,
                Some(&(UNSORTED | SORTED)) => hash_pages.push(number),
                Some(&OVERFLOW) => self.overflow.push((number, false)),
                _ => return Err(wrong("it is of a type that no hash has")),
            }
            if own != Some(number) {
                return Err(wrong("it has another page's number"));
            }
        }
        Ok(hash_pages)
    }

    /// Every bucket begins with a page of keys and data, and goes on with others: what else is there was one.
    fn check_buckets(&self, hash_pages: &[u32]) -> Result<(), CatalogError> {
        let mut seen = BTreeSet::new();
        for bucket in 0..=self.u32(self.bytes, LAST_BUCKET_AT).unwrap_or_default() {
            let wrong = || wrong(format_args!("bucket {bucket}"), "it has a page that is not one of keys");
            let doubled = index(u32::BITS - bucket.leading_zeros());
            let spare = self.u32(self.bytes, SPARES_AT + 4 * doubled);
            let mut number = spare.and_then(|spare| spare.checked_add(bucket)).ok_or_else(wrong)?;
            loop {
                if hash_pages.binary_search(&number).is_err() || !seen.insert(number) {
                    return Err(wrong());
                }
                number = self.page(number).and_then(|page| self.u32(page, 16)).ok_or_else(wrong)?;
                if number == 0 {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The items of a page, by twos: from its end downwards, without a gap.
    fn pairs(&self, number: u32) -> Option<Vec<(&'d [u8], &'d [u8])>> {
        let page = self.page(number)?;
        let offsets = page.get(HEAD..HEAD + 2 * self.u16(page, 20)?)?;
        let mut end = page.len();
        let mut items = Vec::new();
        for offset in offsets.chunks_exact(2) {
            let start = self.u16(offset, 0)?;
            items.push(page.get(start..end)?);
            end = start;
        }
        // Of a page of 64 kB the end is not written: it has one bit too much.
        let is_full = end >= HEAD + offsets.len() && self.u16(page, 22)? == end & 0xffff;
        let pairs = items.chunks(2).map(|pair| match pair {
            [key, data] => Some((*key, *data)),
            _ => None,
        });
        pairs.collect::<Option<_>>().filter(|_| is_full)
    }

    /// What a chain of pages holds, each of them that of no other.
    fn chain(&mut self, place: &[u8]) -> Option<Vec<u8>> {
        // Padding, the first page, the length.
        let place: &[u8; 11] = place.try_into().ok()?;
        let length = self.u32(place, 7).map(index).filter(|length| *length <= self.bytes.len())?;
        let (mut before, mut number) = (0, self.u32(place, 3)?);
        let mut data = Vec::new();
        while data.len() < length {
            let at = self.overflow.binary_search_by_key(&number, |(number, _)| *number).ok()?;
            let (_, is_used) = self.overflow.get_mut(at)?;
            if std::mem::replace(is_used, true) {
                return None;
            }
            let page = self.page(number)?;
            let chunk = page.get(HEAD..)?.get(..self.u16(page, 22)?)?;
            data.extend_from_slice(chunk);
            if self.u32(page, 12)? != before {
                return None;
            }
            (before, number) = (number, self.u32(page, 16)?);
        }
        (data.len() == length && number == 0).then_some(data)
    }
}
