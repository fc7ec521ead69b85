//! Colours, logo and links from `theme.toml`. Every pair of colours that meets in a mail is measured here, in both palettes and as mail
//! programs invert them, so that what is built from a theme can always be read.

use super::colour::Colour;
use super::table::{self, Reader};
use crate::domain::prose::LinkTarget;
use crate::domain::rule::{A11Y003, LINK001, Problem, VALUE001};

/// The colours of one mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Palette {
    /// Around the mail.
    pub paper: Colour,
    /// Behind the text.
    pub panel: Colour,
    /// Behind events and positions.
    pub tint: Colour,
    pub ink: Colour,
    /// Small print and by-lines.
    pub quiet: Colour,
    /// Links, buttons, the bar at the top.
    pub accent: Colour,
    /// Text on a button.
    pub on_accent: Colour,
    /// Rules between parts; nothing is told by them alone.
    pub line: Colour,
    /// The thin line below the bar; it only decorates.
    pub spark: Colour,
}

/// A logo at the head of the mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoPicture {
    pub address: LinkTarget,
    /// As shown, at most 200.
    pub width_px: u32,
    /// As shown, at most 80.
    pub height_px: u32,
    pub description: String,
    /// Painted behind it, in dark mode too.
    pub ground: Colour,
}

/// A link at the foot of every mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoreLink {
    pub text: String,
    pub address: LinkTarget,
}

/// The look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    pub light: Palette,
    pub dark: Palette,
    pub logo: Option<LogoPicture>,
    /// How readers' data is treated.
    pub privacy: LinkTarget,
    pub more_links: Vec<MoreLink>,
}

/// Reads `theme.toml`: the theme unless something is wrong, and every problem.
pub(super) fn parse(text: &str) -> (Option<Theme>, Vec<Problem>) {
    let document = match table::parse(text, 0) {
        Ok(document) => document,
        Err(problem) => return (None, vec![problem]),
    };
    let mut top = Reader::new(document.get_ref(), 0);
    let light = top.table("light").and_then(|reader| palette(reader, &mut top.problems));
    let dark = top.table("dark").and_then(|reader| palette(reader, &mut top.problems));
    let logo = top.optional_table("logo").and_then(|reader| logo(reader, &mut top.problems));
    let links = top.table("links").and_then(|reader| links(reader, &mut top.problems));
    let mut problems = top.finish();
    for (name, palette) in [("light", light), ("dark", dark)] {
        problems.extend(palette.iter().flat_map(|palette| faint_pairs(name, palette)));
    }
    let whole = || {
        let (privacy, more_links) = links?;
        Some(Theme { light: light?, dark: dark?, logo, privacy, more_links })
    };
    (whole().filter(|_| problems.is_empty()), problems)
}

fn palette(mut reader: Reader<'_>, problems: &mut Vec<Problem>) -> Option<Palette> {
    let keys = ["paper", "panel", "tint", "ink", "quiet", "accent", "on_accent", "line", "spark"];
    let colours = keys.map(|key| colour(&mut reader, key));
    problems.extend(reader.finish());
    let [paper, panel, tint, ink, quiet, accent, on_accent, line, spark] = colours;
    Some(Palette {
        paper: paper?,
        panel: panel?,
        tint: tint?,
        ink: ink?,
        quiet: quiet?,
        accent: accent?,
        on_accent: on_accent?,
        line: line?,
        spark: spark?,
    })
}

fn colour(reader: &mut Reader<'_>, key: &str) -> Option<Colour> {
    let (text, span) = reader.text(key)?;
    let colour = Colour::parse(text);
    if colour.is_none() {
        let message = format!("`{text}` is not a colour");
        reader.problems.push(Problem::new(VALUE001, span, message, "write six hexadecimal digits, as in \"#0d5c5a\""));
    }
    colour
}

fn address(reader: &mut Reader<'_>, key: &str) -> Option<LinkTarget> {
    let (text, span) = reader.text(key)?;
    match LinkTarget::parse(text) {
        Ok(target) => Some(target),
        Err(why) => {
            let help = "write the whole address, beginning with https://";
            reader.problems.push(Problem::new(LINK001, span, format!("`{text}` cannot be linked: {why}"), help));
            None
        }
    }
}

