//! The document around the parts: head, style blocks, hidden first line, the one column. It is right without its style blocks, and it
//! knows nothing of what stands in it.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::moment;
use super::page::Page;
use super::style::{self, COLUMN_PX, Style};
use crate::content::look::Theme;
use crate::domain::subscriber::Language;

/// Classic Outlook lays pictures out at the screen's own scale unless told.
const OUTLOOK_SCALE: &str = "<!--[if mso]><noscript><xml xmlns:o=\"urn:schemas-microsoft-com:office:office\"><o:OfficeDocumentSettings>\
    <o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml></noscript><![endif]-->";

pub(super) fn document(page: &Page<'_>, rows: &Markup) -> String {
    let issue = page.issue;
    let frame = Frame {
        language: &issue.language,
        theme: page.theme,
        style: &page.style,
        title: page.line(&issue.subject),
        first_words: page.line(&issue.preheader),
    };
    frame.document(&article(page, &column(rows)))
}

/// The column of an issue, told as one mail.
pub(super) fn article(page: &Page<'_>, column: &Markup) -> Markup {
    let issue = page.issue;
    let (lang, dir) = (issue.language.as_str(), issue.language.direction());
    let label = format!("{}, {}", issue.newsletter_title, moment::date(page.words, issue.date.date()));
    html! {
        div.paper role="article" aria-roledescription="email" aria-label=(label) lang=(lang) dir=(dir) style=(page.style.wrapper()) {
            (column)
        }
    }
}

/// What stands around any mail's column.
pub(super) struct Frame<'a> {
    pub(super) language: &'a Language,
    pub(super) theme: &'a Theme,
    pub(super) style: &'a Style,
    pub(super) title: Markup,
    /// What a list of mails shows after the subject.
    pub(super) first_words: Markup,
}

impl Frame<'_> {
    pub(super) fn document(&self, body: &Markup) -> String {
        let (lang, dir) = (self.language.as_str(), self.language.direction());
        let document = html! {
            (DOCTYPE)
            html lang=(lang) dir=(dir) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width,initial-scale=1";
                    meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no";
                    meta name="x-apple-disable-message-reformatting" content="";
                    meta name="color-scheme" content="light dark";
                    meta name="supported-color-schemes" content="light dark";
                    title { (self.title) }
                    (PreEscaped(OUTLOOK_SCALE))
                    style { (PreEscaped(style::narrow())) }
                    style { (PreEscaped(style::dark(self.theme))) }
                }
                body.paper style=(self.style.body()) {
                    div lang=(lang) dir=(dir) style="display:none;max-height:0;overflow:hidden" { (self.first_words) }
                    (body)
                }
            }
        };
        document.into_string()
    }
}

/// One column of 600 px at most. Classic Outlook knows no `max-width`, so it gets a table of that width around it.
pub(super) fn column(rows: &Markup) -> Markup {
    let open = format!(
        "<!--[if mso]><table role=\"presentation\" align=\"center\" width=\"{COLUMN_PX}\" cellpadding=\"0\" cellspacing=\"0\"><tr><td><![endif]-->"
    );
    html! {
        (PreEscaped(open))
        table role="presentation" style=(format!("width:100%;max-width:{COLUMN_PX}px;margin:0 auto;border-collapse:collapse")) { (rows) }
        (PreEscaped("<!--[if mso]></td></tr></table><![endif]-->"))
    }
}
