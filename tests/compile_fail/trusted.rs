// A trusted statement comes from `Authenticated::attribute` alone.
fn forge(evidence: mcpsign_schemas::finding::EvidenceRef) -> mcpsign_verifier::Trusted {
    mcpsign_verifier::Trusted { evidence }
}

fn main() {}
