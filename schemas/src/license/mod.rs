//! SPDX licence expressions: what others write, in one spelling, and held against lists.

mod expression;
mod names;

use spdx::expression::{ExprNode, Operator};
use spdx::{LicenseItem, LicenseReq};

pub use expression::expression;

/// One licence, by itself or with an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct License {
    /// The list's identifier, without `-only`, `-or-later` and `+`; or a reference.
    base: String,
    or_later: bool,
    exception: Option<String>,
}

/// Which licences may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseRules {
    /// These alone, where there is a list.
    pub allow: Option<Vec<License>>,
    /// None of these.
    pub deny: Vec<License>,
}

/// What comes of one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// There is a way to use it under the rules.
    Allowed,
    /// There is none; the licences that stand in the way.
    Refused(Vec<String>),
    /// It is no SPDX expression, and no name that one licence alone has.
    Unknown,
    /// It states nothing: `NOASSERTION`, `NONE`, or white space.
    Missing,
}

/// Reads one licence, with an exception or without: no `AND`, no `OR`.
pub fn parse_one(text: &str) -> Option<License> {
    let expression = expression::strict(text)?;
    let mut requirements = expression.requirements();
    let only = requirements.next()?;
    requirements.next().is_none().then(|| License::of(&only.req))
}

impl License {
    fn of(requirement: &LicenseReq) -> Self {
        let exception = requirement.addition.as_ref().map(ToString::to_string);
        let LicenseItem::Spdx { id, or_later } = &requirement.license else {
            return Self { base: requirement.license.to_string(), or_later: false, exception };
        };
        let (name, later) =
            id.name.strip_suffix("-or-later").map_or((id.name, *or_later), |name| (name, true));
        let base = name.strip_suffix("-only").unwrap_or(name);
        Self { base: base.to_owned(), or_later: later, exception }
    }

    /// Whether both are one licence with one exception, whether or not a later version would do.
    pub fn is(&self, other: &Self) -> bool {
        self.base == other.base && self.exception == other.exception
    }

    /// Whether who accepts `self` can take what is offered under `offered`: under that licence, or under a later version
    /// where that is offered too.
    fn accepts(&self, offered: &Self) -> bool {
        let is_later = || match (versioned(&self.base), versioned(&offered.base)) {
            (Some((family, version)), Some((other, least))) => family == other && version >= least,
            _ => false,
        };
        self.is(offered) || (offered.or_later && self.exception == offered.exception && is_later())
    }

    /// Whether who refuses `self` refuses `found`, whatever else that permits.
    fn refuses(&self, found: &Self) -> bool {
        self.base == found.base && (self.exception.is_none() || self.exception == found.exception)
    }
}

/// A licence's name without its version, and the version.
fn versioned(base: &str) -> Option<(String, Vec<u32>)> {
    let numbers =
        |part: &str| part.split('.').map(|number| number.parse().ok()).collect::<Option<Vec<u32>>>();
    let version = base.split('-').find_map(numbers)?;
    let family: Vec<&str> = base.split('-').filter(|part| numbers(part).is_none()).collect();
    Some((family.join("-"), version))
}

impl LicenseRules {
    /// Judges one statement: of an `OR` one branch must be allowed, of an `AND` all.
    pub fn judge(&self, text: &str) -> Judged {
        match text.trim() {
            "" | "NOASSERTION" | "NONE" => return Judged::Missing,
            _ => {}
        }
        let Some(expression) = expression::parse(text) else { return Judged::Unknown };
        // Of each subexpression, in the order of the stack that the expression is written for, what stands in its way.
        let mut stack: Vec<Vec<String>> = Vec::new();
        for node in expression.iter() {
            let obstacles = match node {
                ExprNode::Req(requirement) if self.allows(&License::of(&requirement.req)) => Vec::new(),
                ExprNode::Req(requirement) => vec![requirement.req.to_string()],
                ExprNode::Op(operator) => {
                    let (Some(right), Some(left)) = (stack.pop(), stack.pop()) else {
                        return Judged::Unknown;
                    };
                    match operator {
                        Operator::Or if left.is_empty() || right.is_empty() => Vec::new(),
                        Operator::Or | Operator::And => [left, right].concat(),
                    }
                }
            };
            stack.push(obstacles);
        }
        match (stack.pop(), stack.is_empty()) {
            (Some(obstacles), true) if obstacles.is_empty() => Judged::Allowed,
            (Some(obstacles), true) => Judged::Refused(obstacles),
            _ => Judged::Unknown,
        }
    }

