# What the web pages say by themselves, in English. The form is Fluent (projectfluent.org): a name, an equals sign, the words.
# What stands in braces with a dollar sign is filled in; each must stay in its phrase.

# Of this language, in this language.
language-name = English

# On every page.
skip = Skip to the content
languages = Languages
newsletters = Newsletters
several = { $before } and { $last }

# The front page and the lists of issues.
front-about = What { $alliance } sends out: read it here, without giving anything of yourself.
latest = The latest issue:
all-issues = All issues of { $newsletter }
no-issue = No issue has gone out yet.
newer = Newer issues
older = Older issues
pages = Pages of this list
search = Search
search-label = Search these issues
search-end = Show all issues
found =
    { $count ->
        [0] No issue has the words “{ $sought }”.
        [one] One issue has the words “{ $sought }”.
       *[other] { $count } issues have the words “{ $sought }”.
    }
corrected = corrected since
feeds-about = New issues without an address, in a feed reader:
feed-atom = Atom feed
feed-json = JSON feed

# An issue.
whole-issue = The whole issue: { $title }
mail-view = See this issue as it was mailed
corrections = Corrections

# What becomes of readers' data.
privacy = What becomes of your data
privacy-about = { $host } writes to the readers of { $alliance }. This page says what is kept of them for that, and what is not.
privacy-kept = What is kept
privacy-kept-about = Your e-mail address, which newsletters you take, and what you chose to tell us beside it, such as a name or a state. With it stands when and how you agreed, and what became of each copy that was sent to you.
privacy-seen = What is not looked at
privacy-seen-about = Nobody is told whether you open a mail or follow a link. There are no hidden pictures in our mail, and its links lead straight to where they say.
privacy-pages = These pages
privacy-pages-about = They set no cookies, run no programs in your browser and fetch nothing from anybody else. Only staff and partners who sign in have a cookie, which says who they are until they sign out, and a small program that saves what they write.
privacy-leave = How to leave
privacy-leave-about = Every issue has a link that takes you off its list with one press, without a password. It works at once and for as long as you have the mail.
privacy-erase = How to be forgotten
privacy-erase-about = When you are erased, all of this goes. A fingerprint stays that no address can be read from, so that nobody adds you again by mistake.
privacy-more = More about it
privacy-statement = The privacy statement of { $host }

# Leaving.
leave = Leave { $newsletter }
leave-asks = Leave { $newsletter }?
leave-about = One press, and no further issue will reach you.
left = You have left { $newsletter }
left-about = No further issue will reach you, not even one that is being sent right now.

# What a reader takes.
preferences = What we send you
takes-none = You take none of our newsletters.

# Signing up.
sign-up = Sign up
sign-up-to = Sign up for { $newsletter }
sign-up-about = We write to the address you give, and you are in once you press the button behind the link in that mail.
sign-up-button = Send me the link
sign-up-consent = By confirming I agree that { $newsletters } is sent to my address until I leave, which takes one press in any issue.
sign-up-consent-chosen = By confirming I agree that the newsletters I have chosen are sent to my address until I leave, which takes one press in any issue.
sign-up-privacy = Only the address is needed. We keep what you type here to send you what you asked for, and do not watch what you read.
choose-one = Please choose at least one newsletter.
asked = Look into your mailbox
asked-about = If this address can be mailed, a mail with a link is on its way. Nothing is sent to you before you confirm. If no mail comes within a few minutes, look among your junk mail; you can ask again in an hour.
too-often = Too many at once
too-often-about = So many have signed up from your network just now that we take no more for some minutes. Please come back then.

# What forms ask.
field-email = E-mail address
field-name = Name (optional)
field-organisation = Organisation (optional)
field-state = State, as two letters such as NM (optional)
field-topics = What you care for most (optional)
field-language = Language of our mails
field-trap = Leave this empty

# Behind the link that confirms.
confirm-asks = Do you want { $newsletters }?
confirm-about = One press, and the next issue comes to you. You can leave at any time, by a link in every issue.
confirm-button = Yes, send me { $newsletters }
confirmed = You take { $newsletters } now
confirmed-about = Thank you. A mail with the way to choose, and the way out, is coming to you.
link-used = This link has been used
link-used-about = It was good for one time, and there is nothing more to do. Every issue has links to choose what you get and to leave.
link-expired = This link is too old
link-expired-about = It was good for a few days only. Please ask again; nothing has been sent to you meanwhile.

