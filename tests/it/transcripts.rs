//! `tests/cmd`: what commands print, to the letter, with their exit codes; one after the other in `*.trycmd`, in a folder of their
//! own.

#[test]
fn commands_print_what_their_transcripts_say() {
    trycmd::TestCases::new()
        .register_bin("mcpsign", &*crate::support::mcpsign())
        .case("cmd/*.toml")
        .case("cmd/*.trycmd");
}
