//! Drawings as partners hand them in, and as somebody would who means harm.

use super::*;

fn svg(inside: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' viewBox='0 0 100 40'>{inside}</svg>"
    )
}

const DISC: &str = "<circle cx='20' cy='20' r='15' fill='#c00'/>";

fn fault(text: &str) -> String {
    draw(text.as_bytes()).map(|_| ()).unwrap_err().to_string()
}

/// What a drawing is refused for, after "the drawing holds".
fn part_in(inside: &str) -> String {
    let fault = fault(&svg(&format!("{DISC}{inside}")));
    let named = fault.strip_prefix("the drawing holds ").and_then(|rest| rest.split_once(", which"));
    named.unwrap_or_else(|| panic!("{inside}: {fault}")).0.to_owned()
}

#[test]
fn a_logo_becomes_pixels_and_a_clean_drawing() {
    let exported = svg(&format!(
        "<!-- Made by an editor --><title>Lantern</title><metadata><rdf:RDF xmlns:rdf='x'><script/></rdf:RDF></metadata>
         <sodipodi:namedview xmlns:sodipodi='y' onload='x'/>
         <defs><linearGradient id='a'><stop stop-color='#00c'/></linearGradient><linearGradient id='b' xlink:href='#a' x1='0'/>
         <clipPath id='c'><rect width='90' height='40'/></clipPath></defs>
         <g style='stroke:none;stroke-dasharray:none' clip-path='url(#c)'>{DISC}<rect x='50' width='30' height='40' fill='url(#b)'/></g>"
    ));
    let drawn = draw(format!("\u{feff}<?xml version='1.0' encoding='utf-8'?>{exported}").as_bytes()).unwrap();
    let pixels = drawn.image.to_rgba8();
    assert_eq!((pixels.width(), pixels.height()), (400, 160), "as large as mail stores it, whatever its own size");
    assert_eq!(pixels.get_pixel(80, 80).0, [204, 0, 0, 255]);
    assert_eq!(pixels.get_pixel(260, 80).0, [0, 0, 204, 255]);
    assert_eq!(pixels.get_pixel(180, 80).0[3], 0);
    for trace in ["editor", "Lantern", "RDF", "namedview", "script", "onload"] {
        assert!(!drawn.clean.contains(trace), "{trace}: {}", drawn.clean);
    }
    assert_eq!(draw(drawn.clean.as_bytes()).unwrap().image, drawn.image, "the clean one shows the same");
}

#[test]
fn whatever_could_act_or_fetch_is_refused_by_its_name() {
    for (inside, name) in [
        ("<script>alert(1)</script>", "the element `script`"),
        ("<g onload='alert(1)'/>", "the attribute `onload`"),
        ("<g OnClick='alert(1)'/>", "the attribute `OnClick`"),
        ("<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>", "the element `foreignObject`"),
        ("<image href='https://example.org/a.png'/>", "the element `image`"),
        ("<use href='#a'/>", "the element `use`"),
        ("<a href='javascript:alert(1)'/>", "the element `a`"),
        ("<style>@import 'https://example.org/'</style>", "the element `style`"),
        ("<animate attributeName='href'/>", "the element `animate`"),
        ("<text>hello</text>", "the element `text`"),
        ("<b:script xmlns:b='http://www.w3.org/2000/svg'/>", "the element `script`"),
        ("<script xmlns=''/>", "the element `script`"),
        ("<linearGradient xlink:href='https://example.org/a#b'/>", "a link to something outside the drawing"),
        ("<linearGradient href='data:image/svg+xml,x'/>", "a link to something outside the drawing"),
        ("<rect fill='url(https://example.org/#a)'/>", "a link to something outside the drawing"),
        ("<rect style='fill: URL( \"//example.org\")'/>", "a link to something outside the drawing"),
        ("<rect style='behavior: u\\72l(x)'/>", "a style that cannot be looked over"),
        ("<rect style='/* */filter:blur(1)'/>", "a style that cannot be looked over"),
    ] {
        assert_eq!(part_in(inside), name, "{inside}");
    }
}

