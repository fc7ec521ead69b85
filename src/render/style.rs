//! Inline styles, which every mail program keeps, and the style block, which only improves on them: the dark palette and narrow screens.
//!
//! Padding stands on table cells only, colours are six digits, no style names an address: what classic Outlook and Gmail cannot read is
//! not written (email-checklist.md section 1).

use crate::content::look::{Palette, Theme};

/// No web fonts; each of these has aligned numerals.
const SANS: &str = "-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif";
const SERIF: &str = "Charter,'Bitstream Charter','Iowan Old Style',Cambria,'Noto Serif','Times New Roman',serif";

/// The width of the column, in pixels, and of the text in it.
pub(super) const COLUMN_PX: u32 = 600;
pub(super) const TEXT_PX: u32 = 536;

/// What lies behind a cell's text. Its class, by which the dark palette finds it, is the same word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    Paper,
    Panel,
    Tint,
}

/// Inline styles in the light palette.
pub(super) struct Style {
    light: Palette,
    is_rtl: bool,
}

impl Style {
    pub(super) fn new(light: Palette, is_rtl: bool) -> Self {
        Self { light, is_rtl }
    }

    fn ground(&self, ground: Ground) -> String {
        let colour = match ground {
            Ground::Paper => self.light.paper,
            Ground::Panel => self.light.panel,
            Ground::Tint => self.light.tint,
        };
        colour.to_string()
    }

    /// A cell of text. Outlook's tables do not inherit, so each cell says its font again.
    pub(super) fn cell(&self, ground: Ground, padding: &str) -> String {
        let (behind, ink) = (self.ground(ground), self.light.ink);
        format!("padding:{padding};background-color:{behind};color:{ink};font-family:{SANS};font-size:17px;line-height:1.6")
    }

    /// A cell of small print.
    pub(super) fn small_cell(&self, ground: Ground, padding: &str) -> String {
        let (behind, quiet) = (self.ground(ground), self.light.quiet);
        format!("padding:{padding};background-color:{behind};color:{quiet};font-family:{SANS};font-size:15px;line-height:1.6")
    }

    /// A tinted cell with a bar on the side where reading begins.
    pub(super) fn barred_cell(&self) -> String {
        format!("{};border-{}:4px solid {}", self.cell(Ground::Tint, "20px 24px 8px"), self.side(), self.light.accent)
    }

    /// A cell beside a bar, for someone's words.
    pub(super) fn quote_cell(&self) -> String {
        let side = self.side();
        format!("{};border-{side}:4px solid {}", self.cell(Ground::Panel, "0 20px"), self.light.line)
    }

