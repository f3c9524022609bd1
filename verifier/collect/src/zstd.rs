//! What zstd compressed (RFC 8878): frames one after another, and among them some that are no content.

use std::io::{self, BufRead, ErrorKind, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Whether what begins so is a frame, or one that is passed over.
pub(crate) fn is_frame(head: &[u8]) -> bool {
    matches!(head, [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// Inflates frame after frame. A window has at most 128 MiB, as with zstd itself where nobody asks for more.
pub(crate) struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
    is_open: bool,
}

impl<R: BufRead> Frames<R> {
    pub(crate) fn new(source: R) -> Self {
        Self { source, decoder: FrameDecoder::new(), is_open: false }
    }

    /// Begins with the next frame that has content; whether there is one.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    if io::copy(&mut (&mut self.source).take(length), &mut io::sink())? < length {
                        return Err(ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !out.is_empty() {
            if !self.is_open && !self.begin()? {
                break;
            }
            self.is_open = true;
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.source, one).map_err(io::Error::other)?;
            }
            let length = self.decoder.read(out)?;
            if length > 0 {
                return Ok(length);
            }
            self.is_open = false;
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    /// `printf 'hello hello hello hello\n' | zstd -19 --no-check`.
    const BY_ZSTD: &[u8] =
        b"\x28\xb5\x2f\xfd\x00\x68\x6d\x00\x00\x38\x68\x65\x6c\x6c\x6f\x20\x0a\x01\x00\x99\x4b\x11";

    fn inflated(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        Frames::new(bytes).read_to_end(&mut out).map(|_| out)
    }

    #[test]
    fn frames_follow_each_other() {
        let frame = |bytes: &[u8]| compress_to_vec(bytes, CompressionLevel::Fastest);
        let skipped = [b"\x5a\x2a\x4d\x18\x03\0\0\0".as_slice(), b"xyz"].concat();
        let large = vec![7; 300_000];
        let all = [&skipped, BY_ZSTD, &frame(b""), &skipped, &frame(&large), &skipped].concat();
        assert!(is_frame(&all) && is_frame(BY_ZSTD) && !is_frame(b"") && !is_frame(b"\x1f\x8b\x08\0"));
        assert_eq!(inflated(&all).unwrap(), [b"hello hello hello hello\n".as_slice(), &large].concat());
        assert_eq!(inflated(b"").unwrap(), b"");
    }

    #[test]
    fn what_is_cut_off_or_no_frame_is_an_error() {
        let skipped = b"\x5a\x2a\x4d\x18\x03\0\0\0xy".as_slice();
        let [cut, garbage] = [&BY_ZSTD[..BY_ZSTD.len() - 1], &[BY_ZSTD, b"x"].concat()];
        for bytes in [skipped, cut, garbage, b"\x28\xb5\x2f\xfd", b"no frame"] {
            assert!(inflated(bytes).is_err(), "{bytes:?}");
        }
    }
}
