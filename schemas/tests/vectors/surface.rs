//! An item, what of it is surface, and both digests.

use mcpsign_schemas::canonical::Json;
use mcpsign_schemas::digest::Sha256Digest;
use mcpsign_schemas::surface::{self, ItemKind};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    name: String,
    kind: ItemKind,
    item: Json,
    /// The item after the removals, where the vector shows it.
    view: Option<Json>,
    wire: Sha256Digest,
    surface: Sha256Digest,
}

impl crate::Case for Vector {
    fn name(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Result<(), String> {
        crate::expect(Ok(surface::wire(&self.item)), Ok(self.wire))?;
        crate::expect(Ok(surface::surface(self.kind, &self.item)), Ok(self.surface))?;
        let view = surface::surface_view(self.kind, &self.item);
        if let Some(expected) = &self.view {
            crate::expect(Ok(&view), Ok(expected))?;
        }
        // What is surface once stays surface.
        crate::expect(Ok(surface::surface_view(self.kind, &view)), Ok(view))
    }
}
