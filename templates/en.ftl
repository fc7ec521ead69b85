# What the web pages say by themselves, in English. The form is Fluent (projectfluent.org): a name, an equals sign, the words.
# What stands in braces with a dollar sign is filled in; each must stay in its phrase.

# Of this language, in this language.
language-name = English

# On every page.
skip = Skip to the content
languages = Languages
newsletters = Newsletters

# The front page and the lists of issues.
latest = The latest issue:
all-issues = All issues of { $newsletter }
no-issue = No issue has gone out yet.
newer = Newer issues
older = Older issues
pages = Pages of this list

# An issue.
whole-issue = The whole issue: { $title }
mail-view = See this issue as it was mailed

# Leaving.
leave = Leave { $newsletter }
leave-asks = Leave { $newsletter }?
leave-about = One press, and no further issue will reach you.
left = You have left { $newsletter }
left-about = No further issue will reach you, not even one that is being sent right now.

# What a reader takes.
preferences = What we send you
takes-none = You take none of our newsletters.

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
