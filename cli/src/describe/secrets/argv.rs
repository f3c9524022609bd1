//! What a command line calls a credential.

use url::Url;

/// Values by the names that they are given under: `--api-key V`, `--api-key=V`, and passwords and queries in addresses. Which
/// of the names are those of credentials is for the caller to say.
pub(super) fn credentials(argv: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut words = argv.iter().peekable();
    while let Some(word) = words.next() {
        if let Some(option) = word.strip_prefix('-') {
            let option = option.trim_start_matches('-');
            match (option.split_once('='), words.peek()) {
                (Some((name, value)), _) => found.push((variable(name), value.to_owned())),
                (None, Some(next)) if !next.starts_with('-') => {
                    found.push((variable(option), (*next).to_string()))
                }
                _ => {}
            }
        }
        let option = word.strip_prefix('-').and_then(|option| option.split_once('='));
        let address = option.map_or(*word, |(_, value)| value);
        if let Some(url) = address.contains("://").then(|| Url::parse(address).ok()).flatten() {
            found.extend(url.password().map(|password| ("URL_PASSWORD".to_owned(), password.to_owned())));
            found.extend(url.query_pairs().map(|(name, value)| (variable(&name), value.into_owned())));
        }
    }
    found
}

/// An option's name as a variable's.
fn variable(option: &str) -> String {
    option.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_and_addresses_name_their_values() {
        let argv =
            ["server", "--api-key=k", "--password", "p", "--flag", "--x", "https://u:w@h.example/?token=t"];
        let named = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [
            named("api_key", "k"),
            named("password", "p"),
            named("x", "https://u:w@h.example/?token=t"),
            named("URL_PASSWORD", "w"),
            named("token", "t"),
        ];
        assert_eq!(credentials(&argv), expected);
    }
}
