// A trusted statement comes from `Authenticated::attribute` alone.
fn forge(statement: mcpsign_schemas::statement::Statement) -> mcpsign_verifier::Trusted {
    mcpsign_verifier::Trusted { statement }
}

fn main() {}
