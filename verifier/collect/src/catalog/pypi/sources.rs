//! Where pyproject.toml says that packages come from, in the tables of uv, Poetry and PDM: other indexes, and packages of none.

use std::collections::{BTreeMap, BTreeSet};

use mcpsign_schemas::inventory::{Origin, Package};
use serde::Deserialize;
use toml::Value;

use super::locked::{set_index, text};
use super::{Requirement, normalized};
use crate::catalog::CatalogError;
use crate::catalog::url::UNREADABLE;

/// Why of a package nobody can say of which index it is.
const OPEN: &str = "several indexes: of which of them a package is nobody says";

/// The name under which PDM and Poetry know the default index.
const DEFAULT: &str = "pypi";

/// Tables of tools, by the tools' names.
pub(super) type Tools = BTreeMap<String, Value>;

/// What the tools are told.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// The indexes that packages may be of where nothing says it of them; the default one by the name that package URLs need none
    /// for, empty.
    indexes: BTreeSet<String>,
    /// Every index that has a name, by it.
    named: BTreeMap<String, String>,
    /// What is said of one package, by its normalized name: one table for each condition.
    own: BTreeMap<String, Vec<Value>>,
}

impl Sources {
    /// Of the tables of a project that lists what it asks for itself (`project`), or that lets its tool do it.
    pub(super) fn of(tools: &Tools, lists: bool) -> Self {
        let mut sources = Self::default();
        if let Some(uv) = tools.get("uv") {
            sources.add_uv(uv);
        }
        if let Some(pdm) = tools.get("pdm") {
            sources.add_pdm(pdm);
        }
        if let Some(poetry) = tools.get("poetry") {
            sources.add_poetry(poetry, lists);
        }
        sources
    }

    fn add_uv(&mut self, uv: &Value) {
        let of_old = uv.get("index-url").and_then(Value::as_str);
        let mut default = of_old.map(str::to_owned);
        let mut more: BTreeSet<String> = list(uv, "extra-index-url").filter_map(string).collect();
        for index in list(uv, "index") {
            let Some(url) = text_of(index, "url") else { continue };
            if let Some(name) = text_of(index, "name") {
                self.named.insert(name.to_owned(), url.to_owned());
            }
            match (is_set(index, "explicit"), is_set(index, "default")) {
                (true, _) => {}
                (false, true) => default = Some(url.to_owned()),
                (false, false) => drop(more.insert(url.to_owned())),
            }
        }
        if default.is_some() || !more.is_empty() {
            self.indexes.insert(default.unwrap_or_default());
            self.indexes.append(&mut more);
        }
        for (name, how) in uv.get("sources").and_then(Value::as_table).into_iter().flatten() {
            let each = how.as_array().cloned().unwrap_or_else(|| vec![how.clone()]);
            self.own.entry(normalized(name)).or_default().extend(each);
        }
    }

    /// A source that is called as the default one stands in its place; any other is beside it.
    fn add_pdm(&mut self, pdm: &Value) {
        let mut default = String::new();
        let mut more = BTreeSet::new();
        let listed = list(pdm, "source").filter(|source| text_of(source, "type") != Some("find_links"));
        for (name, url) in
            listed.filter_map(|source| Some((text_of(source, "name"), text_of(source, "url")?)))
        {
            match name {
                Some(DEFAULT) => url.clone_into(&mut default),
                _ => drop(more.insert(url.to_owned())),
            }
        }
        if !default.is_empty() || !more.is_empty() {
            self.indexes.insert(default);
            self.indexes.append(&mut more);
        }
    }

    /// A source of the first rank stands in the place of the default one; what is explicit is for those that name it.
    fn add_poetry(&mut self, poetry: &Value, lists: bool) {
        let (mut first, mut more) = (BTreeSet::new(), BTreeSet::new());
        for source in list(poetry, "source") {
            let Some(name) = text_of(source, "name") else { continue };
            let is_default = name.eq_ignore_ascii_case(DEFAULT);
            let url = text_of(source, "url").unwrap_or(if is_default { "" } else { UNREADABLE });
            self.named.insert(name.to_owned(), url.to_owned());
            let rank = match text_of(source, "priority") {
                None if is_set(source, "secondary") => "secondary",
                None => "primary",
                Some(rank) => rank,
            };
            match rank {
                "explicit" => {}
                "secondary" | "supplemental" => drop(more.insert(url.to_owned())),
                _ => drop(first.insert(url.to_owned())),
            }
        }
        if first.is_empty() && !more.is_empty() {
            first.insert(String::new());
        }
        self.indexes.append(&mut first);
        self.indexes.append(&mut more);
        let how = poetry.get("dependencies").and_then(Value::as_table).into_iter().flatten();
        let own = |how: &Value| {
            let keys: &[&str] = if lists { &["source", "git", "url", "path"] } else { &["source"] };
            keys.iter().any(|key| text_of(how, key).is_some())
        };
        for (name, how) in how.filter(|(_, how)| own(how)) {
            self.own.entry(normalized(name)).or_default().push(how.clone());
        }
    }

