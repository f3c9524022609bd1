// What has not passed the verifier cannot be published.
fn forge(lines: Vec<String>) -> mcpsign_signing::check::Checked {
    mcpsign_signing::check::Checked { lines }
}

fn main() {}
