//! The stylesheet of every page: the colours of the newsroom, and the rules of `style.css` that none of them changes.

use crate::content::look::{Palette, Theme};

const STYLE: &str = include_str!("style.css");

/// The stylesheet: the newsroom's colours, then the rules.
pub(super) fn stylesheet(theme: &Theme) -> String {
    let (light, dark) = (colours(&theme.light), colours(&theme.dark));
    format!(
        ":root {{ color-scheme: light dark; {light} }}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n{STYLE}"
    )
}

fn colours(palette: &Palette) -> String {
    let Palette { paper, panel, tint, ink, quiet, accent, on_accent, line, spark } = palette;
    format!(
        "--paper: {paper}; --panel: {panel}; --tint: {tint}; --ink: {ink}; --quiet: {quiet}; --accent: {accent}; --on-accent: {on_accent}; \
         --line: {line}; --spark: {spark};"
    )
}
