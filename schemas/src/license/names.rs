//! Names that are no SPDX identifiers and that one licence in one version has. Names that several have (`BSD`, `Apache Software
//! License`, `GPLv3` with or without later versions) stand in none of these tables. The imprecise names of the crate `spdx` are
//! not used: they take `gpl` for version 2 and `bsd` for two clauses.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Single words of older vocabularies: Debian's short names (copyright-format 1.0) and the names of licences' own home pages.
const WORDS: [(&str, &str); 5] = [
    ("Expat", "MIT"),
    ("Apache2", "Apache-2.0"),
    ("Apache-2", "Apache-2.0"),
    ("MPL2", "MPL-2.0"),
    ("MPL-2", "MPL-2.0"),
];

/// Words before a `+`: Debian's (copyright-format 1.0, "or any later version") and Fedora's short names of before SPDX.
const OR_LATER: [(&str, &str); 14] = [
    ("AGPL-3", "AGPL-3.0-or-later"),
    ("AGPLv3", "AGPL-3.0-or-later"),
    ("GPL-1", "GPL-1.0-or-later"),
    ("GPL-2", "GPL-2.0-or-later"),
    ("GPL-3", "GPL-3.0-or-later"),
    ("GPL2", "GPL-2.0-or-later"),
    ("GPL3", "GPL-3.0-or-later"),
    ("GPLv2", "GPL-2.0-or-later"),
    ("GPLv3", "GPL-3.0-or-later"),
    ("LGPL-2", "LGPL-2.0-or-later"),
    ("LGPL-3", "LGPL-3.0-or-later"),
    ("LGPL3", "LGPL-3.0-or-later"),
    ("LGPLv2.1", "LGPL-2.1-or-later"),
    ("LGPLv3", "LGPL-3.0-or-later"),
];

/// Whole names in small letters, without an article: titles that stand in the licences themselves, and what the Open Source
/// Initiative calls them.
const NAMES: [(&str, &str); 49] = [
    ("2-clause bsd", "BSD-2-Clause"),
    ("2-clause bsd license", "BSD-2-Clause"),
    ("3-clause bsd", "BSD-3-Clause"),
    ("3-clause bsd license", "BSD-3-Clause"),
    ("apache 2", "Apache-2.0"),
    ("apache 2.0", "Apache-2.0"),
    ("apache 2.0 license", "Apache-2.0"),
    ("apache license 2", "Apache-2.0"),
    ("apache license v2", "Apache-2.0"),
    ("apache license v2.0", "Apache-2.0"),
    ("apache license version 2.0", "Apache-2.0"),
    ("apache license, 2.0", "Apache-2.0"),
    ("apache license, version 2.0", "Apache-2.0"),
    ("apache software license 2.0", "Apache-2.0"),
    ("apache software license, version 2.0", "Apache-2.0"),
    ("apache v2", "Apache-2.0"),
    ("apache v2.0", "Apache-2.0"),
    ("asl 2.0", "Apache-2.0"),
    ("bsd 2-clause", "BSD-2-Clause"),
    ("bsd 2-clause license", "BSD-2-Clause"),
    ("bsd 3-clause", "BSD-3-Clause"),
    ("bsd 3-clause license", "BSD-3-Clause"),
    ("expat license", "MIT"),
    ("gnu agplv3+", "AGPL-3.0-or-later"),
    ("gnu gplv2+", "GPL-2.0-or-later"),
    ("gnu gplv3+", "GPL-3.0-or-later"),
    ("gnu lesser general public license v3 or later", "LGPL-3.0-or-later"),
    ("gnu general public license v2 or later", "GPL-2.0-or-later"),
    ("gnu general public license v3 or later", "GPL-3.0-or-later"),
    ("gplv2 or later", "GPL-2.0-or-later"),
    ("gplv3 or later", "GPL-3.0-or-later"),
    ("isc licence", "ISC"),
    ("isc license (iscl)", "ISC"),
    ("mit licence", "MIT"),
    ("mit license (mit)", "MIT"),
    ("modified bsd", "BSD-3-Clause"),
    ("modified bsd license", "BSD-3-Clause"),
    ("mozilla public license version 2.0", "MPL-2.0"),
    ("mozilla public license, version 2.0", "MPL-2.0"),
    ("mozilla public license v2.0", "MPL-2.0"),
    ("mozilla public license 2.0 (mpl 2.0)", "MPL-2.0"),
    ("mpl 2.0", "MPL-2.0"),
    ("mpl v2.0", "MPL-2.0"),
    ("new bsd", "BSD-3-Clause"),
    ("new bsd license", "BSD-3-Clause"),
    ("revised bsd license", "BSD-3-Clause"),
    ("simplified bsd", "BSD-2-Clause"),
    ("simplified bsd license", "BSD-2-Clause"),
    ("zpl 2.1", "ZPL-2.1"),
];

