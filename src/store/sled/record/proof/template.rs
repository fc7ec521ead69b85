//! Templates within a stored proof: literal pieces, slots and conditions.

use serde::{Deserialize, Serialize};

use super::super::Damage;
use crate::domain::audience::Condition;
use crate::domain::id::{NewsletterId, Topic};
use crate::domain::subscriber::State;
use crate::domain::template::{Escape, Field, PersonalLink, Piece, Placeholder, Slot, Template};

/// A piece; conditions are never nested, so reading one needs no recursion.
#[derive(Serialize, Deserialize)]
pub(super) enum PieceForm {
    Always(PlainForm),
    Only(ConditionForm, Vec<PlainForm>),
}

#[derive(Serialize, Deserialize)]
pub(super) enum PlainForm {
    Literal(String),
    Field { field: FieldForm, default: String, escape: EscapeForm },
    Link { link: LinkForm, escape: EscapeForm },
}

#[derive(Serialize, Deserialize)]
pub(super) struct ConditionForm {
    states: Vec<String>,
    topics: Vec<String>,
    lists: Vec<String>,
}

#[derive(Serialize, Deserialize)]
pub(super) enum FieldForm {
    FirstName,
    Name,
    Organisation,
    State,
    Newsletter,
}

#[derive(Serialize, Deserialize)]
pub(super) enum EscapeForm {
    Html,
    Plain,
}

#[derive(Serialize, Deserialize)]
pub(super) enum LinkForm {
    Unsubscribe,
    Preferences,
}

pub(super) fn forms(template: &Template) -> Result<Vec<PieceForm>, Damage> {
    let form = |piece: &Piece| match piece {
        Piece::Only { when, pieces } => {
            let pieces = pieces.iter().map(plain_form).collect::<Result<_, _>>()?;
            Ok(PieceForm::Only(condition_form(when), pieces))
        }
        Piece::Literal(_) | Piece::Slot(_) => Ok(PieceForm::Always(plain_form(piece)?)),
    };
    template.0.iter().map(form).collect()
}

pub(super) fn template(forms: Vec<PieceForm>) -> Result<Template, Damage> {
    let piece = |form: PieceForm| {
        Ok(match form {
            PieceForm::Always(form) => plain(form),
            PieceForm::Only(when, forms) => Piece::Only { when: condition(&when)?, pieces: forms.into_iter().map(plain).collect() },
        })
    };
    forms.into_iter().map(piece).collect::<Result<_, Damage>>().map(Template)
}

fn plain_form(piece: &Piece) -> Result<PlainForm, Damage> {
    Ok(match piece {
        Piece::Literal(text) => PlainForm::Literal(text.clone()),
        Piece::Slot(Slot::Field { placeholder, escape }) => PlainForm::Field {
            field: field_form(placeholder.field),
            default: placeholder.default.clone(),
            escape: escape_form(*escape),
        },
        Piece::Slot(Slot::Link { link, escape }) => PlainForm::Link {
            link: match link {
                PersonalLink::Unsubscribe => LinkForm::Unsubscribe,
                PersonalLink::Preferences => LinkForm::Preferences,
            },
            escape: escape_form(*escape),
        },
        Piece::Only { .. } => return Err(Damage::new("a condition stands within a condition")),
    })
}

fn plain(form: PlainForm) -> Piece {
    let escape = |form: EscapeForm| match form {
        EscapeForm::Html => Escape::Html,
        EscapeForm::Plain => Escape::Plain,
    };
    match form {
        PlainForm::Literal(text) => Piece::Literal(text),
        PlainForm::Field { field, default, escape: form } => {
            Piece::Slot(Slot::Field { placeholder: Placeholder { field: field_of(field), default }, escape: escape(form) })
        }
        PlainForm::Link { link, escape: form } => {
            let link = match link {
                LinkForm::Unsubscribe => PersonalLink::Unsubscribe,
                LinkForm::Preferences => PersonalLink::Preferences,
            };
            Piece::Slot(Slot::Link { link, escape: escape(form) })
        }
    }
}

fn escape_form(escape: Escape) -> EscapeForm {
    match escape {
        Escape::Html => EscapeForm::Html,
        Escape::Plain => EscapeForm::Plain,
    }
}

fn field_form(field: Field) -> FieldForm {
    match field {
        Field::FirstName => FieldForm::FirstName,
        Field::Name => FieldForm::Name,
        Field::Organisation => FieldForm::Organisation,
        Field::State => FieldForm::State,
        Field::Newsletter => FieldForm::Newsletter,
    }
}

fn field_of(form: FieldForm) -> Field {
    match form {
        FieldForm::FirstName => Field::FirstName,
        FieldForm::Name => Field::Name,
        FieldForm::Organisation => Field::Organisation,
        FieldForm::State => Field::State,
        FieldForm::Newsletter => Field::Newsletter,
    }
}

fn condition_form(condition: &Condition) -> ConditionForm {
    ConditionForm {
        states: condition.states.iter().map(|state| state.as_str().to_owned()).collect(),
        topics: condition.topics.iter().map(|topic| topic.as_str().to_owned()).collect(),
        lists: condition.lists.iter().map(|list| list.as_str().to_owned()).collect(),
    }
}

fn condition(form: &ConditionForm) -> Result<Condition, Damage> {
    Ok(Condition {
        states: form.states.iter().map(|state| State::parse(state)).collect::<Result<_, _>>()?,
        topics: form.topics.iter().map(|topic| Topic::parse(topic)).collect::<Result<_, _>>()?,
        lists: form.lists.iter().map(|list| NewsletterId::parse(list)).collect::<Result<_, _>>()?,
    })
}
