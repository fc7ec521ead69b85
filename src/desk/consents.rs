//! Consents to policy positions: recorded with who, when and how, never granted here, and shown only as *yes* or *no yes recorded*
//! (rules *consent_is_explicit*, *refusal_is_private*).
//!
//! There is deliberately no audit line: the consent book is append-only and itself names who recorded what and when, and a line for
//! each recording would tell readers of the audit who was asked and did not say yes.

use crate::domain::consent::{Answer, Consent, ConsentRoad, PolicyClaim, latest_day};
use crate::domain::id::{IssueId, NewsletterId, PolicyHash};
use crate::domain::issue::{Issue, IssueText};
use crate::domain::partner::NameIndex;
use crate::domain::people::Who;
use crate::domain::time::{TimeZone, civil};

use super::Desk;
use super::asking::can_be_asked_about;
use super::error::{DeskError, Result};
use super::gate::{self, Position};
use super::reply::{BoardIssue, BoardTrouble, ConsentRecorded, PolicyLine};
use super::request::{ListConsents, RecordConsent, TextSource};
use super::rights::Deed;
use super::typed::required;

/// How many problems of an issue that cannot be read are told.
const TROUBLES_MAX: usize = 5;

impl Desk {
    /// Records a partner's answer to exactly one text.
    ///
    /// # Errors
    /// [`DeskError::Usage`] when who, when or how is missing, the text has no such position, or the position does not name the partner;
    /// [`DeskError::NotFound`];
    /// [`DeskError::AuthorFiles`] when the file cannot be read.
    pub async fn record_consent(&self, who: impl Into<Who> + Send, request: RecordConsent) -> Result<ConsentRecorded> {
        let known = self.partner_named(&request.partner).await?;
        let partner = known.id.clone();
        let given_by = required("who at the partner decided", &request.given_by)?;
        let how = required("how the answer reached us", &request.how)?;
        let now = self.world.now();
        let today = now.to_zoned(TimeZone::UTC).date();
        let given_on = match request.given_on.as_deref() {
            None => today,
            Some(text) => text.trim().parse::<civil::Date>().map_err(|_| bad_day(text))?,
        };
        // A day ahead of UTC's can be today where the partner is.
        if given_on > latest_day(now) {
            return Err(DeskError::usage(format!("{given_on} has not come yet"), "give the day on which the partner answered"));
        }
        let (_, text) = self.text_in(request.source).await?;
        let recorded_by = self.person(&self.allowed(who, Deed::RecordConsent(&text.newsletter))?);
        let positions = self.positions_of(&text, &text.newsletter).await?;
        let Position { claim, position, .. } = chosen(&positions, request.policy.as_deref())?;
        if !claim.named.contains(&partner) {
            let message = format!("{partner} is not named in \u{201c}{}\u{201d}", claim.title);
            return Err(DeskError::usage(message, "`pressroom consent list` shows whose yes the position needs"));
        }
        let answer = if request.yes { Answer::Yes } else { Answer::No };
        let consent = Consent {
            partner: partner.clone(),
            policy: claim.policy,
            answer,
            given_by,
            given_on,
            road: ConsentRoad::RecordedByStaff,
            how,
            recorded_by,
            recorded_at: now,
        };
        let mails = self.recorded_mails(&known, (position, self.newsletter(&text.newsletter)?), &consent)?;
        self.store.record_consent(consent, mails).await?;
        Ok(ConsentRecorded {
            policy: claim.policy.to_string(),
            title: claim.title.clone(),
            partner: partner.to_string(),
            standing: self.standing(&partner, &claim.policy).await?.word().to_owned(),
        })
    }

    /// Each position of a text, and who has said yes to it.
    ///
    /// # Errors
    /// [`DeskError::NotFound`]; [`DeskError::AuthorFiles`] when the file cannot be read.
    pub async fn list_consents(&self, request: ListConsents) -> Result<Vec<PolicyLine>> {
        let (issue, text) = self.text_in(request.source).await?;
        self.policy_lines(&self.positions_of(&text, &text.newsletter).await?, issue.as_ref()).await
    }

    /// The text, and of which issue it is, or would be.
    async fn text_in(&self, source: TextSource) -> Result<(Option<IssueId>, IssueText)> {
        match source {
            TextSource::Issue(id) => {
                let issue = self.issue_named(&id).await?;
                let text = self.read_issue_text(&issue)?;
                Ok((Some(issue.id), text))
            }
            TextSource::File(file) => {
                let intake = self.take_issue_file(&file).await;
                let report = intake.report(&file.name);
                // Of a file that is queued already, it is told when partners were asked.
                let issue = IssueId::parse(file.stem()).ok();
                Ok((issue, intake.value.ok_or(DeskError::AuthorFiles { files: vec![report] })?))
            }
        }
    }

