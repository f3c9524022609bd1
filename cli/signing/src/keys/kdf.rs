//! How a passphrase becomes a key, and what a file may ask for before we spend time or memory on it.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use pkcs8::pkcs5::{pbes2, scrypt};

use super::KeyError;

/// scrypt N = 2^14: openssl 3.0 refuses more with r = 8 (its memory limit is 32 MiB).
const LOG_N: u8 = 14;
/// scrypt r, the usual block size.
const R: u32 = 8;
/// scrypt p: with N held down by openssl, repetition makes guessing dear. 5 is OWASP's figure for N = 2^14.
const P: u32 = 5;

/// Most memory that a file may ask scrypt for: sixteen times ours.
const MAX_SCRYPT_MEMORY: u64 = 256 << 20;
/// Most work N·r·p: thirteen times ours, about two seconds; RFC 7914's largest example (2^20, 8, 1).
const MAX_SCRYPT_WORK: u64 = 1 << 23;
/// Most PBKDF2 iterations: what RFC 8018 §4.2 calls appropriate for especially critical keys.
const MAX_PBKDF2_ITERATIONS: u32 = 10_000_000;

/// Fresh parameters for a new key file: scrypt and AES-256-CBC.
pub(super) fn fresh() -> Result<pbes2::Parameters, KeyError> {
    let mut salt = [0; 16];
    let mut iv = [0; 16];
    let random = SystemRandom::new();
    random
        .fill(&mut salt)
        .and_then(|()| random.fill(&mut iv))
        .map_err(|_| KeyError::Crypto { what: "random numbers" })?;
    let parameters = || -> Option<pbes2::Parameters> {
        let scrypt = scrypt::Params::new(LOG_N, R, P).ok()?;
        pbes2::Parameters::generate_scrypt_aes256cbc(scrypt, &salt, iv).ok()
    };
    parameters().ok_or(KeyError::Crypto { what: "scrypt parameters" })
}

/// Whether the parameters of a file are ones that we are willing to run.
///
/// # Errors
/// When they cost too much, make no sense, or name a function that is not read here.
pub(super) fn check(parameters: &pbes2::Parameters) -> Result<(), KeyError> {
    match &parameters.kdf {
        pbes2::Kdf::Scrypt(scrypt) => check_scrypt(scrypt),
        pbes2::Kdf::Pbkdf2(pbkdf2) => check_pbkdf2(pbkdf2),
        _ => Err(KeyError::Encryption { found: "an unknown key derivation" }),
    }
}

fn check_scrypt(scrypt: &pbes2::ScryptParams) -> Result<(), KeyError> {
    let n = scrypt.cost_parameter;
    let (r, p) = (u64::from(scrypt.block_size), u64::from(scrypt.parallelization));
    // The crate takes N's logarithm without looking: 0 must not reach it.
    if n < 2 || !n.is_power_of_two() {
        return Err(KeyError::InvalidCost { what: "scrypt N", found: n });
    }
    if r == 0 {
        return Err(KeyError::InvalidCost { what: "scrypt r", found: r });
    }
    if p == 0 {
        return Err(KeyError::InvalidCost { what: "scrypt p", found: p });
    }
    at_most("scrypt memory", n.saturating_mul(r).saturating_mul(128), MAX_SCRYPT_MEMORY)?;
    at_most("scrypt work", n.saturating_mul(r).saturating_mul(p), MAX_SCRYPT_WORK)
}

fn check_pbkdf2(pbkdf2: &pbes2::Pbkdf2Params) -> Result<(), KeyError> {
    if pbkdf2.prf == pbes2::Pbkdf2Prf::HmacWithSha1 {
        return Err(KeyError::Encryption { found: "PBKDF2 and SHA-1" });
    }
    if pbkdf2.iteration_count == 0 {
        return Err(KeyError::InvalidCost { what: "number of PBKDF2 iterations", found: 0 });
    }
    at_most("PBKDF2 iterations", pbkdf2.iteration_count.into(), MAX_PBKDF2_ITERATIONS.into())
}

fn at_most(what: &'static str, found: u64, limit: u64) -> Result<(), KeyError> {
    if found > limit { Err(KeyError::TooCostly { what, found, limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrypt(n: u64, r: u16, p: u16) -> Result<(), KeyError> {
        check_scrypt(&pbes2::ScryptParams {
            salt: [1; 16].as_slice().try_into().unwrap(),
            cost_parameter: n,
            block_size: r,
            parallelization: p,
            key_length: None,
        })
    }

    #[test]
    fn our_own_parameters_pass() {
        assert!(check(&fresh().unwrap()).is_ok());
    }

    #[test]
    fn scrypt_that_would_eat_the_machine_is_refused_unrun() {
        assert!(scrypt(1 << 14, 8, 5).is_ok());
        assert!(scrypt(1 << 18, 8, 1).is_ok());
        for (n, r, p) in [
            (1 << 20, 8, 1),
            (1 << 63, 8, 1),
            (1 << 14, u16::MAX, 1),
            (1 << 14, 8, u16::MAX),
            (1 << 63, u16::MAX, u16::MAX),
        ] {
            assert!(matches!(scrypt(n, r, p), Err(KeyError::TooCostly { .. })), "{n} {r} {p}");
        }
        for (n, r, p) in [(0, 8, 1), (1, 8, 1), (3, 8, 1), (1 << 14, 0, 1), (1 << 14, 8, 0)] {
            assert!(matches!(scrypt(n, r, p), Err(KeyError::InvalidCost { .. })), "{n} {r} {p}");
        }
    }

    #[test]
    fn pbkdf2_is_bounded_and_sha1_refused() {
        let pbkdf2 = |iteration_count, prf| {
            check_pbkdf2(&pbes2::Pbkdf2Params {
                salt: [1; 16].as_slice().try_into().unwrap(),
                iteration_count,
                key_length: None,
                prf,
            })
        };
        assert!(pbkdf2(2048, pbes2::Pbkdf2Prf::HmacWithSha256).is_ok());
        assert!(matches!(
            pbkdf2(10_000_001, pbes2::Pbkdf2Prf::HmacWithSha256),
            Err(KeyError::TooCostly { .. })
        ));
        assert!(matches!(pbkdf2(0, pbes2::Pbkdf2Prf::HmacWithSha512), Err(KeyError::InvalidCost { .. })));
        assert!(matches!(pbkdf2(2048, pbes2::Pbkdf2Prf::HmacWithSha1), Err(KeyError::Encryption { .. })));
    }
}
