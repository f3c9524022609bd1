//! Buffers that the kernel fills quickly.

/// A page: what the kernel copies from. Copying to an address aligned alike takes a quarter less time than to where
/// an allocation of that size usually starts.
const PAGE: usize = 4096;

/// A buffer of a fixed length that starts at a page.
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    length: usize,
}

impl Buffer {
    pub(crate) fn new(length: usize) -> Self {
        let bytes = vec![0; length + PAGE];
        // Never moved: the vector does not grow.
        let start = bytes.as_ptr().align_offset(PAGE).min(PAGE);
        Self { bytes, start, length }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..self.start + self.length]
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.start + self.length]
    }
}
