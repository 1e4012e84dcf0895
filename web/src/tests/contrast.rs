//! Every pair of colours that carries text or meaning meets WCAG 2.2 AA, in both themes.

use std::collections::BTreeMap;

const TOKENS: &str = include_str!("../../styles/tokens.css");
const SHEETS: [&str; 9] = [
    include_str!("../../styles/base.css"),
    include_str!("../../styles/layout.css"),
    include_str!("../../styles/list.css"),
    include_str!("../../styles/pages.css"),
    include_str!("../../styles/controls.css"),
    include_str!("../../styles/dialogs.css"),
    include_str!("../../styles/forms.css"),
    include_str!("../../styles/messages.css"),
    include_str!("../../styles/chat.css"),
];

/// Text on a ground, 4.5:1 (WCAG 2.2 §1.4.3).
const TEXT: &[(&str, &str)] = &[
    ("ink", "paper"),
    ("ink", "surface"),
    ("ink", "raised"),
    ("ink", "mine"),
    ("ink-2", "paper"),
    ("ink-2", "surface"),
    ("ink-2", "raised"),
    ("ink-2", "mine"),
    ("court", "paper"),
    ("court", "surface"),
    ("court", "raised"),
    ("court", "mine"),
    ("ink", "quote-mine"),
    ("ink", "quote-theirs"),
    ("ink-2", "quote-mine"),
    ("ink-2", "quote-theirs"),
    ("court", "quote-mine"),
    ("court", "quote-theirs"),
    ("on-court", "court"),
    ("on-court", "court-pressed"),
    ("on-ball", "ball"),
    ("bad", "mine"),
    ("warn", "paper"),
    ("warn", "surface"),
    ("bad", "paper"),
    ("bad", "surface"),
    ("warn", "raised"),
    ("on-bad", "bad"),
];

/// What is seen without being read, 3:1 (WCAG 2.2 §1.4.11): the edge of fields, dots.
const SHAPES: &[(&str, &str)] =
    &[("edge", "surface"), ("edge", "paper"), ("court", "paper"), ("bad", "surface")];

type Theme = BTreeMap<String, String>;

fn themes() -> [Theme; 2] {
    let (light, dark) = TOKENS.split_once("prefers-color-scheme: dark").unwrap();
    let light = declarations(light);
    let mut both = light.clone();
    both.extend(declarations(dark));
    [light, both]
}

fn declarations(css: &str) -> Theme {
    css.split(['{', '}', ';'])
        .filter_map(|declaration| declaration.trim().strip_prefix("--")?.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}

fn luminance(hex: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn contrast_is_what_the_standard_says() {
    assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 0.01);
    assert!((contrast("#777777", "#ffffff") - 4.48).abs() < 0.01);
}

#[test]
fn every_pair_can_be_read() {
    for (theme, name) in themes().iter().zip(["light", "dark"]) {
        for (pairs, least) in [(TEXT, 4.5), (SHAPES, 3.0)] {
            for (front, back) in pairs {
                let ratio = contrast(&theme[*front], &theme[*back]);
                assert!(ratio >= least, "{name}: {front} on {back} has {ratio:.2}");
            }
        }
        for colour in 0..12 {
            let ratio = contrast(&theme["on-avatar"], &theme[&format!("avatar-{colour}")]);
            assert!(ratio >= 4.5, "{name}: avatar {colour} has {ratio:.2}");
        }
    }
}

#[test]
fn values_live_in_the_tokens_alone() {
    for sheet in SHEETS {
        assert!(!sheet.contains("rgb(") && !sheet.contains("hsl("));
        let hex = sheet.split('#').skip(1).any(|rest| {
            rest.split(|c: char| !c.is_ascii_hexdigit()).next().is_some_and(|run| run.len() >= 3)
        });
        assert!(!hex, "a colour outside tokens.css");
    }
}

#[test]
fn every_token_used_exists() {
    let [light, _] = themes();
    for sheet in SHEETS {
        for rest in sheet.split("var(--").skip(1) {
            let name = rest.split([')', ',']).next().unwrap();
            assert!(light.contains_key(name), "--{name} is not in tokens.css");
        }
    }
}