# Less mail instead of none, why somebody leaves, and the way back.
less = Too much?
less-about = You can pause for a while, or choose what you care for, and stay.
field-pause = Pause all newsletters
no-pause = Do not pause
pause-days = { $count ->
    [one] For one day
   *[other] For { $count } days
}
less-button = Stay, and save this
reason-asks = Would you tell us why? (optional)
reason-too-many = Too many mails
reason-not-for-me = It is not for me
reason-never-asked = I never asked for it
reason-other = Something else
reason-words = In your own words
reason-button = Send
reason-thanks = Thank you
reason-thanks-about = That helps us. You are off the list, and nothing more is needed.
back = Was that a mistake?
back-about = We can send you a mail with a link to come back. Nothing else is sent to you before you confirm.
back-button = Send me the link
saved = Your wishes are saved
saved-about = They count from now on, also for an issue that is being sent. You can change them by the links in any issue.
saved-and-asked = Your wishes are saved. For { $newsletters } we have written to you; press the button behind the link in that mail.
saved-not-asked = Your wishes are saved, but so many people ask just now that we could not write to you for { $newsletters }. Please save once more later.

# Preferences.
field-until = Pause until the end of this day (optional)
save-button = Save
leave-at-once = Leave at once
own-asks = Your data, your address, erasing everything
own-asks-about = A mail can be forwarded. So for these we send a link to your own address, good for one hour.
own-asks-button = Mail me the link
own-mailed = Look into your mailbox
own-mailed-about = If your address can be mailed, a link to your own page is on its way. You can ask for one an hour.

# A reader's own page.
own = Your own page
own-address = We write to you at { $address }.
own-used-about = It was good for one time, and there is nothing more to do. A new one can be asked for by the links in any issue.
own-expired-about = It was good for an hour only, or cannot be used any more. Please ask for a new one by the links in any issue.
download = Your data
download-about = Everything that we know of you: what you told us, what you take, and each step with the words you were shown.
download-link = Download my data
move = Change your address
move-about = We write to the new address, and the change is made once you press the button behind the link in that mail.
move-button = Write to the new address
move-unclear = This is no address that we could write to, or the link has been used. Please look at it again.
move-asked-about = If the new address can be used, a mail with a link is on its way there. Until you confirm, nothing changes.
move-asks = Shall we write to { $address } from now on?
move-confirm-button = Yes, use this address
moved = Your address has been changed
moved-about = We write to you here from now on. A last mail goes to the address before, to say so.
field-new-email = New e-mail address
erase = Erase everything
erase-about = All that we know of you is removed, at once and for good. Only a code made from your address stays, by which we know never to write to it again, whoever may hand it to us.
erase-sure = I am sure
erase-unsure = Nothing was erased: please tick that you are sure.
erase-button = Erase all of it
erased = It is erased
erased-about = Nothing is left but the code by which we know never to write to you again. Farewell.

# The charter and the pledge to it.
charter = Charter
charter-since = In force since
charter-old = This is an older version.
charter-newest = Read the charter that is in force
charter-vision = Vision
charter-mission = Mission
charter-principles = Principles
charter-affirmed = Who affirms it
charter-organisations =
    { $count ->
        [one] one organisation
       *[other] { $count } organisations
    }
charter-people =
    { $count ->
        [one] One person of { $organisations } affirms this version.
       *[other] { $count } people of { $organisations } affirm this version.
    }
