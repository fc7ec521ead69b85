//! Form to file and back, with what people type and what they should not.

use proptest::prelude::*;

use super::*;
use crate::content::feature_file::parse;
use crate::domain::submission::Limits;

const BRIEF: &str = "Two districts that could not each fill a clinic agreed to share one, parked by turns behind the gym and timed to \
    the late bus. The nurse can do a good deal on the day by video, and what she cannot do waits for the next one. \
    Drivers and families made the timetable together, one evening after the other, and would start with the map next time.";

fn full() -> FeatureForm {
    let mut form = FeatureForm::default();
    let values = [
        (Field::Partner, "example-health-in-schools"),
        (Field::Kind, "event"),
        (Field::Title, "A clinic that travels the same road as the bus"),
        (Field::Summary, "Two \"districts\" share one clinic."),
        (Field::LinkUrl, "https://health.example.org/road"),
        (Field::LinkText, "How the timetable was made"),
        (Field::Expertise, "school-health; telehealth"),
        (Field::Places, "NM\nOR"),
        (Field::Community, "rural"),
        (Field::Names, "example-city-united"),
        (Field::Position, "yes"),
        (Field::EventStarts, "2027-03-04T15:00"),
        (Field::EventEnds, "2027-03-04T16:00:00"),
        (Field::EventZone, "America/New_York"),
        (Field::EventPlace, "Online"),
        (Field::EventRegisterBy, "2027-03-01"),
        (Field::ImageFile, "bus.jpg"),
        (Field::ImageDescription, "A bus behind a gym"),
        (Field::ImageCredit, "Example Health"),
        (Field::ImageRights, "own"),
        (Field::ImageLicence, "CC BY 4.0"),
        (Field::ImageMinors, "yes"),
        (Field::ReleaseHeldBy, "Ada Example"),
        (Field::ReleaseUntil, "2028-06-30"),
        (Field::QuoteWords, "We stopped talking first."),
        (Field::QuoteSpeaker, "A parent"),
        (Field::QuoteTitle, "Site council"),
        (Field::QuoteApprovedOn, "2027-01-04"),
        (Field::ContactReaders, "desk@health.example.org"),
        (Field::ContactPrivate, "Ada, by telephone"),
        (Field::ReprintAllowed, "no"),
        (Field::UsefulUntil, "2027-06-30"),
        (Field::Rollover, "no"),
        (Field::Edits, "free"),
        (Field::AuthorisedBy, "Ada Example"),
        (Field::Brief, BRIEF),
        (Field::Story, "The timetable.\r\n\r\nAnd the nurse."),
    ];
    for (field, text) in values {
        form.set(field, text);
    }
    form
}

#[test]
fn a_form_becomes_a_file_and_the_file_the_form() {
    let written = full().write();
    let parsed = parse("road", &written.text, &Limits::default());
    assert_eq!(parsed.problems, [], "{}", written.text);
    let feature = parsed.value.unwrap();
    assert_eq!(feature.places.len(), 2);
    assert!(feature.takes_position && feature.rights.minors && !feature.reprint.is_allowed && !feature.may_roll_over);
    assert_eq!(feature.last_day(), Some(civil::date(2027, 6, 30)));
    let again = FeatureForm::of(&feature, &written.text);
    let parsed_again = parse("road", &again.write().text, &Limits::default()).value.unwrap();
    assert_eq!(FeatureForm::of(&parsed_again, &again.write().text), again);
    assert_eq!(parsed_again.plain_words(), feature.plain_words());
    assert!(again.missing().is_empty() && !FeatureForm::default().missing().is_empty());
}

#[test]
fn a_problem_is_told_beside_its_field() {
    let told = |field: Field, text: &str| {
        let mut form = full();
        form.set(field, text);
        let written = form.write();
        let parsed = parse("road", &written.text, &Limits::default());
        assert!(parsed.value.is_none(), "{text} passed");
        parsed.problems.iter().filter_map(|problem| problem.span).filter_map(|span| written.field_at(span)).collect::<Vec<_>>()
    };
    for (field, text) in [
        (Field::Title, "Too short"),
        (Field::Title, "A clinic that travels the {{ road }} of the bus"),
        (Field::Title, "A clinic that travels the \u{202e}same road as the bus"),
        (Field::LinkUrl, "javascript:alert(1)"),
        (Field::LinkText, "here"),
        (Field::EventStarts, "tomorrow"),
        (Field::UsefulUntil, "soon"),
        (Field::ImageDescription, "bus.jpg"),
        (Field::QuoteApprovedOn, "yes"),
        (Field::Kind, "advert"),
        (Field::Brief, "<script>alert(1)</script> and so on"),
        (Field::Story, "A <b>bold</b> claim"),
        (Field::Places, "California"),
    ] {
        assert!(told(field, text).contains(&field), "{field:?} {text}: {:?}", told(field, text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    // Whatever is typed stays in its own field: what else the file says is what else was typed.
    #[test]
    fn what_is_typed_in_a_field_stays_there(text in "(\\+\\+\\+|\"\"\"|'''|\n|\\{\\{|\\}|\\]|=|#|\\\\|<!-- more -->|\u{202e}|\u{0}|\u{7f}|title|ä| ){0,12}") {
        for field in [Field::Summary, Field::LinkText, Field::Expertise, Field::ReleaseHeldBy, Field::UsefulUntil] {
            let mut form = full();
            form.set(field, &text);
            let written = form.write();
            let (brief, story) = bodies(&written.text);
            prop_assert_eq!(brief, BRIEF);
            prop_assert_eq!(story, "The timetable.\n\nAnd the nurse.");
            if let Some(feature) = parse("road", &written.text, &Limits::none()).value {
                prop_assert_eq!(feature.id.partner().as_str(), "example-health-in-schools");
                prop_assert_eq!(feature.title.as_str(), "A clinic that travels the same road as the bus");
                let again = FeatureForm::of(&feature, &written.text).write();
                let read = parse("road", &again.text, &Limits::none()).value;
                prop_assert!(read.is_some_and(|read| read.summary == feature.summary && read.plain_words() == feature.plain_words()));
            }
        }
    }
}
