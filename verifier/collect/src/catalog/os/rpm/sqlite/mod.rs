//! SQLite's file format (<https://www.sqlite.org/fileformat.html>), as far as the tables of rpm's database need it: rows of
//! tables with a rowid, whole. No row is looked up, nothing is written, and no C reads what a stranger made.

mod file;
mod record;

use std::collections::BTreeMap;

use super::{Entry, Take, wrong};
use crate::catalog::CatalogError;
use file::File;
use record::{Value, values};

/// The page of the table of tables.
const SCHEMA: u32 = 1;

/// Where the tables begin.
struct Roots {
    /// Headers by number.
    packages: u32,
    /// Numbers by name, which rpm keeps for every package. Others that make databases may not.
    names: Option<u32>,
}

pub(super) fn is_database(bytes: &[u8]) -> bool {
    bytes.starts_with(file::MAGIC)
}

/// Gives every package to `take`. What one of both tables has is in the other: a page that went lost is noticed.
pub(super) fn each(bytes: &[u8], take: &mut Take<'_>) -> Result<(), CatalogError> {
    let mut file = File::open(bytes)?;
    let roots = roots(&mut file)?;
    let mut names = roots.names.map(|root| names(&mut file, root)).transpose()?;
    file.rows(roots.packages, &mut |number, record| {
        let wrong = |what| wrong(format_args!("package {number}"), what);
        let Some([Value::Null, Value::Bytes(header)]) = values(record) else {
            return Err(wrong("its row is none of the packages"));
        };
        let name =
            names.as_mut().map(|names| names.remove(&number).ok_or_else(|| wrong("the index lacks it")));
        let name = name.transpose()?;
        take(Entry { number, header, name: name.as_deref() })
    })?;
    match names.and_then(|names| names.into_keys().next()) {
        Some(number) => Err(wrong(format_args!("package {number}"), "it is in the index alone")),
        None => Ok(()),
    }
}

fn roots(file: &mut File<'_>) -> Result<Roots, CatalogError> {
    let mut tables: BTreeMap<String, u32> = BTreeMap::new();
    file.rows(SCHEMA, &mut |row, record| {
        let wrong = |what| wrong(format_args!("table of tables, row {row}"), what);
        let Some([Value::Bytes(kind), Value::Bytes(name), _, Value::Number(root), _]) = values(record) else {
            return Err(wrong("it is none"));
        };
        if kind == b"table" {
            let root = u32::try_from(root).map_err(|_| wrong("not a page of the file"))?;
            // Names are compared without case.
            if tables.insert(String::from_utf8_lossy(name).to_ascii_lowercase(), root).is_some() {
                return Err(wrong("a table stands twice"));
            }
        }
        Ok(())
    })?;
    let packages = tables.remove("packages").ok_or_else(|| wrong("table Packages", "it is missing"))?;
    Ok(Roots { packages, names: tables.remove("name") })
}

fn names(file: &mut File<'_>, root: u32) -> Result<BTreeMap<u32, Vec<u8>>, CatalogError> {
    let mut names = BTreeMap::new();
    file.rows(root, &mut |row, record| {
        let wrong = |what| wrong(format_args!("table Name, row {row}"), what);
        let Some([Value::Bytes(name), Value::Number(number), _]) = values(record) else {
            return Err(wrong("it is none of the index"));
        };
        let number = u32::try_from(number).map_err(|_| wrong("not the number of a package"))?;
        match names.insert(number, name.to_vec()) {
            Some(_) => Err(wrong("the package stands twice")),
            None => Ok(()),
        }
    })?;
    Ok(names)
}
