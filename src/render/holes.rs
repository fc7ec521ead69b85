//! Slots and conditional parts inside HTML that is still being built. A mark begins with a raw `<` followed by a private-use character;
//! maud escapes every `<` of a text, so no author's or partner's words can ever look like one, whatever characters they use.

use std::cell::RefCell;

use maud::PreEscaped;

use crate::domain::audience::Condition;
use crate::domain::template::{Escape, PersonalLink, Piece, Placeholder, Slot, Template};

const MARK: &str = "<\u{e000}";
const END: char = '>';

/// The slots and conditions that the marks in one document stand for.
#[derive(Default)]
pub(super) struct Holes {
    slots: RefCell<Vec<Slot>>,
    conditions: RefCell<Vec<Condition>>,
}

impl Holes {
    pub(super) fn field(&self, placeholder: &Placeholder) -> PreEscaped<String> {
        self.slot(Slot::Field { placeholder: placeholder.clone(), escape: Escape::Html })
    }

    pub(super) fn link(&self, link: PersonalLink) -> PreEscaped<String> {
        self.slot(Slot::Link { link, escape: Escape::Html })
    }

    fn slot(&self, slot: Slot) -> PreEscaped<String> {
        let mut slots = self.slots.borrow_mut();
        slots.push(slot);
        PreEscaped(format!("{MARK}s{}{END}", slots.len() - 1))
    }

    /// Marks around a part that only some readers get.
    pub(super) fn only(&self, when: &Condition) -> [PreEscaped<String>; 2] {
        let mut conditions = self.conditions.borrow_mut();
        conditions.push(when.clone());
        [PreEscaped(format!("{MARK}o{}{END}", conditions.len() - 1)), PreEscaped(format!("{MARK}c{END}"))]
    }

    /// The finished HTML, cut at its marks.
    pub(super) fn template(&self, html: &str) -> Template {
        let (slots, conditions) = (self.slots.borrow(), self.conditions.borrow());
        let mut pieces = Vec::new();
        let mut only: Option<(Condition, Vec<Piece>)> = None;
        let mut segments = html.split(MARK);
        push_literal(&mut pieces, segments.next().unwrap_or_default());
        for segment in segments {
            let (mark, text) = segment.split_once(END).expect("every mark is written with its end");
            let (kind, number) = mark.split_at(1);
            let number = number.parse::<usize>().unwrap_or_default();
            match kind {
                "o" => only = Some((conditions[number].clone(), Vec::new())),
                "c" => {
                    let (when, inside) = only.take().expect("a part is closed after it was opened");
                    pieces.push(Piece::Only { when, pieces: inside });
                }
                _ => inside(&mut only, &mut pieces).push(Piece::Slot(slots[number].clone())),
            }
            push_literal(inside(&mut only, &mut pieces), text);
        }
        Template(pieces)
    }
}

fn inside<'a>(only: &'a mut Option<(Condition, Vec<Piece>)>, pieces: &'a mut Vec<Piece>) -> &'a mut Vec<Piece> {
    only.as_mut().map_or(pieces, |(_, inside)| inside)
}

fn push_literal(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Literal(text.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use maud::html;

    use super::*;
    use crate::domain::template::Field;

    #[test]
    fn marks_become_slots_and_parts_and_words_cannot_forge_them() {
        let holes = Holes::default();
        let placeholder = Placeholder { field: Field::FirstName, default: "x".into() };
        let [open, close] = holes.only(&Condition::default());
        let page = html! {
            p title=(holes.link(PersonalLink::Preferences)) { "<\u{e000}s0>" }
            (open) (holes.field(&placeholder)) "!" (close)
        };
        let slot = |slot| Piece::Slot(slot);
        assert_eq!(
            holes.template(&page.into_string()).0,
            [
                Piece::Literal("<p title=\"".into()),
                slot(Slot::Link { link: PersonalLink::Preferences, escape: Escape::Html }),
                Piece::Literal("\">&lt;\u{e000}s0&gt;</p>".into()),
                Piece::Only {
                    when: Condition::default(),
                    pieces: vec![slot(Slot::Field { placeholder, escape: Escape::Html }), Piece::Literal("!".into())],
                },
            ]
        );
    }
}
