//! Whether a text is one emoji: Unicode Technical Standard #51, revision 27, §1.4.9, with blocks in
//! place of its data file, so that the emoji of later versions are among them.

use crate::limits::MAX_EMOJI_BYTES;

const JOINER: char = '\u{200D}';
const TEXT_STYLE: char = '\u{FE0E}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

/// Whether the text is exactly one emoji, whatever it is put together of.
#[must_use]
pub fn is_emoji(text: &str) -> bool {
    if text.len() > MAX_EMOJI_BYTES {
        return false;
    }
    let mut chars = text.chars().peekable();
    match chars.next() {
        Some(first) if is_region(first) => {
            chars.next().is_some_and(is_region) && chars.next().is_none()
        }
        Some('0'..='9' | '#' | '*') => {
            let _ = chars.next_if_eq(&EMOJI_STYLE);
            chars.next() == Some(KEYCAP) && chars.next().is_none()
        }
        Some(first) if is_base(first) => loop {
            while chars.next_if(|&next| is_mark(next)).is_some() {}
            match (chars.next(), chars.next()) {
                (None, _) => return true,
                (Some(JOINER), Some(next)) if is_base(next) => {}
                _ => return false,
            }
        },
        _ => false,
    }
}

/// Two of them are a flag.
const fn is_region(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}')
}

const fn is_base(c: char) -> bool {
    matches!(c,
        '\u{A9}' | '\u{AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{24C2}'
        | '\u{2190}'..='\u{21FF}' | '\u{2300}'..='\u{23FF}' | '\u{25A0}'..='\u{27BF}'
        | '\u{2900}'..='\u{297F}' | '\u{2B00}'..='\u{2BFF}' | '\u{3030}' | '\u{303D}'
        | '\u{3297}' | '\u{3299}' | '\u{1F000}'..='\u{1FAFF}')
        && !is_region(c)
        && !is_mark(c)
}

/// What follows a base and belongs to it: a style, a skin tone, the letters of a subdivision's flag.
const fn is_mark(c: char) -> bool {
    matches!(c, TEXT_STYLE | EMOJI_STYLE | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_of_every_make_are_one() {
        for emoji in ["👍", "❤️", "❤", "👍🏽", "🇩🇪", "👩‍🚀", "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "#⃣", "☕", "🫱🏻‍🫲🏿", "©️"]
        {
            assert!(is_emoji(emoji), "{emoji}");
        }
    }

    #[test]
    fn what_is_none_or_more_than_one_is_refused() {
        for text in [
            "",
            "a",
            "1",
            "👍👍",
            "👍 ",
            "🇩",
            "🇩🇪🇫",
            "\u{200D}",
            "👍\u{200D}",
            "👍a",
            "\u{FE0F}",
            "<",
            "ok",
        ] {
            assert!(!is_emoji(text), "{text:?}");
        }
        assert!(!is_emoji(&"👩\u{200D}".repeat(20)));
        let long = format!("👩{}", "\u{FE0F}".repeat(30));
        assert!(!is_emoji(&long), "marks without end");
    }
}
