//! Colours, how far apart they are for the eye, and what mail programs make of them in dark mode.

use std::fmt;

/// An opaque sRGB colour, written `#rrggbb`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

impl Colour {
    /// Reads `#rrggbb`; `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?;
        match bytes.as_slice() {
            &[red, green, blue] => Some(Self { red, green, blue }),
            _ => None,
        }
    }

    // WCAG 2.1, relative luminance.
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// The contrast ratio of WCAG 2.1, from 1 to 21, whichever of the two is the lighter.
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance() + 0.05, other.luminance() + 0.05);
        if a > b { a / b } else { b / a }
    }

    /// Whether a mail program that only darkens light things would leave this one alone.
    #[must_use]
    pub fn is_dark(self) -> bool {
        self.luminance() < 0.2
    }

    /// The colour with its lightness turned over, its hue kept: what Outlook.com and the Gmail apps make of it in dark mode.
    #[must_use]
    pub fn inverted(self) -> Self {
        let [red, green, blue] = [self.red, self.green, self.blue];
        // In HSL, lightness is the middle of the largest and the smallest channel, so turning it over moves all three alike.
        let shift = 255 - i32::from(red.max(green).max(blue)) - i32::from(red.min(green).min(blue));
        let moved = |channel: u8| u8::try_from((i32::from(channel) + shift).clamp(0, 255)).expect("clamped to a byte");
        Self { red: moved(red), green: moved(green), blue: moved(blue) }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl fmt::Debug for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        let colour = |text| Colour::parse(text).unwrap();
        assert!((colour("#000000").contrast(colour("#ffffff")) - 21.0).abs() < 0.01);
        // The lightest grey that passes 4.5:1 on white.
        assert!((colour("#767676").contrast(colour("#ffffff")) - 4.54).abs() < 0.01);
    }

    #[test]
    fn inversion_turns_lightness_and_keeps_the_hue() {
        let colour = |text| Colour::parse(text).unwrap();
        assert_eq!(colour("#ffffff").inverted(), colour("#000000"));
        assert_eq!(colour("#0d5c5a").inverted(), colour("#a3f2f0"));
        assert_eq!(colour("#0d5c5a").inverted().inverted(), colour("#0d5c5a"));
    }

    #[test]
    fn only_six_digits_make_a_colour() {
        for bad in ["", "#fff", "red", "#gggggg", "0d5c5a", "#0d5c5a0", "#0d5c5a;"] {
            assert_eq!(Colour::parse(bad), None, "{bad}");
        }
    }
}
