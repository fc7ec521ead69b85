//! The form of a piece, as a page: each field with its label, its help, its count and what is wrong with it, and a summary on top.
//!
//! It works without script. `room.js` adds counting and saving while one types, by the attributes that begin with `data-`.

use maud::{Markup, html};

use super::super::super::answer::Answer;
use super::super::super::diff;
use super::super::super::session::Seat;
use super::super::super::words::Words;
use super::super::{proof_field, shown};
use super::fields::{Control, Offers, PARTS, Part, control, heading, hint};
use crate::content::feature_form::Field;
use crate::content::look::PageWords;
use crate::desk::{Deadline, DraftPage};
use crate::domain::picture::Picture;

/// What a page of the form says beside the piece.
#[derive(Default)]
pub(super) struct Around {
    /// Whether it says what is missing and wrong: after somebody has saved or sent.
    pub(super) is_checked: bool,
    /// Why what was sent was not kept.
    pub(super) fault: Option<Markup>,
    /// What is wrong with the picture that was given, in English.
    pub(super) picture: Option<String>,
}

/// What stands in the fields of the form and around them.
struct Sheet<'a> {
    seat: &'a Seat,
    words: &'a Words,
    page: &'a DraftPage,
    around: &'a Around,
    offers: Offers,
}

/// Where something of a piece is done.
pub(super) fn place(seat: &Seat, page: &DraftPage, what: &str) -> String {
    seat.room.site.link(&format!("/partner/features/{}/{what}", page.id.slug()))
}

pub(super) fn form_page(seat: &Seat, words: &Words, (page, around, offers): (&DraftPage, &Around, Offers)) -> Answer {
    let sheet = Sheet { seat, words, page, around, offers };
    let title = page.form.get(Field::Title);
    let title = if title.is_empty() { words.text("piece") } else { title.to_owned() };
    let main = html! {
        h1 { (title) }
        (deadlines(seat, words))
        (sheet.summary())
        (sheet.form())
        form method="post" action=(place(seat, page, "drop")) {
            (proof_field(seat))
            input type="hidden" name="version" value=(page.version);
            h2 { (words.text("piece-drop")) }
            p { (if page.state == crate::domain::feature::FeatureState::Draft { words.text("piece-drop-draft") } else { words.text("piece-drop-changes") }) }
            button.quiet type="submit" { (words.text("piece-drop")) }
        }
        script src=(seat.room.site.link("/room.js")) defer {}
    };
    shown(seat, words, &title, &main)
}

/// Until when a piece has to be there.
pub(in super::super) fn deadlines(seat: &Seat, words: &PageWords) -> Markup {
    let all = seat.room.desk.deadlines(words.language());
    let said = |one: &Deadline| {
        let values = [("newsletter", one.newsletter.as_str()), ("issue", &one.issue), ("until", &one.until)];
        words.with("deadline", &values)
    };
    html! {
        @for one in &all {
            p.deadline {
                @if let Some(issue) = &one.too_late_for {
                    (words.with("deadline-too-late", &[("newsletter", one.newsletter.as_str()), ("issue", issue)])) " "
                }
                (said(one))
            }
        }
    }
}