charter-nobody = Nobody has affirmed this version yet.
charter-versions = Other versions
pledge = Pledge yourself to the charter
pledge-way = Affirm this charter
pledge-name = Name
pledge-title = Title
pledge-organisation = Organisation
pledge-date = Date
pledge-listed = Our organisation may be named beside the charter
pledge-no-consent = That names it as affirming the charter and nothing else. It is no consent to stand under a policy position; for each of those we ask your organisation.
pledge-button = Send me the link to confirm
pledge-mail = We mail a link to your address, so that nobody can pledge you but you. The pledge counts once you confirm it there, and you get a copy.
pledge-asked = If this address can be mailed, a mail with a link is on its way. The pledge counts once you confirm it there. If no mail comes within a few minutes, look among your junk mail.
pledge-too-often = So much has come from your network just now that we take no more for some minutes. Please come back then.
pledge-closed = No pledge can be given just now
pledge-closed-about = The charter has changed since you opened the form, or we cannot write to you. Please look at the charter again.
pledge-faults = Something is missing. Look at the fields that say so.
pledge-mend = Please mend this:
pledge-fault-line = a line of at most 120 characters
pledge-fault-date = a day since the charter began, and not one to come
pledge-fault-email = an e-mail address
pledge-asks = Is this your pledge, { $name }?
pledge-give = I affirm it
pledged = Your pledge stands
pledged-about = A copy with every word of it is on its way to you. Thank you.
pledge-used-about = The pledge has been given, and there is nothing more to do. You have a copy in your mail.
pledge-expired-about = It was good for a few days only, or the charter is not there any more. No pledge was given; you can begin again.
# What a partner is asked before its name stands under a position.
consent-asks = May { $partner } be named?
consent-about = { $newsletter } wants to name { $partner } under this position. Your answer counts for exactly these words; if one letter changes, you are asked anew.
consent-who-reads = Who will read it
consent-for-everyone = Everyone: { $newsletter } is public
consent-for-readers = The readers of { $newsletter } alone
consent-charter = Charter
consent-principles = Principles
consent-name = Your name
consent-binds = You answer for { $partner }. Nobody is told who said no; without a yes a partner is simply not named.
consent-yes = Yes, name { $partner }
consent-no = No, do not name { $partner }
consent-unclear = Nothing was noted yet: please give your name and press one of the two buttons.
consent-done = Your answer is noted
consent-done-about = It counts from now on. Until the issue goes out you can give another one: in the portal, or by the link in the next mail that asks.
consent-used-about = An answer was given by it. Another one can be given in the portal, or by the link in the next mail that asks.
consent-expired-about = It is not asked any more, or you answer for this partner no longer. Nothing was changed.

# The directory of partners.
directory = Partners
directory-about = The organisations of { $alliance }, what they are good at, and where.
directory-map = Who works in which state
directory-find = Search names, topics and what partners say of themselves
directory-expertise = Expertise
directory-state = State
directory-level = Level
directory-network = Network
directory-any = Any
directory-found =
    { $count ->
        [0] No partner is like that.
        [one] One partner
       *[other] { $count } partners
    }
directory-all = Show all partners
level-national = National
level-state = State-wide
level-local = Local
level-network = Network
partner-gone = This organisation is no longer part of the alliance. What it published stays.
partner-sectors = Sectors
partner-links = Links
partner-research = Research
partner-places = Where it works
partner-affiliates = Affiliates
partner-features = What it has written here
partner-no-feature = Nothing has gone out yet.
partner-feeds = New full stories in a feed reader:
partner-neighbours = Who else works in the same states
link-site = Site
link-newsletter = Newsletter
link-social = Social media
link-feed = Feed
link-other = More
role-runs = runs schools or programmes
role-supports = supports schools
role-funds = funds
role-trains = trains
role-researches = researches
map = Who supports schools where
map-about = Each tile is a state, with the number of partners there. The table below names them.
map-picture = A map of the states as tiles, each with its number of partners; the table below says the same
map-table = Partners by state
map-state = State
map-partners = Partners
map-since = since { $year }
map-json = The same for programs, as JSON

# When something cannot be shown.
error-not-found = Not found
error-not-found-about = There is nothing at this address. A link from a mail may have been cut in two.
error-method = Not possible here
error-method-about = This address does not take that kind of request.
error-too-large = Too large
error-too-large-about = What was sent is larger than anything that belongs here.
error-too-slow = Too slow
error-too-slow-about = The request took too long and was given up. Look whether it was done before you send it again.
error-unavailable = Not available
error-unavailable-about = Please try again in a minute.
error-failed = Something went wrong
error-failed-about = Please try again in a minute.
error-unclear = Not understood
error-unclear-about = The request could not be understood.

