//! Tar archives made header by header, so that anything can stand in one.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// An archive in the making.
#[derive(Clone, Default)]
pub(crate) struct Tar(pub(crate) Vec<u8>);

impl Tar {
    pub(crate) fn file(self, name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Self {
        self.entry(b'0', name, 0o644, content)
    }

    pub(crate) fn entry(
        self,
        flag: u8,
        name: impl AsRef<[u8]>,
        mode: u32,
        content: impl AsRef<[u8]>,
    ) -> Self {
        let size = content.as_ref().len() as u64;
        self.made(flag, name, mode, size, content, |_| {})
    }

    /// A link, symbolic (`2`) or hard (`1`).
    pub(crate) fn link(self, flag: u8, name: impl AsRef<[u8]>, target: &str) -> Self {
        self.made(flag, name, 0o777, 0, "", |header| {
            header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        })
    }

    /// A file whose header is changed before its checksum is made.
    pub(crate) fn changed(
        self,
        name: impl AsRef<[u8]>,
        content: &str,
        change: impl FnOnce(&mut tar::Header),
    ) -> Self {
        self.made(b'0', name, 0o644, content.len() as u64, content, change)
    }

    /// A pax header of these records, with flag `x` or `g`.
    pub(crate) fn pax(self, flag: u8, records: &[(&str, &str)]) -> Self {
        let mut data = Vec::new();
        for (key, value) in records {
            let bare = key.len() + value.len() + 3;
            let length = (bare..).find(|length| length.to_string().len() + bare == *length).unwrap();
            data.extend_from_slice(format!("{length} {key}={value}\n").as_bytes());
        }
        self.entry(flag, "PaxHeaders/x", 0o644, data)
    }

    /// GNU's long name (`L`) or long target (`K`).
    pub(crate) fn long(self, flag: u8, text: &str) -> Self {
        self.entry(flag, "././@LongLink", 0o644, format!("{text}\0"))
    }

    fn made(
        mut self,
        flag: u8,
        name: impl AsRef<[u8]>,
        mode: u32,
        size: u64,
        content: impl AsRef<[u8]>,
        change: impl FnOnce(&mut tar::Header),
    ) -> Self {
        let (name, content) = (name.as_ref(), content.as_ref());
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.as_old_mut().linkflag = [flag];
        header.set_mode(mode);
        header.set_size(size);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        change(&mut header);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// With its end mark, compressed.
    pub(crate) fn gzip(self) -> Vec<u8> {
        gzip(&self.raw(&[0; 1024]).0)
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
