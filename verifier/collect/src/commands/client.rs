//! Which servers an MCP client's configuration names, and how each is started.
//!
//! Clients agree on little: a table or list of servers, under one of a few names (`mcpServers`, `servers`, …), each with a
//! command and its arguments, or with an address. What stands in the environment or behind an option is not kept: it may be
//! secret.

use std::borrow::Cow;

use mcpsign_schemas::canonical::{Json, JsonError, Limits};

use super::{Behind, CommandError, Launched, read, shell};
use crate::catalog::{CatalogError, yaml};

/// Bytes of a configuration at the most. One client keeps its history in the same file, of some MiB.
pub const MAX_BYTES: usize = 32 << 20;

/// A server of a configuration, or a line of a list of commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// As the configuration calls it; of a list the number of the line.
    pub name: String,
    /// What is started, or why that is no reference.
    pub started: Behind,
}

/// What a client starts or speaks to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// A package or image.
    Launched(Box<Launched>),
    /// A server at an address: scheme, host and path of it, nothing that may be secret.
    Remote(String),
}

/// Bytes that are no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not JSON, with comments and commas at the end of lists or without.
    #[error("the configuration is not JSON that can be read")]
    Json(#[source] JsonError),
    /// Not TOML.
    #[error("the configuration is not TOML that can be read")]
    Toml(#[source] toml::de::Error),
    /// No text.
    #[error("it is neither a configuration nor a list of commands")]
    Text,
    /// Not YAML, or YAML that two readers could take differently.
    #[error("the configuration is not YAML that can be read")]
    Yaml(#[source] CatalogError),
    /// None of the tables of servers that are known.
    #[error("the configuration has no table of servers")]
    NoServers,
    /// A server that is none.
    #[error("the server `{0}` has neither a command nor an address")]
    Server(String),
}

/// The servers that `bytes` name: a client's configuration as JSON, YAML or TOML, or one command a line.
///
/// # Errors
/// See [`ClientError`]: one server that is not understood is no reason to keep quiet about it.
pub fn servers(bytes: &[u8]) -> Result<Vec<Server>, ClientError> {
    let text = str::from_utf8(bytes).map_err(|_| ClientError::Text)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if ["{", "//", "/*"].iter().any(|start| text.trim_start().starts_with(start)) {
        return of_configuration(&commented(text)?);
    }
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).peekable();
    if lines.peek().is_some_and(|(_, line)| is_yaml(line)) {
        return of_yaml(text);
    }
    if text.lines().any(|line| line.trim_start().starts_with('[')) {
        let table: toml::Table = toml::from_str(text).map_err(ClientError::Toml)?;
        let json = Json::from_serialize(&table).map_err(ClientError::Json)?;
        return of_configuration(&json);
    }
    let commands: Vec<_> = lines.collect();
    if commands.iter().any(|(_, line)| is_yaml(line)) {
        return of_yaml(text);
    }
    Ok(commands
        .into_iter()
        .map(|(at, line)| Server { name: at.to_string(), started: of_line(line) })
        .collect())
}

/// Every document of a file in YAML is a configuration.
fn of_yaml(text: &str) -> Result<Vec<Server>, ClientError> {
    let documents = yaml::documents(text.as_bytes()).map_err(ClientError::Yaml)?;
    let servers: Vec<_> =
        documents.into_iter().map(|document| of_configuration(&document.into())).collect::<Result<_, _>>()?;
    Ok(servers.into_iter().flatten().collect())
}

/// Whether a line is none of a list of commands: no program is called `-`, or by a name that ends in a colon.
fn is_yaml(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    first == "-" || first == "---" || first.ends_with(':')
}

/// JSON as editors keep their settings: with comments, and a comma behind the last of a list.
fn commented(text: &str) -> Result<Json, ClientError> {
    let parse = |bytes: &[u8]| Json::parse(bytes, Limits::bytes(MAX_BYTES)).map_err(ClientError::Json);
    parse(text.as_bytes()).or_else(|error| {
        let mut plain = text.as_bytes().to_vec();
        json_strip_comments::strip_slice(&mut plain).map_err(|_| error)?;
        parse(&plain)
    })
}

fn of_line(line: &str) -> Behind {
    let words = shell::plain(line)?;
    started(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What a command starts, also where it is an address.
///
/// # Errors
/// As [`read`].
pub fn started(argv: &[&str]) -> Behind {
    match argv {
        [only] if remote(only).is_some() => Ok(Started::Remote(remote(only).unwrap_or_default())),
        argv => read(argv).map(|launched| Started::Launched(Box::new(launched))),
    }
}

fn of_configuration(json: &Json) -> Result<Vec<Server>, ClientError> {
    let mut tables = Vec::new();
    tables_of(json, &mut tables);
    for project in json.get("projects").and_then(Json::as_object).iter().flat_map(|all| all.iter()) {
        tables_of(project.1, &mut tables);
    }
    if tables.is_empty() {
        return Err(ClientError::NoServers);
    }
    tables.into_iter().flatten().map(|(name, server)| of_server(&name, server)).collect()
}

/// Servers by name.
type Table<'j> = Vec<(Cow<'j, str>, &'j Json)>;

/// A table of servers, or a list of them: those have their names in them, or else the number of their place.
fn table(json: &Json) -> Option<Table<'_>> {
    fn named((at, server): (usize, &Json)) -> (Cow<'_, str>, &Json) {
        let name = server.get("name").and_then(Json::as_str);
        (name.map_or_else(|| Cow::Owned((at + 1).to_string()), Cow::Borrowed), server)
    }
    match json {
        Json::Object(table) => {
            Some(table.iter().map(|(name, server)| (Cow::Borrowed(name), server)).collect())
        }
        Json::Array(list) => Some(list.iter().enumerate().map(named).collect()),
        _ => None,
    }
}

/// The tables of servers that stand in an object, by the names that clients have for them.
fn tables_of<'j>(json: &'j Json, tables: &mut Vec<Table<'j>>) {
    for (key, value) in json.as_object().iter().flat_map(|object| object.iter()) {
        let inner = |name: &str| value.get(name);
        let servers = match key {
            "mcpServers" | "servers" | "context_servers" | "mcp_servers" => Some(value),
            "mcp" => inner("servers").or_else(|| inner("mcpServers")).or(Some(value)),
            "extensions" if are_typed(value) => Some(value),
            // A setting of a client within those of its host: `amp.mcpServers`.
            other if other.ends_with(".mcpServers") => Some(value),
            _ => None,
        };
        tables.extend(servers.and_then(table));
    }
}

/// Whether each of them says of which kind it is, as in a table of extensions that are servers.
fn are_typed(json: &Json) -> bool {
    let is_typed = |one: &Json| one.get("type").is_some_and(|ty| ty.as_str().is_some());
    json.as_object().is_some_and(|all| all.iter().all(|(_, one)| is_typed(one)))
}

fn of_server(name: &str, server: &Json) -> Result<Server, ClientError> {
    let refused = || ClientError::Server(name.to_owned());
    let address =
        ["url", "serverUrl", "httpUrl", "uri"].iter().find_map(|member| server.get(member)?.as_str());
    let command = server.get("command").or_else(|| server.get("cmd"));
    let is_part = || {
        let text = |member| server.get(member).and_then(Json::as_str);
        text("source") == Some("extension")
            || matches!(text("type"), Some("builtin" | "platform" | "frontend"))
    };
    let started = match (command, address) {
        (Some(command), _) => {
            // One client keeps both in an object.
            let (command, of) = match command.get("path") {
                Some(path) => (path, command),
                None => (command, server),
            };
            let (mut argv, arguments) = match command.as_array() {
                Some(argv) => (strings(argv).ok_or_else(refused)?, &[][..]),
                None => {
                    let arguments =
                        of.get("args").map(|args| args.as_array().ok_or_else(refused)).transpose()?;
                    (vec![command.as_str().ok_or_else(refused)?], arguments.unwrap_or_default())
                }
            };
            argv.extend(strings(arguments).ok_or_else(refused)?);
            of_command(&argv)
        }
        (None, Some(address)) => Ok(Started::Remote(remote(address).ok_or_else(refused)?)),
        (None, None) if is_part() => Err(CommandError::Extension),
        (None, None) if server.get("code").is_some_and(|code| code.as_str().is_some()) => {
            Err(CommandError::Code)
        }
        (None, None) => return Err(refused()),
    };
    Ok(Server { name: name.to_owned(), started })
}

/// Some write the whole command where its program stands.
fn of_command(argv: &[&str]) -> Behind {
    let as_it_stands = started(argv);
    match argv {
        [only] if matches!(as_it_stands, Err(CommandError::Local(_))) && only.contains(' ') => {
            of_line(only).or(as_it_stands)
        }
        _ => as_it_stands,
    }
}

fn strings(list: &[Json]) -> Option<Vec<&str>> {
    list.iter().map(Json::as_str).collect()
}

/// An address without what may be secret.
pub(super) fn remote(text: &str) -> Option<String> {
    let mut url = url::Url::parse(text).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_query(None);
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(url.into())
}