    fn side(&self) -> &'static str {
        if self.is_rtl { "right" } else { "left" }
    }

    pub(super) fn body(&self) -> String {
        format!("margin:0;padding:0;background-color:{}", self.light.paper)
    }

    pub(super) fn wrapper(&self) -> String {
        format!("background-color:{};color:{};font-size:medium;font-size:max(16px,1rem)", self.light.paper, self.light.ink)
    }

    pub(super) fn bar(&self) -> String {
        format!("height:6px;background-color:{};font-size:0;line-height:0", self.light.accent)
    }

    /// The thin line below the bar.
    pub(super) fn spark(&self) -> String {
        format!("height:3px;background-color:{};font-size:0;line-height:0", self.light.spark)
    }

    pub(super) fn rule(&self) -> String {
        format!("margin:0;border:0;border-top:1px solid {};font-size:0;line-height:0", self.light.line)
    }

    pub(super) fn line_colour(&self) -> String {
        self.light.line.to_string()
    }

    /// The date below the title.
    pub(super) fn date(&self) -> String {
        format!("margin:10px 0 0;color:{};font-size:15px;line-height:1.5", self.light.quiet)
    }

    pub(super) fn title(&self) -> String {
        format!("margin:0;font-family:{SERIF};font-size:34px;line-height:1.2;font-weight:bold")
    }

    /// The newsletter's name above the title.
    pub(super) fn over_title(&self) -> String {
        format!("color:{};font-family:{SANS};font-size:17px;line-height:2;font-weight:bold", self.light.accent)
    }

    pub(super) fn heading(&self, level: u8) -> String {
        let (size, margin) = if level == 2 { (25, "0 0 10px") } else { (20, "8px 0 8px") };
        format!("margin:{margin};font-family:{SERIF};font-size:{size}px;line-height:1.25;font-weight:bold")
    }

    /// A heading that only gathers the items after it.
    pub(super) fn gathering_heading(&self) -> String {
        format!("margin:0;color:{};font-family:{SANS};font-size:17px;line-height:1.5;font-weight:bold", self.light.accent)
    }

    pub(super) fn paragraph(&self) -> &'static str {
        "margin:0 0 16px"
    }

    pub(super) fn lead(&self) -> &'static str {
        "margin:0 0 12px;font-size:19px;line-height:1.5"
    }

    /// Small print within a cell.
    pub(super) fn quiet(&self) -> String {
        format!("margin:0 0 16px;color:{};font-size:15px;line-height:1.5", self.light.quiet)
    }

    pub(super) fn label(&self) -> String {
        format!("margin:0 0 4px;color:{};font-size:15px;line-height:1.5;font-weight:bold", self.light.accent)
    }

    pub(super) fn quotation(&self) -> String {
        format!("margin:0 0 8px;font-family:{SERIF};font-size:21px;line-height:1.5")
    }

    /// Lists keep their signs inside the column; padding is for cells only.
    pub(super) fn list(&self) -> String {
        format!("margin:0;margin-bottom:16px;margin-{}:26px;padding:0", self.side())
    }

    pub(super) fn item(&self) -> &'static str {
        "margin:0 0 6px"
    }

    pub(super) fn link(&self) -> String {
        format!("color:{};text-decoration:underline", self.light.accent)
    }

    /// A link in small print.
    pub(super) fn quiet_link(&self) -> String {
        format!("color:{};text-decoration:underline", self.light.quiet)
    }

    pub(super) fn button_cell(&self) -> String {
        format!("padding:14px 28px;border-radius:6px;background-color:{}", self.light.accent)
    }

    pub(super) fn button_link(&self) -> String {
        format!(
            "color:{};font-family:{SANS};font-size:17px;line-height:1.3;font-weight:bold;text-decoration:underline",
            self.light.on_accent
        )
    }

    pub(super) fn code(&self) -> &'static str {
        "font-family:Consolas,Menlo,monospace;font-size:16px"
    }

    /// The title of a mail that is not an issue.
    pub(super) fn notice_title(&self) -> String {
        format!("margin:0 0 12px;font-family:{SERIF};font-size:28px;line-height:1.25;font-weight:bold")
    }

    pub(super) fn notice_heading(&self) -> String {
        format!("margin:12px 0 8px;font-family:{SERIF};font-size:21px;line-height:1.3;font-weight:bold")
    }

    /// A tinted cell for lines that are to be read as they are.
    pub(super) fn verbatim_cell(&self) -> String {
        self.cell(Ground::Tint, "12px 16px")
    }

    /// What to type. Words that are too long for the column break where they must.
    pub(super) fn command(&self) -> &'static str {
        "margin:0;font-family:Consolas,Menlo,monospace;font-size:16px;line-height:1.5;white-space:pre-wrap;overflow-wrap:anywhere"
    }

    /// Lines as `check` prints them, as small as can still be read.
    pub(super) fn diagnostics(&self) -> &'static str {
        "margin:0;font-family:Consolas,Menlo,'DejaVu Sans Mono',monospace;font-size:14px;line-height:1.5;white-space:pre-wrap;\
         overflow-wrap:anywhere"
    }

    /// A fact's name, and the fact.
    pub(super) fn fact_head(&self) -> String {
        let (side, quiet) = (self.side(), self.light.quiet);
        format!("{};width:24%;padding:8px 12px 8px 0;color:{quiet};font-weight:bold;text-align:{side}", self.fact())
    }

    pub(super) fn fact_cell(&self) -> String {
        format!("{};padding:8px 0;text-align:{};overflow-wrap:anywhere", self.fact(), self.side())
    }

    fn fact(&self) -> String {
        let line = self.light.line;
        format!("border-bottom:1px solid {line};font-family:{SANS};font-size:16px;line-height:1.5;vertical-align:top")
    }

    pub(super) fn verbatim(&self) -> &'static str {
        "margin:0 0 16px;font-family:Consolas,Menlo,monospace;font-size:15px;line-height:1.5;white-space:pre-wrap"
    }

    pub(super) fn data_cell(&self) -> String {
        let side = self.side();
        format!(
            "padding:8px 12px;border:1px solid {};text-align:{side};font-family:{SANS};font-size:16px;line-height:1.5",
            self.light.line
        )
    }

    pub(super) fn picture(&self, width_px: u32) -> String {
        format!("display:block;width:100%;max-width:{width_px}px;height:auto;border:0")
    }
}