    /// Whether somebody may see what any newsletter asks of partners.
    #[must_use]
    pub fn sees_consents(&self, who: &Who) -> bool {
        self.config.newsletters.iter().any(|newsletter| self.may(who, Deed::SeeConsentsBoard(&newsletter.id)))
    }

    /// The positions of all issues that have not gone out, as far as somebody may see them. One that cannot be read hides no other.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`]; [`DeskError::Failed`] when the store fails.
    pub async fn consents_board(&self, who: &Who) -> Result<Vec<BoardIssue>> {
        if !self.sees_consents(who) {
            return Err(DeskError::Forbidden);
        }
        let mut board = Vec::new();
        for issue in self.all_issues().await? {
            let newsletter = &issue.newsletter;
            if !can_be_asked_about(&issue.state) || !self.may(who, Deed::SeeConsentsBoard(newsletter)) {
                continue;
            }
            let (policies, trouble) = match self.issue_positions(&issue).await {
                Ok(positions) => (self.policy_lines(&positions, Some(&issue.id)).await?, None),
                Err(error) => (Vec::new(), Some(trouble_of(&issue, error)?)),
            };
            if !policies.is_empty() || trouble.is_some() {
                board.push(BoardIssue {
                    issue: issue.id.to_string(),
                    subject: issue.subject.clone(),
                    slot: issue.slot.to_string(),
                    may_ask: !policies.is_empty() && self.may(who, Deed::AskConsents(newsletter)),
                    may_record: self.may(who, Deed::RecordConsent(newsletter)),
                    may_rule: self.may(who, Deed::RuleOnMatch(newsletter)),
                    policies,
                    trouble,
                });
            }
        }
        Ok(board)
    }

    async fn issue_positions(&self, issue: &Issue) -> Result<Vec<Position>> {
        self.newsletter(&issue.newsletter)?;
        self.positions_of(&self.read_issue_text(issue)?, &issue.newsletter).await
    }

    /// The positions of a text.
    pub(super) async fn positions_of(&self, text: &IssueText, newsletter: &NewsletterId) -> Result<Vec<Position>> {
        let newsletter = self.newsletter(newsletter)?;
        Ok(gate::positions(text, newsletter, &NameIndex::of(&self.all_partners().await?)))
    }
}

/// What is wrong with one issue alone; a fault of the store is everybody's.
fn trouble_of(issue: &Issue, error: DeskError) -> Result<BoardTrouble> {
    let (what, mended) = match &error {
        DeskError::AuthorFiles { files } => {
            let problems = files.iter().flat_map(|report| &report.problems);
            let told = problems.take(TROUBLES_MAX).map(|problem| format!("{}; {}", problem.message, problem.help));
            let file = &issue.source.name;
            let mended =
                format!("mend the file (`pressroom check {file}` shows where) and queue it again (`pressroom issue queue {file}`)");
            (std::iter::once(error.to_string()).chain(told).collect(), mended)
        }
        DeskError::NotFound { help, .. } => {
            (vec![format!("{error}; {help}")], format!("put the newsletter {} back into pressroom.toml", issue.newsletter))
        }
        DeskError::Usage { .. }
        | DeskError::Forbidden
        | DeskError::NotApproved { .. }
        | DeskError::ConsentMissing { .. }
        | DeskError::Refused { .. }
        | DeskError::Temporary { .. }
        | DeskError::Relay { .. }
        | DeskError::Config { .. }
        | DeskError::Failed { .. } => return Err(error),
    };
    Ok(BoardTrouble { what, help: format!("{mended}, or give the issue up (`pressroom issue cancel {}`)", issue.id) })
}

fn bad_day(text: &str) -> DeskError {
    DeskError::usage(format!("expected a day such as 2027-02-01, found `{text}`"), "write year, month and day")
}

/// The position that is meant: the only one, or the one of that title or hash.
pub(super) fn chosen<'a>(positions: &'a [Position], wanted: Option<&str>) -> Result<&'a Position> {
    let is_wanted = |claim: &PolicyClaim, wanted: &str| {
        let wanted = wanted.trim().to_lowercase();
        let names_hash =
            wanted.len() >= PolicyHash::from_bytes([0; 32]).short().len() && claim.policy.to_string().starts_with(&wanted);
        claim.title.to_lowercase() == wanted || names_hash
    };
    let mut found = positions.iter().filter(|position| wanted.is_none_or(|wanted| is_wanted(&position.claim, wanted)));
    match (found.next(), found.next()) {
        (Some(position), None) => Ok(position),
        (None, _) => {
            Err(DeskError::usage("the text has no such policy position", "`pressroom consent list` names the positions of a text"))
        }
        (Some(_), Some(_)) => Err(DeskError::usage("the text has several policy positions", "name one by its title or its hash")),
    }
}
