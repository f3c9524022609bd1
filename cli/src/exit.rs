//! The exit codes, the same in every format.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Allowed, or nothing found.
    Allowed,
    /// Denied, or something found at or above the threshold.
    Denied,
    /// Usage, configuration or policy error, or a named file that is not there.
    Usage,
    /// What the decision needs could not be obtained.
    Undecided,
    /// A bug.
    Bug,
    /// The signal of this number, told apart from all answers as shells do.
    Interrupted(u8),
}

impl Exit {
    /// What the process ends with.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Allowed => 0,
            Self::Denied => 1,
            Self::Usage => 2,
            Self::Undecided => 3,
            Self::Bug => 70,
            Self::Interrupted(signal) => 128 | signal,
        }
    }

    /// The worse of two, in the order 70, 2, 1, 3, 0, after the end by a signal: a denial is more certain than "could not tell", and
    /// whoever asked wrongly must not read either as an answer.
    pub(crate) fn worst(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Allowed => 0,
            Self::Undecided => 1,
            Self::Denied => 2,
            Self::Usage => 3,
            Self::Bug => 4,
            Self::Interrupted(_) => 5,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worst_follows_the_documented_order() {
        let interrupted = Exit::Interrupted(15);
        let by_rank = [interrupted, Exit::Bug, Exit::Usage, Exit::Denied, Exit::Undecided, Exit::Allowed];
        assert_eq!(by_rank.map(Exit::code), [143, 70, 2, 1, 3, 0]);
        for (index, worse) in by_rank.iter().enumerate() {
            for better in &by_rank[index..] {
                assert_eq!(worse.worst(*better), *worse);
                assert_eq!(better.worst(*worse), *worse);
            }
        }
    }
}