# The rooms of staff and of partners: their doors.
rooms = Rooms
room-desk = The desk
room-partner = Our organisation
sign-in-staff = Sign in to the desk
sign-in-staff-about = For the people who make the newsletters. You get a link by mail; there is no password.
sign-in-partner = Sign in for your organisation
sign-in-partner-about = For the people whom a partner has named. You get a link by mail; there is no password.
sign-in-button = Send me the link
sign-in-cookie = While you are signed in, your browser keeps one cookie, which says that it is you. It goes when you sign out.
sign-in-asked = Look into your mailbox
sign-in-asked-about = If we know this address here, a mail with your link is on its way. The link is good for a quarter of an hour. If nothing comes, ask whoever looks after your organisation's entry.
enter = You are about to sign in
enter-about = One press, and you are in. The link does nothing until then, and works once.
enter-button = Sign in
enter-again = Ask for a new one where you sign in.
signed-in-as = Signed in as { $who } for { $house }.
sign-out = Sign out
sign-out-everywhere = Sign out on every device
your-roles = Your part here: { $roles }.
role-editor = editor
role-approver = approver
role-operator = operator
role-network-editor = editor for a network
role-submitter = sends in texts
role-consenter = answers for the organisation's name
error-forbidden = This is not open to you
error-forbidden-about = Either it is somebody else's to do, or the page that you sent it from is too old. Nothing was done.
error-conflict = Somebody was quicker
error-conflict-about = It has changed since you looked, so nothing was done. Go back, load the page again, and look what is there now.

# The rooms of the registry.
registry = Partners
registry-back = All partners
registry-count =
    { $count ->
        [one] One partner.
       *[other] { $count } partners.
    }
partner = Partner
standing = Standing
standing-prospect = prospect
standing-invited = invited
standing-active = active
standing-resting = resting
standing-gone = gone
standing-change = Change its standing
standing-reason = Why, where it rests or goes
make-active = make it active
let-rest = let it rest for now
let-go = let it go; its contacts are forgotten
save = Save
networks = Networks
also-called = Also called
features = Features
contacts = Contacts
no-contacts = It has none, so nobody can sign in for it.
record = What it is called and where it belongs
record-change = Change its name, level, networks or seat
record-name = Name
record-aliases = Also called, one name a line
record-names-about = Where one of these names stands in a position, the partner is asked first.
seat = Seat in the Steering Committee
seat-since = Since
seat-until = Last day, if it has one
contacts-rights = Who signs in for it. Somebody whose roles change, or who is taken off, is signed out at once.
contact-add = Add a contact
contact-name = Name
contact-roles = What they may do
contact-language = Language of mails to them
contact-language-none = that of the newsletter
contact-remove = Take them off
invite = Invite it
invite-about = Its first contact who sends in texts gets a mail with a link, good for two weeks, and says yes there.
invite-button = Send the invitation
inquiries = Inquiries
inquiries-count =
    { $count ->
        [0] Nobody waits for an answer.
        [one] One organisation asks to join.
       *[other] { $count } organisations ask to join.
    }
inquiry-take = Make it a prospect
inquiry-drop = Put it aside for good
partner-id = Its id: small letters, digits and hyphens
not-done = This was not done
not-done-about = Go back, load the page again, and look what is there now.
kept-typed = What you typed
kept-copy = It was not taken, and is kept nowhere but on this page. Copy what you still need.
kept-signed-out = You are not signed in any more, so this was not taken. What you typed is below; it is kept nowhere but on this page, so leave it open.
kept-sign-in = Sign in again, in another tab
kept-signed-out-then = Then come back to this page and send it once more.
kept-old = You have signed in anew since this form was opened, so it was not taken yet. What you typed is below: look at it, and send it once more.
kept-send = Send it once more
kept-answer = Your answer
kept-no = no
kept-too-large = The form was larger than the { $limit } kB that are taken, and nothing of it was kept.
kept-back = Go back with your browser's button: what you typed is still there. Make it shorter, or leave the file out, and send it again.
edit-beside = What stands now, beside what you typed
edit-beside-about = What you typed anew is marked as inserted. Sent again, your text takes the place of what stands now.
accept = { $alliance } invites you
accept-about = As a partner you can send in texts about your work. Your name stands under a position only after your own yes to exactly that text.
accept-button = Yes, we join

