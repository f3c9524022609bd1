//! What an expression costs at the most, known before it is evaluated: no clock is asked.

/// How many elements a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// As many as there are tools.
    Tools,
    /// As many as there are packages.
    Packages,
    /// As many as there are profiles.
    Profiles,
    /// As many as problems are known.
    Advisories,
    /// As many as the longest of all other lists has.
    Other,
    /// It stands in the expression.
    Written(u64),
}

/// Steps of an evaluation at the most, as a function of sizes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// Whatever the sizes are.
    pub(super) steps: u64,
    /// Looks at a whole text.
    pub(super) texts: u64,
    /// For each element of a list.
    pub(super) loops: Vec<(Size, Cost)>,
}

/// How large the facts are.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sizes {
    pub(super) tools: u64,
    pub(super) packages: u64,
    pub(super) profiles: u64,
    pub(super) advisories: u64,
    pub(super) other: u64,
    /// Bytes of the longest text.
    pub(super) text: u64,
}

/// Bytes of a text that are looked at in about the time of one step.
const BYTES_A_STEP: u64 = 64;

impl Cost {
    pub(super) fn one() -> Self {
        Self { steps: 1, ..Self::default() }
    }

    pub(super) fn text() -> Self {
        Self { steps: 1, texts: 1, loops: Vec::new() }
    }

    pub(super) fn add(mut self, other: Self) -> Self {
        self.steps = self.steps.saturating_add(other.steps);
        self.texts = self.texts.saturating_add(other.texts);
        self.loops.extend(other.loops);
        self
    }

    pub(super) fn over(self, size: Size) -> Self {
        Self { steps: 0, texts: 0, loops: vec![(size, self)] }
    }

    /// Steps with facts of these sizes.
    pub(super) fn of(&self, sizes: &Sizes) -> u64 {
        let text = 1 + sizes.text / BYTES_A_STEP;
        let loops = self.loops.iter().map(|(size, body)| {
            let count = match size {
                Size::Tools => sizes.tools,
                Size::Packages => sizes.packages,
                Size::Profiles => sizes.profiles,
                Size::Advisories => sizes.advisories,
                Size::Other => sizes.other,
                Size::Written(count) => *count,
            };
            count.saturating_mul(body.of(sizes))
        });
        loops.fold(self.steps.saturating_add(self.texts.saturating_mul(text)), u64::saturating_add)
    }
}
