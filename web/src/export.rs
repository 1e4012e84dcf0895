//! One conversation as a file that people and programs read.

use std::fmt::Write;

/// How a message stands in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// It is ours.
    pub(crate) mine: bool,
    /// When it was sent: RFC 3339, UTC.
    pub(crate) sent: String,
    /// What it says, after the newest of its changes.
    pub(crate) text: String,
    /// It was changed.
    pub(crate) edited: bool,
}

/// What the page looks like; it is read without a network and without Volly.
const STYLE: &str = "body{margin:2rem auto;max-width:40rem;padding:0 1rem;font:1rem/1.45 system-ui,sans-serif;\
color:#16201C;background:#FBFAF6}h1{font-size:1.375rem}ol{list-style:none;padding:0}li{margin:0 0 .75rem;\
padding:.5rem .75rem;border-radius:1rem;background:#fff;width:fit-content;max-width:75%;white-space:pre-wrap;\
overflow-wrap:anywhere}li.mine{margin-left:auto;background:#DDEFE3}b,time{display:block;font-size:.8125rem;\
font-weight:400;color:#55615B}";

/// The beginning of a page: `with` whom, and `title` in words.
pub(crate) fn html_start(title: &str) -> String {
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n<ol>\n"
    )
}

/// A message of the page; `who` said it.
pub(crate) fn html_line(line: &Line, who: &str) -> String {
    let (class, who, text) =
        (if line.mine { " class=\"mine\"" } else { "" }, escaped(who), escaped(&line.text));
    let sent = escaped(&line.sent);
    format!(
        "<li{class} dir=\"auto\"><b>{who}</b>{text}<time datetime=\"{sent}\">{sent}</time></li>\n"
    )
}

/// Its end.
pub(crate) const HTML_END: &str = "</ol></body></html>\n";

/// The beginning of a JSON document (RFC 8259).
pub(crate) fn json_start(with: &str, fingerprint: &[u8; 32]) -> String {
    let mut hex = String::new();
    for byte in fingerprint {
        let _ = write!(hex, "{byte:02x}");
    }
    format!("{{\"version\":1,\"with\":{},\"fingerprint\":\"{hex}\",\"messages\":[", quoted(with))
}

/// A message of it.
pub(crate) fn json_line(line: &Line, is_first: bool) -> String {
    let comma = if is_first { "" } else { "," };
    let (sent, text) = (quoted(&line.sent), quoted(&line.text));
    let Line { mine, edited, .. } = line;
    format!("{comma}\n{{\"mine\":{mine},\"sent\":{sent},\"edited\":{edited},\"text\":{text}}}")
}

/// Its end.
pub(crate) const JSON_END: &str = "\n]}\n";

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A string of RFC 8259 §7.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            letter if letter < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// A name as a part of a file's: letters and digits of any script, and single hyphens for the rest.
pub(crate) fn file_part(name: &str) -> String {
    let mut part = String::new();
    for letter in name.chars().take(64) {
        if letter.is_alphanumeric() {
            part.push(letter);
        } else if !part.ends_with('-') && !part.is_empty() {
            part.push('-');
        }
    }
    part.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        let sent = "2026-11-30T21:00:00.000Z".into();
        Line { mine: true, sent, edited: false, text: text.into() }
    }

    #[test]
    fn what_people_write_is_text_in_the_page() {
        let page = html_start("Chat with <Bob>") + &html_line(&line("<script>&\"</b>"), "A<b>");
        assert!(page.contains("&lt;script&gt;&amp;&quot;&lt;/b&gt;"));
        assert!(page.contains("<b>A&lt;b&gt;</b>") && page.contains("Chat with &lt;Bob&gt;"));
        assert!(!page.contains("<script>"));
    }

    #[test]
    fn the_document_is_json_whatever_people_write() {
        let text = "say \"\\\" \n\u{1}\u{1f600}";
        let document = json_start("Bob \"B\"", &[0xAB; 32])
            + &json_line(&line(text), true)
            + &json_line(&line("two"), false)
            + JSON_END;
        let said = r#"{"mine":true,"sent":"2026-11-30T21:00:00.000Z","edited":false,"text":"say \"\\\" \n\u0001😀"}"#;
        assert!(document.contains(said), "{document}");
        assert!(document.starts_with(r#"{"version":1,"with":"Bob \"B\"","fingerprint":"abab"#));
        assert_eq!(document.matches("},\n{").count(), 1);
    }

    #[test]
    fn a_name_makes_a_part_of_a_file_name() {
        for (name, part) in
            [("Mara", "Mara"), ("../a b", "a-b"), ("Jörg & Żaneta!", "Jörg-Żaneta"), ("🎾", "")]
        {
            assert_eq!(file_part(name), part);
        }
    }
}
