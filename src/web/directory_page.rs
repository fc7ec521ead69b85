//! A partner's own page in the directory.

use maud::{Markup, html};

use super::answer::{Answer, Keep, Search};
use super::archive;
use super::directory::{level_word, role_word, shown_logo};
use super::page::{self, Page};
use super::room::Room;
use crate::content::look::PageWords;
use crate::desk::reply::{PartnerPage, PublishedFeature};
use crate::domain::subscriber::Language;
use crate::render::map::state_name;

pub(super) fn partner_page(room: &Room, found: &PartnerPage) -> Answer {
    let words = &*room.site.words();
    let line = &found.line;
    let main = html! {
        h1 { (line.name) }
        @if found.is_gone { p.fault { (words.text("partner-gone")) } }
        @if let Some(logo) = &line.logo { (shown_logo(room, logo)) }
        @if !line.blurb.is_empty() { p.lead { (line.blurb) } }
        @if !found.is_gone {
            (facts(words, found))
            (links(words, found))
            (places(words, found))
            (affiliates(words, found))
        }
        (features(room, words, found))
        (neighbours(room, words, found))
    };
    let ways = vec![("/partners".to_owned(), words.text("directory"))];
    let feeds = Some(format!("/partners/{}", line.id));
    let search = if found.is_gone { Search::Refused } else { Search::Allowed };
    let modified = None;
    page::public(
        &room.site,
        &Page { title: &line.name, words, ways, social: None, feeds, keep: Keep::Briefly, search, modified },
        &main,
    )
}

fn facts(words: &PageWords, found: &PartnerPage) -> Markup {
    let line = &found.line;
    html! {
        dl {
            div { dt { (words.text("directory-level")) } dd { (level_word(words, &line.level)) } }
            @if !line.sectors.is_empty() { div { dt { (words.text("partner-sectors")) } dd { (line.sectors.join(", ")) } } }
            @if !line.expertise.is_empty() { div { dt { (words.text("directory-expertise")) } dd { (line.expertise.join(", ")) } } }
            @if !found.networks.is_empty() { div { dt { (words.text("directory-network")) } dd { (found.networks.join(", ")) } } }
        }
    }
}

fn links(words: &PageWords, found: &PartnerPage) -> Markup {
    let kind = |kind: &str| match kind {
        "site" => words.text("link-site"),
        "newsletter" => words.text("link-newsletter"),
        "social" => words.text("link-social"),
        "feed" => words.text("link-feed"),
        _ => words.text("link-other"),
    };
    html! {
        @if !found.links.is_empty() {
            h2 { (words.text("partner-links")) }
            ul { @for (of, address, text) in &found.links { li { (kind(of)) ": " a href=(address) { @if text.is_empty() { (address) } @else { (text) } } } } }
        }
        @if !found.research.is_empty() {
            h2 { (words.text("partner-research")) }
            ul { @for (title, address, year) in &found.research { li { a href=(address) { (title) } @if let Some(year) = year { ", " (year) } } } }
        }
    }
}

fn places(words: &PageWords, found: &PartnerPage) -> Markup {
    html! {
        @if !found.places.is_empty() {
            h2 { (words.text("partner-places")) }
            ul {
                @for place in &found.places {
                    li {
                        (state_name(&place.state)) ": " (role_word(words, &place.role))
                        @if let Some(since) = &place.since { ", " (words.with("map-since", &[("year", since.split('-').next().unwrap_or_default())])) }
                    }
                }
            }
        }
    }
}

fn affiliates(words: &PageWords, found: &PartnerPage) -> Markup {
    html! {
        @if !found.affiliates.is_empty() {
            h2 { (words.text("partner-affiliates")) }
            ul {
                @for (name, link, state) in &found.affiliates {
                    li {
                        @match link { Some(link) => { a href=(link) { (name) } } None => (name) }
                        @if let Some(state) = state { ", " (state_name(state)) }
                    }
                }
            }
        }
    }
}

fn features(room: &Room, words: &PageWords, found: &PartnerPage) -> Markup {
    let address = |feature: &PublishedFeature| {
        let issue = format!("/{}/{}", feature.newsletter, feature.issue);
        room.site.link(&if feature.has_story { format!("{issue}/{}", feature.feature) } else { issue })
    };
    let foreign = |feature: &PublishedFeature| archive::foreign(words, &feature.language);
    html! {
        h2 { (words.text("partner-features")) }
        @if found.features.is_empty() { p { (words.text("partner-no-feature")) } }
        ul {
            @for feature in &found.features {
                @let own = foreign(feature);
                li {
                    a href=(address(feature)) lang=[own.as_ref()] dir=[own.as_ref().map(Language::direction)] { (feature.title) }
                    ", " (archive::day(room.desk.look(), words, &feature.date))
                }
            }
        }
        @let base = format!("{}/partners/{}", room.site.path, found.line.id);
        p.aside.quiet {
            (words.text("partner-feeds")) " "
            a href={ (base) "/feed.atom" } { (words.text("feed-atom")) } " · " a href={ (base) "/feed.json" } { (words.text("feed-json")) }
        }
    }
}

fn neighbours(room: &Room, words: &PageWords, found: &PartnerPage) -> Markup {
    html! {
        @if !found.neighbours.is_empty() {
            h2 { (words.text("partner-neighbours")) }
            dl {
                @for (state, others) in &found.neighbours {
                    div {
                        dt { (state_name(state)) }
                        dd {
                            @for (place, (id, name)) in others.iter().enumerate() {
                                @if place > 0 { ", " }
                                a href=(room.site.link(&format!("/partners/{id}"))) { (name) }
                            }
                        }
                    }
                }
            }
        }
    }
}
