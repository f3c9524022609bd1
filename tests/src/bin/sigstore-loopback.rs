//! Runs a whole Sigstore on loopback until its input ends.
//!
//! ```text
//! sigstore-loopback "$(tests/sigstore/install.sh)"
//! ```
//!
//! The first line on stdout says in JSON where its files and issuers are.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(installed), None) = (arguments.next(), arguments.next()) else {
        let _ = writeln!(
            std::io::stderr(),
            "usage: sigstore-loopback DIR (printed by tests/sigstore/install.sh)"
        );
        return ExitCode::from(2);
    };
    match mcpsign_tests::sigstore::run(
        Path::new(&installed),
        std::io::stdin().lock(),
        std::io::stdout().lock(),
    ) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