# Asking to join.
join = Join the alliance
join-about = Tell us who you are. Somebody reads it and writes to you.
join-level = How far you reach
level-national = the whole country
level-state = a state
level-local = a place
level-network = a network of organisations
field-contact = Your name
join-message = What you do, and why you would like to join
join-button = Send
join-privacy = It is read by the people who look after the partners, and kept until they have answered.
join-unclear = Please fill in your organisation, your name and an address that we can write to; a state has two letters.
joined = Thank you
joined-about = Somebody will read what you wrote and write to you.

# Consents in the rooms.
asked-of-us = What we are asked
asked-of-us-about = Positions under which our name may stand only with our yes to exactly those words. Only our own people see what we answered.
asked-nothing = Nothing is asked just now.
asked-back = All that we are asked
answered-not = not answered yet
answered-yes = answered with yes
answered-no = answered with no
consents = Consents
consents-about = No partner's name stands under a position without its explicit yes to exactly that text. Whether somebody declined is told to nobody.
consents-unreadable = Whose yes it needs is not known, for it cannot be read:
consents-none = No issue that waits states a position.
consents-asked = Asked on
consents-ask = Ask again all who have no yes recorded
consents-ask-one = Ask { $partner }
consents-for = What can be done for { $partner }
consents-by = Who at the partner said yes
consents-how = How it reached us
consents-on = On which day they said it
consents-record = Write down their yes
consents-why = What the name means instead
consents-rule = It does not mean this partner
standing-yes = yes
standing-no-yes = no yes recorded
standing-found = no yes recorded; the words name it: { $names }
standing-not-meant = { $names } stands in the words; it is not meant

# The rotation's room.
rotation = Rotation
rotation-about = Who has waited longest comes first. Here is what would run, why, and whose turn it is to write.
rotation-next = What would run next
rotation-count = How many pieces
rotation-topics = Topics to prefer, if any
rotation-look = Show
rotation-nothing = No approved piece is waiting.
rotation-passed-over =
    { $count ->
        [one] One piece waits
       *[other] { $count } pieces wait
    }
rotation-due = Whose turn it is
rotation-due-none = Every active partner has a piece on its way.
rotation-slot = For { $newsletter } of { $day }: pieces that come by { $by } are in time.
rotation-featured = Last featured
rotation-never = never
rotation-months =
    { $count ->
        [0] this month
        [one] one month ago
       *[other] { $count } months ago
    }
rotation-invited = Asked for a piece
rotation-not-yet = not yet
rotation-asked = yes, for this issue
rotation-nobody = nobody there can be written to
rotation-invite = Ask the chosen for a piece
rotation-invite-about = The people who send in texts for them get one mail. Nobody is asked twice for the same issue.
rotation-fairness = How even it has been
rotation-by-level = By how far they reach
rotation-by-sector = By sector
rotation-by-state = By state
rotation-group = Group
rotation-of-them = Featured so far

# The issues' rooms.
issues = Issues
issues-back = All issues
issues-waiting = On their way
issues-none = Nothing is queued.
issues-done = Sent or given up, the latest first
issue = Issue
issue-due = Due
issue-queued = queued, without a proof
issue-proofed = waits for approval
issue-approved = approved
issue-holding = in its last minutes before it goes out
issue-held = held
issue-sending = being sent
issue-paused = paused
issue-sent = sent
issue-cancelled = cancelled
newsletter = Newsletter
issue-readers = Readers now
issue-queued-by = Queued by
approvals = Approvals
approvals-count = { $have } of { $want }
positions = Positions
positions-open =
    { $count ->
        [0] every yes is recorded
        [one] 1 partner has no yes recorded
       *[other] { $count } partners have no yes recorded
    }
positions-board = To the board of consents
findings = What was found
findings-none = Nothing: there is no complaint.
proof = Proof
proof-about = Proof { $proof }, as somebody gets it of whom nothing is known.
proof-frame = The proof
proof-none = There is no proof yet. It is made some time before the issue is due, or at the command line.
approve-about = You approve exactly what you see. Any later change makes another proof, and your yes does not count for that one.
approve-button = Approve proof { $proof }
approve-not = If something is wrong, leave it, and tell whoever queued it: a changed file makes a new proof.
approve-done = Your yes is noted.
approve-cannot = It cannot be approved now
pause-about = Stop it for now: while it is sent, no further copy goes out; before that, it is held until somebody lets it go on.
pause-button = Stop it
resume-about = Let it go on, once you have looked at why it stands still. Every rule is asked anew.
resume-button = Let it go on
correct-note = What is right instead, in a sentence or two, for the readers of its page
correct-button = Put the correction above its page
cancel = Give it up
cancel-about = This is final: copies that have not gone out never will, and its pieces are free for other issues.
cancel-sure = I mean it
cancel-button = Cancel this issue

