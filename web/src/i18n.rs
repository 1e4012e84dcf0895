//! Every text of the app, by Fluent (Project Fluent syntax 1.0).
//!
//! Texts live in `locales/en.ftl`. A key that the code names and the file lacks, or the other way
//! around, fails a test. Names are not wrapped in isolation marks: where a name stands alone its
//! element has `dir="auto"`.

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use unic_langid::langid;

const ENGLISH: &str = include_str!("../locales/en.ftl");

thread_local! {
    static BUNDLE: FluentBundle<FluentResource> = bundle();
}

fn bundle() -> FluentBundle<FluentResource> {
    let resource =
        FluentResource::try_new(ENGLISH.to_owned()).unwrap_or_else(|(partial, _)| partial);
    let mut bundle = FluentBundle::new(vec![langid!("en")]);
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

/// The text of a key. Use [`t!`], which the tests read.
pub(crate) fn text(key: &'static str, values: &[(&'static str, FluentValue<'_>)]) -> String {
    BUNDLE.with(|bundle| {
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let args: FluentArgs<'_> = values.iter().cloned().collect();
        bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
    })
}

/// The text of a key: `t!("start")`, `t!("invited-by", name = &*name)`.
macro_rules! t {
    ($key:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::i18n::text($key, &[$((stringify!($name), ::fluent_bundle::FluentValue::from($value))),*])
    };
}
pub(crate) use t;

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn sources(folder: &Path, found: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.file_name().unwrap() != "i18n.rs" {
                *found += &fs::read_to_string(path).unwrap();
            }
        }
    }

    fn used() -> BTreeSet<String> {
        let mut code = String::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut code);
        code.match_indices("t!(")
            .filter(|(at, _)| !code[..*at].ends_with(|before: char| before.is_alphanumeric()))
            .filter_map(|(at, call)| code[at + call.len()..].trim_start().strip_prefix('"'))
            .filter_map(|rest| rest.split_once('"'))
            .map(|(key, _)| key.to_owned())
            .collect()
    }

    fn present() -> BTreeSet<String> {
        let key = |line: &str| line.split_once(" =").map(|(key, _)| key.to_owned());
        ENGLISH
            .lines()
            .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
            .filter_map(key)
            .collect()
    }

    #[test]
    fn the_file_parses_whole() {
        assert!(FluentResource::try_new(ENGLISH.to_owned()).is_ok());
        assert!(present().len() > 100);
    }

    #[test]
    fn every_key_used_exists_and_every_key_present_is_used() {
        assert_eq!(used(), present());
    }

    #[test]
    fn every_text_formats_without_errors() {
        let bundle = bundle();
        let args: FluentArgs<'_> = [
            "name", "count", "max", "date", "query", "state", "title", "why", "relay", "ms", "all",
            "version", "direct", "text", "emoji", "after", "seconds", "size", "have", "given",
            "length", "time",
        ]
        .map(|name| (name, FluentValue::from(2)))
        .into_iter()
        .collect();
        for key in present() {
            let mut errors = Vec::new();
            let pattern = bundle.get_message(&key).unwrap().value().unwrap();
            let text = bundle.format_pattern(pattern, Some(&args), &mut errors);
            assert!(errors.is_empty() && !text.is_empty(), "{key}: {errors:?}");
            assert!(!text.contains('!'), "{key} shouts");
        }
    }

    #[test]
    fn plurals_follow_the_number() {
        assert_eq!(text("unread", &[("count", 1.into())]), "1 unread message");
        assert_eq!(text("unread", &[("count", 2.into())]), "2 unread messages");
    }

    #[test]
    fn the_first_paint_says_what_the_app_says() {
        let page = include_str!("../index.html");
        for key in
            ["app-name", "app-lead", "name-label", "name-hint", "start", "have-invite", "restore"]
        {
            let said = text(key, &[]);
            assert!(page.contains(&format!(">{said}<")), "index.html lacks: {said}");
        }
    }
}
