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

/// Bytes of one in TOML, and of a list of commands: nobody keeps anything else in these.
const MAX_TEXT: usize = 1 << 20;

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
    /// A list of commands, TOML or YAML, larger than anybody writes.
    #[error("it is no JSON, and larger than {MAX_TEXT} bytes")]
    TooLarge,
    /// None of the tables of servers that are known.
    #[error("the configuration has no table of servers")]
    NoServers,
    /// What has the name of a table of servers, and is neither a table nor a list.
    #[error("`{0}` is no table of servers")]
    Table(String),
}

/// The servers that `bytes` name: a client's configuration as JSON, YAML or TOML, or one command a line.
///
/// # Errors
/// See [`ClientError`]. A server that is not understood is none: what it says is a problem of its own, and hides no other.
pub fn servers(bytes: &[u8]) -> Result<Vec<Server>, ClientError> {
    let text = str::from_utf8(bytes).map_err(|_| ClientError::Text)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if ["{", "//", "/*"].iter().any(|start| text.trim_start().starts_with(start)) {
        return of_configuration(&commented(text)?);
    }
    if text.len() > MAX_TEXT {
        return Err(ClientError::TooLarge);
    }
    let commands = lines(text);
    if commands.first().is_some_and(|(_, line)| is_yaml(line)) {
        return of_yaml(text);
    }
    if text.lines().any(is_toml) {
        let table: toml::Table = toml::from_str(text).map_err(ClientError::Toml)?;
        let json = Json::from_serialize(&table).map_err(ClientError::Json)?;
        return of_configuration(&json);
    }
    if commands.iter().any(|(_, line)| is_yaml(line)) {
        return of_yaml(text);
    }
    Ok(commands
        .into_iter()
        .map(|(at, line)| Server { name: at.to_string(), started: of_line(&line) })
        .collect())
}

/// Every document of a file in YAML is a configuration.
fn of_yaml(text: &str) -> Result<Vec<Server>, ClientError> {
    let documents = yaml::documents(text.as_bytes()).map_err(ClientError::Yaml)?;
    let servers: Vec<_> =
        documents.into_iter().map(|document| of_configuration(&document.into())).collect::<Result<_, _>>()?;
    Ok(servers.into_iter().flatten().collect())
}

/// The lines of a list of commands that count, each with its number: one that ends in a backslash goes on in the next.
fn lines(text: &str) -> Vec<(usize, Cow<'_, str>)> {
    let mut found: Vec<(usize, Cow<'_, str>)> = Vec::new();
    let mut goes_on = false;
    for (at, line) in text.lines().enumerate() {
        let (line, continued) = match line.trim().strip_suffix('\\') {
            Some(line) => (line, true),
            None => (line.trim(), false),
        };
        match found.last_mut().filter(|_| goes_on) {
            Some((_, before)) => before.to_mut().push_str(line),
            None if line.is_empty() || line.starts_with('#') => continue,
            None => found.push((at + 1, Cow::Borrowed(line))),
        }
        goes_on = continued;
    }
    found
}

/// Whether a line is one of TOML: the head of a table, or a key with its value. No command has an equals sign for its second word.
fn is_toml(line: &str) -> bool {
    line.trim_start().starts_with('[') || line.split_whitespace().nth(1) == Some("=")
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
    let mut start = line.chars().skip(1);
    let is_of_windows = start.next() == Some(':') && start.next() == Some('\\');
    let words = if is_of_windows { shell::plain_of_windows(line) } else { shell::plain(line) }?;
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
    let mut found = Found::default();
    found.walk(json, true)?;
    if !found.is_any {
        return Err(ClientError::NoServers);
    }
    let servers = found.servers.into_iter();
    Ok(servers
        .map(|(name, server)| Server {
            started: of_server(server).unwrap_or(Err(CommandError::Server)),
            name,
        })
        .collect())
}

/// The servers of a configuration.
#[derive(Default)]
struct Found<'j> {
    /// Whether there is a table or list of them.
    is_any: bool,
    servers: Vec<(String, &'j Json)>,
}

impl<'j> Found<'j> {
    /// Tables and lists of servers, by the names that clients have for them, wherever they stand; names that others use for something
    /// else as well count in the configuration itself and in each of its projects alone.
    fn walk(&mut self, json: &'j Json, is_top: bool) -> Result<(), ClientError> {
        for each in json.as_array().into_iter().flatten() {
            self.walk(each, false)?;
        }
        for (key, value) in json.as_object().iter().flat_map(|object| object.iter()) {
            match key {
                "mcpServers"
                | "context_servers"
                | "mcp_servers"
                | "mcp.servers"
                | "modelContextProtocolServers" => self.add(key, value)?,
                "servers" if is_top => self.add(key, value)?,
                "mcp" if value.get("servers").or(value.get("mcpServers")).is_some() => {
                    self.walk(value, true)?
                }
                "mcp" if is_top && value.as_object().is_some() => self.add(key, value)?,
                "projects" if is_top => {
                    for (_, project) in value.as_object().iter().flat_map(|all| all.iter()) {
                        self.walk(project, true)?;
                    }
                }
                "extensions" if is_top && are_typed(value) => self.add(key, value)?,
                // A setting of a client within those of its host: `amp.mcpServers`.
                other if other.ends_with(".mcpServers") => self.add(key, value)?,
                _ => self.walk(value, false)?,
            }
        }
        Ok(())
    }

    fn add(&mut self, key: &str, value: &'j Json) -> Result<(), ClientError> {
        let named =
            value.as_object().map(|table| table.iter().map(|(name, server)| (name.to_owned(), server)));
        let listed = value.as_array().map(|list| {
            list.iter().zip(1_usize..).map(|(server, number)| {
                let name = server.get("name").and_then(Json::as_str);
                (name.map_or_else(|| number.to_string(), str::to_owned), server)
            })
        });
        if named.is_none() && listed.is_none() && !value.is_null() {
            return Err(ClientError::Table(key.to_owned()));
        }
        self.is_any = true;
        self.servers.extend(named.into_iter().flatten().chain(listed.into_iter().flatten()));
        Ok(())
    }
}

/// Whether each of them says of which kind it is, as in a table of extensions that are servers.
fn are_typed(json: &Json) -> bool {
    let is_typed = |one: &Json| one.get("type").is_some_and(|ty| ty.as_str().is_some());
    json.as_object().is_some_and(|all| all.iter().all(|(_, one)| is_typed(one)))
}

/// What a server starts; `None` of what is none.
fn of_server(server: &Json) -> Option<Behind> {
    // One client says in an object of its own how it speaks to it.
    let is_started = |by: &&Json| ["command", "url"].iter().any(|member| by.get(member).is_some());
    let server = server.get("transport").filter(is_started).unwrap_or(server);
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
                Some(argv) => (strings(argv)?, &[][..]),
                None => {
                    let arguments = match of.get("args") {
                        Some(arguments) => arguments.as_array()?,
                        None => &[],
                    };
                    (vec![command.as_str()?], arguments)
                }
            };
            argv.extend(strings(arguments)?);
            of_command(&argv)
        }
        (None, Some(address)) => Ok(Started::Remote(remote(address)?)),
        (None, None) if is_part() => Err(CommandError::Extension),
        (None, None) if server.get("code").is_some_and(|code| code.as_str().is_some()) => {
            Err(CommandError::Code)
        }
        (None, None) => return None,
    };
    Some(started)
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
