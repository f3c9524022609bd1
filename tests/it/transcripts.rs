//! `tests/cmd/*.toml`: what commands print, to the letter, with their exit codes.

#[test]
fn commands_print_what_their_transcripts_say() {
    trycmd::TestCases::new().register_bin("mcpsign", &*crate::support::mcpsign()).case("cmd/*.toml");
}