/// The style block for what a program does by itself when it is dark, and for narrow screens. Kept apart from [`dark`], because some
/// programs drop a whole block for one rule that they do not know.
pub(super) fn narrow() -> &'static str {
    ":root{color-scheme:light dark}\
     @media (max-width:480px){.pad{padding-left:20px!important;padding-right:20px!important}.title{font-size:28px!important}\
     .data{padding:6px!important;overflow-wrap:anywhere}}\
     @media print{.paper,.panel,.tint{background-color:#fff!important;color:#000!important}}"
}

/// The dark palette, for programs that ask for it and for Outlook's, which rewrite colours and leave a mark that can be answered.
pub(super) fn dark(theme: &Theme) -> String {
    let rules = dark_rules(&theme.dark);
    let asked: String =
        rules.iter().map(|(class, property, colour)| format!(".{class}{{{property}:{colour}!important}}")).collect();
    let rewritten: String = rules
        .iter()
        .map(|(class, property, colour)| {
            let mark = if *property == "background-color" { "ogsb" } else { "ogsc" };
            format!("[data-{mark}] .{class}{{{property}:{colour}!important}}")
        })
        .collect();
    format!("@media (prefers-color-scheme:dark){{{asked}}}{rewritten}")
}

fn dark_rules(dark: &Palette) -> Vec<(&'static str, &'static str, String)> {
    [
        ("paper", "background-color", dark.paper),
        ("panel", "background-color", dark.panel),
        ("tint", "background-color", dark.tint),
        ("bar", "background-color", dark.accent),
        ("button", "background-color", dark.accent),
        ("paper", "color", dark.ink),
        ("panel", "color", dark.ink),
        ("tint", "color", dark.ink),
        ("quiet", "color", dark.quiet),
        ("accent", "color", dark.accent),
        ("on-accent", "color", dark.on_accent),
        ("edge", "border-color", dark.accent),
        ("line", "border-color", dark.line),
        ("spark", "background-color", dark.spark),
    ]
    .into_iter()
    .map(|(class, property, colour)| (class, property, colour.to_string()))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::look::Look;

    // email-checklist.md E24: our own budget, half of what Gmail reads.
    #[test]
    fn the_style_blocks_fit_in_8_kb() {
        let size = narrow().len() + dark(&Look::builtin().theme).len();
        assert!(size <= 8 * 1024, "{size} bytes");
    }

    // E.g. "Uncertain" in a quarter of a telephone's width.
    #[test]
    fn only_the_fact_may_break_within_a_word_not_its_name() {
        let style = Style::new(Look::builtin().theme.light, false);
        assert!(style.fact_cell().contains("overflow-wrap:anywhere"));
        assert!(!style.fact_head().contains("overflow-wrap"), "{}", style.fact_head());
    }

    #[test]
    fn the_dark_palette_answers_both_kinds_of_program() {
        let look = Look::builtin();
        let css = dark(&look.theme);
        let panel = look.theme.dark.panel;
        assert!(css.contains(&format!("[data-ogsb] .panel{{background-color:{panel}!important}}")), "{css}");
        assert!(css.contains("@media (prefers-color-scheme:dark){.paper{"), "{css}");
    }
}
