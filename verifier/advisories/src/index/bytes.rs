//! How entries are written: numbers as LEB128, texts and lists behind their lengths.

use super::Malformed;

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
    #[inline]
    pub(super) fn byte(&mut self) -> Result<u8, Malformed> {
        let (first, rest) = self.0.split_first().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*first)
    }

    #[inline]
    pub(super) fn number(&mut self) -> Result<u64, Malformed> {
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
                return Err(Malformed);
            }
            number |= shifted;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Malformed)
    }

    /// Passes over a number.
    #[inline]
    pub(super) fn skip_number(&mut self) -> Result<(), Malformed> {
        // The bit that its last byte alone has not, in eight bytes at once.
        const MORE: u64 = u64::from_le_bytes([0x80; 8]);
        let last = match self.0.first_chunk().map(|bytes| !u64::from_le_bytes(*bytes) & MORE) {
            Some(ends) if ends > 0 => ends.trailing_zeros() as usize / 8,
            _ => self.0.iter().position(|byte| byte & 0x80 == 0).ok_or(Malformed)?,
        };
        self.take(last + 1).map(drop)
    }

    /// A length of a list whose elements have at least one byte each.
    pub(super) fn len(&mut self) -> Result<usize, Malformed> {
        let len = usize::try_from(self.number()?).map_err(|_| Malformed)?;
        if len > self.0.len() {
            return Err(Malformed);
        }
        Ok(len)
    }

    #[inline]
    pub(super) fn text(&mut self) -> Result<&'b str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }

    #[inline]
    pub(super) fn bytes(&mut self) -> Result<&'b [u8], Malformed> {
        let len = usize::try_from(self.number()?).map_err(|_| Malformed)?;
        self.take(len)
    }

    /// As many bytes as are known to follow.
    #[inline]
    pub(super) fn take(&mut self, len: usize) -> Result<&'b [u8], Malformed> {
        let (bytes, rest) = self.0.split_at_checked(len).ok_or(Malformed)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn end(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
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

        #[test]
        fn what_is_passed_over_ends_where_it_is_read(bytes in any::<Vec<u8>>()) {
            let (mut read, mut passed) = (Reader(&bytes), Reader(&bytes));
            while read.number().is_ok() {
                prop_assert_eq!(passed.skip_number(), Ok(()));
                prop_assert_eq!(passed.0, read.0);
            }
        }
    }

    #[test]
    fn a_length_beyond_the_end_is_malformed_before_anything_is_allocated() {
        let mut writer = Writer::default();
        writer.number(u64::MAX);
        assert_eq!(Reader(&writer.0).len(), Err(Malformed));
        assert_eq!(Reader(&writer.0).text(), Err(Malformed));
        assert_eq!(Reader(&[0xff; 11]).number(), Err(Malformed));
    }
}
