//! What a drawing may hold: shapes, groups, gradients and clip paths, few enough to be drawn in no time. All else is refused by its name.
//!
//! It looks at what was written, before anything is resolved, and bounds what the renderer would do with it: no chains of references, so
//! none that ends in itself; no clip path within another, which would be drawn twice as often at each step; no dashes, of which one line
//! can have a million.

use std::collections::BTreeSet;

use resvg::usvg::roxmltree::{Attribute, Document, Node};

use super::SvgFault;

const ELEMENTS_MAX: usize = 5_000;
const DEPTH_MAX: usize = 50;
const GRADIENTS_MAX: usize = 200;

const SVG: &str = "http://www.w3.org/2000/svg";
const ALLOWED: &[&str] = &[
    "svg",
    "g",
    "defs",
    "path",
    "rect",
    "circle",
    "ellipse",
    "line",
    "polyline",
    "polygon",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
];
/// They draw nothing; what they hold is not looked at.
const SILENT: &[&str] = &["title", "desc", "metadata"];
/// They may only be said to be absent.
const ABSENT: &[&str] = &["filter", "mask", "marker", "marker-start", "marker-mid", "marker-end", "stroke-dasharray"];

const REMOVE_IT: &str = "remove it, or save the logo as PNG";

pub(super) fn look_over(document: &Document<'_>) -> Result<(), SvgFault> {
    let mut seen = Seen::default();
    let mut open = vec![(document.root_element(), Place { depth: 1, in_clip_path: false })];
    while let Some((node, place)) = open.pop() {
        if is_foreign(node) || SILENT.contains(&node.tag_name().name()) {
            continue;
        }
        let name = node.tag_name().name();
        if !ALLOWED.contains(&name) {
            return Err(part(&format!("the element `{}`", shown(name)), help_for(name)));
        }
        let inside = Place { depth: place.depth + 1, in_clip_path: place.in_clip_path || name == "clipPath" };
        seen.count(name, place.depth)?;
        for attribute in node.attributes() {
            look_at(&attribute, inside.in_clip_path)?;
        }
        seen.note_references(node);
        open.extend(node.children().filter(Node::is_element).map(|child| (child, inside)));
    }
    seen.finish()
}

#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    in_clip_path: bool,
}

#[derive(Default)]
struct Seen<'d> {
    elements: usize,
    gradients: usize,
    /// What is referred to, and what refers to something, by their ids.
    targets: BTreeSet<&'d str>,
    referring: BTreeSet<&'d str>,
}

impl<'d> Seen<'d> {
    fn count(&mut self, name: &str, depth: usize) -> Result<(), SvgFault> {
        self.elements += 1;
        self.gradients += usize::from(name.ends_with("Gradient"));
        if self.elements > ELEMENTS_MAX || self.gradients > GRADIENTS_MAX {
            return Err(SvgFault::TooManyParts);
        }
        if depth > DEPTH_MAX { Err(SvgFault::TooDeep) } else { Ok(()) }
    }

    fn note_references(&mut self, node: Node<'d, '_>) {
        let targets: Vec<&str> =
            node.attributes().filter(is_reference).filter_map(|reference| reference.value().trim().strip_prefix('#')).collect();
        if !targets.is_empty() {
            self.targets.extend(targets);
            self.referring.extend(node.attributes().filter(|attribute| attribute.name() == "id").map(|id| id.value()));
        }
    }

    fn finish(self) -> Result<(), SvgFault> {
        if self.targets.is_disjoint(&self.referring) {
            Ok(())
        } else {
            Err(part("a gradient that borrows from one that borrows itself", "give each gradient its own colours"))
        }
    }
}

/// An editor's own notes, in a namespace of their own.
fn is_foreign(node: Node<'_, '_>) -> bool {
    !matches!(node.tag_name().namespace(), None | Some("" | SVG))
}

fn is_reference(attribute: &Attribute<'_, '_>) -> bool {
    attribute.name().eq_ignore_ascii_case("href")
}

fn look_at(attribute: &Attribute<'_, '_>, in_clip_path: bool) -> Result<(), SvgFault> {
    let (name, value) = (attribute.name().to_ascii_lowercase(), attribute.value().trim());
    if name.starts_with("on") {
        return Err(part(&format!("the attribute `{}`", shown(attribute.name())), "save the logo without scripts"));
    }
    if is_reference(attribute) && !value.starts_with('#') {
        return Err(part("a link to something outside the drawing", REMOVE_IT));
    }
    if name == "style" {
        // Neither stands in what drawing programs write, and each could hide a declaration from a simple reading.
        if value.contains(['\\', '@']) || value.contains("/*") {
            return Err(part("a style that cannot be looked over", "save the logo with presentation attributes"));
        }
        return value
            .split(';')
            .filter_map(|one| one.split_once(':'))
            .try_for_each(|(name, value)| look_at_property(&name.trim().to_ascii_lowercase(), value.trim(), in_clip_path));
    }
    look_at_property(&name, value, in_clip_path)
}

fn look_at_property(name: &str, value: &str, in_clip_path: bool) -> Result<(), SvgFault> {
    let is_absent = value.is_empty() || value.eq_ignore_ascii_case("none");
    if ABSENT.contains(&name) && !is_absent {
        let help = if name == "stroke-dasharray" { "turn dashed lines into outlines" } else { REMOVE_IT };
        return Err(part(&format!("`{name}`"), help));
    }
    if name == "clip-path" && in_clip_path && !is_absent {
        return Err(part("a clip path within a clip path", "merge the clip paths"));
    }
    let value = value.to_ascii_lowercase();
    let leads_out = |after: &str| !after.trim_start().trim_start_matches(['"', '\'']).starts_with('#');
    if value.split("url(").skip(1).any(leads_out) {
        return Err(part("a link to something outside the drawing", REMOVE_IT));
    }
    Ok(())
}

fn part(name: &str, help: &'static str) -> SvgFault {
    SvgFault::Part { name: name.to_owned(), help }
}

fn help_for(element: &str) -> &'static str {
    match element {
        "text" | "tspan" | "textPath" => "turn words into outlines",
        "style" => "save the logo with presentation attributes instead of a style sheet",
        "script" => "save the logo without scripts",
        "image" => "a logo is drawn, or saved as PNG",
        "use" | "symbol" => "turn copies into shapes of their own",
        _ => REMOVE_IT,
    }
}

/// A name of the drawing, fit for a message.
fn shown(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(40).collect()
}
