//! A QR code (ISO/IEC 18004) as one SVG path.

use core::fmt::Write;

use fast_qr::{ECL, QRBuilder};
use yew::prelude::*;

/// Light modules around the code, as the standard asks for.
const QUIET_ZONE: usize = 4;

/// Props of [`QrCode`].
#[derive(Properties, PartialEq)]
pub(crate) struct QrCodeProps {
    /// What a camera reads.
    pub(crate) text: AttrValue,
    /// What a screen reader says.
    pub(crate) label: AttrValue,
}

/// See the module. It is dark on light in every theme: many cameras read nothing else.
#[component]
pub(crate) fn QrCode(props: &QrCodeProps) -> Html {
    let drawing = use_memo(props.text.clone(), |text| draw(text));
    let Some((side, path)) = (*drawing).as_ref() else { return Html::default() };
    html! {
        <svg class="qr" viewBox={format!("0 0 {side} {side}")} role="img" aria-label={&props.label}
            shape-rendering="crispEdges">
            <rect class="qr-light" width={side.to_string()} height={side.to_string()} />
            <path class="qr-dark" d={path.clone()} />
        </svg>
    }
}

/// The side in modules and a path with one stroke for each run of dark modules.
fn draw(text: &str) -> Option<(usize, String)> {
    let code = QRBuilder::new(text).ecl(ECL::M).build().ok()?;
    let mut path = String::new();
    for (y, row) in code.data.chunks(code.size).take(code.size).enumerate() {
        let mut x = 0;
        while let Some(start) =
            row.iter().skip(x).position(|module| module.value()).map(|at| at + x)
        {
            let run = row.iter().skip(start).take_while(|module| module.value()).count();
            let _ = write!(path, "M{} {}h{run}v1h-{run}z", start + QUIET_ZONE, y + QUIET_ZONE);
            x = start + run;
        }
    }
    Some((code.size + 2 * QUIET_ZONE, path))
}