/// What PyPI's classifiers mean, without `License ::` and `OSI Approved ::`. Those that PEP 639 calls ambiguous are not here ("tools
/// must not attempt to infer"), nor those whose licence has several versions in the SPDX list.
const CLASSIFIERS: [(&str, &str); 51] = [
    ("Aladdin Free Public License (AFPL)", "Aladdin"),
    ("Attribution Assurance License", "AAL"),
    ("Blue Oak Model License (BlueOak-1.0.0)", "BlueOak-1.0.0"),
    ("Boost Software License 1.0 (BSL-1.0)", "BSL-1.0"),
    ("CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0"),
    ("CEA CNRS Inria Logiciel Libre License, version 2.1 (CeCILL-2.1)", "CECILL-2.1"),
    ("CMU License (MIT-CMU)", "MIT-CMU"),
    ("CeCILL-B Free Software License Agreement (CECILL-B)", "CECILL-B"),
    ("CeCILL-C Free Software License Agreement (CECILL-C)", "CECILL-C"),
    ("Common Development and Distribution License 1.0 (CDDL-1.0)", "CDDL-1.0"),
    ("Common Public License", "CPL-1.0"),
    ("Eclipse Public License 1.0 (EPL-1.0)", "EPL-1.0"),
    ("Eclipse Public License 2.0 (EPL-2.0)", "EPL-2.0"),
    ("Educational Community License, Version 2.0 (ECL-2.0)", "ECL-2.0"),
    ("European Union Public Licence 1.0 (EUPL 1.0)", "EUPL-1.0"),
    ("European Union Public Licence 1.1 (EUPL 1.1)", "EUPL-1.1"),
    ("European Union Public Licence 1.2 (EUPL 1.2)", "EUPL-1.2"),
    ("GNU Affero General Public License v3 or later (AGPLv3+)", "AGPL-3.0-or-later"),
    ("GNU General Public License v2 or later (GPLv2+)", "GPL-2.0-or-later"),
    ("GNU General Public License v3 or later (GPLv3+)", "GPL-3.0-or-later"),
    ("GNU Lesser General Public License v3 or later (LGPLv3+)", "LGPL-3.0-or-later"),
    ("Historical Permission Notice and Disclaimer (HPND)", "HPND"),
    ("IBM Public License", "IPL-1.0"),
    ("ISC License (ISCL)", "ISC"),
    ("MIT License", "MIT"),
    ("MIT No Attribution License (MIT-0)", "MIT-0"),
    ("MirOS License (MirOS)", "MirOS"),
    ("Motosoto License", "Motosoto"),
    ("Mozilla Public License 1.0 (MPL)", "MPL-1.0"),
    ("Mozilla Public License 1.1 (MPL 1.1)", "MPL-1.1"),
    ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
    ("Mulan Permissive Software License v2 (MulanPSL-2.0)", "MulanPSL-2.0"),
    ("NASA Open Source Agreement v1.3 (NASA-1.3)", "NASA-1.3"),
    ("Nethack General Public License", "NGPL"),
    ("Nokia Open Source License", "Nokia"),
    ("Nokia Open Source License (NOKOS)", "Nokia"),
    ("Open Group Test Suite License", "OGTSL"),
    ("Open Software License 3.0 (OSL-3.0)", "OSL-3.0"),
    ("PostgreSQL License", "PostgreSQL"),
    ("Python License (CNRI Python License)", "CNRI-Python"),
    ("Python Software Foundation License", "PSF-2.0"),
    ("Qt Public License (QPL)", "QPL-1.0"),
    ("Ricoh Source Code Public License", "RSCPL"),
    ("SIL Open Font License 1.1 (OFL-1.1)", "OFL-1.1"),
    ("Sleepycat License", "Sleepycat"),
    ("Sun Public License", "SPL-1.0"),
    ("The Unlicense (Unlicense)", "Unlicense"),
    ("Universal Permissive License (UPL)", "UPL-1.0"),
    ("University of Illinois/NCSA Open Source License", "NCSA"),
    ("Zero-Clause BSD (0BSD)", "0BSD"),
    ("zlib/libpng License", "Zlib"),
];

