//! Letters that nothing but their look makes letters.

use icu_normalizer::ComposingNormalizerBorrowed;
use unicode_security::skeleton;

/// The letter that a character draws where neither Unicode's decompositions nor UTS #39 say so: regional indicators, white on
/// black, small capitals, turned ones; and the brackets that look like those of tags.
pub(crate) fn drawn(c: char) -> Option<char> {
    const DRAWN: [(&str, &str); 3] = [
        ("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz"),
        ("ɐɔǝɟƃɥᴉıɾʞɯɹʇʌʍʎ", "acefghiijkmrtvwy"),
        ("‹›〈〉⟨⟩❮❯", "<><><><>"),
    ];
    let letter = |first: u32| char::from_u32(u32::from('a') + u32::from(c) - first);
    match u32::from(c) {
        0x1F150..=0x1F169 => letter(0x1F150),
        0x1F170..=0x1F189 => letter(0x1F170),
        0x1F1E6..=0x1F1FF => letter(0x1F1E6),
        _ => DRAWN
            .iter()
            .find_map(|(drawn, letters)| letters.chars().nth(drawn.chars().position(|one| one == c)?)),
    }
}

/// A name in the letters that are meant: those in circles, or of a width of their own, are those letters.
pub(crate) fn letters(name: &str) -> String {
    const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();
    let name: String = name.chars().map(|c| drawn(c).unwrap_or(c)).collect();
    NFKC.normalize(&name).into_owned()
}

/// A name as a reader sees it: without case, letters that look alike are one.
pub(crate) fn seen(name: &str) -> String {
    let letters = letters(&name.to_lowercase()).to_lowercase();
    skeleton(&letters).flat_map(char::to_lowercase).collect()
}
