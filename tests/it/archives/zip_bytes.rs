//! Zip archives made record by record, so that anything can stand in one.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

type Patch = Box<dyn Fn(&mut Vec<u8>)>;

/// An entry: by default stored, a regular file with mode 0644.
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) content: Vec<u8>,
    data: Vec<u8>,
    method: u16,
    flags: u16,
    mode: u32,
    local_extra: Vec<u8>,
    central_extra: Vec<u8>,
    after: Vec<u8>,
    local: Option<Patch>,
    central: Option<Patch>,
}

pub(super) fn entry(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Entry {
    let name = name.as_ref().to_vec();
    let content = content.as_ref().to_vec();
    Entry {
        flags: if name.is_ascii() { 0 } else { 1 << 11 },
        mode: if name.ends_with(b"/") { 0o040_755 } else { 0o100_644 },
        name,
        data: content.clone(),
        content,
        method: 0,
        local_extra: Vec::new(),
        central_extra: Vec::new(),
        after: Vec::new(),
        local: None,
        central: None,
    }
}

pub(super) fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// An extra field.
pub(super) fn field(id: u16, data: &[u8]) -> Vec<u8> {
    [&id.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat()
}

impl Entry {
    pub(super) fn deflated(mut self) -> Self {
        self.data = deflate(&self.content);
        self.method = 8;
        self
    }

    /// Other compressed bytes than the content's.
    pub(super) fn data(mut self, data: impl Into<Vec<u8>>) -> Self {
        self.data = data.into();
        self
    }

    pub(super) fn method(mut self, method: u16) -> Self {
        self.method = method;
        self
    }

    pub(super) fn flags(mut self, flags: u16) -> Self {
        self.flags = flags;
        self
    }

    pub(super) fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    pub(super) fn extra(mut self, local: Vec<u8>, central: Vec<u8>) -> Self {
        (self.local_extra, self.central_extra) = (local, central);
        self
    }

    /// Bytes after the content.
    pub(super) fn after(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.after = bytes.into();
        self
    }

    /// A well-formed data descriptor, and zeros in the local header.
    pub(super) fn descriptor(mut self) -> Self {
        self.flags |= 1 << 3;
        self.after = [&b"PK\x07\x08"[..], &self.numbers()].concat();
        self.local(|header| header[14..26].fill(0))
    }

    /// Changes the local header, with name and extra fields, once it was made.
    pub(super) fn local(mut self, patch: impl Fn(&mut Vec<u8>) + 'static) -> Self {
        self.local = Some(Box::new(patch));
        self
    }

    /// Changes the record of the directory, with what follows it, once it was made.
    pub(super) fn central(mut self, patch: impl Fn(&mut Vec<u8>) + 'static) -> Self {
        self.central = Some(Box::new(patch));
        self
    }

    /// Checksum and sizes.
    fn numbers(&self) -> Vec<u8> {
        let sizes = [rawzip::crc32(&self.content), self.data.len() as u32, self.content.len() as u32];
        sizes.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    /// From the needed version to the lengths of name and extra fields.
    fn common(&self, extra: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        // 2 January 2024, midnight.
        for number in [20, self.flags, self.method, 0, 0x5822] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        out.extend_from_slice(&self.numbers());
        out.extend_from_slice(&(self.name.len() as u16).to_le_bytes());
        out.extend_from_slice(&(extra.len() as u16).to_le_bytes());
        out
    }

    fn local_bytes(&self) -> Vec<u8> {
        let mut header =
            [b"PK\x03\x04", &self.common(&self.local_extra)[..], &self.name, &self.local_extra].concat();
        if let Some(patch) = &self.local {
            patch(&mut header);
        }
        [header, self.data.clone(), self.after.clone()].concat()
    }

    fn central_bytes(&self, offset: u32) -> Vec<u8> {
        let mut record = [b"PK\x01\x02\x14\x03", &self.common(&self.central_extra)[..]].concat();
        // Comment, disk, internal attributes.
        record.extend_from_slice(&[0; 6]);
        record.extend_from_slice(&(self.mode << 16).to_le_bytes());
        record.extend_from_slice(&offset.to_le_bytes());
        record.extend_from_slice(&self.name);
        record.extend_from_slice(&self.central_extra);
        if let Some(patch) = &self.central {
            patch(&mut record);
        }
        record
    }
}

/// An archive.
#[derive(Default)]
pub(super) struct Zip {
    pub(super) entries: Vec<Entry>,
    /// Bytes before everything, which the offsets know of or not.
    prefix: Vec<u8>,
    offsets_know: bool,
    before_directory: Vec<u8>,
    before_end: Vec<u8>,
    end: Option<Patch>,
    tail: Vec<u8>,
}

impl Zip {
    pub(super) fn of(entries: Vec<Entry>) -> Self {
        Self { entries, ..Self::default() }
    }

    pub(super) fn prefix(mut self, bytes: impl Into<Vec<u8>>, offsets_know: bool) -> Self {
        (self.prefix, self.offsets_know) = (bytes.into(), offsets_know);
        self
    }

    pub(super) fn before_directory(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.before_directory = bytes.into();
        self
    }

    pub(super) fn before_end(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.before_end = bytes.into();
        self
    }

    /// Changes the end record once it was made.
    pub(super) fn end(mut self, patch: impl Fn(&mut Vec<u8>) + 'static) -> Self {
        self.end = Some(Box::new(patch));
        self
    }

    pub(super) fn tail(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.tail = bytes.into();
        self
    }

    pub(super) fn comment(self, comment: Vec<u8>) -> Self {
        let length = comment.len() as u16;
        self.end(move |end| end[20..22].copy_from_slice(&length.to_le_bytes())).tail(comment)
    }

    /// Ends as archives of more than 4 GiB do.
    pub(super) fn zip64(self) -> Self {
        let (size, offset, count) = self.directory();
        let mut record = b"PK\x06\x06".to_vec();
        record.extend_from_slice(&44_u64.to_le_bytes());
        record.extend_from_slice(&[45, 3, 45, 0]);
        record.extend_from_slice(&[0; 8]);
        for number in [count as u64, count as u64, u64::from(size), u64::from(offset)] {
            record.extend_from_slice(&number.to_le_bytes());
        }
        record.extend_from_slice(b"PK\x06\x07\0\0\0\0");
        record.extend_from_slice(&u64::from(offset + size).to_le_bytes());
        record.extend_from_slice(&1_u32.to_le_bytes());
        self.before_end(record).end(|end| end[8..20].fill(0xff))
    }

    fn base(&self) -> u32 {
        if self.offsets_know { self.prefix.len() as u32 } else { 0 }
    }

    /// Size, offset and number of entries of the directory.
    fn directory(&self) -> (u32, u32, u16) {
        let files: usize = self.entries.iter().map(|entry| entry.local_bytes().len()).sum();
        let size: usize = self.entries.iter().map(|entry| entry.central_bytes(0).len()).sum();
        let offset = self.base() as usize + files + self.before_directory.len();
        (size as u32, offset as u32, self.entries.len() as u16)
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = self.prefix.clone();
        let mut directory = Vec::new();
        let mut offset = self.base();
        for entry in &self.entries {
            let local = entry.local_bytes();
            directory.extend_from_slice(&entry.central_bytes(offset));
            offset += local.len() as u32;
            out.extend_from_slice(&local);
        }
        let (size, start, count) = self.directory();
        let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
        end.extend_from_slice(&count.to_le_bytes());
        end.extend_from_slice(&count.to_le_bytes());
        end.extend_from_slice(&size.to_le_bytes());
        end.extend_from_slice(&start.to_le_bytes());
        end.extend_from_slice(&[0, 0]);
        if let Some(patch) = &self.end {
            patch(&mut end);
        }
        [out, self.before_directory.clone(), directory, self.before_end.clone(), end, self.tail.clone()]
            .concat()
    }
}