/// The identifier that a word of an older vocabulary stands for.
pub(super) fn word(word: &str) -> Option<&'static str> {
    look_up(&WORDS, |known| known.eq_ignore_ascii_case(word))
}

/// The identifier that a word with a `+` after it stands for.
pub(super) fn word_or_later(word: &str) -> Option<&'static str> {
    look_up(&OR_LATER, |known| known.eq_ignore_ascii_case(word))
}

/// The identifier of the licence that `text` is the name of: a classifier, the list's own full name, or one of the names above.
pub(super) fn find(text: &str) -> Option<&'static str> {
    if let Some(classifier) = text.strip_prefix("License ::") {
        let name = classifier.trim().strip_prefix("OSI Approved ::").unwrap_or(classifier).trim();
        return look_up(&CLASSIFIERS, |known| known == name);
    }
    let name = plain(text);
    look_up(&NAMES, |known| known == name).or_else(|| FULL_NAMES.get(&name).copied())
}

/// The list's full names as [`plain`] has them; of two licences of one name that of today.
static FULL_NAMES: LazyLock<BTreeMap<String, &'static str>> = LazyLock::new(|| {
    let mut names = BTreeMap::new();
    for license in spdx::identifiers::LICENSES {
        let is_current = spdx::license_id(license.name).is_some_and(|id| !id.is_deprecated());
        let id = names.entry(plain(license.full_name)).or_insert(license.name);
        if is_current {
            *id = license.name;
        }
    }
    names
});

/// In small letters, with one space between words, without article and full stop.
fn plain(name: &str) -> String {
    let joined = name.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    let bare = joined.strip_suffix('.').unwrap_or(&joined);
    bare.strip_prefix("the ").unwrap_or(bare).to_owned()
}

fn look_up(
    table: &'static [(&'static str, &'static str)],
    is_it: impl Fn(&str) -> bool,
) -> Option<&'static str> {
    table.iter().find(|(known, _)| is_it(known)).map(|(_, id)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_name_licences_of_today_once_each() {
        for table in [&WORDS[..], &OR_LATER, &NAMES, &CLASSIFIERS] {
            for (at, (name, id)) in table.iter().enumerate() {
                let known = spdx::license_id(id).filter(|known| known.name == *id);
                assert!(known.is_some_and(|id| !id.is_deprecated()), "{name}: {id}");
                assert!(table[at + 1..].iter().all(|(other, _)| !other.eq_ignore_ascii_case(name)), "{name}");
                assert!(spdx::license_id(name).is_none(), "{name} is an identifier");
            }
        }
        for (name, _) in NAMES {
            assert_eq!(plain(name), name);
        }
    }

    #[test]
    fn every_full_name_of_the_list_is_found() {
        for license in spdx::identifiers::LICENSES.iter().filter(|license| license.name != "NOASSERTION") {
            let found = find(license.full_name);
            let same = |id: &str| spdx::license_id(id).is_some_and(|id| id.full_name == license.full_name);
            assert!(found.is_some_and(same), "{}: {found:?}", license.full_name);
        }
    }
}
