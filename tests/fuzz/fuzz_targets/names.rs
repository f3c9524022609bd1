//! libFuzzer's way into the target `names` of `mcpsign_tests::targets`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| (mcpsign_tests::targets::target("names").run)(input));
