//! Sigstore trust roots: which of several a bundle holds against, where they come from and how long they count.

mod roots;