#[test]
fn whatever_would_take_for_ever_is_refused_before_it_is_drawn() {
    for (inside, name) in [
        ("<rect filter='blur(999)'/>", "`filter`"),
        ("<rect style='mask: url(#a)'/>", "`mask`"),
        ("<path d='M0 0H9' stroke-dasharray='0.00001'/>", "`stroke-dasharray`"),
        ("<clipPath id='a'><g clip-path='url(#b)'/></clipPath>", "a clip path within a clip path"),
        ("<clipPath id='a' style='clip-path:url(#b)'/>", "a clip path within a clip path"),
        // The renderer follows such a ring without end.
        (
            "<linearGradient id='a' href='#b'/><linearGradient id='b' href='#c'/><linearGradient id='c' href='#b'/>",
            "a gradient that borrows from one that borrows itself",
        ),
    ] {
        assert_eq!(part_in(inside), name, "{inside}");
    }
    let many = |part: &str, count: usize| fault(&svg(&format!("{DISC}{}", part.repeat(count))));
    for (part, count) in [("<g/>", 5_000), ("<radialGradient/>", 201), ("<!---->", 40_000)] {
        assert!(many(part, count).starts_with("the drawing has too many parts"), "{part}");
    }
    let nested = |depth: usize| svg(&format!("{}{DISC}{}", "<g>".repeat(depth), "</g>".repeat(depth)));
    assert!(draw(nested(40).as_bytes()).is_ok());
    assert!(fault(&nested(60)).starts_with("the drawing's groups are nested too deeply"));
    assert!(fault(&nested(30_000)).starts_with("the drawing's groups are nested too deeply"), "and no stack is used up");
    assert!(fault(&nested(80_000)).starts_with("the drawing has more than 500 kB"));
}

#[test]
fn what_could_grow_is_refused_unopened() {
    let bomb =
        "<!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;'>]><svg xmlns='http://www.w3.org/2000/svg'>&b;</svg>";
    assert!(fault(bomb).starts_with("the drawing has a document type"));
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0];
    assert!(matches!(draw(&gzip), Err(SvgFault::Compressed)));
    assert!(is_svg(&gzip) && is_svg(bomb.as_bytes()) && !is_svg(b"\x89PNG\r\n\x1a\n"));
}

#[test]
fn what_is_damaged_or_shows_nothing_is_told_with_a_way_to_mend_it() {
    for (text, start) in [
        (svg(""), "the drawing shows nothing; "),
        (svg("<rect width='9' height='9' fill='none'/>"), "the drawing shows nothing; "),
        (svg("<circle cx='900' cy='20' r='15'/>"), "the drawing shows nothing; "),
        ("<svg xmlns='http://www.w3.org/2000/svg'><g></svg>".to_owned(), "the drawing's XML is damaged; "),
        ("<svg xmlns='http://www.w3.org/2000/svg' width='0' height='9'/>".to_owned(), "the drawing cannot be drawn; "),
        ("<html xmlns='http://www.w3.org/1999/xhtml'><svg/></html>".to_owned(), "the drawing cannot be drawn; "),
    ] {
        assert!(fault(&text).starts_with(start), "{text}: {}", fault(&text));
    }
    assert!(matches!(draw(b"<svg>\xff</svg>"), Err(SvgFault::NotText)));
}

#[test]
fn an_identifier_cannot_break_out_of_the_clean_drawing() {
    let gradient = "<linearGradient id='a&quot;/&gt;&lt;script/&gt;'><stop stop-color='red'/><stop offset='1'/></linearGradient>";
    let hostile = svg(&format!("{gradient}<rect width='50' height='40' fill='url(#a&quot;/&gt;&lt;script/&gt;)'/>{DISC}"));
    if let Ok(drawn) = draw(hostile.as_bytes()) {
        assert!(!drawn.clean.contains("<script"), "{}", drawn.clean);
    }
}
