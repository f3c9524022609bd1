// What has not passed the verifier cannot be published.
fn forge(signed: Vec<mcpsign_signing::Signed>) -> mcpsign_signing::Checked {
    mcpsign_signing::Checked { signed }
}

fn main() {}
