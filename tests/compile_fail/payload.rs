// What a bundle says is out of reach before somebody vouched for it.
fn peek(unverified: &mcpsign_verifier::Unverified) -> &mcpsign_schemas::statement::Statement {
    unverified.statement()
}

fn peek_again(authenticated: &mcpsign_verifier::Authenticated) -> &mcpsign_schemas::statement::Statement {
    authenticated.statement()
}

fn main() {}
