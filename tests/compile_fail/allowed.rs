// Nothing but `decide` makes an `Allow`.
fn main() {
    let _ = mcpsign_verifier::Verdict::Allow(mcpsign_verifier::Allowed(()));
}