# The fields of a piece.
piece-partner = Partner
piece-kind = What it is
piece-title = Title
piece-summary = Summary
piece-brief = Brief, for the mail
piece-story = Full story, for the web
piece-changed = What changed
piece-for-whom = For whom
piece-evidence = How you know
piece-link-url = Where the link leads
piece-link-text = Words of the link
piece-expertise = Expertise
piece-places = States
piece-community = Communities
piece-principles = Principles
piece-names = Other partners in it
piece-position = It takes a position
piece-asks-officials = It asks readers to turn to officials
piece-event-starts = The event starts
piece-event-ends = The event ends
piece-event-zone = Its time zone
piece-event-place = Where it is held
piece-event-cost = What it costs
piece-event-register-by = Register by
piece-event-access = Accessibility
piece-image-file = Picture
piece-image-description = Description of the picture
piece-image-credit = Credit of the picture
piece-image-rights = Right to the picture
piece-image-licence = Licence of the picture
piece-image-people = People can be recognised
piece-image-minors = Some are under 18
piece-release-held-by = Who holds their release
piece-release-until = The release ends
piece-quote-words = Quotation
piece-quote-speaker = Who said it
piece-quote-title = Their role
piece-quote-approved-on = They agreed to it on
piece-contact-readers = Contact for readers
piece-contact-private = Contact for questions of ours
piece-reprint-allowed = Others may print it again
piece-reprint-credit = Credit when printed again
piece-useful-from = Not before
piece-useful-until = Of use until
piece-rollover = May run in a later issue
piece-edits = When the editors change something
piece-authorised-by = Who stands for it

# Review: staff's queue, a piece before staff and before its partner.
review = Review
review-back = All pieces
review-count =
    { $count ->
        [0] There is nothing.
        [one] One piece.
       *[other] { $count } pieces.
    }
review-state = Where it stands
review-waiting = waits for somebody's word
review-all = all
review-any-partner = any partner
review-words = Words of its title or its partner
review-show = Show
review-piece = Piece
review-came = Came on
review-length =
    { $count ->
        [one] one word
       *[other] { $count } words
    }
review-earlier = Earlier ones
review-later = Later ones
state-submitted = sent in
state-in-review = in review
state-edited = changed by us, waits for the partner's word
state-approved = may run
state-placed = stands in a proof
state-published = published
state-declined = declined
state-withdrawn = withdrawn
note-submitted = sent in
note-review-began = taken into review
note-edited = changed by staff
note-commented = said
note-approved = approved
note-agreed = the partner agreed
note-objected = the partner wants its own text
note-placed = placed in a proof
note-taken-out = taken out of a proof
note-put-off = put off to a later issue
note-published = published
note-declined = declined
note-withdrawn = withdrawn
note-staff-only = (staff alone)
piece-back = All that is ours
piece-waits = It does not run before { $day }.
piece-came = Sent in on { $day } by { $who }.
review-changed = What was changed
review-changed-by-us = What we changed of the partner's text
review-changed-unseen = Nothing in the fields that you may see.
piece-preview = As the mail will show it
piece-says = What it says
piece-history = What happened to it
piece-alike = Others that look like it
piece-quota = Its partner has much in hand: beside this, { $open } of { $open_max } wait, and { $year } of { $year_max } ran within twelve months.
piece-decide = Decide
whole-file = The file
diff-removed = removed:
diff-inserted = inserted:
comment-say = Say something to the partner and to staff
comment-private = For staff alone
comment-to-staff = Say something to the editors
comment-send = Send
act-begin = Take it into review
act-approve = Approve the partner's own text
act-later = Put it off to a later issue
act-withdraw = Withdraw it
act-agreed = The partner has agreed elsewhere
agreed-by = Who at the partner agreed
agreed-how = How it reached us
agreed-record = Write down their word
act-decline = Decline it
decline-reason = Why; the partner reads it
act-edit = Change the text
edit-about = Your text goes back to the partner with every change marked, and runs only after the partner has agreed. Its pictures, and what it told us alone, stay as they are.
edit-text = The piece as a file
edit-send = Send it to the partner
edit-line = Line { $line }
answer-about = It runs only after you have agreed. If you would rather have your own text, say so; it then stands there again.
answer-agree = We agree
answer-why = What you would rather have
answer-object = Keep our own text