    /// What is asked for where `wish` is: what is said of its package for each condition, and itself where none of these holds. With
    /// the name of an index where one is said.
    pub(super) fn applied(&self, wish: &Requirement) -> Vec<(Requirement, Option<&str>)> {
        let own = self.own.get(&normalized(&wish.name)).filter(|_| wish.origin().is_none());
        let Some(own) = own else { return vec![(wish.clone(), None)] };
        // Poetry's table has the condition of the wish itself.
        let condition = |how: &Value| {
            let marker = text_of(how, "marker")?;
            Requirement::parse(&format!("{} ; {marker}", wish.name))?.marker
        };
        let is_conditional = |how: &Value| {
            condition(how).is_some() || how.get("extra").is_some() || how.get("group").is_some()
        };
        let joined = |marker: Option<String>| match (&wish.marker, marker) {
            (Some(own), Some(marker)) if *own != marker => Some(format!("({own}) and ({marker})")),
            (own, marker) => own.clone().or(marker),
        };
        let mut asked: Vec<(Requirement, Option<&str>)> = Vec::new();
        for how in own {
            let index = text_of(how, "index").or_else(|| text_of(how, "source"));
            // What lies in the workspace is in a folder.
            let specifier = match is_set(how, "workspace") {
                true => Some("@ (an address)".to_owned()),
                false => Requirement::of_tool(&wish.name, how).map(|read| read.specifier),
            };
            let specifier = specifier.filter(|specifier| specifier.starts_with("@ "));
            let own = Requirement {
                specifier: specifier.unwrap_or_else(|| wish.specifier.clone()),
                marker: joined(condition(how)),
                ..wish.clone()
            };
            asked.push((own, index.map(|name| self.named.get(name).map_or(UNREADABLE, String::as_str))));
        }
        if own.iter().all(is_conditional) {
            asked.push((wish.clone(), None));
        }
        asked
    }

    /// Says of which index `package` is, where that is not the default one and is known; `named` of which its wish says it.
    ///
    /// # Errors
    /// When an address cannot stand in a package URL.
    pub(super) fn place(&self, package: &mut Package, named: Option<&str>) -> Result<(), CatalogError> {
        let only = || self.indexes.first().filter(|_| self.indexes.len() == 1).map(String::as_str);
        match named.or_else(only) {
            Some(index) if !index.is_empty() => set_index(package, index),
            _ => Ok(()),
        }
    }

    /// Why of a package of which nothing is said it is open where it is from.
    pub(super) fn gap(&self) -> Option<&'static str> {
        (self.indexes.len() > 1).then_some(OPEN)
    }
}

/// Lets `packages`, of a lock file that does not say of which index they are, be of the one that the project's pyproject.toml names;
/// or says that nobody knows.
///
/// # Errors
/// When its address cannot stand in a package URL.
pub(crate) fn place_by_project(
    pyproject: &[u8],
    packages: &mut [Package],
) -> Result<Option<&'static str>, CatalogError> {
    #[derive(Deserialize)]
    struct File {
        #[serde(default)]
        tool: Tools,
    }
    // What it says besides its own cataloger reads, and says what is wrong.
    let Ok(file) = toml::from_str::<File>(text(pyproject, "pyproject.toml")?) else { return Ok(None) };
    let sources = Sources::of(&file.tool, true);
    let is_of_index = |package: &&mut Package| matches!(package.origin, Origin::Registry { .. });
    packages.iter_mut().filter(is_of_index).try_for_each(|package| sources.place(package, None))?;
    Ok(sources.gap())
}

fn list<'v>(table: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    table.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text_of<'v>(table: &'v Value, key: &str) -> Option<&'v str> {
    table.get(key).and_then(Value::as_str)
}

fn is_set(table: &Value, key: &str) -> bool {
    table.get(key).and_then(Value::as_bool) == Some(true)
}

fn string(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