impl Sheet<'_> {
    /// What is not right yet, each with the way to its field.
    fn summary(&self) -> Markup {
        let (words, page) = (self.words, self.page);
        let errors: Vec<_> = page.problems.iter().filter(|problem| problem.is_error).collect();
        html! {
            @if let Some(fault) = &self.around.fault { div.fault role="alert" { (fault) } }
            @if page.is_overtaken { p.fault role="alert" { (words.text("piece-edited-meanwhile")) } }
            @if !page.beside.is_empty() {
                h2 { (words.text("edit-beside")) }
                p { (words.text("edit-beside-about")) }
                (diff::changes(&page.beside, words))
            }
            @if let Some(fault) = &self.around.picture { p.fault role="alert" { a href="#picture" lang="en" { (fault) } } }
            @if self.around.is_checked {
                @if page.missing.is_empty() && errors.is_empty() {
                    p.fault role="status" { (words.text("piece-ready")) }
                } @else {
                    section.fault #wanting role="alert" aria-labelledby="wanting-title" {
                        h2 #wanting-title { (words.text("piece-wanting")) }
                        ul {
                            @for field in &page.missing { li { a href={ "#" (field.name()) } { (words.field(*field)) ": " (words.text("piece-missing")) } } }
                            @for problem in &errors {
                                li {
                                    @match problem.field {
                                        Some(field) => { a href={ "#" (field.name()) } { (words.field(field)) ": " span lang="en" { (problem.message) } } }
                                        None => { span lang="en" { (problem.message) "; " (problem.help) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn form(&self) -> Markup {
        let (seat, words, page) = (self.seat, self.words, self.page);
        html! {
            form #piece method="post" action=(place(seat, page, "draft")) novalidate
                data-saving=(words.text("piece-saving")) data-saved=(words.text("piece-saved")) data-unsaved=(words.text("piece-unsaved"))
                data-retrying=(words.text("piece-retrying")) data-signed-out=(words.text("piece-signed-out"))
                data-too-large=(words.text("piece-too-large")) data-file-max=(crate::desk::bundle::PICTURE_BYTES_MAX) {
                (proof_field(seat))
                input type="hidden" name="version" value=(page.version);
                input type="hidden" name="sent" value=(page.sent);
                @if let Some(picture) = &page.picture { input type="hidden" name="shown_picture" value=(picture.hash); }
                @for (part, fields) in PARTS { (self.part(*part, fields)) }
                fieldset {
                    legend { (words.text("piece-part-send")) }
                    (self.field(Field::AuthorisedBy))
                    p.check {
                        input #authorised type="checkbox" name="authorised" value="yes";
                        label for="authorised" { (words.text("piece-authorised")) }
                    }
                }
                p.quiet #saved role="status" { (words.with("piece-saved-at", &[("who", &page.saved_by)])) " " time datetime=(page.saved_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()) { (moment(page)) } }
                p.answers {
                    button type="submit" { (words.text("piece-save")) }
                    button.quiet type="submit" name="then" value="preview" { (words.text("piece-save-preview")) }
                    button type="submit" formaction=(place(seat, page, "submit")) { (words.text("piece-submit")) }
                }
                details #shown-in-mail {
                    summary { (words.text("piece-shown")) }
                    iframe title=(words.text("piece-shown")) src=(place(seat, page, "preview/mail")) sandbox="allow-popups" loading="lazy" {}
                }
            }
        }
    }

    fn part(&self, part: Part, fields: &[Field]) -> Markup {
        html! {
            fieldset {
                legend { (heading(part, self.words)) }
                @if part == Part::Picture { (self.picture()) }
                @for field in fields { (self.field(*field)) }
                @if part == Part::Picture { (self.upload()) }
            }
        }
    }

    fn picture(&self) -> Markup {
        let words = self.words;
        html! {
            @if let Some(picture) = &self.page.picture {
                img src=(self.seat.room.site.link(&format!("/pictures/{}", picture.hash))) alt=(self.page.form.get(Field::ImageDescription))
                    width=(picture.width_px / 2) height=(picture.height_px / 2);
                p { (size_of(picture, words)) }
                p.check {
                    input #remove_picture type="checkbox" name="remove_picture" value="yes";
                    label for="remove_picture" { (words.text("piece-picture-remove")) }
                }
            }
        }
    }

    fn upload(&self) -> Markup {
        let words = self.words;
        let described = if self.around.picture.is_some() { "picture-about picture-problem" } else { "picture-about" };
        html! {
            div.field #image_file {
                label for="picture" { (words.text("piece-picture-file")) }
                p.quiet #picture-about { (words.text("piece-picture-about")) }
                @for (_, said) in self.problems(Field::ImageFile) { p.fault #image_file-problem { (said) } }
                @if let Some(fault) = &self.around.picture { p.fault #picture-problem lang="en" { (fault) } }
                input #picture type="file" name="picture" accept="image/jpeg,image/png" aria-describedby=(described);
                p.fault #picture-too-large role="alert" hidden {}
                button.quiet type="submit" formaction=(place(self.seat, self.page, "picture")) formenctype="multipart/form-data" {
                    (words.text("piece-picture-add"))
                }
            }
        }
    }

    /// What is wrong with a field, and what could be better.
    fn problems(&self, field: Field) -> Vec<(bool, String)> {
        if !self.around.is_checked {
            return Vec::new();
        }
        let missing = self.page.missing.contains(&field).then(|| (true, self.words.text("piece-missing")));
        let found = self.page.problems.iter().filter(|problem| problem.field == Some(field));
        missing
            .into_iter()
            .chain(found.map(|problem| (problem.is_error, format!("{}; {}", problem.message, problem.help))))
            .collect()
    }

    fn field(&self, field: Field) -> Markup {
        let (words, name) = (self.words, field.name());
        let problems = self.problems(field);
        let is_wrong = problems.iter().any(|(is_error, _)| *is_error);
        let hint = hint(field, words);
        let mut described = Vec::new();
        for (suffix, stands) in
            [("about", hint.is_some()), ("count", self.limit(field).is_some()), ("problem", !problems.is_empty())]
        {
            if stands {
                described.push(format!("{name}-{suffix}"));
            }
        }
        let described = Some(described.join(" ")).filter(|ids| !ids.is_empty());
        let before = html! {
            @if let Some(hint) = hint { p.quiet #{ (name) "-about" } { (hint) } }
            @if !problems.is_empty() {
                div.fault #{ (name) "-problem" } { @for (is_error, said) in &problems { p lang=[(!*is_error || said.contains("; ")).then_some("en")] { (said) } } }
            }
        };
        let input = Input { sheet: self, field, described, is_wrong };
        match control(field, words, &self.offers) {
            Control::Nothing => html! {},
            Control::Ticks(all) => input.group(&before, &input.ticks(&all)),
            Control::YesOrNo => input.group(&before, &input.yes_or_no()),
            Control::Yes => html! {
                div.field {
                    p.check { (input.tick()) label for=(name) { (words.field(field)) } }
                    (before)
                }
            },
            other @ (Control::Line
            | Control::Address
            | Control::Text { .. }
            | Control::Several(_)
            | Control::Choice(_)
            | Control::Day
            | Control::Moment) => html! {
                div.field {
                    label for=(name) { (words.field(field)) }
                    (before) (input.of(&other)) (self.count(field))
                }
            },
        }
    }

    /// How long a field is, from how much to how much it may be, and whether words are counted.
    fn limit(&self, field: Field) -> Option<(usize, usize, usize, bool)> {
        let (limits, counts) = (&self.seat.room.desk.config().submissions, &self.page.counts);
        let kind = crate::domain::feature::FeatureKind::parse(self.page.form.get(Field::Kind)).unwrap_or_default();
        let all = [
            (Field::Title, counts.title, limits.title_min, limits.title_max, false),
            (Field::Summary, counts.summary, 0, limits.summary_max, false),
            (Field::ImageDescription, counts.description, 0, limits.description_max, false),
            (Field::Brief, counts.brief, limits.brief_min, limits.brief_wanted_max, true),
            (Field::Story, counts.story, 0, limits.story_of(kind), true),
        ];
        let found = all.into_iter().find(|(known, ..)| *known == field);
        found.map(|(_, count, from, to, counts_words)| (count, from, to, counts_words))
    }

    fn count(&self, field: Field) -> Markup {
        let Some((count, from, to, counts_words)) = self.limit(field) else { return html! {} };
        let (from, to) = (from.to_string(), to.to_string());
        let values = [("from", from.as_str()), ("to", to.as_str())];
        let range = match (counts_words, from == "0") {
            (true, true) => self.words.with("count-words-to", &values),
            (true, false) => self.words.with("count-words", &values),
            (false, true) => self.words.with("count-letters-to", &values),
            (false, false) => self.words.with("count-letters", &values),
        };
        let unit = if counts_words { "words" } else { "letters" };
        html! {
            p.count #{ (field.name()) "-count" } { span data-counts=(field.name()) data-unit=(unit) data-from=(from) data-to=(to) { (count) } " " (range) }
        }
    }
}

/// One field's way of being filled in.
struct Input<'a> {
    sheet: &'a Sheet<'a>,
    field: Field,
    described: Option<String>,
    is_wrong: bool,
}

impl Input<'_> {
    fn value(&self) -> &str {
        self.sheet.page.form.get(self.field)
    }

    fn has(&self, item: &str) -> bool {
        self.value().split([',', ';', '\n']).any(|one| one.trim() == item)
    }

    fn of(&self, control: &Control) -> Markup {
        let (name, value) = (self.field.name(), self.value());
        let (described, wrong) = (self.described.as_deref(), self.is_wrong.then_some("true"));
        let line = |kind: &str| html! { input id=(name) type=(kind) name=(name) value=(value) aria-describedby=[described] aria-invalid=[wrong]; };
        match control {
            Control::Line => line("text"),
            Control::Address => line("url"),
            Control::Day => line("date"),
            Control::Moment => line("datetime-local"),
            Control::Text { rows } => html! {
                // A browser drops the first line break of a text.
                textarea id=(name) name=(name) rows=(rows) aria-describedby=[described] aria-invalid=[wrong] { "\n" (value) }
            },
            Control::Choice(all) => html! {
                select id=(name) name=(name) aria-describedby=[described] aria-invalid=[wrong] {
                    @for (known, said) in all { option value=(known) selected[known == value] { (said) } }
                }
            },
            Control::Several(all) => html! {
                select id=(name) name=(name) multiple size="6" aria-describedby=[described] aria-invalid=[wrong] {
                    @for (known, said) in all { option value=(known) selected[self.has(known)] { (said) } }
                }
            },
            Control::Ticks(_) | Control::Yes | Control::YesOrNo | Control::Nothing => html! {},
        }
    }

    fn tick(&self) -> Markup {
        let name = self.field.name();
        html! {
            input id=(name) type="checkbox" name=(name) value="yes" checked[self.value() == "yes"] aria-describedby=[self.described.as_deref()];
        }
    }

    fn group(&self, before: &Markup, inside: &Markup) -> Markup {
        let words = self.sheet.words;
        html! {
            fieldset #(self.field.name()) aria-describedby=[self.described.as_deref()] {
                legend { (words.field(self.field)) }
                (before) (inside)
            }
        }
    }

    fn ticks(&self, all: &[(String, String)]) -> Markup {
        let name = self.field.name();
        html! {
            @for (value, said) in all {
                @let id = format!("{name}-{value}");
                p.check { input id=(id) type="checkbox" name=(name) value=(value) checked[self.has(value)]; label for=(id) { (said) } }
            }
        }
    }

    fn yes_or_no(&self) -> Markup {
        let (name, words) = (self.field.name(), self.sheet.words);
        let is_no = self.value() == "no";
        html! {
            @for (value, said, is_chosen) in [("yes", words.text("yes"), !is_no), ("no", words.text("no"), is_no)] {
                @let id = format!("{name}-{value}");
                p.check { input id=(id) type="radio" name=(name) value=(value) checked[is_chosen]; label for=(id) { (said) } }
            }
        }
    }
}

fn size_of(picture: &Picture, words: &PageWords) -> String {
    let (width, height, size) =
        (picture.width_px.to_string(), picture.height_px.to_string(), picture.size_bytes.div_ceil(1_000).to_string());
    words.with("piece-picture-size", &[("width", width.as_str()), ("height", &height), ("size", &size)])
}

fn moment(page: &DraftPage) -> String {
    page.saved_at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}
