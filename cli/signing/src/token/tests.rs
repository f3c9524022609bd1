use super::*;

/// A token with these claims; whoever wants to know whether it is genuine must ask its issuer.
pub(crate) fn token(claims: &str) -> IdentityToken {
    IdentityToken::parse(Zeroizing::new(encoded(claims))).unwrap()
}

pub(crate) fn encoded(claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"ES256"}"#), part(claims), part("signature"))
}

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

const GOOD: &str =
    r#"{"iss":"https://issuer.example","sub":"s","aud":"sigstore","exp":1800000300,"iat":1799999990}"#;

fn judged(claims: &str) -> Result<(), TokenError> {
    token(claims).judge(Expected { audience: "sigstore", issuer: None }, now())
}

fn with(member: &str, value: &str) -> String {
    let mut claims: serde_json::Value = serde_json::from_str(GOOD).unwrap();
    claims[member] = serde_json::from_str(value).unwrap();
    claims.to_string()
}

#[test]
fn what_is_no_token_is_refused_without_quoting_it() {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let signed = |claims: &str| format!("{}.{claims}.{}", part("{}"), part("SECRET"));
    let good = encoded(GOOD);
    for (raw, error) in [
        (&*format!("\"{good}\""), TokenError::Shape),
        (&format!("\u{feff}{good}"), TokenError::Shape),
        (&format!("{good}\""), TokenError::Shape),
        (&good.replacen("eyJ", "SECRET", 1), TokenError::Shape),
        ("", TokenError::Shape),
        ("SECRET", TokenError::Shape),
        ("SECRET.SECRET", TokenError::Shape),
        ("SECRET.SECRET.SECRET.SECRET", TokenError::Shape),
        ("SECRET.S=.SECRET", TokenError::Shape),
        ("..", TokenError::Shape),
        (&signed(&part("SECRET")), TokenError::Claims),
        (&signed(&part(r#"{"iss":"a","iss":"b"}"#)), TokenError::Claims),
        (&signed(&part("[]")), TokenError::Missing { claim: "iss" }),
        (&signed(&part(r#"{"iss":"a","sub":""}"#)), TokenError::Missing { claim: "sub" }),
        (&signed(&part(r#"{"iss":"a","sub":"b"}"#)), TokenError::Missing { claim: "exp" }),
        (&signed(&part(r#"{"iss":"a","sub":"b","exp":"1"}"#)), TokenError::Missing { claim: "exp" }),
        (&"a".repeat(MAX_TOKEN + 1), TokenError::TooLarge { limit: MAX_TOKEN }),
    ] {
        let found = IdentityToken::parse(Zeroizing::new(raw.to_owned())).unwrap_err();
        assert_eq!(found, error, "{raw}");
        assert!(!found.to_string().contains("SECRET"));
    }
}

#[test]
fn a_token_is_for_us_of_whom_it_should_be_and_counts_now() {
    assert_eq!(judged(GOOD), Ok(()));
    assert_eq!(judged(&with("aud", r#"["a","sigstore"]"#)), Ok(()));
    for aud in [r#""Sigstore""#, r#"["a"]"#, "[]", "null", "1"] {
        assert!(matches!(judged(&with("aud", aud)), Err(TokenError::Audience { .. })), "{aud}");
    }
    for iss in ["http://issuer.example", "issuer.example", "http://127.0.0.1.example", "file:///x"] {
        let claims = with("iss", &format!("\"{iss}\""));
        assert!(matches!(judged(&claims), Err(TokenError::IssuerAddress { .. })), "{iss}");
    }
    assert_eq!(judged(&with("iss", r#""http://127.0.0.1:9/login""#)), Ok(()));
    let other = Expected { audience: "sigstore", issuer: Some("https://other.example") };
    assert!(matches!(token(GOOD).judge(other, now()), Err(TokenError::Issuer { .. })));
    let same = Expected { audience: "sigstore", issuer: Some("https://issuer.example/") };
    assert_eq!(token(GOOD).judge(same, now()), Ok(()));
    assert_eq!(judged(&with("exp", "1800000300.75")), Ok(()));
    for end in ["1799999999", "1800000004.9", "1800000000", "1800000004", "0", "-1"] {
        assert!(matches!(judged(&with("exp", end)), Err(TokenError::Expired { .. })), "{end}");
    }
    for claim in ["iat", "nbf"] {
        assert!(matches!(judged(&with(claim, "1800000061")), Err(TokenError::NotYet { .. })), "{claim}");
        assert_eq!(judged(&with(claim, "1800000060")), Ok(()));
        assert_eq!(judged(&with(claim, "1799999990.5")), Ok(()));
        for bad in ["1e300", "true", "\"1\""] {
            assert_eq!(judged(&with(claim, bad)), Err(TokenError::Missing { claim }), "{bad}");
        }
    }
}

#[test]
fn an_address_counts_where_its_issuer_verified_it() {
    let email = |verified: &str| {
        let claims = with("email", r#""dev@acme.example""#);
        let mut claims: serde_json::Value = serde_json::from_str(&claims).unwrap();
        claims["email_verified"] = serde_json::from_str(verified).unwrap();
        judged(&claims.to_string())
    };
    assert_eq!(email("true"), Ok(()));
    assert_eq!(email("\"true\""), Ok(()));
    for bad in ["false", "null", "1", "\"yes\""] {
        assert_eq!(email(bad), Err(TokenError::EmailUnverified), "{bad}");
    }
}

#[test]
fn a_token_is_not_printed() {
    let token = token(GOOD);
    let shown = format!("{token:?}");
    assert!(!token.secret().split('.').any(|part| shown.contains(part)), "{shown}");
}
