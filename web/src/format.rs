//! How things look as text: initials, colours, digits, links. Pure.

/// Colours of avatars in `styles/tokens.css`.
const AVATAR_COLOURS: u8 = 12;

/// Groups of digits in a safety number, and digits in a group.
const DIGITS_IN_GROUP: usize = 5;

/// What the name of a voice message begins with.
pub(crate) const VOICE_NAME: &str = "Voice message";

/// How a file is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Media {
    /// As a picture.
    Picture,
    /// Played.
    Sound,
    /// Played, with a picture.
    Video,
    /// By its name alone.
    Other,
}

/// What a file is shown as, by what its sender calls it. No kind that could run a script is shown.
pub(crate) fn media_of(media_type: &str) -> Media {
    match media_type.split(';').next().unwrap_or_default() {
        "image/jpeg" | "image/png" | "image/webp" | "image/gif" | "image/avif" => Media::Picture,
        "audio/webm" | "audio/mp4" | "audio/mpeg" | "audio/ogg" | "audio/wav" | "audio/aac"
        | "audio/flac" => Media::Sound,
        "video/mp4" | "video/webm" | "video/ogg" | "video/quicktime" => Media::Video,
        _ => Media::Other,
    }
}

/// Seconds of sound, as `1:07`.
pub(crate) fn length(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// At most two letters that stand for a name: of its first and last word.
pub(crate) fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| {
        word.chars().find(|letter| letter.is_alphanumeric()).or_else(|| word.chars().next())
    });
    let (first, last) = (words.next(), words.next_back());
    [first, last].into_iter().flatten().flat_map(char::to_uppercase).collect()
}

/// The class that gives a contact its colour.
pub(crate) fn avatar_class(fingerprint: &[u8; 32]) -> String {
    let [first, ..] = fingerprint;
    format!("avatar-{}", first % AVATAR_COLOURS)
}

/// A safety number in groups of five digits.
pub(crate) fn digit_groups(digits: &str) -> Vec<String> {
    let digits: Vec<char> = digits.chars().filter(char::is_ascii_digit).collect();
    digits.chunks(DIGITS_IN_GROUP).map(|group| group.iter().collect()).collect()
}

/// Words in a recovery phrase as it is typed.
pub(crate) fn word_count(phrase: &str) -> usize {
    phrase.split_whitespace().count()
}

/// A whole link from the page's address and an invite's fragment.
pub(crate) fn invite_link(page: &str, fragment: &str) -> String {
    format!("{page}#{fragment}")
}

/// The invite in a page's fragment. Routes start with `/`, invites never do.
pub(crate) fn invite_in(fragment: &str) -> Option<&str> {
    let text = fragment.strip_prefix('#').unwrap_or(fragment);
    (!text.is_empty() && !text.starts_with('/')).then_some(text)
}

/// A text has nothing but a few emoji: it is drawn large.
pub(crate) fn is_few_emoji(text: &str) -> bool {
    let is_emoji =
        |c: char| matches!(u32::from(c), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B50 | 0x2B55);
    let joins = |c: char| matches!(u32::from(c), 0x200D | 0xFE0F | 0x1F3FB..=0x1F3FF | 0x20E3);
    let count = text.chars().filter(|c| is_emoji(*c) && !joins(*c)).count();
    (1..=3).contains(&count) && text.chars().all(|c| is_emoji(c) || joins(c))
}

/// A text around the first place where one of the words stands: what is before it, the word as it
/// stands there, and what is behind. What is far before it is left out.
pub(crate) fn around<'a>(text: &'a str, words: &str) -> (String, &'a str, &'a str) {
    let starts = || text.char_indices().map(|(at, _)| at);
    let word_at = |at: usize| {
        let rest = text.get(at..)?;
        words.split_whitespace().find_map(|word| held(rest, word)).map(|length| (at, length))
    };
    let Some((at, length)) = starts().find_map(word_at) else { return (text.into(), "", "") };
    let (before, rest) = text.split_at(at);
    let (held, after) = rest.split_at(length);
    let far = before.chars().count() > BEFORE_FOUND;
    let near: Vec<char> = before.chars().rev().take(BEFORE_FOUND).collect();
    let near: String = near.into_iter().rev().collect();
    (if far { format!("…{near}") } else { near }, held, after)
}

/// Letters that are shown before what was found, so that a narrow row shows it.
const BEFORE_FOUND: usize = 12;

/// How many bytes of a text say this word, whatever the case.
fn held(text: &str, word: &str) -> Option<usize> {
    let mut wanted = word.chars().flat_map(char::to_lowercase).peekable();
    for (at, c) in text.char_indices() {
        for folded in c.to_lowercase() {
            match wanted.next() {
                Some(next) if next == folded => {}
                Some(_) => return None,
                None => return Some(at),
            }
        }
        if wanted.peek().is_none() {
            return Some(at + c.len_utf8());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_run_a_script_is_shown_by_its_name_alone() {
        for kind in ["image/svg+xml", "text/html", "application/pdf", "", "image/jpegx"] {
            assert_eq!(media_of(kind), Media::Other, "{kind}");
        }
        assert_eq!(media_of("audio/webm;codecs=opus"), Media::Sound);
        assert_eq!(media_of("image/jpeg"), Media::Picture);
    }

    #[test]
    fn what_was_found_is_shown_with_what_is_around_it() {
        assert_eq!(around("The MILL at eight", "mill"), ("The ".into(), "MILL", " at eight"));
        assert_eq!(around("eight, mill", "mill eight"), (String::new(), "eight", ", mill"));
        assert_eq!(around("nothing", "mill"), ("nothing".into(), "", ""));
        let (before, held, after) = around("a long way to go before the mill", "mill");
        assert_eq!((before.as_str(), held, after), ("… before the ", "mill", ""));
        assert_eq!(around("GRÜSSE", "grüsse").1, "GRÜSSE");
    }

    #[test]
    fn initials_come_from_the_first_and_last_word() {
        for (name, letters) in [
            ("Mara", "M"),
            ("mara lind", "ML"),
            ("Ana de la Cruz", "AC"),
            ("  (Jo)  ", "J"),
            ("ليلى حسن", "لح"),
            ("李", "李"),
            ("🌻", "🌻"),
            ("", ""),
        ] {
            assert_eq!(initials(name), letters, "{name}");
        }
    }

    #[test]
    fn colours_stay_within_the_palette() {
        let tokens = include_str!("../styles/tokens.css");
        for first in [0, 11, 12, 255] {
            let class = avatar_class(&[first; 32]);
            assert!(tokens.contains(&format!("--{class}:")), "{class}");
        }
    }

    #[test]
    fn sixty_digits_are_twelve_groups() {
        let groups = digit_groups(&"12345 ".repeat(12));
        assert_eq!(groups.len(), 12);
        assert!(groups.iter().all(|group| group == "12345"));
    }

    #[test]
    fn an_invite_is_told_from_a_route() {
        assert_eq!(invite_in("#AQAB"), Some("AQAB"));
        for fragment in ["", "#", "#/", "#/chat/1"] {
            assert_eq!(invite_in(fragment), None, "{fragment}");
        }
    }

    #[test]
    fn only_a_few_emoji_are_large() {
        for (text, large) in [
            ("👍", true),
            ("❤️🎾", true),
            ("👍👍👍👍", false),
            ("ok 👍", false),
            ("", false),
            ("3", false),
        ] {
            assert_eq!(is_few_emoji(text), large, "{text}");
        }
    }
}