    fn allows(&self, found: &License) -> bool {
        !self.deny.iter().any(|denied| denied.refuses(found))
            && self.allow.as_ref().is_none_or(|allow| allow.iter().any(|allowed| allowed.accepts(found)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allow: Option<&[&str]>, deny: &[&str]) -> LicenseRules {
        let parsed = |list: &[&str]| list.iter().map(|license| parse_one(license).unwrap()).collect();
        LicenseRules { allow: allow.map(parsed), deny: parsed(deny) }
    }

    #[test]
    fn one_branch_of_an_or_is_enough_and_all_of_an_and_are_needed() {
        let rules = rules(Some(&["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"]), &[]);
        for (text, allowed) in [
            ("MIT", true),
            ("MIT OR GPL-3.0-only", true),
            ("GPL-3.0-only OR MIT", true),
            ("MIT AND GPL-3.0-only", false),
            ("MIT AND Apache-2.0", true),
            ("(MIT OR GPL-3.0-only) AND Apache-2.0", true),
            ("MIT OR GPL-3.0-only AND BSD-3-Clause", true),
            ("(MIT OR GPL-3.0-only) AND BSD-3-Clause", false),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("MIT WITH LLVM-exception", false),
            ("Apache-2.0+", true),
            ("Apache-1.1+", true),
            ("Apache-1.1", false),
            ("MPL-1.1+", false),
            ("LicenseRef-x", false),
        ] {
            assert_eq!(rules.judge(text) == Judged::Allowed, allowed, "{text}: {:?}", rules.judge(text));
        }
        let named = Judged::Refused(vec!["GPL-3.0-only".into(), "BSD-3-Clause".into()]);
        assert_eq!(rules.judge("GPL-3.0-only AND (MIT AND BSD-3-Clause)"), named);
    }

    #[test]
    fn what_is_denied_is_denied_under_every_name_and_with_every_exception() {
        let rules = rules(None, &["GPL-3.0-only", "LicenseRef-shop"]);
        for text in [
            "GPL-3.0-only",
            "GPL-3.0-or-later",
            "GPL-3.0",
            "GPL-3.0+",
            "GPL-3.0-with-GCC-exception",
            "LicenseRef-shop",
        ] {
            assert!(matches!(rules.judge(text), Judged::Refused(_)), "{text}");
        }
        assert!(matches!(rules.judge("GPL-3.0-or-later WITH GCC-exception-3.1"), Judged::Refused(_)));
        for text in ["MIT", "GPL-3.0-only OR MIT", "GPL-2.0-only", "LGPL-3.0-only", "LicenseRef-other"] {
            assert_eq!(rules.judge(text), Judged::Allowed, "{text}");
        }
    }

    #[test]
    fn an_exception_that_is_denied_leaves_the_licence_without_it() {
        let rules = rules(Some(&["GPL-2.0-only", "MIT"]), &["MIT WITH AdditionRef-odd"]);
        assert_eq!(rules.judge("MIT"), Judged::Allowed);
        assert!(matches!(rules.judge("MIT WITH AdditionRef-odd"), Judged::Refused(_)));
        assert_eq!(rules.judge("GPL-2.0-or-later"), Judged::Allowed);
    }

    #[test]
    fn unknown_and_missing_are_states_of_their_own() {
        let rules = rules(None, &["MIT"]);
        for text in ["SEE LICENSE IN LICENSE.md", "UNLICENSED", "Apache-2.0/BSD-3-Clause", "BSD", "MIT OR"] {
            assert_eq!(rules.judge(text), Judged::Unknown, "{text}");
        }
        for text in ["mit", "MIT License", "License :: OSI Approved :: MIT License"] {
            assert_eq!(rules.judge(text), Judged::Refused(vec!["MIT".into()]), "{text}");
        }
        for text in ["", " ", "NOASSERTION", "NONE"] {
            assert_eq!(rules.judge(text), Judged::Missing, "{text}");
        }
    }

    #[test]
    fn a_list_holds_single_licences() {
        for text in ["MIT OR ISC", "", "Nope-1.0", "MIT AND ISC"] {
            assert!(parse_one(text).is_none(), "{text}");
        }
        assert!(parse_one("GPL-2.0-only WITH Classpath-exception-2.0").is_some());
    }
}
