//! A map of the states as tiles of one size, so that a small one is seen as well as a large one. It is a picture with a name and nothing to
//! press: what it shows stands in the table beside it, which says more.

use std::collections::BTreeMap;

use maud::{Markup, html};

/// Postal code, name, column, row.
pub const STATES: [(&str, &str, u16, u16); 52] = [
    ("AK", "Alaska", 0, 0),
    ("ME", "Maine", 10, 0),
    ("VT", "Vermont", 9, 1),
    ("NH", "New Hampshire", 10, 1),
    ("WA", "Washington", 0, 2),
    ("ID", "Idaho", 1, 2),
    ("MT", "Montana", 2, 2),
    ("ND", "North Dakota", 3, 2),
    ("MN", "Minnesota", 4, 2),
    ("IL", "Illinois", 5, 2),
    ("WI", "Wisconsin", 6, 2),
    ("MI", "Michigan", 7, 2),
    ("NY", "New York", 8, 2),
    ("RI", "Rhode Island", 9, 2),
    ("MA", "Massachusetts", 10, 2),
    ("OR", "Oregon", 0, 3),
    ("NV", "Nevada", 1, 3),
    ("WY", "Wyoming", 2, 3),
    ("SD", "South Dakota", 3, 3),
    ("IA", "Iowa", 4, 3),
    ("IN", "Indiana", 5, 3),
    ("OH", "Ohio", 6, 3),
    ("PA", "Pennsylvania", 7, 3),
    ("NJ", "New Jersey", 8, 3),
    ("CT", "Connecticut", 9, 3),
    ("CA", "California", 0, 4),
    ("UT", "Utah", 1, 4),
    ("CO", "Colorado", 2, 4),
    ("NE", "Nebraska", 3, 4),
    ("MO", "Missouri", 4, 4),
    ("KY", "Kentucky", 5, 4),
    ("WV", "West Virginia", 6, 4),
    ("VA", "Virginia", 7, 4),
    ("MD", "Maryland", 8, 4),
    ("DE", "Delaware", 9, 4),
    ("AZ", "Arizona", 1, 5),
    ("NM", "New Mexico", 2, 5),
    ("KS", "Kansas", 3, 5),
    ("AR", "Arkansas", 4, 5),
    ("TN", "Tennessee", 5, 5),
    ("NC", "North Carolina", 6, 5),
    ("SC", "South Carolina", 7, 5),
    ("DC", "District of Columbia", 8, 5),
    ("OK", "Oklahoma", 3, 6),
    ("LA", "Louisiana", 4, 6),
    ("MS", "Mississippi", 5, 6),
    ("AL", "Alabama", 6, 6),
    ("GA", "Georgia", 7, 6),
    ("HI", "Hawaii", 0, 7),
    ("TX", "Texas", 3, 7),
    ("FL", "Florida", 8, 7),
    ("PR", "Puerto Rico", 10, 7),
];

const COLUMNS: u16 = 11;
const ROWS: u16 = 8;
/// A tile and the gap behind it, in the units of the drawing.
const STEP: u16 = 50;
const TILE: u16 = 46;

/// The name of a state; its code where there is none of that code.
#[must_use]
pub fn state_name(code: &str) -> &str {
    STATES.iter().find(|(known, ..)| *known == code).map_or(code, |(_, name, ..)| name)
}

/// The map: how many there are in each state, by its code. `title` is what a screen reader says of it.
#[must_use]
pub fn tiles(counts: &BTreeMap<String, usize>, title: &str) -> Markup {
    let view = format!("0 0 {} {}", COLUMNS * STEP, ROWS * STEP);
    html! {
        svg.map role="img" aria-labelledby="map-title" viewBox=(view) xmlns="http://www.w3.org/2000/svg" {
            title #map-title { (title) }
            @for (code, _, column, row) in STATES {
                @let count = counts.get(code).copied().unwrap_or_default();
                (tile(code, count, (column * STEP, row * STEP)))
            }
        }
    }
}

fn tile(code: &str, count: usize, (x, y): (u16, u16)) -> Markup {
    // Not by colour alone: the number stands in the tile as well.
    let class = if count == 0 { "tile" } else { "tile some" };
    html! {
        g class=(class) transform={ "translate(" (x) " " (y) ")" } {
            rect width=(TILE) height=(TILE) rx="4" {}
            text x=(TILE / 2) y="20" text-anchor="middle" { (code) }
            @if count > 0 { text x=(TILE / 2) y="38" text-anchor="middle" { (count) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_state_has_a_tile_of_its_own() {
        let places: BTreeSet<(u16, u16)> = STATES.iter().map(|(_, _, column, row)| (*column, *row)).collect();
        let codes: BTreeSet<&str> = STATES.iter().map(|(code, ..)| *code).collect();
        assert_eq!((places.len(), codes.len()), (52, 52), "fifty states, the District and Puerto Rico");
        assert!(places.iter().all(|(column, row)| *column < COLUMNS && *row < ROWS));
        assert_eq!((state_name("NM"), state_name("XX")), ("New Mexico", "XX"));
    }

    #[test]
    fn a_tile_says_its_number_and_needs_no_colour() {
        let map = tiles(&[("NM".to_owned(), 3)].into(), "Partners <by> state").into_string();
        assert!(map.contains("aria-labelledby=\"map-title\"") && map.contains("Partners &lt;by&gt; state"), "{map}");
        assert_eq!(map.matches("tile some").count(), 1);
        assert!(map.contains(">NM</text><text x=\"23\" y=\"38\" text-anchor=\"middle\">3</text>"), "{map}");
        assert!(!map.contains("style=") && !map.contains("href"));
    }
}
