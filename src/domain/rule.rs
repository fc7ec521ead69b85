//! The rules of `check`: each with a stable code, a level, and an explanation for `pressroom explain`; and the problems found.
//!
//! This is the one list of everything that can be wrong with an author's file. Where the problem is found is `content`'s, `render`'s,
//! `fetch`'s or `desk`'s business.

use super::prose::Span;

/// How bad a finding is. An error keeps a proof from being made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Info,
    Warn,
    Error,
}

impl Level {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A rule of `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Stable, for example `A11Y001`.
    pub code: &'static str,
    pub level: Level,
    /// What must hold, in one line.
    pub title: &'static str,
    /// Why, and how to mend it: a few sentences in plain words.
    pub explanation: &'static str,
}

/// One thing wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub rule: &'static Rule,
    /// What is wrong here, lower case, no full stop.
    pub message: String,
    /// How to mend it here.
    pub help: String,
    /// Where in the file, in bytes; `None` when it is about the whole.
    pub span: Option<Span>,
}

impl Problem {
    #[must_use]
    pub fn new(rule: &'static Rule, span: impl Into<Option<Span>>, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { rule, message: message.into(), help: help.into(), span: span.into() }
    }

    #[must_use]
    pub fn is_error(&self) -> bool {
        self.rule.level == Level::Error
    }
}

/// Finds a rule by its code, without regard to case.
#[must_use]
pub fn find_rule(code: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.code.eq_ignore_ascii_case(code))
}

macro_rules! rules {
    ($($name:ident $level:ident $title:literal $explanation:literal)*) => {
        $(
            #[doc = $title]
            pub const $name: &Rule = &Rule {
                code: stringify!($name),
                level: Level::$level,
                title: $title,
                explanation: $explanation,
            };
        )*

        /// Every rule, in the order of the list.
        pub const RULES: &[&Rule] = &[$($name),*];
    };
}

rules! {
    FILE001 Error "the file is UTF-8 text of at most 1 MB"
        "Issue and feature files are plain text. Save the file as UTF-8; split it when it is larger than 1 MB."
    FILE003 Error "an issue file's name gives its id"
        "The id of an issue is the name of its file without .md: small letters, digits and hyphens, such as 2027-02-partners.md. It stands in addresses and is never used again."
    SEND001 Warn "the moment to send is still to come"
        "The file's own send, in the newsletter's time zone, is over. An issue that is late is never sent by itself. Name a coming moment, or leave the line out: then the newsletter's next free slot is taken."
    SEND002 Error "no other issue of the newsletter has the moment to send"
        "Two issues of one newsletter never go out at the same moment. Name another, or leave the line out: then the newsletter's next free slot is taken."
    SEND003 Error "the issue can take a slot"
        "An issue takes the next free slot of its newsletter. Where the schedule has none left, name a moment with send; where the issue was about to go to another newsletter's readers, cancel it and give the text another file name."
    FRONT001 Error "the file begins with front matter between +++ lines"
        "The first line is +++, then TOML, then another +++ line. The Markdown text follows."
    FRONT002 Error "the front matter is valid TOML"
        "Text values stand in double quotes, lists in square brackets, one key to a line."
    KEY001 Error "every key is a known one"
        "A key that Pressroom does not know is most often a misspelt one, and what it was to say would be lost silently. The help line names the nearest known key."
    KEY002 Error "every required key is there"
        "The help line shows how the key is written."
    VALUE001 Error "every value has the form its key asks for"
        "The help line shows the form, for example a date as 2027-02-02T10:00:00 without quotes."
    BLOCK001 Error "every typed block is of a known type"
        "A fenced code block with a word after its backticks is a typed part of the issue. The help line names the nearest known type."
    TEXT001 Error "raw HTML is not used"
        "What looks right in one mail program breaks in another, so the look is Pressroom's work. Use Markdown and the typed blocks."
    TEXT002 Error "a placeholder names a known field"
        "A placeholder is {{ field }} or {{ field | default(\"…\") }}, where field is first_name, name, organisation, state or newsletter."
    TEXT003 Error "the text has no invisible control characters"
        "Characters that re-order or hide text are used to deceive readers. Remove them."
    TEXT004 Warn "a sentence has at most 25 words"
        "Readers on a phone, in a hurry, or in their second language lose the thread of long sentences. Split it."
    TEXT005 Warn "a placeholder has a default"
        "Readers of whom the value is unknown would see a gap. Write {{ first_name | default(\"partner\") }}."
    TEXT006 Error "the mail's own words are complete"
        "Every mail says why its reader gets it, in each language in which an issue is written. The words stand in templates/words/LANG/issue.md; copy the English file and translate every line."
    TEXT012 Error "the pages' own words are complete"
        "The words of the web pages stand in templates/LANG.ftl, in the form of Fluent. What a newsroom leaves out of the English or the Spanish file is taken from the built-in one; a file in another language says everything. Each phrase may be filled in only with what Pressroom fills in there, such as {$newsletter}."
    CHARTER001 Error "a version of the charter says all of it"
        "Each version is a file of templates/charter, named by its id, such as 2026-09.toml: a date, a title, vision, mission, the pledge, and 1 to 20 principles with an id, a title and a text. People have pledged themselves to its words, so a published version never changes: write a new one."
    CHARTER002 Warn "a policy position names a charter and principles that are there"
        "Partners agree to a position as resting on a version of the charter and on some of its principles, and readers look them up. The versions stand in templates/charter."
    CHARTER003 Error "a pledge says what it is not"
        "Who pledges must read in the pledge itself that it is not legally binding and that it holds within their ability. A charter in another language names its own phrases for that under must_say; each must stand in the pledge word for word."
    A11Y001 Error "a link says where it goes"
        "People who listen to a mail often go from link to link; \"read more\" five times tells them nothing. Let the link's own words name what is behind it, such as the title of the page. The words that are refused stand in templates/words/LANG/issue.md under empty_link_words."
    A11Y002 Error "a picture's description describes it"
        "Many readers see no pictures at first, some never. The description stands in for the picture: say what there is to see, without \"image of\", in at most 150 characters. A file name says nothing. A picture that is a link must say where it leads."
    A11Y003 Error "colours that meet can be told apart"
        "Text needs a contrast of at least 4.5 to 1 with what is behind it (WCAG 2.1 AA), in the light palette, in the dark one, and as mail programs invert them without asking. Change one of the two colours in templates/theme.toml."
    A11Y004 Warn "a heading has something below it for every reader"
        "A heading above parts that only some readers get is an empty promise to the others. Write the heading into each `for` part, or a line below it that everyone gets."
    A11Y005 Warn "an emoji is not a bullet"
        "A screen reader says an emoji by its full name, at every line. Use a Markdown list: its signs look right everywhere and are told as a list."
    MAIL001 Error "the finished mail keeps its structure"
        "Each finished mail is read once more: language and direction are told, layout tables say that they are, there is one title and no heading level is skipped, links are underlined and whole, pictures have words and sizes, nothing runs or is hidden. A finding is a fault of Pressroom; please report it."
    MAIL002 Error "the text part says what the HTML says"
        "Every heading and every address of the HTML stands in the text part too, for those who read mail as text. A finding is a fault of Pressroom; please report it."
    MAIL003 Warn "the mail bears a postal address"
        "The law of several countries asks for the sender's postal address in every newsletter. Set postal_address under [alliance] in pressroom.toml; nothing is sent while it is empty."
    MAIL004 Error "the mail's own words are in the language of the issue"
        "Dates, the words of the foot and the way to unsubscribe must be in the language that the mail says it is in. Copy templates/words/en/issue.md to the folder of the language and translate it, or change the issue's language."
    MAIL005 Info "links lead to the sender's own domain"
        "Mail systems look twice at mail whose links lead to another domain than its sender's. Use one domain, or a subdomain of it, for web.url and for the From address."
    MAIL010 Error "a subject has at most 78 characters"
        "Longer subjects are cut by nearly every mail program. Say what the issue is about, the telling words first."
    MAIL011 Warn "a subject has at most 50 characters"
        "Phones show 35 to 50 characters of a subject. What stands after them is seen by few."
    MAIL012 Error "a subject is written for readers"
        "A word such as TEST or TBD in the subject most often means that the issue is not finished. Write the subject that readers shall see: until it is approved nobody but staff sees it."
    MAIL013 Warn "a subject has at most one emoji"
        "A screen reader says each emoji by its full name before the next word, and several of them look like spam."
    MAIL014 Warn "a preheader has 40 to 100 characters"
        "The preheader stands beside the subject in the list of mails. A shorter one is filled up with the first words of the mail, a longer one is cut. Write one honest sentence that goes on where the subject stops."
    MAIL015 Error "a preheader is about the issue"
        "\"View in browser\", the subject once more, or invisible filler waste the one line that readers see before they open a mail. Say what is in it."
    SIZE001 Warn "the HTML part has at most 75 kB"
        "Gmail cuts a mail near 100 kB, and the way to unsubscribe is at its end. The size is measured as it is sent. Leave something out, or let briefs be brief."
    SIZE002 Error "the HTML part has at most 90 kB"
        "Gmail cuts a mail near 100 kB, and the way to unsubscribe is at its end. Move text to the full stories on the web, or split the issue."
    IMG001 Warn "a picture weighs at most 200 kB"
        "Many people read on a slow or costly connection. A calmer picture, or a smaller one, is lighter."
    IMG002 Warn "the pictures of a mail weigh at most 800 kB together"
        "Many people read on a slow or costly connection. Leave out the picture that says least."
    IMG003 Warn "a mail says in words what it has to say"
        "Many readers see no pictures, and mail that is only pictures is held for spam. Write the message as text."
    IMG004 Info "a picture is at least 1072 pixels wide"
        "Pictures are shown at half their pixels, so that they are sharp on good screens. A narrower one is shown larger than that, and softer."
    IMG005 Info "a moving picture comes to rest"
        "Movement beside text makes reading hard, and classic Outlook shows the first frame only. Let the first frame say all, and let it stop after three rounds."
    LINK002 Warn "a link is encrypted"
        "An http address can be read and changed on its way. Nearly every site answers to https as well."
    LINK003 Error "a link shows where it leads"
        "A shortened address hides its goal from readers and from mail systems, which know such addresses from spam. Link the address that it leads to."
    TEXT011 Info "an acronym is explained where it first stands"
        "Not every reader shares the alliance's short words. Write the full name once, with the acronym in brackets after it."
    LINK001 Error "every link has a whole, harmless address"
        "A link in a mail must be an absolute https, http or mailto address without a user name or password. There is no page that a relative address could be relative to."
    CONF001 Error "pressroom.toml is valid TOML"
        "Text values stand in double quotes, lists in square brackets, one key to a line."
    CONF002 Error "every key of pressroom.toml is a known one"
        "A misspelt key would leave a default in force without a word. The help line names the nearest known key."
    CONF003 Error "every required key of pressroom.toml is there"
        "The help line shows how the key is written."
    CONF004 Error "every value of pressroom.toml has the form its key asks for"
        "The help line shows the form. Durations are a number and a unit: 30s, 20m, 6h, 2d."
    CONF005 Error "no secret stands in pressroom.toml"
        "The file is copied, shown and kept in version control; a password in it is soon known to many. Name a file that holds it with password_file or key_file (a path from the newsroom, or $CREDENTIALS_DIRECTORY/NAME), or set PRESSROOM_RELAY_PASSWORD."
    CONF006 Error "mail that leaves this machine carries links that readers can open"
        "Unsubscribe links begin with web.url. While that is this machine's own address or not https, readers could not leave, so no relay elsewhere is used. Set web.url to the public https address."
    CONF007 Error "a password is sent only over TLS"
        "A relay that asks for a login over a plain connection shows the password to everyone between. Remove ?tls=none, or use smtps://."
    CONF008 Error "names in pressroom.toml are given once"
        "Newsletters, people of the staff and the domains of [[dkim]] are told apart by their ids, addresses and names. Two newsletters may also not share the two-byte tag that stands for them in links; then another id is needed."
    CONF009 Error "pressroom.toml asks for what this version can do"
        "The key is reserved for a later version."
    CONF010 Error "the times of a newsletter fit together"
        "The hold and the grace both begin at the slot. A hold that is as long as the grace would make every issue late."
    CONF011 Error "a newsletter that signs its own mail has a key for its From domain"
        "A DKIM signature counts only in the name of the domain that readers see as the sender. `pressroom dkim keygen` makes a key and prints the DNS record to publish; a table [[dkim]] names the domain, the selector and the key's file."
    CONF012 Error "a key for signing is of the kind that is asked for"
        "Every domain signs with an RSA key, which all receivers know; an Ed25519 key signs beside it, under a selector of its own."
    CONF013 Error "a network editor is named with their network, and nobody else is"
        "The role network-editor sees and reviews the features of one network's partners. Which network it is stands beside the role."
    LINK010 Error "a link leads to a page that is there"
        "The server says that the page is not there (404) or gone (410). Correct the address or take the link out."
    LINK011 Warn "a link can be reached"
        "The server could not be reached or did not give the page. It may be a passing trouble, or a server that turns programs away: open the link in a browser."
    LINK012 Error "a link leads to a public address"
        "The address lies in a private network, where readers cannot open it, and looking there would let an author explore it. If your newsroom is meant to reach it, set allow_private = true under [links]."
    LINK013 Info "a link leads straight to its page"
        "The page has moved for good. Use the new address: the forwarding may end."
    TEXT010 Error "a placeholder is well formed"
        "A placeholder is {{ field }} or {{ field | default(\"…\") }} on one line, with straight quotes. There are no other filters and no conditions; for a part that only some readers get there is the `for` block."
    TEXT007 Error "a placeholder stands in running text"
        "Placeholders are filled in in the subject, the preheader, running text and headings. In an address, in code, in a picture's description or in the keys of a typed block they are not, so readers would see the braces."
    TEXT008 Error "lists, quotes and emphases nest a few levels deep"
        "What nests deeper cannot be read on a phone, and is most often a slip of the indentation. Flatten it."
    TEXT009 Error "an issue or a feature says something"
        "The text stands below the second +++ line."
    FILE002 Error "all problems of a file fit into one report"
        "A file with more than a hundred problems is most often of another kind than its name says. Mend the first ones and look again."
    KEY003 Error "every key is written once"
        "Of two lines with one key only one could count, and nobody can know which was meant."
    NEWSLETTER001 Error "every newsletter that is named is one of the newsroom's"
        "The newsletters stand in pressroom.toml, each with its id. An issue goes to exactly one of them; the `lists` of a `for` block and the `list` of an audience name others."
    AUDIENCE001 Error "an audience is written as an expression"
        "Tests are joined by and, or and not: state in [\"NM\", \"TX\"] and topic = \"school-health\" and not language = \"es\". There are state, topic, language and list (another newsletter they have confirmed), each with = or in, and joined since or joined before a date. Of readers who have not said it, a fact is unknown, and they do not meet its test. In an issue's front matter the whole stands in single quotes; without it the issue goes to all confirmed readers of its newsletter."
    BLOCK002 Error "a typed block stands by itself"
        "Typed blocks are parts of an issue. Within a list, a quote, another block or a feature they cannot be laid out. Code that is only shown has no word after its backticks."
    BLOCK003 Error "the body of a typed block is valid TOML"
        "Text values stand in double quotes, lists in square brackets, one key to a line. Longer text stands between ''' and '''."
    HEAD001 Error "headings are of the second or third level"
        "The mail has one title, and it is made from the subject. Sections begin with ##, parts of a section with ###. People who listen to a mail jump from heading to heading, so the levels must be true."
    HEAD002 Error "no heading level is skipped"
        "A ### heading belongs below a ## heading. People who listen to a mail would look for the level between."
    PICTURE001 Error "a picture is a file beside the text"
        "Pictures are taken from the folder of the file or a folder below it, made small enough, and freed of hidden data. Pictures from elsewhere may change or vanish, and would tell their owner who reads the mail."
    FEATURE001 Error "a feature's title has 20 to 80 characters"
        "A shorter one says too little in a list of titles, a longer one fills a phone's screen."
    FEATURE002 Error "a feature's summary has at most 150 characters"
        "It stands where there is room for one sentence only."
    FEATURE003 Warn "a feature's brief has 60 to 100 words"
        "The brief is what runs in the mail: long enough to say what changed, for whom, and how you know; short enough that six of them can be read."
    FEATURE004 Error "a feature's brief has at most 120 words"
        "Put a line `<!-- more -->` where the brief ends. What follows is the story, for the web page."
    FEATURE005 Error "a feature's story has at most 900 words"
        "Link to a longer piece instead."
    FEATURE006 Error "a feature's picture is described"
        "The description is for those who do not see the picture: at most 150 characters, what there is to see, without `picture of` and not the name of the file."
    FEATURE007 Error "a feature's link says where it goes"
        "People who listen to a mail hear its links as a list. `Read more` six times over tells them nothing; the title of what they will find does."
    FEATURE008 Error "a feature names 1 to 5 topics of expertise"
        "By them readers find the partner, and the rotation spreads the topics of an issue."
    FEATURE009 Error "a feature is the same for every reader"
        "Placeholders are for the staff's own text. Braces in a partner's text would be either a slip or an attempt to reach readers' data."
    FEATURE010 Error "a feature has one mark between brief and story"
        "`<!-- more -->` stands once, on a line of its own."
    FEATURE011 Error "a brief has no headings"
        "The feature's title is its heading in the mail. The story on the web may have headings of its own."
    FEATURE012 Error "a feature file's name gives its id"
        "The id of a feature is its partner and the name of its file: small letters, digits and hyphens."
    FEATURE013 Error "an event says when and where it is"
        "A feature of the kind `event` has a table `event` with starts, ends, zone and place; also cost, register_by and access."
    FEATURE014 Error "people who can be recognised have agreed to be shown"
        "Where `people` or `minors` is true, `release` names who holds their leave and, where it ends, until when. A picture whose release is over is not shown."
    FEATURE015 Warn "a feature lists the partners it names"
        "A partner whose name or alias stands in the text is listed under `names`, so that it can hear of it before readers do. A word that only looks like a name may stay unlisted."
    FEATURE016 Error "a feature's principles are those of the charter in force"
        "Principles are named by their ids, for example shared-places. pressroom charter show lists those of the version in force."
    PICTURE010 Error "every picture a file names is there and can be used"
        "A picture stands beside the file that names it and is a JPEG, PNG, GIF or WebP of reasonable size. It is made smaller and encoded again, without where and by whom it was taken."
    PARTNER001 Error "every partner a file names is known"
        "A partner is named by its id, for example example-family-table. The help line names the nearest known one; pressroom partner list shows all."
    PARTNER002 Warn "partners have been imported before files are checked against them"
        "This newsroom has no partners yet, so their ids cannot be checked. Import them with pressroom partner import."
    PLACE001 Error "a feature block names a feature that may run"
        "Only a feature whose present text its partner stands behind can be placed: approved unedited, or edited and agreed to. It also must not run in another issue."
    PLACE002 Warn "a feature block names a feature that is ready by the time of the proof"
        "The feature is not here yet, or not approved. The issue can be queued, but no proof can be made before it is."
    PLACE003 Warn "there are as many features as a features block asks for"
        "The rotation takes at most one feature of each partner, and none that is past its use or stands in another issue. pressroom feature next --explain says why each waits."
    PLACE004 Error "a feature that takes a position stands in no feature block"
        "Nobody's name stands under a position without their own yes. A policy block asks each partner for it; a feature block would not."
}
