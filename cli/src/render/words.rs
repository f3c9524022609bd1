//! Two texts, word by word: only the places that differ, each with what stands around it.
//!
//! The notation is `git diff --word-diff`'s, `[-before-]{+after+}`, so that it needs no colour. Text that imitates the
//! marks is escaped with a backslash, which text of its own never has alone.

use std::collections::BTreeMap;
use std::time::Duration;

use mcpsign_schemas::untrusted::{Untrusted, is_deceptive};
use similar::{DiffTag, TextDiff};

use super::hidden;
use crate::output::style::{DIM, ERROR, OK};

/// Places of one text shown; `--format json` has the whole texts.
const PLACES: usize = 12;
/// Characters of unchanged text around a place: enough to find it by.
const AROUND: usize = 48;
/// Characters shown of either side of one place. Four lines of a terminal: beyond, nobody reads on.
const CHANGED: usize = 320;
/// Longest unchanged text between two changes that is shown as changed with them.
const GLUE: usize = 2;
/// Time for one text, after which the rest counts as replaced: two texts of a megabyte with nothing in common.
const PATIENCE: Duration = Duration::from_secs(2);

/// One line for each place that differs, and one that names the hidden characters that are new.
pub(crate) fn difference(before: &str, after: &str) -> Vec<String> {
    let places = places(segments(before, after));
    let mut lines: Vec<String> = places.iter().take(PLACES).map(|place| line(place)).collect();
    if let Some(more) = places.len().checked_sub(PLACES).filter(|more| *more > 0) {
        lines.push(format!("… {more} more places differ; `--format json` shows all of both texts"));
    }
    lines.extend(hidden::new_in(before, after));
    lines
}

/// A whole text, its middle left out if it is long.
pub(crate) fn whole(text: &str) -> String {
    clipped(text, CHANGED)
}

/// A stretch of two texts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Same(String),
    Changed { old: String, new: String },
}

fn segments(before: &str, after: &str) -> Vec<Segment> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_unicode_words(before, after);
    let side = |range: std::ops::Range<usize>, of: &dyn Fn(usize) -> Option<String>| -> String {
        range.filter_map(of).collect()
    };
    let old_word = |at| diff.old_slice(at).map(str::to_owned);
    let new_word = |at| diff.new_slice(at).map(str::to_owned);
    let mut segments: Vec<Segment> = Vec::new();
    for op in diff.ops() {
        let (tag, old, new) = op.as_tag_tuple();
        let (old, new) = (side(old, &old_word), side(new, &new_word));
        match (tag, segments.last_mut()) {
            (DiffTag::Equal, _) => segments.push(Segment::Same(old)),
            (_, Some(Segment::Changed { old: before, new: after })) => {
                before.push_str(&old);
                after.push_str(&new);
            }
            _ => segments.push(Segment::Changed { old, new }),
        }
    }
    glued(segments).into_iter().flat_map(trimmed).collect()
}

/// Changes with next to nothing between them are one: `[-the quick-]{+a slow+}`, not two with a space between.
fn glued(segments: Vec<Segment>) -> Vec<Segment> {
    let mut out: Vec<Segment> = Vec::new();
    for segment in segments {
        match (&segment, out.as_mut_slice()) {
            (
                Segment::Changed { old, new },
                [.., Segment::Changed { old: before, new: after }, Segment::Same(between)],
            ) if between.chars().count() <= GLUE => {
                for (side, more) in [(before, old), (after, new)] {
                    side.push_str(between);
                    side.push_str(more);
                }
                out.pop();
            }
            _ => out.push(segment),
        }
    }
    out
}

/// What two long words (an encoded blob, text without spaces) have in common at either end is no change.
fn trimmed(segment: Segment) -> Vec<Segment> {
    let Segment::Changed { old, new } = &segment else { return vec![segment] };
    if old.chars().count().min(new.chars().count()) <= AROUND {
        return vec![segment];
    }
    let start: usize =
        old.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (head, old) = old.split_at(start);
    let new = new.get(start..).unwrap_or_default();
    let end: usize =
        old.chars().rev().zip(new.chars().rev()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (old, tail) = old.split_at(old.len() - end);
    let new = new.get(..new.len() - end).unwrap_or_default();
    let changed = Segment::Changed { old: old.to_owned(), new: new.to_owned() };
    [Segment::Same(head.to_owned()), changed, Segment::Same(tail.to_owned())]
        .into_iter()
        .filter(|segment| *segment != Segment::Same(String::new()))
        .collect()
}

/// Cut where so much is unchanged that the context of neither side reaches the other.
fn places(segments: Vec<Segment>) -> Vec<Vec<Segment>> {
    let mut places = Vec::new();
    let mut place: Vec<Segment> = Vec::new();
    for segment in segments {
        match segment {
            Segment::Same(text) if text.chars().count() > 2 * AROUND => {
                if place.iter().any(|segment| matches!(segment, Segment::Changed { .. })) {
                    place.push(Segment::Same(text.clone()));
                    places.push(std::mem::take(&mut place));
                }
                place = vec![Segment::Same(text)];
            }
            other => place.push(other),
        }
    }
    if place.iter().any(|segment| matches!(segment, Segment::Changed { .. })) {
        places.push(place);
    }
    places
}

fn line(place: &[Segment]) -> String {
    let last = place.len().saturating_sub(1);
    let mut line = String::new();
    for (at, segment) in place.iter().enumerate() {
        match segment {
            Segment::Same(text) if at == 0 => line.push_str(&tail(text, AROUND)),
            Segment::Same(text) if at == last => line.push_str(&head(text, AROUND)),
            Segment::Same(text) => line.push_str(&marked(text)),
            Segment::Changed { old, new } => {
                if !old.is_empty() {
                    line.push_str(&format!("{ERROR}[-{}-]{ERROR:#}", clipped(old, CHANGED)));
                }
                if !new.is_empty() {
                    line.push_str(&format!("{OK}{{+{}+}}{OK:#}", clipped(new, CHANGED)));
                }
            }
        }
    }
    line
}

/// The first characters, and that there are more.
fn head(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}{DIM}…{DIM:#}", marked(text.get(..end).unwrap_or_default())),
        None => marked(text),
    }
}

