//! What differs between two versions of a piece, field by field, so that nobody has to read a file to see it.

use super::{FeatureForm, Field};
use crate::domain::difference::{DiffPiece, word_diff};

impl FeatureForm {
    /// The fields in which `after` differs, in the form's order.
    #[must_use]
    pub fn changes(&self, after: &Self) -> Vec<(Field, Vec<DiffPiece>)> {
        let changed = |field: &Field| word_diff(self.get(*field), after.get(*field)).map(|pieces| (*field, pieces));
        Field::ALL.iter().filter_map(changed).collect()
    }

    /// What is filled in, in the form's order.
    #[must_use]
    pub fn entries(&self) -> Vec<(Field, String)> {
        self.0.iter().map(|(field, text)| (*field, text.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::difference::written;

    #[test]
    fn only_the_fields_that_differ_are_told_each_with_its_words() {
        let mut before = FeatureForm::from_fields([("title", "A clinic on the road"), ("brief", "Two districts share it.")]);
        let mut after = before.clone();
        assert_eq!(before.changes(&after), []);
        after.set(Field::Brief, "Two districts share one.");
        after.set(Field::Summary, "Timed to the late bus.");
        before.set(Field::Story, "Told at length.");
        let told: Vec<_> = before.changes(&after).iter().map(|(field, pieces)| (*field, written(pieces))).collect();
        let expected = [
            (Field::Summary, "{+Timed to the late bus.+}".to_owned()),
            (Field::Brief, "Two districts share [-it.-]{+one.+}".to_owned()),
            (Field::Story, "[-Told at length.-]".to_owned()),
        ];
        assert_eq!(told, expected);
    }
}