fn logo(mut reader: Reader<'_>, problems: &mut Vec<Problem>) -> Option<LogoPicture> {
    let address = address(&mut reader, "address");
    // email-checklist.md E32: a logo is shown within 200 by 80 pixels.
    let (width, height) = (reader.number("width", 16..201), reader.number("height", 16..81));
    let description = reader.text("description").map(|(text, _)| text.to_owned());
    let ground = colour(&mut reader, "ground");
    problems.extend(reader.finish());
    Some(LogoPicture { address: address?, width_px: width?, height_px: height?, description: description?, ground: ground? })
}

fn links(mut reader: Reader<'_>, problems: &mut Vec<Problem>) -> Option<(LinkTarget, Vec<MoreLink>)> {
    let privacy = address(&mut reader, "privacy");
    let mut more_links = Vec::new();
    for mut link in reader.tables("more") {
        let text = link.text("text").map(|(text, _)| text.to_owned());
        let target = address(&mut link, "address");
        problems.extend(link.finish());
        more_links.extend(text.zip(target).map(|(text, address)| MoreLink { text, address }));
    }
    problems.extend(reader.finish());
    Some((privacy?, more_links))
}

/// What becomes of a text colour and the one behind it.
type Treatment = fn(Colour, Colour) -> (Colour, Colour);

/// What a mail program may do to colours by itself.
const TREATMENTS: [(&str, Treatment); 3] = [
    ("", |text, ground| (text, ground)),
    (" when a mail program inverts it", |text, ground| (text.inverted(), ground.inverted())),
    // Outlook.com and Gmail on Android: what is light behind and dark in front is turned, the rest is left.
    (" when a mail program inverts it in part", |text, ground| {
        let ground_now = if ground.is_dark() { ground } else { ground.inverted() };
        let text_now = if text.is_dark() && !ground.is_dark() { text.inverted() } else { text };
        (text_now, ground_now)
    }),
];

/// The pairs that meet in a mail and are closer than WCAG 2.1 AA allows for text (email-checklist.md E08).
fn faint_pairs(name: &str, palette: &Palette) -> Vec<Problem> {
    let Palette { paper, panel, tint, ink, quiet, accent, on_accent, line: _, spark: _ } = *palette;
    let grounds = [("paper", paper), ("panel", panel), ("tint", tint)];
    let texts = [("ink", ink), ("quiet", quiet), ("accent", accent)];
    let on_grounds = grounds.iter().flat_map(|ground| texts.iter().map(move |text| (*text, *ground)));
    let mut problems = Vec::new();
    for (text, ground) in on_grounds.chain([(("on_accent", on_accent), ("accent", accent))]) {
        for (treatment, applied) in TREATMENTS {
            let (text_now, ground_now) = applied(text.1, ground.1);
            let ratio = text_now.contrast(ground_now);
            if ratio < 4.5 {
                let message =
                    format!("{} on {} in the {name} palette has a contrast of {ratio:.1} to 1{treatment}", text.0, ground.0);
                let help = "at least 4.5 to 1 is needed; make the darker colour darker or the lighter one lighter";
                problems.push(Problem::new(A11Y003, None, message, help));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_that_only_fails_inverted_is_found() {
        // Pure yellow on a mid grey-blue: readable as it stands, not when lightness is turned.
        let (theme, _) = parse(super::super::THEME);
        let light = theme.unwrap().light;
        let colour = |text| Colour::parse(text).unwrap();
        let odd = Palette { accent: colour("#0000ff"), panel: colour("#ffffff"), ..light };
        let found = faint_pairs("light", &odd);
        assert!(found.iter().any(|problem| problem.message.contains("accent on panel") && problem.message.contains("inverts")));
        assert!(!found.iter().any(|problem| problem.message.ends_with("to 1") && problem.message.contains("accent on panel")));
    }

    #[test]
    fn a_logo_is_at_most_200_by_80() {
        let text = format!(
            "{}\n[logo]\naddress = \"https://lantern.example.org/logo.png\"\nwidth = 400\nheight = 40\ndescription = \"Lantern\"\nground = \"#ffffff\"\n",
            super::super::THEME
        );
        let (_, problems) = parse(&text);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].message.contains("`logo.width` must be a whole number from 16 to 200"), "{problems:?}");
    }
}
