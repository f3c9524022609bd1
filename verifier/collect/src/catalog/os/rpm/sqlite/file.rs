//! Pages, and the B-trees of tables in them (sections 1.3, 1.6 and 1.7 of the format). Numbers are written with the highest
//! byte first.

use std::borrow::Cow;

use super::super::bytes::{be16, be32, index};
use super::super::wrong;
use super::record::varint;
use crate::catalog::CatalogError;

/// What a database begins with.
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";

/// Bytes of the file's own header, on its first page.
const HEADER: usize = 100;

/// Pages above one another at the most, as SQLite has it.
const MAX_DEPTH: usize = 20;

/// Types of pages.
const INTERIOR: u8 = 0x05;
const LEAF: u8 = 0x0d;

/// Takes rows by rowid.
type Row<'t> = dyn FnMut(u32, &[u8]) -> Result<(), CatalogError> + 't;

/// A database.
pub(super) struct File<'d> {
    bytes: &'d [u8],
    page_size: usize,
    /// Bytes of a page without those at its end that extensions have.
    usable: usize,
    /// Which pages were read: each belongs to one place, so that nothing leads in a circle.
    seen: Vec<bool>,
}

impl<'d> File<'d> {
    pub(super) fn open(bytes: &'d [u8]) -> Result<Self, CatalogError> {
        let wrong = |what| wrong("header", what);
        let header = bytes.get(..HEADER).ok_or_else(|| wrong("the file ends in it"))?;
        let page_size = match be16(header, 16) {
            Some(1) => 1 << 16,
            Some(size) if size.is_power_of_two() && size >= 512 => size,
            _ => return Err(wrong("not a size of pages")),
        };
        let reserved = header.get(20).copied().map_or(0, usize::from);
        let usable = page_size.saturating_sub(reserved);
        let is_known =
            header.get(18..20).is_some_and(|versions| versions.iter().all(|one| matches!(one, 1 | 2)))
                && header.get(21..24) == Some(&[64, 32, 32])
                && matches!(be32(header, 56), Some(0 | 1))
                && usable >= 480;
        if !is_known {
            return Err(wrong("a version, an encoding or a layout that is not read"));
        }
        let in_file = bytes.len() / page_size;
        // Programs of before 2010 do not keep the number, and leave both of these different.
        let stated = be32(header, 28).filter(|_| be32(header, 24) == be32(header, 92)).map(index);
        let pages = stated.filter(|pages| *pages > 0).unwrap_or(in_file);
        if pages > in_file || !bytes.len().is_multiple_of(page_size) {
            return Err(wrong("the file is shorter than it says"));
        }
        Ok(Self { bytes, page_size, usable, seen: vec![false; pages] })
    }

    /// Every row of the table whose tree begins on page `root`, by rowid.
    pub(super) fn rows(&mut self, root: u32, row: &mut Row<'_>) -> Result<(), CatalogError> {
        self.tree(root, 0, &mut 0, row)
    }

    /// A page that is read for the first time.
    fn page(&mut self, number: u32) -> Result<&'d [u8], CatalogError> {
        let wrong = |what| wrong(format_args!("page {number}"), what);
        let place = index(number).checked_sub(1);
        let seen =
            place.and_then(|place| self.seen.get_mut(place)).ok_or_else(|| wrong("it is not in the file"))?;
        if std::mem::replace(seen, true) {
            return Err(wrong("two places lead to it"));
        }
        let start = place.and_then(|place| place.checked_mul(self.page_size));
        let page = start.and_then(|start| self.bytes.get(start..)?.get(..self.usable));
        page.ok_or_else(|| wrong("it is not in the file"))
    }

    /// The rows below a page; their rowids ascend from `last` on.
    fn tree(
        &mut self,
        number: u32,
        depth: usize,
        last: &mut u32,
        row: &mut Row<'_>,
    ) -> Result<(), CatalogError> {
        let wrong = |what| wrong(format_args!("page {number}"), what);
        if depth == MAX_DEPTH {
            return Err(wrong("its tree is too deep"));
        }
        let page = self.page(number)?;
        let own = page.get(if number == 1 { HEADER } else { 0 }..).unwrap_or_default();
        let (is_leaf, head) = match own.first() {
            Some(&LEAF) => (true, 8),
            Some(&INTERIOR) => (false, 12),
            _ => return Err(wrong("not a page of a table")),
        };
        // What its rows take of the page: rows over one another would be read as many times as there are.
        let mut room = page.len();
        let cells = be16(own, 3).and_then(|count| own.get(head..head + 2 * count));
        for cell in cells.ok_or_else(|| wrong("it has more rows than fit"))?.chunks_exact(2) {
            let cell = be16(cell, 0).and_then(|at| page.get(at..)).unwrap_or_default();
            if is_leaf {
                let parts = varint(cell).and_then(|(size, rest)| Some((size, varint(rest)?)));
                let (size, (rowid, rest)) = parts.ok_or_else(|| wrong("a row ends before it begins"))?;
                let rowid = u32::try_from(rowid).ok().filter(|rowid| rowid > last);
                *last = rowid.ok_or_else(|| wrong("its rows are not in order"))?;
                let local = usize::try_from(size).map_or(usize::MAX, |size| self.local(size));
                room = room.checked_sub(local).ok_or_else(|| wrong("its rows lie over one another"))?;
                let record = self.record(number, size, rest)?;
                row(*last, &record)?;
            } else {
                let child = be32(cell, 0).zip(cell.get(4..).and_then(varint));
                let (child, (key, _)) = child.ok_or_else(|| wrong("it leads nowhere"))?;
                self.tree(child, depth + 1, last, row)?;
                let key = u32::try_from(key).ok().filter(|key| key >= last);
                *last = key.ok_or_else(|| wrong("its rows are not in order"))?;
            }
        }
        if is_leaf {
            return Ok(());
        }
        let child = be32(own, 8).ok_or_else(|| wrong("it leads nowhere"))?;
        self.tree(child, depth + 1, last, row)
    }

    /// A row of `size` bytes that begins with `cell` on page `number`, and may go on in a chain of other pages.
    fn record(&mut self, number: u32, size: u64, cell: &'d [u8]) -> Result<Cow<'d, [u8]>, CatalogError> {
        let short = || wrong(format_args!("page {number}"), "a row is longer than what is there");
        let size = usize::try_from(size).ok().filter(|size| *size <= self.bytes.len()).ok_or_else(short)?;
        let local = self.local(size);
        let first = cell.get(..local).ok_or_else(short)?;
        if local == size {
            return Ok(Cow::Borrowed(first));
        }
        let mut record = first.to_vec();
        let mut next = be32(cell, local).ok_or_else(short)?;
        while record.len() < size {
            let page = self.page(next)?;
            next = be32(page, 0).ok_or_else(short)?;
            let chunk = page.get(4..).unwrap_or_default();
            record.extend_from_slice(chunk.get(..size - record.len()).unwrap_or(chunk));
        }
        if next == 0 { Ok(Cow::Owned(record)) } else { Err(short()) }
    }

    /// How many bytes of a row of `size` stand on the page of its tree.
    const fn local(&self, size: usize) -> usize {
        if size <= self.usable - 35 {
            return size;
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let local = least + (size - least) % (self.usable - 4);
        if local <= self.usable - 35 { local } else { least }
    }
}
