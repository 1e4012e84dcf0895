//! What in a text leads somewhere: addresses of the web, and invites. Pure.

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span<'a> {
    /// Words.
    Text(&'a str),
    /// An address of the web, as it stands there.
    Link(&'a str),
    /// An invite to a chat: what follows `#` in its link.
    Invite(&'a str),
}

const SCHEMES: [&str; 2] = ["https://", "http://"];

/// Letters of an invite (protocol.md §11), and what the first of them are: version 1.
const INVITE_LETTERS: usize = 94;
const INVITE_START: &str = "AQ";

/// Cuts a text into parts, which joined are the text again but for the hosts of invites.
pub(crate) fn spans(text: &str) -> Vec<Span<'_>> {
    let (mut spans, mut rest) = (Vec::new(), text);
    while let Some((before, link, after)) = next_link(rest) {
        if !before.is_empty() {
            spans.push(Span::Text(before));
        }
        spans.push(invite_of(link).map_or(Span::Link(link), Span::Invite));
        rest = after;
    }
    if !rest.is_empty() {
        spans.push(Span::Text(rest));
    }
    spans
}

/// The first address in a text, and what is before and behind it.
fn next_link(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let rest = text.get(from..)?;
        let start = SCHEMES.iter().filter_map(|scheme| rest.find(scheme)).min()? + from;
        let before = text.get(..start)?;
        let begins = !before.chars().next_back().is_some_and(char::is_alphanumeric);
        let found = text.get(start..)?;
        let link = found.get(..length(found)).filter(|link| begins && has_host(link));
        match link {
            Some(link) => return Some((before, link, text.get(start + link.len()..)?)),
            None => from = start + 1,
        }
    }
}

/// How long the address is that this begins with: a full stop behind it is the sentence's.
fn length(found: &str) -> usize {
    let ends = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '<' | '>' | '"' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut link = found.split(ends).next().unwrap_or_default();
    while let Some(last) = link.chars().next_back() {
        let closes = last == ')' && link.matches(')').count() > link.matches('(').count();
        if !closes && !matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | ']' | '}') {
            break;
        }
        link = link.get(..link.len() - last.len_utf8()).unwrap_or_default();
    }
    link.len()
}

fn has_host(link: &str) -> bool {
    let host = SCHEMES.iter().find_map(|scheme| link.strip_prefix(scheme));
    host.and_then(|host| host.chars().next()).is_some_and(char::is_alphanumeric)
}

fn invite_of(link: &str) -> Option<&str> {
    let (_, fragment) = link.split_once('#')?;
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_invite = fragment.len() == INVITE_LETTERS
        && fragment.starts_with(INVITE_START)
        && fragment.chars().all(is_letter);
    is_invite.then_some(fragment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_and_the_sentence_around_it_is_not_part_of_it() {
        for (text, link) in [
            ("see https://a.example/b?c=d#e, please", "https://a.example/b?c=d#e"),
            ("(http://a.example/x_(y))", "http://a.example/x_(y)"),
            ("https://a.example.", "https://a.example"),
            ("<https://ä.example/ü>", "https://ä.example/ü"),
            ("https://a.example/\u{202e}gpj.exe", "https://a.example/"),
        ] {
            let found: Vec<_> =
                spans(text).into_iter().filter(|span| matches!(span, Span::Link(_))).collect();
            assert_eq!(found, [Span::Link(link)], "{text}");
        }
    }

    #[test]
    fn what_leads_nowhere_is_text() {
        for text in
            ["", "https://", "xhttps://a.example", "https:// a", "javascript:alert(1)", "a.example"]
        {
            assert!(spans(text).iter().all(|span| matches!(span, Span::Text(_))), "{text}");
        }
    }

    #[test]
    fn the_parts_are_the_text() {
        let text = "one https://a.example two, http://b.example/. three";
        let joined: String = spans(text)
            .into_iter()
            .map(|span| match span {
                Span::Text(part) | Span::Link(part) | Span::Invite(part) => part,
            })
            .collect();
        assert_eq!(joined, text);
    }

    #[test]
    fn an_invite_is_told_from_other_addresses() {
        let fragment = format!("AQA{}", "x".repeat(91));
        let text = format!("Write to her: https://volly.example/#{fragment}");
        assert_eq!(spans(&text), [Span::Text("Write to her: "), Span::Invite(&fragment)]);
        let shorter = text.trim_end_matches('x');
        assert!(!spans(shorter).iter().any(|span| matches!(span, Span::Invite(_))));
    }
}