# A partner's pieces, and the form of one.
yes = Yes
no = No
pieces = Our pieces
pieces-none = Nothing is written yet.
piece = A piece
piece-new = Write a new piece
piece-do = To do
piece-edit = Go on writing
piece-begin = Begin
piece-to-form = Back to the form
state-draft = begun, not sent
deadline = { $newsletter }: what is here by { $until } can run in the issue of { $issue }.
deadline-too-late = For the issue of { $issue } of { $newsletter } it is too late.
piece-part-words = The words
piece-part-matter = What it is about
piece-part-link = Where readers find more
piece-part-picture = Picture
piece-part-subject = Subjects and places
piece-part-event = If it is an event
piece-part-quote = If somebody is quoted
piece-part-position = Positions
piece-part-use = Who may ask, and how it may be used
piece-part-send = Send it in
kind-feature = a feature
kind-story = a story
kind-news = news
kind-event = an event
kind-resource = something to use
kind-research = research
kind-job = a job
kind-funding = funding
kind-policy = a policy
piece-title-about = In a few plain words: what happened, and where.
piece-title-first = You can change it later.
piece-title-wanting = Please write a headline.
piece-brief-about = A blank line begins a new paragraph. Links are written [like this](https://example.org/).
piece-story-about = You can leave it out. Lines that begin with ## are headings, lines that begin with - are lists.
piece-link-text-about = Name what readers find there.
piece-expertise-about = One to five, with commas between them, such as school-health, joint-use.
piece-places-about = Two letters each, with commas between them, such as NM, OR.
community-rural = rural
community-suburban = suburban
community-urban = urban
piece-names-about = You can choose several, or none.
piece-position-about = Then nobody's name stands under it without their own yes.
piece-event-zone-about = Such as America/New_York.
piece-image-description-about = For readers who cannot see it. Needed with every picture.
piece-choose = Please choose
rights-own = it is ours
rights-licensed = under a licence
rights-permission = with permission
piece-image-people-about = Then say who holds their permission. Schools and families may ask for it every year.
piece-picture-file = Picture file
piece-picture-about = JPEG or PNG, at most 5 MB, best 1200 pixels wide or more. We keep the picture alone: where and when it was taken is thrown away.
piece-picture-add = Save and add the picture
piece-picture-remove = Take the picture away
piece-picture-size = As it is kept: { $width } by { $height } pixels, { $size } kB.
piece-too-large = This file has more than 5 MB. Save it smaller; 1200 pixels wide is enough.
piece-contact-private-about = This is never printed.
edits-clear = ask us first
edits-free = small changes are welcome; show us all the same
piece-authorised = I may send this in for our organisation.
count-letters = of { $from } to { $to } characters
count-letters-to = of at most { $to } characters
count-words = of { $from } to { $to } words
count-words-to = of at most { $to } words
piece-missing = please fill it in
piece-wanting = Before you can send it
piece-ready = Nothing is missing. You can send it in.
piece-not-ready = It cannot be sent yet: something is missing or wrong. The form says what.
piece-save = Save
piece-save-preview = Save and look at it
piece-submit = Send it in
piece-saving = Saving.
piece-saved = Saved.
piece-unsaved = This was not saved. Press Save.
piece-retrying = This is not saved yet. It is tried again by itself: leave this page open.
piece-signed-out = This was not saved: you are not signed in any more. Leave this page open, sign in again in another tab, then press Save here.
piece-saved-at = Saved by { $who },
piece-changed-meanwhile = Somebody else, or you in another window, saved this piece meanwhile. What you typed is below; save again to put it in place of theirs.
piece-edited-meanwhile = The editors have changed the text that you sent. What you typed is saved, and stands below beside theirs; send it again to put it in place of theirs.
piece-shown = As the mail will show it
piece-shown-about = This is made by the same program as the mail. The full story stands on the web page alone.
piece-unreadable = This cannot be shown yet. The form says what has to be mended.
piece-drop = Throw away
piece-drop-draft = What you wrote here is gone for good.
piece-drop-changes = What was not sent is gone. What you sent in before stays.

# What waits, and addresses that lead nowhere.
waits = What waits
waits-nothing = Nothing waits for anybody just now.
waits-reviews =
    { $count ->
        [one] One piece waits for a review
       *[other] { $count } pieces wait for a review
    }
waits-proofs =
    { $count ->
        [one] One proof waits for approval
       *[other] { $count } proofs wait for approval
    }
waits-held =
    { $count ->
        [one] One issue is held
       *[other] { $count } issues are held
    }
waits-unreadable =
    { $count ->
        [one] One issue cannot be read
       *[other] { $count } issues cannot be read
    }
waits-consents =
    { $count ->
        [one] For one name under a position no yes is recorded
       *[other] For { $count } names under positions no yes is recorded
    }
waits-dead-links =
    { $count ->
        [one] One partner's address leads nowhere
       *[other] { $count } addresses of partners lead nowhere
    }
dead-links = Addresses that lead nowhere
dead-links-about = Each was looked at twice, a week apart. The directory keeps them; please ask the partner for the new one.
dead-links-none = Every address that was looked at answers.
dead-links-address = Address
dead-links-since = Since
dead-links-why = Why

# The pledge in the portal.
pledge-own-mail = You are signed in from your mailbox, so nothing needs to be confirmed. A copy comes by mail.
pledged-before = You have pledged yourself to the charter that is in force. The copy came by mail.

# What a partner says of itself, and its logo.
profile = What we say of ourselves
profile-about = It stands in the public directory. What you save counts at once.
profile-in-directory = Our page in the directory
profile-saved = Saved.
profile-wanting = Nothing was saved. Please mend this:
profile-changed-meanwhile = Somebody else changed this meanwhile. What you typed is below; save again to put it in place of theirs.
profile-blurb = In a sentence or two
profile-blurb-about = One line of at most 400 characters.
profile-links-about = One a line, at most 10: its kind, its address and, in quotation marks, what to call it, such as newsletter https://news.example.org/ "Our letter". Kinds are site, newsletter, social, feed and other. The first site is the one beside your name.
profile-expertise-about = One a line, at most 20, such as school-health or joint-use.
profile-sectors-about = Fields of work in your own words, one a line, at most 10.
profile-places-about = One state a line: its two letters and, if you like, what you do there (runs, supports, funds, trains or researches) and since when, such as NM runs 2024-09-01.
profile-affiliates-about = Organisations that belong to you, one a line, with address and state where they have one, such as West Table <https://west.example.org/> OR.
profile-research-about = Studies and reports, one a line, with address and year, such as A year of open gyms <https://gyms.example.org/> 2025.
profile-staff = What staff look after
profile-staff-about = By these it is decided who may answer for your name, so staff change them. If something is wrong, write to the newsroom.
logo = Our logo
logo-none = There is none yet.
logo-given = Given by { $who }
logo-give = Save the logo
logo-file = File
logo-file-about = SVG with shapes alone (turn letters into paths), PNG, JPEG, GIF or WebP, at most 5 MB.
logo-file-keep = Without a file our logo stays as it is, and only what is said below changes.
logo-for = Made for
logo-light = light pages
logo-dark = dark pages; the other one stays
logo-description = What it shows, for those who do not see it
logo-description-about = At most 150 characters, such as: A lantern above the words Example City United.
logo-scopes = Where we let it be shown
logo-scope-directory = in the public directory
logo-scope-newsletter = in newsletters
logo-scope-positions = beside our name under positions that we have said yes to
logo-from = From this day; today, if it is left empty
logo-until = Up to this day; until we take it back, if it is left empty
logo-remove = Take the logo back
logo-remove-about = It is shown nowhere any more; what has gone out keeps it.
logo-changed-meanwhile = Somebody else changed our record meanwhile. Look what is there now, choose the file again and save once more.
