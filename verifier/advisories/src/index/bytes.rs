//! How entries are written: numbers as LEB128, texts and lists behind their lengths.

use super::IndexError;

/// Writes the parts of an entry.
#[derive(Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn number(&mut self, mut number: u64) {
        loop {
            let low = (number & 0x7f) as u8;
            number >>= 7;
            if number == 0 {
                return self.0.push(low);
            }
            self.0.push(low | 0x80);
        }
    }

    pub(super) fn len(&mut self, len: usize) {
        self.number(len as u64);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.len(bytes.len());
        self.0.extend_from_slice(bytes);
    }
}

/// Reads them back. The bytes were held to their digest; whoever made it may still have made nonsense.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'b>(pub(super) &'b [u8]);

impl<'b> Reader<'b> {
    pub(super) fn byte(&mut self) -> Result<u8, IndexError> {
        let (first, rest) = self.0.split_first().ok_or(IndexError::Malformed)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn number(&mut self) -> Result<u64, IndexError> {
        // Most are small.
        if let Some((first @ 0..0x80, rest)) = self.0.split_first() {
            self.0 = rest;
            return Ok(u64::from(*first));
        }
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            let shifted = bits << shift;
            if shifted >> shift != bits {
                return Err(IndexError::Malformed);
            }
            number |= shifted;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(IndexError::Malformed)
    }

    /// A length of a list whose elements have at least one byte each.
    pub(super) fn len(&mut self) -> Result<usize, IndexError> {
        let len = usize::try_from(self.number()?).map_err(|_| IndexError::Malformed)?;
        if len > self.0.len() {
            return Err(IndexError::Malformed);
        }
        Ok(len)
    }

    pub(super) fn text(&mut self) -> Result<&'b str, IndexError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| IndexError::Malformed)
    }

    pub(super) fn bytes(&mut self) -> Result<&'b [u8], IndexError> {
        let len = usize::try_from(self.number()?).map_err(|_| IndexError::Malformed)?;
        self.take(len)
    }

    /// As many bytes as are known to follow.
    pub(super) fn take(&mut self, len: usize) -> Result<&'b [u8], IndexError> {
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(IndexError::Malformed)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn end(self) -> Result<(), IndexError> {
        if self.0.is_empty() { Ok(()) } else { Err(IndexError::Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(number in any::<u64>(), text in any::<String>(), byte in any::<u8>()) {
            let mut writer = Writer::default();
            writer.number(number);
            writer.text(&text);
            writer.byte(byte);
            let mut reader = Reader(&writer.0);
            prop_assert_eq!(reader.number().unwrap(), number);
            prop_assert_eq!(reader.text().unwrap(), &text);
            prop_assert_eq!(reader.byte().unwrap(), byte);
            prop_assert!(reader.end().is_ok());
        }

        #[test]
        fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
            let mut reader = Reader(&bytes);
            while reader.number().is_ok() && reader.text().is_ok() && reader.len().is_ok() {}
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_malformed_before_anything_is_allocated() {
        let mut writer = Writer::default();
        writer.number(u64::MAX);
        assert_eq!(Reader(&writer.0).len(), Err(IndexError::Malformed));
        assert_eq!(Reader(&writer.0).text(), Err(IndexError::Malformed));
        assert_eq!(Reader(&[0xff; 11]).number(), Err(IndexError::Malformed));
    }
}
