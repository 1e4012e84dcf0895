//! Dates and times in the person's own zone and manner, by `Intl`.

use std::cell::Cell;

use js_sys::{Array, Date, Intl::DateTimeFormat, Object, Reflect};
use wasm_bindgen::JsValue;

use crate::{browser, i18n::t};

const DAY_MS: f64 = 86_400_000.0;
/// Days begin and zones differ at whole quarters of an hour.
const QUARTER_MS: u64 = 900_000;

thread_local! {
    /// A quarter of an hour and its day: neighbours in a conversation mostly share it.
    static LAST_DAY: Cell<(u64, i64)> = const { Cell::new((u64::MAX, 0)) };
    static TIME: DateTimeFormat = formatter(&[("hour", "numeric"), ("minute", "2-digit")]);
    static WEEKDAY: DateTimeFormat = formatter(&[("weekday", "long")]);
    static SHORT_WEEKDAY: DateTimeFormat = formatter(&[("weekday", "short")]);
    static DATE: DateTimeFormat = formatter(&[("day", "numeric"), ("month", "long"), ("year", "numeric")]);
    static SHORT_DATE: DateTimeFormat = formatter(&[("day", "numeric"), ("month", "short")]);
}

fn formatter(options: &[(&str, &str)]) -> DateTimeFormat {
    let object = Object::new();
    for (name, value) in options {
        let _ = Reflect::set(&object, &(*name).into(), &(*value).into());
    }
    // Words in dates are English as the app is; the manner (12 or 24 hours) is the person's.
    let theirs =
        browser::window().navigator().language().filter(|language| language.starts_with("en"));
    let language = theirs.unwrap_or_else(|| "en-GB".into());
    DateTimeFormat::new(&Array::of1(&language.into()), &object)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of our time fit in 53 bits")]
fn date(at: u64) -> Date {
    Date::new(&JsValue::from_f64(at as f64))
}

fn format(with: &DateTimeFormat, at: u64) -> String {
    let text = with.format().call1(&JsValue::UNDEFINED, &date(at)).ok();
    text.and_then(|text| text.as_string()).unwrap_or_default()
}

/// Numbers the local day of a moment.
#[expect(clippy::cast_possible_truncation, reason = "days fit")]
pub(crate) fn day(at: u64) -> i64 {
    let quarter = at / QUARTER_MS;
    let (known, day) = LAST_DAY.get();
    if known == quarter {
        return day;
    }
    let date = date(at);
    let day = ((date.get_time() - date.get_timezone_offset() * 60_000.0) / DAY_MS).floor() as i64;
    LAST_DAY.set((quarter, day));
    day
}

/// Hour and minute.
pub(crate) fn time(at: u64) -> String {
    TIME.with(|with| format(with, at))
}

/// A whole date.
pub(crate) fn long_date(at: u64) -> String {
    DATE.with(|with| format(with, at))
}

/// A day as a heading: today, yesterday, a weekday of the last six days, or a date.
pub(crate) fn day_name(at: u64, today: i64) -> String {
    match today - day(at) {
        0 => t!("today"),
        1 => t!("yesterday"),
        2..=6 => WEEKDAY.with(|with| format(with, at)),
        _ => long_date(at),
    }
}

/// A moment in a row of the list: the time, a weekday, or a date.
pub(crate) fn moment(at: u64, today: i64) -> String {
    match today - day(at) {
        0 => time(at),
        1..=6 => SHORT_WEEKDAY.with(|with| format(with, at)),
        _ => SHORT_DATE.with(|with| format(with, at)),
    }
}
