//! What stands in a JSON string as it is.

/// Bytes of a string that are looked at at once.
pub(super) const RUN: usize = 16;
/// The same where it is long.
const LONG: usize = 4 * RUN;

/// Length of the run of bytes up to a quote, a backslash or a control; both its ends are beside ASCII.
pub(super) fn run(bytes: &[u8]) -> usize {
    let stop = |byte: &u8| matches!(byte, 0..0x20 | b'"' | b'\\');
    // Payloads and proofs are long runs: looked at many bytes at once, which the compiler makes of this.
    let clean = |chunk: &&[u8]| !chunk.iter().fold(false, |stops, byte| stops | stop(byte));
    let clean_of = |bytes: &[u8], size: usize| bytes.chunks_exact(size).take_while(clean).count() * size;
    let long = clean_of(bytes, LONG);
    let run = long + clean_of(&bytes[long..], RUN);
    bytes[run..].iter().position(stop).map_or(bytes.len(), |length| run + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_ends_before_the_first_byte_that_is_escaped_wherever_it_stands() {
        for length in 0..LONG + 2 * RUN {
            let plain = "é~".repeat(length);
            let plain = &plain.as_bytes()[..length];
            assert_eq!(run(plain), length);
            for stop in [0, 0x1f, b'"', b'\\'] {
                assert_eq!(run(&[plain, &[stop], b"\"tail"].concat()), length, "{stop}");
            }
        }
    }
}