/// The last characters, and that there are more.
fn tail(text: &str, limit: usize) -> String {
    let skipped = text.chars().count().saturating_sub(limit);
    match text.char_indices().nth(skipped) {
        Some((start, _)) if skipped > 0 => {
            format!("{DIM}…{DIM:#}{}", marked(text.get(start..).unwrap_or_default()))
        }
        _ => marked(text),
    }
}

/// Both ends of a long text, and what its middle holds.
fn clipped(text: &str, limit: usize) -> String {
    let count = text.chars().count();
    if count <= limit {
        return marked(text);
    }
    let (first, last) = (limit * 2 / 3, limit / 3);
    let left_out = text.chars().skip(first).take(count - first - last);
    let unseen = left_out.filter(|c| is_deceptive(*c) && !matches!(c, '\n' | '\r' | '\t')).count();
    let with = if unseen > 0 { format!(", {unseen} of them hidden") } else { String::new() };
    let start: String = text.chars().take(first).collect();
    let end: String = text.chars().skip(count - last).collect();
    format!(
        "{}{DIM}…({} characters left out{with})…{DIM:#}{}",
        marked(&start),
        count - first - last,
        marked(&end)
    )
}

/// Escaped, and nothing in it taken for a mark of ours.
fn marked(text: &str) -> String {
    let escaped = Untrusted::bounded(text, usize::MAX).to_string();
    let marks: BTreeMap<&str, &str> =
        BTreeMap::from([("[-", "\\[-"), ("-]", "-\\]"), ("{+", "\\{+"), ("+}", "+\\}")]);
    marks.iter().fold(escaped, |text, (mark, harmless)| text.replace(mark, harmless))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(before: &str, after: &str) -> Vec<String> {
        difference(before, after).iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect()
    }

    #[test]
    fn words_are_marked_where_they_differ() {
        assert_eq!(plain("Reads a file.", "Reads the file."), ["Reads [-a-]{+the+} file."]);
        assert_eq!(plain("the quick fox", "a slow fox"), ["[-the quick-]{+a slow+} fox"]);
        assert_eq!(plain("a", "a\n b"), ["a{+\\n b+}"]);
        assert_eq!(plain("same", "same"), [""; 0]);
    }

    #[test]
    fn changes_at_both_ends_of_a_long_text_are_two_places() {
        let middle = "word ".repeat(500);
        let shown = plain(&format!("{middle}end"), &format!("X{middle}end. Send ~/.ssh\u{202e}"));
        assert_eq!(shown.len(), 3, "{shown:#?}");
        assert!(shown[0].starts_with("[-word-]{+Xword+} word"), "{shown:#?}");
        assert!(shown[1].ends_with("end{+. Send ~/.ssh\\u{202e}+}"), "{shown:#?}");
        assert!(shown[1].chars().count() < 120, "{shown:#?}");
        assert_eq!(shown[2], "hidden: U+202E right-to-left override");
    }

    #[test]
    fn a_change_inside_a_word_without_end_is_shown_alone() {
        let blob = "A".repeat(5000);
        let shown = plain(&format!("{blob}b{blob}"), &format!("{blob}c{blob}"));
        assert_eq!(shown.len(), 1);
        assert!(shown[0].contains("A[-b-]{+c+}A") && shown[0].chars().count() < 120, "{shown:?}");
    }

    #[test]
    fn long_texts_are_cut_in_the_middle_and_what_is_hidden_there_is_counted() {
        let shown = whole(&format!("start{}\u{202e}{}end", "x".repeat(900), "x".repeat(900)));
        let shown = anstream::adapter::strip_str(&shown).to_string();
        assert!(shown.starts_with("start") && shown.ends_with("end"), "{shown}");
        assert!(shown.contains(" characters left out, 1 of them hidden)"), "{shown}");
    }

    #[test]
    fn marks_cannot_be_imitated() {
        let shown = plain("a", "a {+b+} [-c-] \\{+d+}");
        assert_eq!(shown, ["a{+ \\{+b+\\} \\[-c-\\] \\\\\\{+d+\\}+}"]);
    }

    #[test]
    fn many_places_are_counted() {
        let text = |word: &str| format!("{word} {}", "same ".repeat(60)).repeat(20);
        let shown = plain(&text("a"), &text("b"));
        assert_eq!(shown.len(), PLACES + 1);
        assert!(shown[PLACES].starts_with("… 8 more places differ"), "{shown:?}");
    }
}
