// What has not passed the verifier cannot be published.
fn forge(files: Vec<Vec<Vec<u8>>>) -> mcpsign_signing::check::Checked {
    mcpsign_signing::check::Checked { files, dropped: 0 }
}

fn main() {}
