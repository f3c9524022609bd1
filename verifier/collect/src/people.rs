//! Who made a package, as its own files say: the names and addresses of authors, or else where the project lives.

use std::collections::BTreeSet;

use mcpsign_schemas::canonical::{Json, Limits};
use mcpsign_schemas::party::{Party, PartyKind};
use mcpsign_schemas::tree::TreePath;

use crate::catalog::{Document, MAX_BYTES};

/// People of one package at the most: some list everybody who ever sent a patch.
const MAX_PEOPLE: usize = 16;

/// The authors that the files at the root of a package name. Of several distributions in one folder, an environment, none:
/// who made one of them did not make the whole.
pub fn authors(documents: &[Document]) -> Vec<Party> {
    let mut found = Vec::new();
    for document in documents {
        let Some(bytes) = document.bytes() else { continue };
        if let Some(read) = reader(&document.path) {
            found.push(read(bytes).unwrap_or_default());
        }
    }
    match found.len() {
        1 => found.remove(0).into_iter().take(MAX_PEOPLE).collect(),
        // npm's manifest in a bundle's folder: the same people twice.
        _ => {
            let all: BTreeSet<Vec<Party>> = found.into_iter().filter(|people| !people.is_empty()).collect();
            let mut all = all.into_iter();
            all.next().filter(|_| all.next().is_none()).unwrap_or_default()
        }
    }
}

/// Reads the people out of one format of file; `None` where it is not of that format.
type Reader = fn(&[u8]) -> Option<Vec<Party>>;

/// What reads a file of this path.
fn reader(path: &TreePath) -> Option<Reader> {
    match path.as_str() {
        "package.json" | "manifest.json" => Some(of_json),
        "Cargo.toml" => Some(of_cargo),
        "PKG-INFO" => Some(of_metadata),
        other => {
            let in_root = other.strip_suffix("/METADATA").is_some_and(|folder| !folder.contains('/'));
            in_root.then_some(of_metadata)
        }
    }
}

/// package.json, and the manifest.json of a bundle: `author`, `maintainers`, or else the project's page.
fn of_json(bytes: &[u8]) -> Option<Vec<Party>> {
    let json = Json::parse(bytes, Limits::bytes(MAX_BYTES)).ok()?;
    let maintainers = json.get("maintainers").and_then(Json::as_array).unwrap_or_default();
    let people = json.get("author").into_iter().chain(maintainers).filter_map(person).collect();
    let page = |key: &str| match json.get(key)? {
        Json::String(url) => Some(url.clone()),
        object => object.get("url")?.as_str().map(str::to_owned),
    };
    Some(reachable(people, [page("repository"), page("homepage")]))
}

/// npm's person: a string, or an object of the same.
fn person(json: &Json) -> Option<Party> {
    match json {
        Json::String(text) => Party::parse(text),
        object => {
            let text = |key: &str| object.get(key).and_then(Json::as_str);
            let mut whole = text("name").unwrap_or_default().to_owned();
            for (value, open, close) in [(text("email"), '<', '>'), (text("url"), '(', ')')] {
                if let Some(value) = value {
                    whole = format!("{whole} {open}{value}{close}");
                }
            }
            Party::parse(&whole)
        }
    }
}

fn of_cargo(bytes: &[u8]) -> Option<Vec<Party>> {
    let file: toml::Table = toml::from_str(str::from_utf8(bytes).ok()?).ok()?;
    let package = file.get("package")?;
    let authors = package.get("authors").and_then(toml::Value::as_array);
    let people = authors.into_iter().flatten().filter_map(|one| Party::parse(one.as_str()?)).collect();
    let page = |key: &str| Some(package.get(key)?.as_str()?.to_owned());
    Some(reachable(people, [page("repository"), page("homepage")]))
}

/// Core metadata of a Python distribution: of its headers those that name people and the project's page.
fn of_metadata(bytes: &[u8]) -> Option<Vec<Party>> {
    let text = str::from_utf8(bytes).ok()?;
    let headers = text.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(": "));
    let (mut people, mut named, mut pages) = (Vec::new(), Vec::new(), [None, None]);
    for (name, value) in headers {
        match name.to_ascii_lowercase().as_str() {
            "author-email" | "maintainer-email" => people.extend(value.split(", ").filter_map(Party::parse)),
            "author" | "maintainer" => named.extend(Party::parse(value)),
            "home-page" => pages[0] = Some(value.trim().to_owned()),
            "project-url" => {
                let (label, url) = value.split_once(", ").unwrap_or(("", value));
                let of_project = ["homepage", "repository", "source", "source code"];
                if pages[1].is_none() && of_project.contains(&label.to_ascii_lowercase().as_str()) {
                    pages[1] = Some(url.trim().to_owned());
                }
            }
            _ => {}
        }
    }
    Some(reachable(if people.is_empty() { named } else { people }, pages))
}

/// Whoever has no address is joined by the project, where that has one.
fn reachable(mut people: Vec<Party>, pages: [Option<String>; 2]) -> Vec<Party> {
    if people.iter().all(|party| party.email.is_none() && party.url.is_none()) {
        let clean = |page: &String| {
            let page = page.strip_prefix("git+").unwrap_or(page);
            Party::parse(page).filter(|party| party.kind == PartyKind::Organization && party.url.is_some())
        };
        people.extend(pages.iter().flatten().find_map(clean));
    }
    people
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Content;
    use mcpsign_schemas::digest::Sha256Digest;

    fn people(path: &str, text: &str) -> Vec<(Option<String>, Option<String>, Option<String>)> {
        let document = Document {
            path: TreePath::try_from(path.as_bytes()).unwrap(),
            sha256: Sha256Digest::of(text.as_bytes()),
            content: Content::Bytes(text.as_bytes().to_vec()),
        };
        authors(&[document]).into_iter().map(|party| (party.name, party.email, party.url)).collect()
    }

    #[test]
    fn each_ecosystem_names_its_people() {
        let ann = (Some("Ann".to_owned()), Some("ann@acme.example".to_owned()), None);
        let page = (None, None, Some("https://git.example/acme/files.git".to_owned()));
        for (path, text, expected) in [
            ("package.json", r#"{"author":"Ann <ann@acme.example>"}"#, vec![ann.clone()]),
            ("package.json", r#"{"author":{"name":"Ann","email":"ann@acme.example"}}"#, vec![ann.clone()]),
            (
                "package.json",
                r#"{"repository":{"type":"git","url":"git+https://git.example/acme/files.git"}}"#,
                vec![page.clone()],
            ),
            ("Cargo.toml", "[package]\nauthors = [\"Ann <ann@acme.example>\"]", vec![ann.clone()]),
            (
                "Cargo.toml",
                "[package]\nrepository = \"https://git.example/acme/files.git\"",
                vec![page.clone()],
            ),
            (
                "files-1.dist-info/METADATA",
                "Name: files\nAuthor-email: Ann <ann@acme.example>\n\nAuthor: x",
                vec![ann],
            ),
            (
                "PKG-INFO",
                "Name: files\nProject-URL: Repository, https://git.example/acme/files.git\n",
                vec![page],
            ),
            ("package.json", "{}", vec![]),
            ("package.json", "{", vec![]),
            ("package-lock.json", r#"{"author":"Ann"}"#, vec![]),
        ] {
            assert_eq!(people(path, text), expected, "{path} {text}");
        }
    }
}
