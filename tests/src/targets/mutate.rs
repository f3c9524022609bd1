//! A small mutator, for where there is no fuzzer: the same inputs in every run.

/// Numbers without end out of one; the same for the same seed.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// From this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `limit`; 0 where that is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit.max(1)
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap_or(0)
    }
}

/// Words that formats care about.
const WORDS: [&[u8]; 20] = [
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{}",
    b"[]",
    b"null",
    b"1e400",
    b"-0",
    b"\n",
    b"\r\n",
    b"\0",
    b"../",
    b"/",
    b"\xff",
    b"\xef\xbb\xbf",
    b"ustar",
    b"0000000",
    b"PK\x05\x06",
    b"\x1f\x8b",
];

/// `input` with one to four changes; `other` is what parts are taken from.
pub fn mutated(input: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = (at + 1 + random.below(64)).min(bytes.len());
        match random.below(9) {
            0 => flip(&mut bytes, at, random),
            1 => set(&mut bytes, at, random.byte()),
            2 => drop(bytes.drain(at.min(end)..end)),
            3 => drop(bytes.splice(at..at, WORDS[random.below(WORDS.len())].iter().copied())),
            4 => {
                let copy = bytes.get(at..end).unwrap_or_default().to_vec();
                let to = random.below(bytes.len() + 1);
                drop(bytes.splice(to..to, copy));
            }
            5 => bytes.truncate(at),
            6 => {
                let from = random.below(other.len());
                let part =
                    other.get(from..(from + 1 + random.below(256)).min(other.len())).unwrap_or_default();
                drop(bytes.splice(at..at, part.iter().copied()));
            }
            7 => {
                let digit = bytes.iter().skip(at).position(u8::is_ascii_digit);
                let digit = digit.map_or(at, |offset| at + offset);
                set(&mut bytes, digit, b'0' + random.byte() % 10);
            }
            _ => bytes.get_mut(at.min(end)..end).unwrap_or_default().fill(random.byte()),
        }
    }
    bytes
}

fn flip(bytes: &mut [u8], at: usize, random: &mut Random) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
}

fn set(bytes: &mut [u8], at: usize, value: u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = value;
    }
}
