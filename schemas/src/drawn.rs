//! Letters that nothing but their look makes letters.

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
