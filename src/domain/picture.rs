//! Pictures as the mail shows them: re-encoded, without metadata, named by the hash of their bytes.

use super::id::PictureHash;

/// The formats that every mail client shows (email-checklist.md E31).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFormat {
    Jpeg,
    Png,
    Gif,
}

impl PictureFormat {
    pub const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::Gif];

    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
        }
    }
}

/// A picture, ready to be shown. Its bytes are found by the hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub hash: PictureHash,
    pub format: PictureFormat,
    /// Of the stored bytes, in pixels: twice the shown size where the source allows.
    pub width_px: u32,
    pub height_px: u32,
    pub size_bytes: u64,
}

/// A drawing of lines (SVG) for web pages, written anew from what was drawn; mail shows a [`Picture`] of it. Its bytes are found by the hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    pub hash: PictureHash,
    pub size_bytes: u64,
}

impl Drawing {
    pub const MEDIA_TYPE: &'static str = "image/svg+xml";
}

/// What a picture is for, which decides how large it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureUse {
    /// Shown up to 600 px wide, stored up to 1200 px, wanted at most 200 kB.
    Body,
    /// Shown within 200 by 80 px, stored at twice that, wanted at most 20 kB.
    Logo,
}
