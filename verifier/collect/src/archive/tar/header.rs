//! What of a header two readers could take differently.
//!
//! Python's reader ends silently at a header with a number that it does not understand; others pass over fields that
//! they do not need. Node's takes the digits that it finds, Python's takes signs and underscores.

use std::ops::Range;

/// The numbers of a header: what, where, and whether one can be larger than its octal digits say (base 256).
const NUMBERS: [(&str, Range<usize>, Base256); 8] = [
    ("mode", 100..108, Base256::Refused),
    ("uid", 108..116, Base256::Taken),
    ("gid", 116..124, Base256::Taken),
    // Eleven digits are eight GiB, more than is read.
    ("size", 124..136, Base256::Refused),
    ("mtime", 136..148, Base256::Taken),
    ("checksum", 148..156, Base256::Refused),
    ("device number", 329..337, Base256::Refused),
    ("device number", 337..345, Base256::Refused),
];

/// Where POSIX puts the first part of a long name.
const PREFIX: Range<usize> = 345..500;

/// Where it says that it does: magic and version.
const MAGIC: Range<usize> = 257..265;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Base256 {
    Taken,
    Refused,
}

/// Whether a block has the checksum that a header states.
pub(crate) fn is_header(block: &[u8; 512]) -> bool {
    let mut header = tar::Header::new_old();
    header.as_mut_bytes().copy_from_slice(block);
    let sum = |bytes: &[u8]| bytes.iter().map(|&b| u32::from(b)).sum::<u32>();
    // Its own field counts as spaces.
    let stated = header.cksum();
    stated.is_ok_and(|stated| stated == sum(block) - sum(&block[148..156]) + 8 * u32::from(b' '))
}

/// What is wrong with a header.
pub(super) fn check(header: &[u8; 512]) -> Result<(), &'static str> {
    for (what, at, base_256) in NUMBERS {
        let field = &header[at];
        // The first byte 0x80, or 0xff of negative ones (times before 1970).
        let is_binary = field[0] & 0x80 != 0;
        if !(is_octal(field) || is_binary && base_256 == Base256::Taken) {
            return Err(match what {
                "size" => "a size that readers take differently",
                _ => "a number that readers take differently",
            });
        }
    }
    // Python's reader sees it whatever the magic says.
    if &header[MAGIC] != b"ustar\x0000" && header[PREFIX].iter().any(|&b| b != 0) {
        return Err("the first part of a name that some readers do not see");
    }
    Ok(())
}

/// Spaces, octal digits, then spaces and zero bytes; or nothing.
fn is_octal(field: &[u8]) -> bool {
    let start = field.iter().position(|&b| b != b' ').unwrap_or(field.len());
    let digits = field[start..].iter().take_while(|b| matches!(b, b'0'..=b'7')).count();
    field[start + digits..].iter().all(|b| matches!(b, b' ' | 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(at: usize, bytes: &[u8]) -> Result<(), &'static str> {
        let mut header = *tar::Header::new_ustar().as_bytes();
        header[at..at + bytes.len()].copy_from_slice(bytes);
        check(&header)
    }

    #[test]
    fn what_real_tools_write() {
        assert_eq!(check(tar::Header::new_gnu().as_bytes()), Ok(()));
        assert_eq!(check(tar::Header::new_old().as_bytes()), Ok(()));
        for field in [&b"00000000005\0"[..], b"          5 ", b"5\0\0\0\0\0\0\0\0\0\0\0"] {
            assert_eq!(with(124, field), Ok(()));
        }
        // A large owner in base 256, a time before 1970, a long name in two parts.
        assert_eq!(with(108, b"\x80\0\0\0\0\x20\0\0"), Ok(()));
        assert_eq!(with(136, &[0xff; 12]), Ok(()));
        assert_eq!(with(345, b"package/a"), Ok(()));
    }

    #[test]
    fn b49_numbers_that_readers_take_differently() {
        for field in [
            &b"\x80\0\0\0\0\0\0\0\0\0\0\x05"[..],
            &[0xff; 12],
            b"0000000001_0",
            b"-0000000001\0",
            b"+5\0",
            b"0o5\0",
            b"5x\0",
        ] {
            assert_eq!(with(124, field), Err("a size that readers take differently"), "{field:?}");
        }
        assert_eq!(with(116, b"zzzz"), Err("a number that readers take differently"));
        assert_eq!(with(148, b"0x12\0"), Err("a number that readers take differently"));
        assert_eq!(with(329, b"9"), Err("a number that readers take differently"));
        assert_eq!(with(100, b"0\x00644"), Err("a number that readers take differently"));
    }

    #[test]
    fn b49_a_prefix_without_posix_magic() {
        let mut header = *tar::Header::new_gnu().as_bytes();
        header[345] = b'x';
        assert_eq!(check(&header), Err("the first part of a name that some readers do not see"));
        assert_eq!(with(263, b"01"), Ok(()));
    }
}
