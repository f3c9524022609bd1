//! Sealed types stay sealed: none of `tests/compile_fail/` compiles, and for the reason that its `.stderr` states.

#[test]
fn no_rung_of_the_ladder_can_be_made_from_outside() {
    trybuild::TestCases::new().compile_fail("compile_fail/*.rs");
}
